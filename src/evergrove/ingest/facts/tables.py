"""Rows of declared tables that grow with every import: what holds does not depend on the order of imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.ingest.facts.persons import as_persons
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.judging import JUDGED, TOLD, said_of
from evergrove.ingest.tables.sealing import TEXTS
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from evergrove.ingest.facts.noted import Import
    from evergrove.ingest.tables.declared import DeclaredTable
    from evergrove.warehouse import Draft, Engine, Generation, Snapshot, Warehouse
    from evergrove.warehouse.types import Shelf

MOST_FILES = 32
LEAST_IDLE = 100_000
LINES = "order_lines"
ASIDE = "chr(28)"
"""SQL of what begins the key of a row that a file of another table tells; it stands in no id."""
NEW, MET = "new_rows", "met_rows"


def stored_tables() -> tuple[DeclaredTable, ...]:
    """The declared tables of the warehouse."""
    return tuple(table for table in declared_tables().values() if table.store == "warehouse")


def show_tables(
    engine: Engine, warehouse: Shelf, seen: Snapshot | None, *, until_seq: int | None = None
) -> tuple[str, ...]:
    """
    Show every declared table of the warehouse by its name: the rows that hold, with the import that told each.

    A table that was never imported is an empty view with the same columns. Customers stand in them under the name
    of the person behind them, where ``show_facts`` has left persons in the engine.

    Args:
        engine: Views of these names are replaced.
        warehouse: Where the files are.
        seen: The snapshot; None: there is none yet.
        until_seq: Only what was known when this import had come in; None: all.

    Returns:
        The tables that hold rows.
    """
    engine.drop(*(table.name for table in stored_tables()))
    return tuple(
        table.name for table in stored_tables() if _show_current(engine, warehouse, seen, table, until_seq)
    )


def show_rates(engine: Engine, warehouse: Shelf, seen: Snapshot | None, until_seq: int | None = None) -> None:
    """Show the rates that hold by themselves: the facts of orders need them before any other table is shown."""
    engine.drop("rates")
    _show_current(engine, warehouse, seen, declared_tables()["rates"], until_seq)


def _show_current(
    engine: Engine, warehouse: Shelf, seen: Snapshot | None, table: DeclaredTable, until_seq: int | None
) -> bool:
    if seen is None or table.name not in seen.tables:
        engine.view(table.name, f"select {_none_of(table)}, cast(0 as bigint) as import_seq where false")
        return False
    _show_history(engine, warehouse, seen, table, until_seq)
    listed = ", ".join(identifier(column.name) for column in table.kept)
    told = history_of(table)
    if table.name == LINES:
        own = f"select order_id from {told} where not starts_with(row_key, {ASIDE})"
        told = f"(select * from {told} where not starts_with(row_key, {ASIDE}) or order_id not in ({own})) as told"
    current = (
        f"select {listed}, import_seq from (select *, row_number() over (partition by row_key"
        f" order by version_at desc, {said_of(table)} desc, import_seq) as nth from {told}) as versions"
        " where nth = 1"
    )
    engine.view(table.name, as_persons(engine, current) if table.column("customer_id") else current)
    # What came in later is in the snapshot, too: a replay must not take an empty table for one that was told.
    return engine.value(f"select 1 from {history_of(table)} limit 1") is not None


def newest_told(seen: Snapshot | None) -> int:
    """Number of the newest import of any declared table in a snapshot; 0 without one."""
    tables = seen.tables if seen is not None else {}
    told = (tables[table.name].facts["seq"] for table in stored_tables() if table.name in tables)
    return max(map(int, told), default=0)


def history_of(table: DeclaredTable) -> str:
    """How the engine calls all rows of a table that were ever told."""
    return f"fact_{table.name}"


def _show_history(
    engine: Engine, warehouse: Shelf, seen: Snapshot | None, table: DeclaredTable, until_seq: int | None
) -> None:
    stored, name = f"stored_{table.name}", history_of(table)
    if seen is None or not warehouse.show(engine, seen, table.name, stored):
        engine.view(
            name,
            f"select '' as row_key, {_none_of(table)}, timestamp '1970-01-01' as version_at,"
            " cast(0 as bigint) as import_seq, true as is_news where false",
        )
        return
    known = "" if until_seq is None else f" where import_seq <= {int(until_seq)}"
    engine.view(name, f"select * from {stored}{known}")


def _none_of(table: DeclaredTable) -> str:
    """The columns of a table that was never imported."""
    return ", ".join(f"cast(null as {column.stored}) as {identifier(column.name)}" for column in table.kept)


def set_aside(engine: Engine) -> None:
    """
    Mark the rows that were just read as told by a file of another table, such as the lines in a file of orders.

    Rows of a file of their own take their place, order by order, whichever came in first.
    """
    engine.run(f"update {TOLD} set row_key = concat({ASIDE}, row_key)")
    if TEXTS in engine.names:
        engine.run(f"update {TEXTS} set row_key = concat({ASIDE}, row_key)")


def take_rows(engine: Engine, warehouse: Warehouse, table: DeclaredTable, this: Import) -> None:
    """
    Hold the rows that were just read against those that are there.

    Leaves what is new in ``new_rows``, and marks in ``JUDGED`` what changes nothing as duplicate.

    Args:
        engine: Holds ``TOLD`` and ``JUDGED``.
        warehouse: Where the facts are.
        table: Of the rows.
        this: The import.
    """
    _show_history(engine, warehouse, this.before, table, None)
    engine.drop(NEW, MET, "ingest_held", "ingest_old")
    listed = ", ".join(identifier(column.name) for column in table.kept)
    engine.create(
        MET,
        f"select row_key, version_at, {said_of(table)} as said from {history_of(table)}"
        f" semi join {TOLD} using (row_key)",
    )
    engine.create(
        "ingest_held",
        "select row_key, version_at, said from (select *, row_number() over (partition by row_key"
        f" order by version_at desc, said desc) as nth from {MET}) as versions where nth = 1",
    )
    engine.create(
        "ingest_old",
        f"select told.line from {TOLD} as told inner join ingest_held as held on held.row_key = told.row_key"
        " where held.said = told.said or held.version_at > told.version_at"
        " or (held.version_at = told.version_at and held.said > told.said)",
    )
    engine.create(
        NEW,
        f"select told.row_key, {', '.join(f'told.{name}' for name in listed.split(', '))}, told.version_at,"
        f" cast({int(this.seq)} as bigint) as import_seq, old.line is null as is_news from {TOLD} as told"
        f" left join ingest_old as old on old.line = told.line anti join {MET} as met"
        " on met.row_key = told.row_key and met.version_at = told.version_at and met.said = told.said",
    )
    engine.run(
        f"update {JUDGED} set verdict = 'duplicate' where verdict = 'good' and line in (select line from ingest_old)"
    )


def write_rows(engine: Engine, warehouse: Warehouse, table: DeclaredTable, this: Import) -> Draft:
    """Write what ``take_rows`` left behind to the disk; nobody sees it before it is published."""
    current = this.before.tables.get(table.name) if this.before else None
    before = int(current.facts.get("idle", 0)) if current is not None else 0
    idle = before + int(engine.value(f"select count(*) from {NEW} where not is_news"))
    anew = _is_worn(current, idle)
    return warehouse.write(
        engine,
        table.name,
        _merged(table) if anew else f"select * from {NEW}",
        keep=current,
        anew=anew,
        order_by=_sorted_by(table),
        facts={"seq": this.seq, "idle": 0 if anew else idle},
    )


def _is_worn(current: Generation | None, idle: int) -> bool:
    """Whether the rows are to be written anew: too many files, or too many rows that say nothing."""
    if current is None:
        return False
    return len(current.files) >= MOST_FILES or (idle > LEAST_IDLE and 2 * idle > current.rows)


def _sorted_by(table: DeclaredTable) -> tuple[str, ...]:
    """A customer's rows stand together; else those of an order, an article or a day."""
    first = next((c.name for c in table.kept if c.name == "customer_id"), table.kept[0].name)
    return first, "row_key"


def _merged(table: DeclaredTable) -> str:
    """All rows, but those that said nothing new and stand between two that say the same; see ``kept_versions``."""
    history = history_of(table)
    return (
        f"with versions as (select *, {said_of(table)} as said from (select * from {history} union all by name"
        f" select * from {NEW}) as facts), compared as (select *, lag(said) over by_age as said_before,"
        " lag(import_seq) over by_age as seq_before, lead(said) over by_age as said_after from versions"
        " window by_age as (partition by row_key order by version_at, said, import_seq))"
        " select * exclude (said, said_before, seq_before, said_after) from compared where is_news"
        " or not coalesce(said = said_before and seq_before < import_seq and said = said_after, false)"
    )
