"""Identifiers as files have them: one spelling each, sealed and hashed, and back again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from evergrove.core import SetClock
from evergrove.ingest import ReadOptions
from evergrove.ingest.persons.customers import read_customers
from evergrove.people import erase
from evergrove.people.identity import (
    Identifier,
    identifiers_of,
    members_of,
    normal_form,
    persons_now,
    region_of,
    settle_persons,
    take_identifiers,
)
from evergrove.people.identity.tables import identity, tombstone
from evergrove.people.identity.types import Taken

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.people import Seal

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)

# As people write the same Chinese, Taiwanese and British number; the country codes are the ITU's (E.164).
PHONES = [
    ("13800138000", "CN", "+8613800138000"),
    ("+86 138-0013-8000", "TW", "+8613800138000"),
    ("0086 138 0013 8000", "CN", "+8613800138000"),
    ("１３８００１３８０００", "CN", "+8613800138000"),
    ("0912-345-678", "TW", "+886912345678"),
    ("(020) 7946 0018", "GB", "+442079460018"),
    ("+1 650-253-0000 ext. 3", "", "+16502530000"),
]


@pytest.mark.parametrize(("text", "region", "form"), PHONES)
def test_one_number_has_one_spelling(text: str, region: str, form: str) -> None:
    """Whatever stands between the digits, and with or without the country."""
    assert normal_form("phone", text, region) == form


@pytest.mark.parametrize("text", ["", "none", "138", "00000000000", "12345678901", "138****8000"])
def test_what_is_no_phone_is_none(text: str) -> None:
    """Masked, short, or of no numbering plan: it would join strangers."""
    assert normal_form("phone", text, "CN") is None


def test_a_number_without_country_needs_a_region() -> None:
    """It may be anybody's anywhere."""
    assert normal_form("phone", "13800138000") is None


@pytest.mark.parametrize(
    ("kind", "text", "form"),
    [
        ("email", " Ada@Example.COM ", "ada@example.com"),
        ("email", "ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("email", "ada@", None),
        ("union_id", "oZ-9xY_1", "oZ-9xY_1"),
        ("union_id", "\u200boZ９\ufeff", "oZ9"),
        ("member_no", "  88  001 ", "88 001"),
        ("member_no", "0000", None),
        ("member_no", "-", None),
        ("member_no", "****", None),
        ("open_id", "a\nb", None),
        ("external_id", "x" * 129, None),
    ],
)
def test_other_identifiers_are_trimmed_and_narrowed(kind: str, text: str, form: str | None) -> None:
    """Case of what a platform gave out counts; blanks, widths and what cannot be seen do not."""
    assert normal_form(kind, text) == form


def test_the_region_is_that_of_the_shops_zone() -> None:
    """Unless the settings name one."""
    assert (region_of("", "Asia/Shanghai"), region_of("", "Asia/Taipei")) == ("CN", "TW")
    assert (region_of("hk", "Asia/Taipei"), region_of("", "UTC"), region_of("", "")) == ("HK", "", "")


def test_the_same_value_is_found_again_and_cannot_be_read(ledger: Ledger, seal: Seal) -> None:
    """Stored are a keyed hash and a sealed value; twice is once."""
    rows = [Identifier("A", "phone", "+8613800138000"), Identifier("B", "phone", "+8613800138000")]
    for taken in (Taken(new=2), Taken(known=2)):
        with ledger.writing() as connection:
            assert take_identifiers(connection, seal, rows, NOW) == taken
    with ledger.reading() as connection:
        stored = connection.execute(select(identity)).all()
        opened = identifiers_of(connection, seal, ["A", "B"])
    assert len({row.value_hash for row in stored}) == 1
    assert all(b"13800138000" not in row.sealed and "138" not in repr(row.kind) for row in stored)
    assert [each.value for each in opened] == ["+8613800138000"] * 2


HEADER = "客户ID,手机号,邮箱,微信unionid,小程序openid,设备ID,会员卡号,外部ID"
THREE = """\
APP-1,138 0013 8000,,u-1,,d-1,,
TILL-2,,ada@example.com,u-1,,,,
WEB-3,+8613800138000,Ada@Example.com,,,d-1,,
OTHER,13900139000,,,,d-1,,
"""


def test_a_customers_file_tells_who_is_one_person(ledger: Ledger, seal: Seal, tmp_path: Path) -> None:
    """Three ids of one woman become one person; who only held the same device does not."""
    path = tmp_path / "客户.csv"
    path.write_text(f"{HEADER}\n{THREE}", encoding="utf-8")
    options = ReadOptions(mapping={"customer": "客户ID"})
    intake = read_customers(ledger, seal, path, options, SetClock(NOW), region="CN")
    assert (intake.rows.read, intake.rows.good, dict(intake.unused)) == (4, 4, {})
    with ledger.reading() as connection:
        assert persons_now(connection) == {"TILL-2": "APP-1", "WEB-3": "APP-1"}
        assert members_of(connection, ["WEB-3"]) == {"WEB-3": ("APP-1", "TILL-2", "WEB-3")}


def test_a_file_given_again_after_a_kill_joins_what_the_first_reading_left(
    ledger: Ledger, seal: Seal, tmp_path: Path
) -> None:
    """Rows are stored in short transactions; the last one, which joins, was never reached."""
    with ledger.writing() as connection:
        told = [Identifier("A", "union_id", "u-1"), Identifier("B", "union_id", "u-1")]
        take_identifiers(connection, seal, told, NOW)
        assert persons_now(connection) == {}
    path = tmp_path / "c.csv"
    path.write_text("customer_id,union_id\nA,u-1\nB,u-1\n", encoding="utf-8")
    read_customers(ledger, seal, path, ReadOptions(), SetClock(NOW))
    with ledger.reading() as connection:
        assert persons_now(connection) == {"B": "A"}


def test_a_cell_that_is_no_identifier_costs_its_row_nothing(
    ledger: Ledger, seal: Seal, tmp_path: Path
) -> None:
    """It is counted, and the rest of the row is good."""
    path = tmp_path / "c.csv"
    path.write_text("customer_id,phone,email\nA,12,ada@example.com\nB,n/a,\n", encoding="utf-8")
    intake = read_customers(ledger, seal, path, ReadOptions(), SetClock(NOW), region="CN")
    assert (intake.rows.good, dict(intake.unused)) == (2, {"people.bad_identifier": 1})


@pytest.mark.parametrize(
    ("kind", "value"), [("phone", "+8613800138000"), ("union_id", "u-1"), ("email", "ada@example.com")]
)
def test_an_erased_person_does_not_come_back_under_any_identifier(
    ledger: Ledger, seal: Seal, kind: str, value: str
) -> None:
    """A new customer id with one of the old identifiers, and a new one beside it: neither is stored."""
    told = [
        Identifier("A", "phone", "+8613800138000"),
        Identifier("A", "union_id", "u-1"),
        Identifier("A", "email", "ada@example.com"),
    ]
    with ledger.writing() as connection:
        take_identifiers(connection, seal, told, NOW)
        erase(connection, "A", NOW)
        back = [Identifier("NEW", kind, value), Identifier("NEW", "open_id", "o-9")]
        assert take_identifiers(connection, seal, back, NOW) == Taken(erased=2)
        assert connection.execute(select(identity)).all() == []
        assert len(connection.execute(select(tombstone)).all()) == 3


def test_who_shared_a_value_with_an_erased_person_keeps_it(ledger: Ledger, seal: Seal) -> None:
    """A family's phone: one member's wish to be forgotten is not the others'."""
    phone, own = Identifier("B", "phone", "+8613800138000"), Identifier("B", "member_no", "2")
    with ledger.writing() as connection:
        rows = [Identifier("A", "phone", "+8613800138000"), Identifier("A", "member_no", "1"), phone, own]
        take_identifiers(connection, seal, rows, NOW)
        settle_persons(connection, NOW)
        assert members_of(connection, ["A"]) == {"A": ("A",)}
        erase(connection, "A", NOW)
        again = [own, Identifier("B", "union_id", "u-2")]
        assert take_identifiers(connection, seal, again, NOW) == Taken(new=1, known=1)
