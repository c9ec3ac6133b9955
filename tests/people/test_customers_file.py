"""Customers files as shops export them, read into the ledger."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evergrove.core import SetClock
from evergrove.ingest import ReadOptions
from evergrove.ingest.columns.customer_roles import read_person
from evergrove.ingest.columns.errors import ColumnNotFound, TooManyCells, UnknownColumn, UnknownRole
from evergrove.ingest.persons.customers import PeopleIntake, read_customers
from evergrove.ingest.sources.errors import EmptyFile
from evergrove.people import PersonRow, Seal, consent_of, contacts, erase, open_seal, record_consent
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
CLOCK = SetClock(NOON)
HEADER = ["customer", "email", "name", "language", "timezone", "consent"]


def table(rows: list[list[str]], header: list[str] | None = None) -> str:
    """Rows as CSV text."""
    out = io.StringIO()
    csv.writer(out).writerows([header or HEADER, *rows])
    return out.getvalue()


def read(ledger: Ledger, seal: Seal, path: Path, **mapping: str) -> PeopleIntake:
    """Read a file, and see that every row is accounted for."""
    intake = read_customers(ledger, seal, path, ReadOptions(mapping=mapping), CLOCK)
    rows = intake.rows
    assert rows.good + rows.rejected + rows.duplicate == rows.read
    assert not intake.is_new or sum(intake.rejected.values()) == rows.rejected
    return intake


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """A file with one customer who agreed, one who did not, and one of whom nothing is known."""
    path = tmp_path / "customers.csv"
    rows = [
        ["C1", "ada@example.com", "Ada", "en-GB", "Europe/London", "yes"],
        ["C2", "ming@example.tw", "小明", "zh-TW", "Asia/Taipei", "否"],
        ["C3", "", "", "", "", ""],
    ]
    path.write_text(table(rows), encoding="utf-8")
    return path


def test_what_a_file_says_is_known_afterwards(ledger: Ledger, seal: Seal, customers: Path) -> None:
    """Address, name, language, zone and consent; a silent row makes a customer who is not written to."""
    intake = read(ledger, seal, customers)

    with ledger.reading() as connection:
        found = contacts(connection, seal, ["C1", "C2", "C3"])
        consents = consent_of(connection, ["C1", "C2", "C3"])
    assert (intake.rows.good, intake.people, intake.consents) == (3, 3, 2)
    assert (found["C1"].email, found["C1"].language, found["C1"].zone) == (
        "ada@example.com",
        "en",
        "Europe/London",
    )
    assert (found["C2"].name, found["C2"].language) == ("小明", "zh-Hant")
    assert consents == {"C1": "granted", "C2": "denied", "C3": "unknown"}


def test_the_same_file_again_changes_nothing(ledger: Ledger, seal: Seal, customers: Path) -> None:
    """The very same bytes are known; a file with one more row adds one person and no further words."""
    first, again = read(ledger, seal, customers), read(ledger, seal, customers)
    customers.write_text(customers.read_text() + "C4,new@example.com,New,en,UTC,yes\n", encoding="utf-8")
    more = read(ledger, seal, customers)

    assert (first.is_new, again.is_new, more.is_new) == (True, False, True)
    assert again.rows == first.rows
    assert (again.people, again.consents) == (0, 0)
    assert (more.people, more.consents) == (1, 1)


def test_a_file_read_in_another_way_is_read_again(ledger: Ledger, seal: Seal, tmp_path: Path) -> None:
    """After a wrong guess, the same bytes with another mapping are not taken for known."""
    path = tmp_path / "customers.csv"
    path.write_text(table([["C1", "a@example.com", "b@example.com"]], ["customer", "email", "private"]))
    read(ledger, seal, path)

    intake = read(ledger, seal, path, email="private")

    assert (intake.is_new, intake.people) == (True, 1)
    with ledger.reading() as connection:
        assert contacts(connection, seal, ["C1"])["C1"].email == "b@example.com"


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (
            ["customer_id", "E-Mail", "Full Name", "Locale", "Time Zone", "Accepts Email Marketing"],
            "utf-8-sig",
        ),
        (["会员编号", "邮箱", "姓名", "语言", "时区", "是否同意营销"], "gb18030"),
        (["會員編號", "電子信箱", "姓名", "語系", "時區", "訂閱電子報"], "big5"),
        (["顧客編號", "電子郵件", "顧客姓名", "語言", "時區", "行銷同意"], "utf-16"),
    ],
)
def test_headers_are_understood_in_three_languages(
    ledger: Ledger, seal: Seal, tmp_path: Path, header: list[str], encoding: str
) -> None:
    """Column guessing and encodings are those of the orders."""
    path = tmp_path / "customers.csv"
    rows = [[f"C{i}", f"c{i}@example.com", "王小明", "繁體中文", "Asia/Taipei", "同意"] for i in range(20)]
    path.write_text(table(rows, header), encoding=encoding)

    intake = read(ledger, seal, path)

    assert [match.column for match in intake.columns] == header
    with ledger.reading() as connection:
        found = contacts(connection, seal, ["C7"])["C7"]
        assert consent_of(connection, ["C7"]) == {"C7": "granted"}
    assert (found.name, found.language, found.zone) == ("王小明", "zh-Hant", "Asia/Taipei")


def test_other_formats_are_read_alike(ledger: Ledger, seal: Seal, tmp_path: Path) -> None:
    """JSON lines and typed Parquet: a number as customer id is the id that the orders have."""
    lines = tmp_path / "customers.jsonl"
    lines.write_text(
        json.dumps({"customer": "7", "email": "a@example.com", "consent": True}), encoding="utf-8"
    )
    typed = tmp_path / "customers.parquet"
    with open_engine() as engine:
        query = "select 8 as customer, 'b@example.com' as email, true as consent"
        engine.copy_to(query, typed, "format parquet")

    read(ledger, seal, lines)
    read(ledger, seal, typed)

    with ledger.reading() as connection:
        assert consent_of(connection, ["7", "8"]) == {"7": "granted", "8": "granted"}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("yes", "granted"),
        ("TRUE", "granted"),
        ("1", "granted"),
        ("Opted-In", "granted"),
        ("是", "granted"),
        ("已訂閱", "granted"),
        ("no", "denied"),
        ("0", "denied"),
        ("Not subscribed", "denied"),
        ("不同意", "denied"),
        ("Unsubscribed", "revoked"),
        ("已退订", "revoked"),
        ("取消訂閱", "revoked"),
        ("pending", "pending"),
        ("", None),
        ("未知", None),
    ],
)
def test_only_a_clear_yes_is_a_yes(text: str, status: str | None) -> None:
    """Words of consent in three languages; what nobody has said stays unknown."""
    person, fault, unused = read_person({"customer": "C1", "consent": text})

    assert (person, fault, unused) == (PersonRow("C1", consent=status), "", ())  # type: ignore[arg-type]


def test_what_cannot_be_used_is_counted_and_shown_by_line(ledger: Ledger, seal: Seal, tmp_path: Path) -> None:
    """An unreadable consent is no yes, an unknown zone no reason to leave the customer out."""
    path = tmp_path / "customers.csv"
    rows = [
        ["C1", "a@example.com", "A", "en", "Mars/Olympus", "maybe"],
        ["C2", "b@example.com", "B", "Klingon", "UTC+8", "yes"],
    ]
    path.write_text(table(rows), encoding="utf-8")

    intake = read(ledger, seal, path)

    assert intake.rows.good == 2
    assert intake.unused == {
        "people.unclear_consent": 1,
        "people.unknown_zone": 2,
        "people.unknown_language": 1,
    }
    assert intake.first_lines == {
        "people.unclear_consent": 2,
        "people.unknown_zone": 2,
        "people.unknown_language": 3,
    }
    with ledger.reading() as connection:
        assert consent_of(connection, ["C1"]) == {"C1": "unknown"}


def test_rows_that_cannot_be_used_are_rejected_with_their_reason(
    ledger: Ledger, seal: Seal, tmp_path: Path
) -> None:
    """Header injection, lists of addresses, no customer, a second truth about one customer, a ragged row."""
    path = tmp_path / "customers.csv"
    good = [[f"G{i}", f"g{i}@example.com", "", "", "", "yes"] for i in range(9)]
    rows = [
        ["C1", "a@example.com\r\nBcc: eve@example.com", "", "", "", "yes"],
        ["C2", "a@example.com,b@example.com", "", "", "", "yes"],
        ["C3", "c@example.com", "C\nBcc: eve@example.com", "", "", "yes"],
        ["", "d@example.com", "", "", "", "yes"],
        ["1.2E+11", "d@example.com", "", "", "", "yes"],
        ["G0", "other@example.com", "", "", "", "yes"],
        ["G1", "g1@example.com", "", "", "", "yes"],
        ["C9", "too", "few"],
    ]
    path.write_text(table([*good, *rows]), encoding="utf-8", newline="")

    intake = read(ledger, seal, path)

    assert intake.rejected == {
        "people.bad_email": 2,
        "people.bad_name": 1,
        "ingest.no_customer": 1,
        "ingest.damaged_id": 1,
        "people.conflict": 1,
        "ingest.ragged_row": 1,
    }
    assert intake.rows.duplicate == 1
    with ledger.reading() as connection:
        assert contacts(connection, seal, ["C1", "C2", "C3", "C9"]) == {}
        assert contacts(connection, seal, ["G0"])["G0"].email == "g0@example.com"


def test_a_refusal_counts_wherever_it_stands(ledger: Ledger, seal: Seal, tmp_path: Path) -> None:
    """In a row that is otherwise unusable, and in a second row of the customer: the stricter word holds."""
    path = tmp_path / "customers.csv"
    rows = [
        ["C1", "not an address", "", "", "", "unsubscribed"],
        ["C2", "b@example.com", "", "", "", "yes"],
        ["C2", "b@example.com", "", "", "", "no"],
    ]
    path.write_text(table(rows), encoding="utf-8")
    with ledger.writing() as connection:
        record_consent(connection, "C1", "granted", "file", NOON)

    read(ledger, seal, path)

    with ledger.reading() as connection:
        assert consent_of(connection, ["C1", "C2"]) == {"C1": "revoked", "C2": "denied"}


def test_an_old_yes_and_an_erased_person_are_counted(ledger: Ledger, seal: Seal, customers: Path) -> None:
    """What the file says against the person's own word is told, and does not take effect."""
    read(ledger, seal, customers)
    with ledger.writing() as connection:
        record_consent(connection, "C1", "revoked", "unsubscribe", NOON)
        erase(connection, "C2", NOON)
    customers.write_text(customers.read_text() + "C4,,,,,\n", encoding="utf-8")

    intake = read(ledger, seal, customers)

    assert intake.unused == {"people.refused_elsewhere": 1}
    assert intake.rejected == {"people.erased": 1}
    with ledger.reading() as connection:
        assert consent_of(connection, ["C1"]) == {"C1": "revoked"}
        assert contacts(connection, seal, ["C2"]) == {}


def test_a_list_that_was_written_before_a_refusal_does_not_undo_it(
    ledger: Ledger, seal: Seal, customers: Path, tmp_path: Path
) -> None:
    """Last month's export comes in after this month's: by when the files were written, or by what is said of it."""
    read(ledger, seal, customers)
    refusal = tmp_path / "refusal.csv"
    refusal.write_text(table([["C1", "no"]], ["customer", "consent"]), encoding="utf-8")
    read(ledger, seal, refusal)
    for nth, written_at in enumerate((NOON - timedelta(days=30), NOON)):
        late = tmp_path / f"late-{nth}.csv"
        late.write_text(
            table([["C1", "yes"], [f"C{8 + nth}", "yes"]], ["customer", "consent"]), encoding="utf-8"
        )
        os.utime(late, (written_at.timestamp(), written_at.timestamp()))
        said = NOON - timedelta(seconds=1) if nth else None

        intake = read_customers(ledger, seal, late, ReadOptions(), CLOCK, exported_at=said)

        assert (intake.consents, intake.unused) == (1, {"people.refused_elsewhere": 1})
    with ledger.reading() as connection:
        assert consent_of(connection, ["C1", "C8", "C9"]) == {
            "C1": "denied",
            "C8": "granted",
            "C9": "granted",
        }


def test_customers_known_by_their_address_can_be_mapped_so(
    ledger: Ledger, seal: Seal, tmp_path: Path
) -> None:
    """One column may be id and address."""
    path = tmp_path / "customers.csv"
    path.write_text("email,consent\nada@example.com,yes\n")
    with pytest.raises(ColumnNotFound, match="--map customer="):
        read(ledger, seal, path)

    read(ledger, seal, path, customer="email", email="email")

    with ledger.reading() as connection:
        assert consent_of(connection, ["ada@example.com"]) == {"ada@example.com": "granted"}


def test_files_that_are_not_understood_are_refused_whole(ledger: Ledger, seal: Seal, tmp_path: Path) -> None:
    """Nothing is stored of them, and the way out is said."""
    path = tmp_path / "customers.csv"
    path.write_text("customer,colour\nC1,red\n")
    with pytest.raises(ColumnNotFound, match="email"):
        read(ledger, seal, path)
    with pytest.raises(UnknownRole, match="consent"):
        read(ledger, seal, path, amount="colour")
    with pytest.raises(UnknownColumn, match="colour"):
        read(ledger, seal, path, email="Mail")
    path.write_text("customer,email\n")
    with pytest.raises(EmptyFile):
        read(ledger, seal, path)
    path.write_text("customer,email\nC1,a@example.com,x\nC2,b@example.com,y\nC3,c@example.com,z\n")
    with pytest.raises(TooManyCells):
        read(ledger, seal, path)


CELLS = st.text(alphabet="aA1@.,;\"'\r\n\t \u202e<>&=王-+", max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*[CELLS] * 6), min_size=1, max_size=12))
def test_every_row_is_accounted_for(
    ledger_file: Ledger, key_file: Path, tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    """Whatever stands in the cells: nothing crashes, and good + rejected + duplicate = rows read."""
    path = tmp_path / "customers.csv"
    sure = [["sure", "sure@example.com", "", "", "", "yes"]] * 40
    path.write_text(table([*sure, *map(list, rows)]), encoding="utf-8", newline="")
    intake = read(ledger_file, open_seal(ledger_file, key_file), path)

    assert intake.rows.read >= 40


def test_an_account_names_nobody(ledger: Ledger, seal: Seal, customers: Path) -> None:
    """What is printed of an import shows neither addresses nor names."""
    shown = repr(replace(read(ledger, seal, customers), warnings=()))

    assert [word for word in ("ada@", "Ada", "ming", "小明") if word in shown] == []
