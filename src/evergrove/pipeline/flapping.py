"""How often tiers moved and flapped until a night, from what is stored and what the night adds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from evergrove.segments.codes import AXES, CAUSES, Cause
from evergrove.segments.states.flaps import FLAP_DAYS, LONG_DAYS, axis_of, flaps_between

if TYPE_CHECKING:
    from evergrove.pipeline.nights import Night
    from evergrove.warehouse import Engine, Snapshot, Warehouse

TRANSITIONS = "transitions"
STORED, ADDED = "stored_moves", "added_moves"
COLUMNS = "customer_id, axis, from_, to_, cause, as_of, run_seq"


def flaps_until(engine: Engine, warehouse: Warehouse, last: Snapshot | None, found: Night) -> dict[str, Any]:
    """
    Moves of the night itself, and moves and flaps of the last 90 days and of the last 365, the night among them.

    Args:
        engine: Holds the roster of the night.
        warehouse: Holds the moves of the nights before.
        last: The run before; None before the first.
        found: The night.

    Returns:
        axis, within_days, moves of the night, and moves, flaps and rate of each period; empty in a first run, in
        which nobody moved.
    """
    if last is None or found.run_seq == 1 or not warehouse.show(engine, last, TRANSITIONS, STORED):
        return {}
    axis, today = axis_of(found.placement.policy.rules), found.as_of
    since = today - timedelta(days=LONG_DAYS + FLAP_DAYS)
    tonight = _tonight(found, axis)
    engine.register(ADDED, tonight)
    engine.create(
        TRANSITIONS,
        f"select {COLUMNS} from {STORED} where axis = $axis and as_of >= $since and from_ is not null "
        f"union all select r.customer_id, $axis, m.from_, m.to_, m.cause, $today, $run from {ADDED} m "
        "join roster r on r.row = m.row",
        axis=axis,
        since=since,
        today=today,
        run=found.run_seq,
    )
    counted = {
        f"last_{days}_days": flaps_between(engine, today - timedelta(days=days), today, axis).as_json()
        for days in (FLAP_DAYS, LONG_DAYS)
    }
    engine.drop(TRANSITIONS, ADDED, STORED)
    counted_tonight = tonight.num_rows - tonight["cause"].to_pylist().count(CAUSES[Cause.POLICY])
    return {"axis": axis, "within_days": FLAP_DAYS, "tonight": counted_tonight, **counted}


def _tonight(found: Night, axis: str) -> pa.Table:
    """Who changed tier tonight, from where to where."""
    before, after = found.moves.named
    here = (found.moves.axis == AXES.index(axis)) & (before != "") & (after != "") & (before != after)
    return pa.table(
        {
            "row": found.moves.row[here],
            "from_": pa.array(before[here].tolist(), pa.string()),
            "to_": pa.array(after[here].tolist(), pa.string()),
            "cause": pa.array([CAUSES[code] for code in found.moves.cause[here]], pa.string()),
        }
    )
