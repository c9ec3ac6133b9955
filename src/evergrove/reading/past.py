"""One customer over the runs that are kept: what each night said of value, tier and stage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.people.identity import members_of, person_ids
from evergrove.pipeline.nights import SCORES, TIERS
from evergrove.warehouse import literal, open_engine
from evergrove.warehouse.generations import scan_of
from evergrove.warehouse.records import snapshot_at
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from evergrove.pipeline.segment_asking import Parts
    from evergrove.warehouse import Engine, Snapshot

READ: Mapping[str, tuple[str, ...]] = {
    SCORES: ("clv_12m", "clv_12m_low", "clv_12m_high", "clv", "p_alive", "historic_value", "basis", "model"),
    TIERS: ("tier", "stage"),
}
"""Columns by table."""


def past_of(parts: Parts, customer_id: str, points: int) -> Sequence[Mapping[str, Any]]:
    """
    What runs published of one person, the oldest first: as_of, run, and the columns of ``READ``.

    Files of a run are sorted by customer, so that few rows of each are read. Of a day that was run twice the later run
    counts; of runs that did not know the person there is no row.

    Args:
        parts: Of the workspace.
        customer_id: Any id of the person.
        points: Runs at most: of more, some are left out evenly, never the first and the last.
    """
    with parts.ledger.reading() as connection:
        members = members_of(connection, [customer_id])[customer_id]
        person = person_ids(connection, [customer_id])[customer_id]
        runs = [
            run for key in _chosen(connection, points) if (run := snapshot_at(connection, key)) is not None
        ]
    names = list(dict.fromkeys((person, *members)))
    with open_engine(threads=2) as engine:
        found = {table: _rows(engine, parts, runs, table, names) for table in READ}
    lines = []
    for run in runs:
        if (scored := found[SCORES].get(run.id)) is not None:
            told = {"as_of": run.as_of, "run": run.details["run_seq"], "snapshot": run.id}
            lines.append(dict.fromkeys(READ[TIERS]) | told | scored | found[TIERS].get(run.id, {}))
    return lines


def _chosen(connection: Connection, points: int) -> list[int]:
    """Snapshots of the runs that are shown, the oldest first."""
    row = snapshot.c
    query = select(row.id, row.as_of).where(row.kind == "run", row.retired_at.is_(None)).order_by(row.id)
    newest_of_day = {as_of: key for key, as_of in connection.execute(query)}
    kept = [key for _day, key in sorted(newest_of_day.items())]
    if len(kept) <= points:
        return kept
    last = len(kept) - 1
    return [kept[round(n * last / (points - 1))] for n in range(points)]


def _rows(
    engine: Engine, parts: Parts, runs: Sequence[Snapshot], table: str, names: Sequence[str]
) -> dict[int, dict[str, Any]]:
    """The person's row of a table by run; under the name that comes first among some, where there are several."""
    of_file = {path: run.id for run in runs for path in parts.warehouse.paths(run, table)}
    if not of_file:
        return {}
    # All nights in one scan: files are opened side by side, and a column that an early one lacks is unknown in it.
    read = literal(f"^({'|'.join(('customer_id', 'filename', *READ[table]))})$")
    listed = ", ".join(map(literal, names))
    scan = scan_of(list(of_file), apart=True)
    sql = f"select columns({read}) from {scan} where customer_id in ({listed})"
    rows = engine.arrow(sql).to_pylist()
    rank = {name: place for place, name in enumerate(names)}
    rows.sort(key=lambda row: -rank[row["customer_id"]])
    return {of_file[Path(row["filename"])]: {name: row.get(name) for name in READ[table]} for row in rows}
