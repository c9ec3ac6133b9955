"""What is stored of persons, what it allows, and what is left of them afterwards."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select

from evergrove.ledger import create_all, open_ledger
from evergrove.people import (
    PersonRow,
    Stored,
    address_hash,
    consent_of,
    contacts,
    erase,
    new_master_key,
    open_seal,
    record_consent,
    release,
    standing_of,
    status_of,
    store_people,
    suppress,
    suppressed,
)
from evergrove.people.tables import person

if TYPE_CHECKING:
    from evergrove.ledger import Ledger
    from evergrove.people import Seal
    from evergrove.people.types import ConsentStatus

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(days=3)
ADA = PersonRow("C1", "Ada@Example.com", "Ada", "en", "Europe/London", "granted")
MING = PersonRow("C2", "ming@example.tw", "小明", "zh-Hant", "Asia/Taipei", "denied")
SILENT = PersonRow("C3", "quiet@example.com")


def test_what_is_stored_is_found_again(ledger: Ledger, seal: Seal) -> None:
    """Address, name, language and zone come back, and who said nothing is unknown, not willing."""
    with ledger.writing() as connection:
        stored = store_people(connection, seal, [ADA, MING, SILENT], NOON)

    with ledger.reading() as connection:
        found = contacts(connection, seal, ["C1", "C2", "C3", "C4"])
        consents = consent_of(connection, ["C1", "C2", "C3", "C4"])
        statuses = status_of(connection, ["C1", "C4"])
    assert stored == Stored(people=3, consents=2, identifiers=3)
    assert (found["C2"].email, found["C2"].name) == ("ming@example.tw", "小明")
    assert (found["C2"].language, found["C2"].zone) == ("zh-Hant", "Asia/Taipei")
    assert consents == {"C1": "granted", "C2": "denied", "C3": "unknown", "C4": "unknown"}
    assert statuses == {"C1": "active", "C4": "unknown"}
    assert "C4" not in found


def test_storing_again_changes_nothing(ledger: Ledger, seal: Seal) -> None:
    """The same rows a second time are neither a change nor another word."""
    for again in (Stored(3, 2, identifiers=3), Stored()):
        with ledger.writing() as connection:
            assert store_people(connection, seal, [ADA, MING, SILENT], NOON) == again


def test_what_a_row_does_not_say_stays_known(ledger: Ledger, seal: Seal) -> None:
    """A file without addresses does not delete them, and what it says anew takes effect."""
    with ledger.writing() as connection:
        store_people(connection, seal, [ADA], NOON)
        store_people(connection, seal, [PersonRow("C1", zone="Asia/Taipei")], LATER)
        found = contacts(connection, seal, ["C1"])["C1"]

    assert (found.email, found.name, found.zone) == ("Ada@Example.com", "Ada", "Asia/Taipei")


def test_nothing_personal_stands_in_the_ledger(ledger_file: Ledger, key_file: Path) -> None:
    """A search over the bytes of the files finds neither address nor name."""
    seal = open_seal(ledger_file, key_file)
    with ledger_file.writing() as connection:
        store_people(connection, seal, [ADA, MING, SILENT], NOON)

    stored = bytes_of(ledger_file)
    words = ("Ada", "ada@", "Example.com", "example.com", "ming", "小明", "quiet")
    assert b"C1" in stored
    assert [word for word in words if word.encode() in stored] == []


def test_the_newest_word_holds_and_the_past_can_be_asked(ledger: Ledger, seal: Seal) -> None:
    """A withdrawal is a new row: what held before it can still be told, for any moment."""
    with ledger.writing() as connection:
        store_people(connection, seal, [ADA], NOON)
        record_consent(connection, "C1", "revoked", "unsubscribe", LATER)

    with ledger.reading() as connection:
        assert consent_of(connection, ["C1"]) == {"C1": "revoked"}
        assert consent_of(connection, ["C1"], at=NOON) == {"C1": "granted"}
        assert consent_of(connection, ["C1"], at=NOON - timedelta(seconds=1)) == {"C1": "unknown"}
        assert consent_of(connection, ["C1"], purpose="survey") == {"C1": "unknown"}
        assert consent_of(connection, ["C1"], channel="sms") == {"C1": "unknown"}


def test_a_clock_set_back_does_not_bring_an_old_word_back(ledger: Ledger) -> None:
    """Words count in the order in which they were recorded."""
    with ledger.writing() as connection:
        record_consent(connection, "C1", "granted", "file", LATER)
        record_consent(connection, "C1", "revoked", "unsubscribe", NOON)

        assert consent_of(connection, ["C1"]) == {"C1": "revoked"}


def test_an_old_list_does_not_undo_an_unsubscribe(ledger: Ledger, seal: Seal) -> None:
    """The list says yes, the person has said no since: a file's yes does not count against that, and is counted."""
    with ledger.writing() as connection:
        store_people(connection, seal, [ADA], NOON)
        record_consent(connection, "C1", "revoked", "unsubscribe", LATER)
        again = store_people(connection, seal, [ADA], LATER)

        assert again == Stored(refused_elsewhere=1)
        assert consent_of(connection, ["C1"]) == {"C1": "revoked"}


def test_a_newer_list_may_change_what_an_older_one_said(ledger: Ledger, seal: Seal) -> None:
    """Refused in one file and granted in the next: the shop's own list has moved on."""
    with ledger.writing() as connection:
        for status in ("granted", "denied", "granted"):
            store_people(connection, seal, [PersonRow("C1", consent=status)], NOON)
            assert consent_of(connection, ["C1"]) == {"C1": status}


def test_a_list_from_before_a_refusal_does_not_undo_it(ledger: Ledger, seal: Seal) -> None:
    """An older list that comes in late says yes: the no that was recorded since holds; a newer list counts."""
    with ledger.writing() as connection:
        for status, written_at, held in (
            ("granted", NOON, "granted"),
            ("revoked", LATER, "revoked"),
            ("granted", NOON + timedelta(days=1), "revoked"),
            ("granted", LATER + timedelta(days=2), "granted"),
        ):
            row = PersonRow("C1", consent=status)  # type: ignore[arg-type]
            store_people(connection, seal, [row], max(written_at, LATER), written_at=written_at)
            assert consent_of(connection, ["C1"]) == {"C1": held}


def test_a_suppressed_address_is_suppressed_for_everybody_who_has_it(ledger: Ledger, seal: Seal) -> None:
    """A bounce belongs to the address: another customer with it is not written to either, until released."""
    twin = PersonRow("C9", "ADA@example.com", consent="granted")
    with ledger.writing() as connection:
        store_people(connection, seal, [ADA, MING, twin], NOON)
        hashed = address_hash(seal, "ada@EXAMPLE.com")

        assert suppress(connection, hashed, "people.bounced", NOON)
        assert not suppress(connection, hashed, "people.complained", LATER)
        both = {"C1": "people.bounced", "C9": "people.bounced"}
        assert suppressed(connection, ["C1", "C2", "C9"]) == both
        assert suppressed(connection, ["C1"], "sms") == {}
        assert release(connection, hashed, LATER)
        assert suppressed(connection, ["C1", "C9"]) == {}


def test_an_erased_person_is_gone_and_does_not_come_back(ledger: Ledger, seal: Seal) -> None:
    """After erasure nothing personal is left, and no file brings it back, under another name either."""
    twin = PersonRow("C9", "ada@example.com", consent="granted")
    with ledger.writing() as connection:
        store_people(connection, seal, [ADA], NOON)
        assert erase(connection, "C1", NOON)
        assert not erase(connection, "C1", LATER)
        assert store_people(connection, seal, [ADA, twin], LATER) == Stored(erased=2)

        assert contacts(connection, seal, ["C1", "C9"]) == {}
        assert status_of(connection, ["C1", "C9"]) == {"C1": "erased", "C9": "unknown"}
        assert not release(connection, address_hash(seal, "ada@example.com"), LATER)


def test_who_shared_an_erased_address_is_not_written_to_there(ledger: Ledger, seal: Seal) -> None:
    """Another customer had it before: what is known of that one stays, and the address is written to no more."""
    twin = PersonRow("C9", "ada@example.com", consent="granted")
    with ledger.writing() as connection:
        store_people(connection, seal, [ADA, twin], NOON)
        erase(connection, "C1", NOON)

        blocks = {customer: known.block for customer, known in standing_of(connection, ["C1", "C9"]).items()}
        assert blocks == {"C1": "people.erased", "C9": "people.erased"}


def test_an_address_that_bounced_before_it_was_erased_stays_erased(ledger: Ledger, seal: Seal) -> None:
    """Letting a bounced address be written to again does not bring back the person behind it."""
    twin, hashed = (
        PersonRow("C9", "ada@example.com", consent="granted"),
        address_hash(seal, "ada@example.com"),
    )
    with ledger.writing() as connection:
        store_people(connection, seal, [ADA], NOON)
        suppress(connection, hashed, "people.bounced", NOON)
        erase(connection, "C1", NOON)
        release(connection, hashed, LATER)

        assert store_people(connection, seal, [twin], LATER) == Stored(erased=1)


def test_an_import_does_not_bring_back_whom_another_process_erases_meanwhile(
    postgres_url: str, tmp_path: Path
) -> None:
    """Between looking who is there and writing: the database itself keeps the erased row as it is."""
    opened = open_ledger(postgres_url, create=True)
    create_all(opened)
    new_master_key(tmp_path / "key")
    seal, done = open_seal(opened, tmp_path / "key"), False
    with opened.writing() as connection:
        store_people(connection, seal, [ADA], NOON)

    def meanwhile(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal done
        if "FROM person" in statement and not done:
            done = True
            with opened.writing() as other:
                erase(other, "C1", NOON)

    event.listen(opened._engine, "after_cursor_execute", meanwhile)
    with opened.writing() as connection:
        store_people(connection, seal, [replace(ADA, email="new@example.com")], LATER)
        assert contacts(connection, seal, ["C1"]) == {}
        assert status_of(connection, ["C1"]) == {"C1": "erased"}
    opened.close()


def test_erasing_leaves_no_bytes_behind(ledger_file: Ledger, key_file: Path) -> None:
    """What was sealed is overwritten in the files, not only unlinked: a lost key later opens nothing."""
    seal = open_seal(ledger_file, key_file)
    with ledger_file.writing() as connection:
        store_people(connection, seal, [ADA], NOON)
        sealed = connection.execute(select(person.c.sealed)).scalar_one()
    assert sealed in bytes_of(ledger_file)

    with ledger_file.writing() as connection:
        erase(connection, "C1", NOON)

    assert sealed not in bytes_of(ledger_file)


def bytes_of(ledger: Ledger) -> bytes:
    """Everything that stands in a ledger's files once its log has been taken in."""
    ledger.close()
    raw = sqlite3.connect(ledger.where)
    raw.execute("pragma wal_checkpoint(truncate)")
    raw.close()
    return b"".join(path.read_bytes() for path in Path(ledger.where).parent.glob("own.sqlite*"))


def test_the_first_reason_in_the_fixed_order_is_the_one_that_is_stored(ledger: Ledger, seal: Seal) -> None:
    """Erased before consent, consent before suppression, suppression before a missing address."""
    rows = [
        PersonRow("granted", "a@example.com", consent="granted"),
        PersonRow("silent", "b@example.com"),
        PersonRow("bounced", "c@example.com", consent="granted"),
        PersonRow("bounced and denied", "e@example.com", consent="denied"),
        PersonRow("nowhere", consent="granted"),
        PersonRow("erased", "d@example.com", consent="denied"),
    ]
    with ledger.writing() as connection:
        store_people(connection, seal, rows, NOON)
        for address in ("c@example.com", "e@example.com"):
            suppress(connection, address_hash(seal, address), "people.bounced", NOON)
        erase(connection, "erased", NOON)
        asked = [row.customer_id for row in rows] + ["stranger"]
        blocks = [standing.block for standing in standing_of(connection, asked).values()]

    assert blocks == [
        None,
        "people.consent_unknown",
        "people.bounced",
        "people.consent_denied",
        "people.no_address",
        "people.erased",
        "people.consent_unknown",
    ]


@pytest.mark.parametrize("status", ["denied", "revoked"])
def test_a_no_holds_for_everybody_at_the_same_address(
    ledger: Ledger, seal: Seal, status: ConsentStatus
) -> None:
    """Two accounts of one person: who leaves under one name is not written to under the other."""
    twin = PersonRow("C9", "ADA@example.com", consent="granted")
    with ledger.writing() as connection:
        store_people(connection, seal, [ADA, twin, SILENT], NOON)
        assert standing_of(connection, ["C1"])["C1"].block is None
        record_consent(connection, "C9", status, "unsubscribe", LATER)

        assert standing_of(connection, ["C1"])["C1"].block == f"people.consent_{status}"
        assert consent_of(connection, ["C1"]) == {"C1": "granted"}  # what was said is not rewritten
        assert standing_of(connection, ["C3"])["C3"].block == "people.consent_unknown"
        record_consent(connection, "C9", "granted", "form", LATER)
        assert standing_of(connection, ["C1"])["C1"].block is None


def test_many_customers_are_asked_for_in_portions(ledger: Ledger, seal: Seal) -> None:
    """More customers than a statement takes parameters."""
    rows = [PersonRow(f"C{i}", f"c{i}@example.com", consent="granted") for i in range(1_201)]
    with ledger.writing() as connection:
        assert store_people(connection, seal, rows, NOON) == Stored(1_201, 1_201, identifiers=1_201)
        everybody = standing_of(connection, [row.customer_id for row in rows])

    assert {standing.block for standing in everybody.values()} == {None}
    assert len(everybody) == 1_201


def test_personal_values_do_not_show_when_a_record_is_printed() -> None:
    """A record that ends up in a log or in a failed assertion shows nobody's address."""
    assert "ada" not in repr(ADA).lower()
