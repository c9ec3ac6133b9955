"""Persons behind customers: sealed contact data, consent, suppression, erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.people.addresses import checked_address, checked_name
    from evergrove.people.consent import (
        ConsentRow,
        ConsentsTaken,
        consent_at,
        consent_history,
        consent_of,
        expire_proofs,
        record_consent,
        take_consents,
    )
    from evergrove.people.erasure import erase
    from evergrove.people.errors import SealBroken
    from evergrove.people.profiling import unprofiled
    from evergrove.people.reasons import REASONS, ROWS
    from evergrove.people.seal import Seal, new_master_key, open_seal
    from evergrove.people.standing import contact_of, contacts, standing_of, status_of, suppressed
    from evergrove.people.store import address_hash, store_people
    from evergrove.people.suppression import release, suppress
    from evergrove.people.types import Contact, PersonRow, Standing, Stored

__all__ = [
    "REASONS",
    "ROWS",
    "ConsentRow",
    "ConsentsTaken",
    "Contact",
    "PersonRow",
    "Seal",
    "SealBroken",
    "Standing",
    "Stored",
    "address_hash",
    "checked_address",
    "checked_name",
    "consent_at",
    "consent_history",
    "consent_of",
    "contact_of",
    "contacts",
    "erase",
    "expire_proofs",
    "new_master_key",
    "open_seal",
    "record_consent",
    "release",
    "standing_of",
    "status_of",
    "store_people",
    "suppress",
    "suppressed",
    "take_consents",
    "unprofiled",
]

__getattr__ = loader(
    globals(),
    {
        "ConsentRow": "evergrove.people.consent.types",
        "ConsentsTaken": "evergrove.people.consent.types",
        "Contact": "evergrove.people.types",
        "PersonRow": "evergrove.people.types",
        "REASONS": "evergrove.people.reasons",
        "ROWS": "evergrove.people.reasons",
        "Seal": "evergrove.people.seal",
        "SealBroken": "evergrove.people.errors",
        "Standing": "evergrove.people.types",
        "Stored": "evergrove.people.types",
        "address_hash": "evergrove.people.store",
        "checked_address": "evergrove.people.addresses",
        "checked_name": "evergrove.people.addresses",
        "consent_at": "evergrove.people.consent.asking",
        "consent_history": "evergrove.people.consent.history",
        "consent_of": "evergrove.people.consent.asking",
        "contact_of": "evergrove.people.standing",
        "contacts": "evergrove.people.standing",
        "erase": "evergrove.people.erasure",
        "expire_proofs": "evergrove.people.consent.proofs",
        "new_master_key": "evergrove.people.seal",
        "open_seal": "evergrove.people.seal",
        "record_consent": "evergrove.people.consent.recording",
        "release": "evergrove.people.suppression",
        "standing_of": "evergrove.people.standing",
        "status_of": "evergrove.people.standing",
        "store_people": "evergrove.people.store",
        "suppress": "evergrove.people.suppression",
        "suppressed": "evergrove.people.standing",
        "take_consents": "evergrove.people.consent.taking",
        "unprofiled": "evergrove.people.profiling",
    },
)
