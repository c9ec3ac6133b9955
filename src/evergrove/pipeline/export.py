"""A published table as a file that people and programs take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.export import SCORE_COLUMNS, TIER_COLUMNS, TRANSITION_COLUMNS, write_csv, write_parquet
from evergrove.pipeline.nightly import SCORES, TIERS, TRANSITIONS
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.warehouse import Warehouse

COLUMNS = {SCORES: SCORE_COLUMNS, TIERS: TIER_COLUMNS, TRANSITIONS: TRANSITION_COLUMNS}
ORDER = {SCORES: "customer_id", TIERS: "customer_id", TRANSITIONS: "run_seq, customer_id, axis"}


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

    Returns:
        Rows written.

    Raises:
        NoSuchTable, NothingPublished, UnknownEnding, NoSuchFolder: There is nothing to write, or no way to.
    """
    if table not in COLUMNS:
        raise NoSuchTable(table=table, known=", ".join(COLUMNS))
    if path.suffix not in {".csv", ".parquet"}:
        raise UnknownEnding(file=path.name)
    if not path.parent.is_dir():
        raise NoSuchFolder(folder=str(path.parent), file=path.name)
    seen = warehouse.newest("run")
    if seen is None or table not in seen.tables:
        raise NothingPublished
    with open_engine() as engine:
        warehouse.show(engine, seen, table)
        query = f"select * from {table} order by {ORDER[table]}"
        if path.suffix == ".csv":
            write_csv(engine, query, COLUMNS[table], path)
        else:
            lineage = {"as_of": str(seen.as_of), "snapshot": seen.id}
            write_parquet(
                engine,
                query,
                path,
                lineage=lineage,
                columns=COLUMNS[table],
                schema=f"evergrove.{table}/1",
            )
    return seen.tables[table].rows
