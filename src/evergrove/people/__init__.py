"""Persons behind customers: sealed contact data, consent, suppression, erasure."""

from evergrove.people.addresses import checked_address, checked_name
from evergrove.people.consent import consent_of, record_consent
from evergrove.people.erasure import erase
from evergrove.people.reasons import REASONS
from evergrove.people.seal import Seal, new_master_key, open_seal
from evergrove.people.standing import contacts, standing_of, status_of, suppressed
from evergrove.people.store import address_hash, store_people
from evergrove.people.suppression import release, suppress
from evergrove.people.types import Contact, PersonRow, Standing, Stored

__all__ = [
    "REASONS",
    "Contact",
    "PersonRow",
    "Seal",
    "Standing",
    "Stored",
    "address_hash",
    "checked_address",
    "checked_name",
    "consent_of",
    "contacts",
    "erase",
    "new_master_key",
    "open_seal",
    "record_consent",
    "release",
    "standing_of",
    "status_of",
    "store_people",
    "suppress",
    "suppressed",
]
