"""Steps of the schema: they make what is declared, all or nothing, and only forward."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import shutil
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text

import evergrove
from evergrove.ledger import (
    LedgerFailed,
    LedgerOutdated,
    LedgerTooNew,
    check_schema,
    create_all,
    metadata,
    migrate,
    newest_schema,
    open_ledger,
    schema_of,
)
from evergrove.ledger.migration import climb, differences, draft_step
from evergrove.ledger.schema import NONE, SCRIPTS
from evergrove.testing.kill import kill_points

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger

STEP = """
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before}


def upgrade():
{body}
"""
FIRST = """
    op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
    op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", name="fk", ondelete="cascade"), nullable=False),
    )
    op.execute("insert into parent (id, name) values (1, 'one'), (2, 'two')")
    op.execute("insert into child (id, parent_id) values (10, 1), (20, 2)")
"""
SECOND = """
    with op.batch_alter_table("parent") as parent:
        parent.alter_column("name", nullable=False)
        parent.create_unique_constraint("uq_parent_name", ["name"])
"""


@pytest.fixture(scope="module")
def all_tables() -> None:
    """The tables of every station, whatever this session has imported before."""
    for module in pkgutil.walk_packages(evergrove.__path__, "evergrove."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A folder of steps, without any."""
    folder = tmp_path / "100% migrations"
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("0*.py", "__pycache__"))
    (folder / "versions").mkdir(exist_ok=True)
    return folder


def put(folder: Path, number: str, body: str) -> None:
    """Write one step."""
    before = int(number) - 1
    step = STEP.format(number=number, before=repr(f"{before:04}") if before else None, body=body)
    (folder / "versions" / f"{number}_step.py").write_text(step)


def tables(ledger: Ledger) -> set[str]:
    """The names of the tables that are there."""
    with ledger.reading() as connection:
        return set(inspect(connection).get_table_names())


def schema(ledger: Ledger) -> str:
    """The last step taken."""
    with ledger.reading() as connection:
        return schema_of(connection)


@pytest.mark.slow
@pytest.mark.usefixtures("all_tables")
def test_a_drafted_step_makes_every_table_that_is_declared(
    empty_ledger: Ledger, blank: Path, tmp_path: Path
) -> None:
    """Drafted on SQLite, taken on either database: nothing is left to do, nothing too much."""
    with_no_tables = open_ledger(tmp_path / "for drafting.sqlite", create=True)
    step = draft_step(with_no_tables, "First tables", blank)
    with_no_tables.close()
    assert step.name == "0001_first_tables.py"
    assert len(metadata.tables) > 0

    assert migrate(empty_ledger, blank) == "0001" == schema(empty_ledger)

    assert tables(empty_ledger) == {*metadata.tables, "alembic_version"}
    assert differences(empty_ledger, blank) == []
    assert migrate(empty_ledger, blank) == "0001"


@pytest.mark.usefixtures("all_tables")
def test_the_steps_make_what_the_stations_declare(empty_ledger: Ledger) -> None:
    """The product's own steps; before the first one there is nothing to take."""
    migrate(empty_ledger)

    if newest_schema() != NONE:
        assert differences(empty_ledger) == []
        assert tables(empty_ledger) == {*metadata.tables, "alembic_version"}


def test_steps_import_nothing_of_ours() -> None:
    """A step means the same for ever; our modules change."""
    found = set()
    for step in SCRIPTS.glob("versions/*.py"):
        for node in ast.walk(ast.parse(step.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or ".")

    assert not {name for name in found if name.startswith((".", "evergrove"))}


def test_rows_and_their_references_outlive_a_copied_table(empty_ledger: Ledger, blank: Path) -> None:
    """SQLite alters a table by dropping the old copy: what refers to it must not go with it."""
    put(blank, "0001", FIRST)
    put(blank, "0002", SECOND)

    migrate(empty_ledger, blank)

    with empty_ledger.writing() as connection:
        children = connection.execute(text("select id from child order by id")).scalars().all()
        connection.execute(text("delete from parent where id = 1"))
        left = connection.execute(text("select id from child")).scalars().all()
    assert (list(children), list(left)) == ([10, 20], [20])


def test_a_step_that_breaks_a_reference_is_not_taken(empty_ledger: Ledger, blank: Path) -> None:
    """References are checked before the commit; the ledger stays as it was."""
    put(blank, "0001", FIRST)
    put(blank, "0002", """    op.execute("insert into child (id, parent_id) values (30, 3)")""")

    with pytest.raises(Exception) as raised:  # noqa: PT011 - one error class in each database
        migrate(empty_ledger, blank)

    assert isinstance(raised.value, LedgerFailed) or "fk" in str(raised.value)
    assert (tables(empty_ledger), schema(empty_ledger)) == (set(), NONE)


@pytest.mark.usefixtures("kill_sweep")
def test_a_killed_upgrade_leaves_the_old_schema_or_the_new(empty_ledger: Ledger, blank: Path) -> None:
    """Two steps are one transaction: there is no ledger between."""
    put(blank, "0001", FIRST)
    put(blank, "0002", SECOND)
    seen = []

    def run() -> None:
        mine = open_ledger(empty_ledger.where, create=True)
        migrate(mine, blank)

    def clear() -> None:
        with empty_ledger.writing() as connection:
            for name in ("child", "parent", "alembic_version"):
                connection.execute(text(f"drop table if exists {name}"))

    def verify() -> None:
        seen.append((schema(empty_ledger), len(tables(empty_ledger))))

    assert kill_points(run, verify, prepare=clear) == 2
    assert seen == [(NONE, 0), ("0002", 3), ("0002", 3)]


def test_an_older_and_a_newer_schema_are_refused(empty_ledger: Ledger, blank: Path) -> None:
    """An older one names the command that helps; a newer one is not touched, by an upgrade neither."""
    put(blank, "0001", FIRST)
    migrate(empty_ledger, blank)
    check_schema(empty_ledger, blank)

    put(blank, "0002", SECOND)
    with pytest.raises(LedgerOutdated, match=r"0001.*0002.*evergrove upgrade"):
        check_schema(empty_ledger, blank)

    with empty_ledger.writing() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    for verb in (check_schema, migrate):
        with pytest.raises(LedgerTooNew, match=r"9999.*0002"):
            verb(empty_ledger, blank)
    with pytest.raises(LedgerTooNew):
        open_ledger(empty_ledger.where)
    open_ledger(empty_ledger.where, any_schema=True).close()


def test_quick_tables_have_the_newest_schema(empty_ledger: Ledger) -> None:
    """A ledger made for a test opens like one that took the steps."""
    create_all(empty_ledger)

    assert schema(empty_ledger) == newest_schema()
    open_ledger(empty_ledger.where).close()


@pytest.mark.usefixtures("all_tables")
def test_a_table_of_somebody_else_is_no_difference(empty_ledger: Ledger) -> None:
    """A database may hold other tables, and a command that loads few stations knows few of ours; a lost column counts."""
    migrate(empty_ledger)
    with empty_ledger.writing() as connection:
        connection.execute(text("create table lunch_orders (id integer primary key, dish varchar(20))"))
        connection.execute(text("create index ix_dish on lunch_orders (dish)"))
    assert differences(empty_ledger) == []
    with empty_ledger.writing() as connection:
        connection.execute(text("alter table suppression add column dish varchar(20)"))
    assert len(differences(empty_ledger)) == 1


def test_numbers_of_events_go_on_where_they_were(empty_ledger: Ledger) -> None:
    """Step 0015 keeps every row, and counts on from whatever number is remembered anywhere."""
    row = (
        "insert into event (seq, source, message_id, digest, kind, customer_id, at, received_at, content, state)"
        " values ({0}, 's', 'm{0}', 'd', 'order', 'C1', 1, 1, '{{}}', 'taken')"
    )
    with empty_ledger.rebuilding() as connection:
        climb(connection, to="0014")
        for seq in (3, 7):
            connection.execute(text(row.format(seq)))
        connection.execute(
            text(
                "insert into event_conflict (id, seq, digest, kind, at, received_at, content)"
                " values (5, 7, 'e', 'order', 1, 1, '{}')"
            )
        )
        connection.execute(text("insert into dirty (customer_id, seq) values ('C1', 41)"))
        climb(connection)

    with empty_ledger.writing() as connection:
        assert connection.execute(text("select seq from event order by seq")).scalars().all() == [3, 7]
        assert connection.execute(text("select id, seq from event_conflict")).one() == (5, 7)
        if empty_ledger.dialect == "sqlite":
            told = connection.execute(text("select name, seq from sqlite_sequence"))
            counted = {row.name: row.seq for row in told}
            assert (counted["event"], counted["event_conflict"]) == (41, 5)
        connection.execute(text("delete from event"))  # and with it what contradicted one
        assert connection.execute(text("select count(*) from event_conflict")).scalar() == 0
