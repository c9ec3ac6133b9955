"""One person under three ids: valued as one, shown whole, handed out alone, and forgotten everywhere."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import zipfile
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import LargeBinary, select

from evergrove.app import open_workspace
from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.ingest.facts.imports import imports, newest_seq
from evergrove.ledger import metadata
from evergrove.people.errors import PersonErased, SealBroken
from evergrove.people.identity.tables import identity, merge_event
from evergrove.people.tables import person
from evergrove.pipeline.person import UnknownPerson
from evergrove.pipeline.person_export import ExportThere
from evergrove.pipeline.uploads import sha256_of
from evergrove.testing.workspaces import copy_of, write_orders
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

DAY = date(2026, 7, 1)
NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
HEAD = "customer_id,name,email,phone,union_id,device_id,member_no,consent"
PEOPLE = f"""{HEAD}
ADA-APP,Ada Lovelace,,+86 138-0013-8000,union-ada-1,device-ada-9,,yes
ADA-TILL,,ada.private@mail.example,,union-ada-1,,,
ADA-WEB,A. Lovelace,ADA.private@mail.example,,,,M-4711-ADA,no
BOB-1,Bob Other,bob.other@mail.example,+8613900139000,union-bob-1,device-ada-9,M-1,yes
"""
ADA = ("ADA-APP", "ADA-TILL", "ADA-WEB")
WORDS = (
    "ada lovelace",
    "a. lovelace",
    "ada.private@mail.example",
    "13800138000",
    "138-0013-8000",
    "union-ada-1",
    "m-4711-ada",
)
"""Whatever is Ada's alone; Bob held the same device."""
BOBS = ("bob other", "bob.other@mail.example", "13900139000", "union-bob-1", "m-1", "bob-1")


def next_day(here: Workspace) -> None:
    """A day passes."""
    assert isinstance(here.clock, SetClock)
    here.clock.moment += timedelta(days=1)


@pytest.fixture(scope="module")
def joined_workspace(begun_on_sqlite: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada has bought under three ids, Bob once; a night has passed, and rows that name her were rejected."""
    given = tmp_path_factory.mktemp("joined")
    folder = copy_of(begun_on_sqlite[0], given / "workspace")
    amounts = {"ADA-APP": 150.0, "ADA-TILL": 70.0, "ADA-WEB": 30.5, "BOB-1": 9.0}
    rejected = given / "r.csv"
    rejected.write_text(
        "order_id,customer_id,order_date,amount,status,contact\n"
        "R1,ADA-APP,never,1,paid,Ada Lovelace 13800138000\nR2,BOB-1,2026-07-01,1,paid,-\n",
        encoding="utf-8",
    )
    people = folder / "inbox" / "people.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    with open_workspace(folder, SetClock(NIGHT)) as here:
        here.ingest([write_orders(given / "o.csv", DAY, amounts), rejected], READ)
        here.ingest_customers([people], READ)
        here.run()
    return folder


@pytest.fixture
def known(joined_workspace: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of that workspace, this test's own, open."""
    with open_workspace(copy_of(joined_workspace, tmp_path / "workspace"), SetClock(NIGHT)) as here:
        yield here


def published(here: Workspace, table: str, column: str) -> dict[str, Any]:
    """A column of the newest run, by customer."""
    seen = here.warehouse.newest("run")
    assert seen is not None
    with open_engine(threads=1) as engine:
        here.warehouse.show(engine, seen, table)
        return dict(engine.run(f"select customer_id, {column} from {table}"))


def test_three_ids_are_one_customer_of_the_run(known: Workspace) -> None:
    """Their orders are one history; the other ids have no score of their own, and totals are those of before."""
    worth = published(known, "scores", "historic_value")
    assert float(worth["ADA-APP"]) == 150.0 + 70.0 + 30.5
    assert not {"ADA-TILL", "ADA-WEB"} & worth.keys()
    assert "BOB-1" in worth


@pytest.mark.slow
def test_the_join_is_undone_and_each_night_can_be_computed_again(known: Workspace) -> None:
    """The night as one, then taken apart, then joined by hand: three nights, each replayed to the last bit."""
    days = [DAY]
    for change in (lambda: known.unmerge("ADA-TILL"), lambda: known.merge("ADA-WEB", "BOB-2")):
        next_day(known)
        change()
        days.append(known.run().as_of)
    worth = published(known, "scores", "historic_value")
    assert float(worth["ADA-TILL"]) == 70.0
    assert all(known.replay(day).is_equal for day in days)


def test_who_is_joined_or_taken_apart_moves_for_a_reason_of_its_own(known: Workspace) -> None:
    """Nothing was bought: no playbook may take it for the customer's doing."""
    next_day(known)
    known.unmerge("ADA-TILL")
    known.run()
    seen = known.warehouse.newest("run")
    assert seen is not None
    with open_engine(threads=1) as engine:
        known.warehouse.show(engine, seen, "transitions")
        newest = engine.value("select max(run_seq) from transitions")
        moved = engine.run(
            "select customer_id, cause from transitions where run_seq = $newest and customer_id like 'ADA%'",
            newest=newest,
        )
    assert moved
    assert {cause for _customer, cause in moved} == {"identity"}


def test_everything_is_shown_by_any_id(known: Workspace) -> None:
    """Contacts, identifiers, reasons, consents, scores."""
    for customer in ADA:
        found = known.person(customer)
        assert (found.person_id, found.members) == ("ADA-APP", ADA)
        assert {each.kind for each in found.identifiers} == {
            "phone",
            "union_id",
            "device_id",
            "email",
            "member_no",
        }
        assert {each.kind for each in found.joinings} == {"union_id", "email"}
        assert {row["status"] for row in found.ledger["consent_event"]} == {"granted", "denied"}
        assert found.scores["customer_id"] == "ADA-APP"
        assert [row["amount"] for row in found.warehouse["orders"]] != []
    with pytest.raises(UnknownPerson):
        known.person("NOBODY")


@pytest.mark.parametrize("name", ["copy", "copy.zip"])
def test_the_copy_holds_everything_of_the_person_and_nothing_of_others(
    known: Workspace, tmp_path: Path, name: str
) -> None:
    """As JSON and as CSV; every word of Ada's is in both, none of Bob's is in either."""
    rows = known.export_person("ADA-WEB", tmp_path / name)
    files = unpacked(tmp_path / name)
    assert sorted(files) == sorted([*(f"{table}.csv" for table in rows), "person.json"])
    document, tables = (
        files["person.json"].lower(),
        "".join(t for n, t in files.items() if n != "person.json").lower(),
    )
    for text in (document, tables):
        assert [
            word
            for word in ("ada lovelace", "+8613800138000", "ada.private@mail.example")
            if word not in text
        ] == []
        assert [word for word in BOBS if word in text] == []
    read = json.loads(files["person.json"])
    assert read["format"] == "evergrove.person/1"
    assert {name: len(found) for name, found in read["tables"].items()} == rows
    for table, found in read["tables"].items():
        assert len(list(csv.DictReader(io.StringIO(files[f"{table}.csv"])))) == len(found)
    with pytest.raises(ExportThere):
        known.export_person("ADA-WEB", tmp_path / name)


def unpacked(path: Path) -> dict[str, str]:
    """The files of a folder or an archive; only their owner may read them."""
    if path.is_dir():
        assert all(each.stat().st_mode & 0o077 == 0 for each in (path, *path.iterdir()))
        return {each.name: each.read_text(encoding="utf-8") for each in path.iterdir()}
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, and whatever is packed or encoded in it, as bytes that can be searched."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield from decoded(str(path), path.read_bytes())


def decoded(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file's bytes (a database's free pages and log among them), and what stands in them once unpacked."""
    yield name, content
    if content.startswith(b"PAR1"):
        yield f"{name} (rows)", repr(pq.read_table(io.BytesIO(content)).to_pylist()).encode()
    if content.startswith(b"\x1f\x8b"):
        yield from decoded(f"{name} (gz)", gzip.decompress(content))
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from decoded(f"{name}/{member}", archive.read(member))


def unsealed(here: Workspace) -> Iterator[tuple[str, bytes]]:
    """Whatever is sealed anywhere in the ledger, opened under every name under which it could be."""
    with here.ledger.reading() as connection:
        links = [
            tuple(row)
            for row in connection.execute(
                select(merge_event.c.kind, merge_event.c.value_hash, merge_event.c.customer_id)
            )
        ]
        links += [
            tuple(row)
            for row in connection.execute(
                select(identity.c.kind, identity.c.value_hash, identity.c.customer_id)
            )
        ]
        customers = [*connection.execute(select(person.c.customer_id)).scalars()]
        owners = [
            "",
            *customers,
            *(f"identifier/{kind}/{hashed}/{customer}" for kind, hashed, customer in links),
        ]
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, LargeBinary) and table.name != "data_key":
                    for blob in connection.execute(select(column).where(column.is_not(None))).scalars():
                        yield from opened(here, f"{table.name}.{column.name}", blob, owners)


def opened(here: Workspace, name: str, blob: bytes, owners: list[str]) -> Iterator[tuple[str, bytes]]:
    """A sealed cell, opened; one that opens under no name would go unsearched."""
    for owner in owners:
        try:
            yield name, json.dumps(here.seal.unseal(blob, owner), ensure_ascii=False).encode()
        except (SealBroken, InvalidTag):
            continue
        return
    pytest.fail(f"{name} holds something that does not open")


def traces(here: Workspace) -> set[tuple[str, str]]:
    """Where a word of Ada's can be read, in whatever form."""
    everything = [*contents(here.folder), *unsealed(here)]
    return {(word, name) for name, text in everything for word in WORDS if word.encode() in text.lower()}


def sealed_cells(here: Workspace) -> list[bytes]:
    """The ciphertexts of Ada's data."""
    with here.ledger.reading() as connection:
        own = [*connection.execute(select(person.c.sealed).where(person.c.customer_id.in_(ADA))).scalars()]
        own += connection.execute(select(identity.c.sealed).where(identity.c.customer_id.in_(ADA))).scalars()
    return [cell for cell in own if cell]


def facts(here: Workspace) -> list[tuple[Any, ...]]:
    """What was bought, in all."""
    seen = here.warehouse.newest()
    assert seen is not None
    with open_engine(threads=1) as engine:
        here.warehouse.show(engine, seen, "orders")
        return engine.run("select count(*), sum(amount), count(distinct customer_id) from orders")


def test_after_an_erasure_no_search_finds_the_person(known: Workspace) -> None:
    """
    Not in Parquet, free pages, log, archives, rejected rows, raw uploads or ciphertext; money rows and totals stay.

    The archives stand for raw files that came in as they are: an import notes their bytes.
    """
    inbox = known.folder / "inbox"
    with zipfile.ZipFile(inbox / "batch.zip", "w") as archive:
        archive.writestr("inner/people.csv", PEOPLE)
        archive.writestr("inner/people.csv.gz", gzip.compress(PEOPLE.encode()))
    (inbox / "people.csv.gz").write_bytes(gzip.compress(PEOPLE.encode()))
    imported(known, inbox / "batch.zip", inbox / "people.csv.gz")
    before, cells, money = traces(known), sealed_cells(known), facts(known)
    assert {word for word, _name in before} == set(WORDS)
    assert len(cells) == 10  # three rows of persons, seven identifiers that were sealed

    done = known.erase("ADA-TILL")

    assert (done.is_new, done.members, len(done.uploads), done.left) == (True, ADA, 3, ())
    assert traces(known) == set()
    assert [name for name, text in contents(known.folder) for cell in cells if cell in text] == []
    assert facts(known) == money
    assert known.erase("ADA-WEB").is_new is False


def imported(here: Workspace, *files: Path) -> None:
    """As if these had been imported just as they are."""
    with here.ledger.writing() as connection:
        row = dict(connection.execute(select(imports)).mappings().first() or {})
        for path in files:
            new = {"seq": newest_seq(connection) + 1, "sha256": sha256_of(path), "table_name": "customers"}
            connection.execute(imports.insert(), [row | new])


def test_a_file_that_has_not_come_in_is_named_not_deleted(known: Workspace) -> None:
    """Others stand in it too: its owner decides. Bringing it in stores nothing of her."""
    waiting = known.folder / "inbox" / "later.csv"
    waiting.write_text(
        f"{HEAD}\nNEW-1,Ada L,,0138-no,union-ada-1,,,yes\nNEW-2,Eve,eve@mail.example,,,,,yes\n",
        encoding="utf-8",
    )
    done = known.erase("ADA-APP")
    assert (waiting.exists(), done.left) == (True, (waiting,))
    (intake,) = known.ingest_customers([waiting], READ)
    assert (intake.rows.good, intake.rejected) == (1, {"people.erased": 1})
    waiting.unlink()
    assert traces(known) == set()


@pytest.mark.parametrize(
    "row",
    [
        "ADA-TILL,Ada Lovelace,,,,,,yes",
        "NEW-1,Ada Lovelace,ada.private@mail.example,,,,,yes",
        "NEW-1,Ada Lovelace,,13800138000,,,,yes",
        "NEW-1,Ada Lovelace,,,union-ada-1,,,yes",
        "NEW-1,Ada Lovelace,,,,,M-4711-ADA,yes",
    ],
)
def test_a_later_file_does_not_bring_the_person_back(known: Workspace, tmp_path: Path, row: str) -> None:
    """Under an old id, or a new one with any of the old identifiers: the row is refused and counted."""
    known.erase("ADA-APP")
    again = tmp_path / "again.csv"
    again.write_text(f"{HEAD}\n{row}\n", encoding="utf-8")
    (intake,) = known.ingest_customers([again], READ)
    assert (intake.people, intake.rejected) == (0, {"people.erased": 1})
    assert traces(known) == set()


@pytest.mark.slow
def test_what_an_erased_person_bought_stays_one_persons(known: Workspace) -> None:
    """Totals, tiers and past nights do not change because a name is gone; nothing can be joined with it any more."""
    before = published(known, "scores", "historic_value")
    known.erase("ADA-APP")
    next_day(known)
    known.run()
    assert published(known, "scores", "historic_value") == before
    assert known.replay(DAY).is_equal
    assert known.person("ADA-WEB").status == "erased"
    with pytest.raises(PersonErased):
        known.merge("ADA-APP", "BOB-1")
    with pytest.raises(PersonErased):
        known.unmerge("ADA-APP")


def test_the_copy_of_a_workspace_finds_nothing_either(known: Workspace, tmp_path: Path) -> None:
    """What is copied after the erasure (a backup, another machine) holds nothing of the person."""
    known.erase("ADA-APP")
    copied = tmp_path / "copied"
    shutil.copytree(known.folder, copied)
    assert {
        name for name, text in contents(copied) for word in WORDS if word.encode() in text.lower()
    } == set()
