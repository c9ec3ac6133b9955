"""A person is recognised by whatever he is reached under, on every channel, and after he was erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.people import (
    PersonRow,
    Stored,
    erase,
    record_consent,
    standing_of,
    status_of,
    store_people,
    suppress,
)
from evergrove.people.identity import Identifier, merge, take_identifiers
from evergrove.people.identity.store import link_of
from evergrove.people.reached import CONSENT_TO, REACHED_BY

if TYPE_CHECKING:
    from evergrove.ledger import Ledger
    from evergrove.people import Seal

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(days=3)
PHONE, SECOND = "+8613800138000", "ada.second@example.com"


@pytest.fixture
def families(ledger: Ledger, seal: Seal) -> Ledger:
    """Ada and Bo have one phone, and nobody has judged who they are; Ada has two addresses, one of them from a file of identities."""
    rows = [PersonRow("ada", "ada@example.com", consent="granted"), PersonRow("bo", consent="granted")]
    told = [
        Identifier("ada", "phone", PHONE),
        Identifier("bo", "phone", PHONE),
        Identifier("ada", "email", SECOND),
    ]
    with ledger.writing() as connection:
        store_people(connection, seal, rows, NOON)
        take_identifiers(connection, seal, told, NOON)
        for customer in ("ada", "bo"):
            record_consent(connection, customer, "granted", "form", NOON, "sms")
    return ledger


@pytest.mark.parametrize("channel", [name for name, kind in REACHED_BY.items() if kind == "phone"])
def test_a_phone_is_an_address_where_it_is_written_to(families: Ledger, channel: str) -> None:
    """Who has no e-mail address has one there; on a channel that knows no address of anybody, nobody has one."""
    with families.writing() as connection:
        record_consent(connection, "bo", "granted", "form", NOON, CONSENT_TO.get(channel, channel))
        found = {name: standing_of(connection, ["bo"], name)["bo"] for name in (channel, "email", "post")}

    assert found[channel].block is None
    assert [found[name].has_address for name in (channel, "email", "post")] == [True, False, False]


def test_who_is_suppressed_under_a_phone_is_so_for_all_who_have_it(families: Ledger, seal: Seal) -> None:
    """By text message, and not by e-mail."""
    hashed = link_of(seal, Identifier("ada", "phone", PHONE)).value_hash
    with families.writing() as connection:
        suppress(connection, hashed, "people.complained", NOON, "sms")

        assert {each.block for each in standing_of(connection, ["ada", "bo"], "sms").values()} == {
            "people.complained"
        }
        assert standing_of(connection, ["ada"])["ada"].block is None


def test_a_no_under_a_phone_counts_for_all_who_have_it(families: Ledger) -> None:
    """They have one address, and are heard as one."""
    with families.writing() as connection:
        record_consent(connection, "ada", "revoked", "stop", LATER, "sms")

        assert standing_of(connection, ["bo"], "sms")["bo"].block == "people.consent_revoked"


def test_nobody_is_written_to_under_what_an_erased_person_had(families: Ledger, seal: Seal) -> None:
    """Neither by text message to the phone, nor by e-mail to an address that only a file of identities told."""
    with families.writing() as connection:
        store_people(connection, seal, [PersonRow("cy", SECOND, consent="granted")], NOON)
        assert standing_of(connection, ["cy"])["cy"].block is None
        erase(connection, "ada", LATER)

        assert standing_of(connection, ["bo"], "sms")["bo"].block == "people.erased"
        assert standing_of(connection, ["cy"])["cy"].block == "people.erased"


def test_no_address_of_an_erased_person_brings_him_back(families: Ledger, seal: Seal) -> None:
    """A later file tells of the second address under another customer's name: nothing of the row is stored."""
    with families.writing() as connection:
        erase(connection, "ada", LATER)
        stored = store_people(connection, seal, [PersonRow("new", SECOND, "Ada", consent="granted")], LATER)

        assert stored == Stored(erased=1)
        assert status_of(connection, ["new"]) == {"new": "unknown"}


def test_a_person_is_reached_by_the_phone_of_any_id(families: Ledger, seal: Seal) -> None:
    """An app id has none, and is one person with two who have: the first of them lends it."""
    with families.writing() as connection:
        store_people(connection, seal, [PersonRow("app", "app@example.com", consent="granted")], NOON)
        merge(connection, "bo", "app", NOON)
        found = standing_of(connection, ["app"], "sms")["app"]

    assert (found.block, found.owner) == (None, "ada")
