"""Files into a workspace: a look stores nothing, a kept mapping is found again, persons go to the ledger alone."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.app import imports
from evergrove.ingest import ReadOptions, show_facts
from evergrove.ingest.columns.errors import TableColumnMissing
from evergrove.ingest.facts.imports import imports as import_rows
from evergrove.ingest.facts.tables import newest_told, show_tables
from evergrove.ingest.presets.errors import BadPresetName, PresetUnreadable
from evergrove.ingest.presets.preset import own_presets
from evergrove.people import consent_of
from evergrove.people.identity import persons_now
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

ODD = 'a,b,c,d\nc1,05/03/2026,"5,25",A9\nc2,06/03/2026,"6,75",A10\n'
MAPPING = {"customer": "a", "date": "b:dmy", "amount": "c:comma", "order": "d"}


@pytest.fixture
def given(tmp_path: Path) -> Any:
    """Write a file, its time set back: ``given("x.csv", text)``."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        told = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
        os.utime(path, (told, told))
        return path

    return write


def state_of(here: Workspace) -> tuple[Any, ...]:
    """Everything that an import could change."""
    with here.ledger.reading() as connection:
        rows = connection.execute(select(import_rows.c.seq, import_rows.c.sha256)).all()
    seen = here.warehouse.newest()
    files = sorted(path.relative_to(here.folder) for path in here.folder.rglob("*.parquet"))
    return rows, seen.id if seen else None, files, sorted(path.name for path in here.folder.iterdir())


def test_a_look_stores_nothing(begun: Workspace, given: Any) -> None:
    """Mapping, counts, first rows and what would be rejected; the workspace is as it was."""
    before = state_of(begun)
    tickets = given(
        "t.csv",
        "ticket_id,customer_id,created_at,subject,colour\nT1,c1,2026-03-05,mine,red\nT2,,2026-03-05,,\n",
    )
    orders = given("o.csv", ODD)
    people = given("p.csv", "customer_id,union_id\nc1,u1\n,u2\n")

    seen = imports.look(begun, tickets, "tickets", ReadOptions())
    bought = imports.look(begun, orders, "orders", ReadOptions(mapping=MAPPING))
    names = imports.look_at_people(begun, people, "identities", ReadOptions())

    assert (seen.intake.rows.good, seen.sealed, seen.ignored) == (1, {"subject": 1}, ("colour",))
    assert {code: each.rows for code, each in seen.intake.rejected.items()} == {"ingest.no_customer": 1}
    assert seen.names == ("ticket_id", "customer_id", "opened_at")
    assert [row[:2] for row in seen.rows] == [("T1", "c1")]
    assert [str(row[2]) for row in bought.rows] == ["2026-03-05", "2026-03-06"]
    assert (names.rows.good, names.rejected) == (1, {"ingest.no_customer": 1})
    assert state_of(begun) == before


def test_a_kept_mapping_is_found_again(begun: Workspace, given: Any) -> None:
    """By nearly all of its headers, with how its cells are written; another file is none of it."""
    options = ReadOptions(mapping=MAPPING)
    seen = imports.look(begun, given("o.csv", ODD), "orders", options)

    path = imports.keep_mapping(begun, "till", seen, options)
    again = imports.look(begun, given("n.csv", ODD.replace("A", "B")), "orders", ReadOptions())

    assert path == begun.folder / "presets" / "till.toml"
    assert list(again.intake.presets.values()) == ["till"]
    assert [(m.role, m.column, m.confidence) for m in again.intake.columns] == [
        ("customer", "a", 1.0),
        ("date", "b", 1.0),
        ("amount", "c", 1.0),
        ("order", "d", 1.0),
    ]
    assert [[str(cell) for cell in row[2:]] for row in again.rows] == [
        ["2026-03-05", "5.2500"],
        ["2026-03-06", "6.7500"],
    ]
    found = imports.table_of(begun, given("m.csv", ODD), ReadOptions())
    assert found.preset is not None
    assert (found.table, found.preset.name) == ("orders", "till")
    other = imports.table_of(
        begun, given("q.csv", "order_id,customer_id,paid_at,total\n1,c,2026-03-05,5.00\n"), ReadOptions()
    )
    assert other.preset is None


def test_a_declared_tables_mapping_is_kept_too(begun: Workspace, given: Any) -> None:
    """The table comes with it, so that the next file needs no --as."""
    text = "nr,who,when,what\nT1,c1,05/03/2026,late\n"
    options = ReadOptions(
        mapping={"ticket_id": "nr", "customer_id": "who", "opened_at": "when:dmy", "topic": "what"}
    )
    with pytest.raises(TableColumnMissing):
        imports.look(begun, given("t.csv", text), "tickets", ReadOptions())

    seen = imports.look(begun, given("t.csv", text), "tickets", options)
    imports.keep_mapping(begun, "desk", seen, options)
    nxt = given("u.csv", text.replace("T1", "T2"))
    found = imports.table_of(begun, nxt, ReadOptions())
    one = imports.add_table(begun, nxt, found.table, ReadOptions())

    assert (found.table, one.rows.good) == ("tickets", 1)
    with open_engine(threads=1) as engine:
        assert show_tables(engine, begun.warehouse, begun.warehouse.newest()) == ("tickets",)
        rows = engine.run("select ticket_id, cast(opened_at as varchar), topic, import_seq from tickets")
    assert rows == [("T2", "2026-03-05 00:00:00", "late", one.seq)]
    assert newest_told(begun.warehouse.newest()) == one.seq


def test_a_preset_that_is_none_is_named(begun: Workspace, given: Any) -> None:
    """A broken file of the workspace's own, or a name that would leave its folder."""
    seen = imports.look(begun, given("o.csv", ODD), "orders", ReadOptions(mapping=MAPPING))
    with pytest.raises(BadPresetName):
        imports.keep_mapping(begun, "../till", seen, ReadOptions())
    (begun.folder / "presets").mkdir(exist_ok=True)
    (begun.folder / "presets" / "bad.toml").write_text("format = 7\n", encoding="utf-8")

    with pytest.raises(PresetUnreadable, match=r"bad\.toml"):
        own_presets(begun.folder)


def test_refunds_reduce_their_orders(begun: Workspace, given: Any) -> None:
    """A file of refunds comes in by the rules of orders, before or after the orders themselves."""
    refunds = given(
        "r.csv", "order_id,customer_id,refund_date,refund_amount,reason\nZ2,z2,2026-03-09,5.00,too small\n"
    )
    orders = given(
        "o.csv", "order_id,customer_id,order_date,amount\nZ1,z1,2026-03-05,5.25\nZ2,z2,2026-03-05,6.75\n"
    )

    told = imports.refunds_as_orders(begun, refunds, ReadOptions())
    (one,) = begun.ingest([refunds], told).files
    begun.ingest([orders], ReadOptions())

    assert imports.table_of(begun, refunds, ReadOptions()).table == "refunds"
    assert (one.rows.good, one.rows.rejected) == (1, 0)
    with open_engine(threads=1) as engine:
        show_facts(engine, begun.warehouse, begun.warehouse.newest())
        found = engine.run(
            "select order_id, customer_id, cast(refund_date as varchar), amount from refunds where customer_id = 'z2'"
        )
    assert [(*row[:3], float(row[3])) for row in found] == [("Z2", "z2", "2026-03-09", 5.0)]


def test_identities_join_customers(begun: Workspace, given: Any) -> None:
    """Columns of their own, or one of names beside one of kinds; importing again changes nothing."""
    wide = given("w.csv", "customer_id,union_id,member_no\nz1,u1,\nz2,u1,M7\nz3,,\n")
    long = given("l.csv", "customer_id,kind,value\nz4,unionid,u1\nz4,shoe size,44\nz5,open_id,o5\n")

    first = imports.add_people(begun, wide, "identities", ReadOptions())
    second = imports.add_people(begun, long, "identities", ReadOptions())
    again = imports.add_people(begun, long, "identities", ReadOptions())

    assert (first.rows.good, first.rejected, first.identifiers) == (2, {"ingest.missing_cell": 1}, 3)
    assert (second.rows.good, second.rejected) == (2, {"ingest.bad_identity": 1})
    assert second.unused == {"people.bad_identifier": 1}
    assert (again.is_new, again.rows) == (False, second.rows)
    with begun.ledger.reading() as connection:
        persons = persons_now(connection)
    assert len({persons.get(name, name) for name in ("z1", "z2", "z4")}) == 1
    assert persons.get("z5", "z5") == "z5"


def test_consents_are_words_by_channel_and_purpose(begun: Workspace, given: Any) -> None:
    """The newest of a file holds, an unclear one is rejected, and an older yes does not outweigh a later no."""
    header = "customer_id,channel,purpose,status,consented_at\n"
    told = (
        "z1,email,marketing,granted,2026-01-01\nz1,email,marketing,revoked,2026-02-01\n"
        "z2,sms,marketing,yes,\nz3,email,,maybe,\n,email,marketing,yes,\nz4,email,marketing,yes,soon\n"
    )
    no = given("n.csv", header + told)
    yes = given("y.csv", header + "z1,email,marketing,granted,2026-01-15\n")

    first = imports.add_people(begun, no, "consents", ReadOptions())
    imports.add_people(begun, yes, "consents", ReadOptions())
    again = imports.add_people(begun, no, "consents", ReadOptions())

    assert (first.rows.read, first.rows.good, first.rows.duplicate) == (6, 3, 0)
    assert first.rejected == {"ingest.bad_word": 1, "ingest.no_customer": 1, "ingest.bad_date": 1}
    assert again.rows == first.rows
    with begun.ledger.reading() as connection:
        assert consent_of(connection, ["z1", "z2"]) == {"z1": "revoked", "z2": "unknown"}
        assert consent_of(connection, ["z2"], "sms") == {"z2": "granted"}
