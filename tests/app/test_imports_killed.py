"""A process that is killed at any of its durable writes leaves a whole import, merge or erasure, or none."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from tests.backup.conftest import move_key
from tests.conftest import BEGUN, new_database

from evergrove.app import imports, open_workspace
from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.ingest import show_facts
from evergrove.ingest.facts.imports import imports as imported
from evergrove.ingest.facts.tables import show_tables
from evergrove.outbox import OUTBOX
from evergrove.people.identity.log import persons_at
from evergrove.people.identity.members import persons_now
from evergrove.people.identity.tables import identity, merge_event, tombstone
from evergrove.people.tables import age_mark, consent_event, person, suppression
from evergrove.testing.kill import kill_points
from evergrove.testing.workspaces import copy_of
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Column

    from evergrove.app import Workspace

NOW = BEGUN + timedelta(hours=10)
PROVING = "EVERGROVE_PROVE" in os.environ
EVERY = {"orders": 5, "costs": 5}
"""Acts with many points; of the others every second is tried. With a server, which takes longer, half as many."""
FILES = {
    "orders": "order_id,customer_id,order_date,amount\nZ1,zoe,2026-06-28,10\nZ2,yan,2026-06-29,20\nZ3,,2026-06-29,5\n",
    "costs": "order_id,cost_type,cost,date\nZ1,freight,5,2026-06-28\nZ2,freight,x,2026-06-28\nZ2,packing,1,2026-06-29\n",
    "customers": "customer_id,email,name,consent,birthday\nzoe,zoe@shop.example,Zoe,yes,1990-05-01\nyan,yan@,Yan,yes,\n",
    "identities": "customer_id,kind,value\nzoe,phone,13800138000\nyan,phone,13800138000\nxu,phone,1\n",
    "consents": "customer_id,purpose,status,consented_at\nzoe,profiling,withdrawn,2026-06-30\nyan,marketing,yes,2026-06-30\n",
}
PEOPLE = "customer_id,email,phone,consent\nada,ada@shop.example,13900139000,yes\nbo,bo@shop.example,13700137000,yes\n"
SAID: tuple[tuple[Column[Any], ...], ...] = (
    (imported.c.seq, imported.c.sha256, imported.c.rows),
    (identity.c.customer_id, identity.c.kind, identity.c.value_hash),
    (merge_event.c.customer_id, merge_event.c.value_hash, merge_event.c.action),
    (tombstone.c.kind, tombstone.c.value_hash),
    (person.c.customer_id, person.c.email_hash, person.c.status),
    (age_mark.c.customer_id, age_mark.c.born),
    (consent_event.c.customer_id, consent_event.c.purpose, consent_event.c.status, consent_event.c.given_at),
    (suppression.c.address_hash, suppression.c.reason),
    (OUTBOX.c.id, OUTBOX.c.state),
)
"""What the ledger says, without the numbers of rows and the salts of what is sealed."""


class Copies:
    """Copies of one workspace at one place, each made anew: folder and, where there is one, database."""

    def __init__(self, original: Path, folder: Path, server: str) -> None:
        self.original, self.folder, self.server = original, folder, server
        found = re.search(
            r'"(postgresql://[^"]+)"', (original / "evergrove.toml").read_text(encoding="utf-8")
        )
        self.url = found[1] if found else ""
        self.databases = ExitStack()

    def renew(self) -> None:
        """Put everything back to the beginning."""
        self.databases.close()
        urls = None
        if self.url:
            name = self.url.partition("?")[0].rpartition("/")[2]
            urls = (self.url, self.databases.enter_context(new_database(self.server, name)))
        copy_of(self.original, self.folder, urls)

    def opened(self) -> Any:
        """The copy, as any process opens it."""
        return open_workspace(self.folder, SetClock(NOW))


@pytest.fixture
def copies(request: pytest.FixtureRequest, begun_folder: Path, tmp_path: Path) -> Iterator[Copies]:
    """Of a workspace with two persons, once in each database; its key is this test's own."""
    move_key(begun_folder, tmp_path)
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    with open_workspace(begun_folder, SetClock(NOW)) as original:
        original.ingest_customers([people], READ)
        original.ledger.fold_log()
    is_server = "postgresql" in (begun_folder / "evergrove.toml").read_text(encoding="utf-8")
    server = request.getfixturevalue("postgres_server") if is_server else ""
    made = Copies(begun_folder, tmp_path / "copy", server)
    yield made
    made.databases.close()


def said(here: Workspace) -> dict[str, Any]:
    """Everything that these acts may change."""
    with here.ledger.reading() as connection:
        assert persons_now(connection) == persons_at(connection)
        found: dict[str, Any] = {
            columns[0].table.name: sorted(map(repr, connection.execute(select(*columns)))) for columns in SAID
        }
        found["same person"] = persons_now(connection)
        proofs = select(func.count(consent_event.c.sealed))
        found["proofs"] = connection.execute(proofs).scalar_one()
    newest = here.warehouse.newest()
    assert newest is not None
    assert here.warehouse.verify(newest, deep=True) == []
    with open_engine(threads=1) as engine:
        show_facts(engine, here.warehouse, newest)
        show_tables(engine, here.warehouse, newest)
        for table in ("orders", "refunds", "known_customers", "costs"):
            found[f"fact {table}"] = sorted(map(repr, engine.run(f"select * from {table}")))
    return found


def imported_as(table: str, path: Path) -> Callable[[Workspace], object]:
    """The command that brings a file in."""
    if table == "orders":
        return lambda here: here.ingest([path], READ)
    if table == "customers":
        return lambda here: here.ingest_customers([path], READ)
    add: Any = imports.add_table if table == "costs" else imports.add_people
    return lambda here: add(here, path, table, READ)


def merged(here: Workspace) -> None:
    """Say that two are one, unless it is said."""
    with here.ledger.reading() as connection:
        is_done = bool(persons_now(connection))
    if not is_done:
        here.merge("ada", "bo")


def lies_between(before: dict[str, Any], found: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether nothing is lost and nothing is there that does not belong there; the note that all is in comes last."""
    is_noted = found["import_"] == after["import_"]
    return not is_noted and all(
        set(before[name]) <= set(rows) <= set(after[name])
        for name, rows in found.items()
        if isinstance(rows, list)
    )


PIECEWISE = ("customers", "identities", "consents")
ACTS: dict[str, Callable[[Workspace], object]] = {"merge": merged, "erase": lambda here: here.erase("ada")}


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
@pytest.mark.parametrize("act", [*FILES, *ACTS])
def test_a_kill_leaves_all_or_nothing_and_the_next_command_the_rest(
    copies: Copies, tmp_path: Path, act: str
) -> None:
    """
    After each kill the workspace says what it said before or what it would say; done again, the latter.

    Files of persons come in piece by piece, so that others may write meanwhile: between the two they add rows only.
    """
    path = tmp_path / f"{act}.csv"
    path.write_text(FILES.get(act, ""), encoding="utf-8")
    do = ACTS.get(act) or imported_as(act, path)
    copies.renew()
    with copies.opened() as here:
        before = said(here)
        do(here)
        after = said(here)
    assert before != after

    def run() -> None:
        with copies.opened() as here:
            do(here)

    def verify() -> None:
        with copies.opened() as here:
            found = said(here)
            assert found in (before, after) or (act in PIECEWISE and lies_between(before, found, after))
            do(here)
            assert said(here) == after

    every = 1 if PROVING else EVERY.get(act, 2) * (2 if copies.url else 1)
    points = kill_points(run, verify, every, prepare=copies.renew)
    kind = "PostgreSQL" if copies.url else "SQLite"
    print(f"{act} on {kind}: killed at {points} points, every {every}")  # noqa: T201 - a figure for reports
    assert points * every >= 2
