"""A published table as a file that people and programs take away."""

from __future__ import annotations

import stat
from functools import partial
from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.export import SCORE_COLUMNS, TIER_COLUMNS, TRANSITION_COLUMNS, write_csv, write_parquet
from evergrove.export.due import DUE, DUE_COLUMNS
from evergrove.export.health import HEALTH_COLUMNS
from evergrove.export.left_out import UNPROFILED_COLUMNS, UNSCORED
from evergrove.export.segments import MEMBER_COLUMNS, MEMBERS
from evergrove.export.traits import CAC_COLUMNS, TRAIT_COLUMNS
from evergrove.pipeline.left_out import UNPROFILED
from evergrove.pipeline.nights import CAC, HEALTH, SCORES, TIERS, TRAITS, TRANSITIONS
from evergrove.warehouse import open_engine, write_durably

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.warehouse import Engine, Snapshot, Warehouse

COLUMNS = {
    SCORES: (*SCORE_COLUMNS, UNSCORED),
    TIERS: (*TIER_COLUMNS, UNSCORED),
    TRANSITIONS: TRANSITION_COLUMNS,
    HEALTH: HEALTH_COLUMNS,
    DUE: DUE_COLUMNS,
    TRAITS: TRAIT_COLUMNS,
    CAC: CAC_COLUMNS,
    MEMBERS: MEMBER_COLUMNS,
    UNPROFILED: UNPROFILED_COLUMNS,
}
ORDER = {
    SCORES: "customer_id",
    TIERS: "customer_id",
    TRANSITIONS: "run_seq, customer_id, axis",
    HEALTH: "customer_id",
    DUE: "customer_id",
    TRAITS: "customer_id",
    CAC: "month, source",
    MEMBERS: "segment, customer_id, entered_on",
    UNPROFILED: "customer_id",
}


class NoSuchTable(InputError):
    """A table that no run publishes."""

    code = "pipeline.no_such_table"
    message = _("There is no table {table}.")
    hint = _("Published are: {known}.")


class NothingPublished(InputError):
    """No run has published anything yet."""

    code = "pipeline.nothing_published"
    message = _("No run has published anything yet.")
    hint = _("First: evergrove run.")


class NothingTold(InputError):
    """A table that is made of tables beside orders, of which none holds rows."""

    code = "pipeline.nothing_told"
    message = _("The last run had nothing to publish as {table}.")
    hint = _(
        "It is made of costs, spend, events, order_lines and the like: evergrove ingest FILE --as spend."
    )


class NothingGrouped(InputError):
    """Members of segments are asked for, and no run has known a segment."""

    code = "pipeline.nothing_grouped"
    message = _("No run has known a segment yet.")
    hint = _("Store one, then run: evergrove segments define KEY CONDITION.")


class UnknownEnding(InputError):
    """The file's name does not say which format is wanted."""

    code = "pipeline.unknown_ending"
    message = _("{file} does not say which format is wanted.")
    hint = _("End its name in .csv or .parquet.")


class NoSuchFolder(InputError):
    """The file is to be written to a folder that is not there."""

    code = "pipeline.no_such_folder"
    message = _("There is no folder {folder} to write {file} to.")
    hint = _("Make it first, or name another.")


def export_table(warehouse: Warehouse, table: str, path: Path) -> int:
    """
    Write a table of the newest snapshot as CSV or Parquet, by the ending of the file's name.

    A new file is its owner's alone; one that is there is replaced in one step and lends its rights. A link is
    replaced, not followed.

    Returns:
        Rows written.

    Raises:
        NoSuchTable, NothingPublished, NothingTold, NothingGrouped, UnknownEnding, NoSuchFolder: There is nothing to write, or no way to.
        NotWritable: The disk refused.
    """
    check_table(table)
    if path.suffix not in {".csv", ".parquet"}:
        raise UnknownEnding(file=path.name)
    if not path.parent.is_dir():
        raise NoSuchFolder(folder=str(path.parent), file=path.name)
    seen = snapshot_with(warehouse, table)
    with open_engine() as engine:
        show_published(engine, warehouse, seen, table)
        write_durably(path, partial(_fill, engine, seen, table, path))
    return seen.tables[table].rows


def check_table(table: str) -> None:
    """
    Refuse a name that no run publishes.

    Raises:
        NoSuchTable: It is none of them.
    """
    if table not in COLUMNS:
        raise NoSuchTable(table=table, known=", ".join(COLUMNS))


def snapshot_with(warehouse: Warehouse, table: str) -> Snapshot:
    """
    The newest run, which has published a table.

    Raises:
        NothingPublished, NothingTold, NothingGrouped: It has not.
    """
    seen = warehouse.newest("run")
    if seen is not None and table in (TRAITS, CAC) and table not in seen.tables:
        raise NothingTold(table=table)
    if seen is not None and table == MEMBERS and table not in seen.tables:
        raise NothingGrouped
    if seen is None or table not in seen.tables:
        raise NothingPublished
    return seen


def show_published(engine: Engine, warehouse: Warehouse, seen: Snapshot, table: str) -> None:
    """Show a table, and who is left out of it, to an engine."""
    warehouse.show(engine, seen, table)
    if table != UNPROFILED:
        warehouse.show(engine, seen, UNPROFILED)


def _fill(engine: Engine, seen: Snapshot, table: str, path: Path, part: Path) -> None:
    """Write the file that takes the place of ``path``."""
    if path.is_file() and not path.is_symlink():
        part.chmod(stat.S_IMODE(path.stat().st_mode))
    query, columns = f"{published_rows(seen, table)} order by {ORDER[table]}", COLUMNS[table]
    if path.suffix == ".csv":
        write_csv(engine, query, columns, part)
        return
    lineage = {"as_of": str(seen.as_of), "snapshot": seen.id}
    write_parquet(engine, query, part, lineage=lineage, columns=columns, schema=f"evergrove.{table}/1")


def published_rows(seen: Snapshot, table: str) -> str:
    """The rows of a table; beside those of whom nothing is computed stands why."""
    if UNSCORED not in COLUMNS[table]:
        return f"select * from {table}"
    if UNPROFILED not in seen.tables:
        return f"select *, cast(null as varchar) as {UNSCORED.name} from {table}"
    return (
        f"select t.*, u.reason as {UNSCORED.name} from {table} t"
        f" left join {UNPROFILED} u on u.customer_id = t.customer_id"
    )
