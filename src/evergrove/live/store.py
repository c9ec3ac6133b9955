"""The ledger's part of a pass: marks taken, waiting events read, rows and moves written together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, delete, insert, select

from evergrove.ingest.events.content import FACT_KINDS
from evergrove.ingest.events.tables import DIRTY, EVENT
from evergrove.ledger import upsert
from evergrove.live.tables import MOVE, SETBACK, STATE
from evergrove.live.types import FORMAT, LiveMove
from evergrove.people.parts import in_parts
from evergrove.segments.codes import AXES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.live.types import LiveRow

SHOWN = (
    "historic_value", "clv_12m", "clv_12m_low", "clv_12m_high", "clv", "clv_total", "p_alive", "p_active_180d",
    "next_order_date", "next_order_p25", "next_order_p75",
)  # fmt: skip
"""Columns of ``scores`` that have a column of their own."""
_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_MARKS = select(DIRTY).where(DIRTY.c.customer_id.in_(_NAMES))
_WAITING = select(EVENT).where(
    EVENT.c.customer_id.in_(_NAMES), EVENT.c.state == "waiting", EVENT.c.kind.in_(FACT_KINDS)
)
_STANDING = select(STATE).where(STATE.c.customer_id.in_(_NAMES))
_NO_STATE = delete(STATE).where(STATE.c.customer_id.in_(_NAMES))
_NO_SETBACK = delete(SETBACK).where(SETBACK.c.customer_id.in_(_NAMES))
_NO_MARK = delete(DIRTY).where(
    DIRTY.c.customer_id == bindparam("whose"), DIRTY.c.seq == bindparam("answered")
)
"""Built once: a statement over twenty names takes half a millisecond to build, and a pass runs ten of them."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(hours=1)


def take_marks(connection: Connection, now: datetime, most: int) -> dict[str, int]:
    """
    The oldest marks, but those that are to be tried later.

    Args:
        connection: Of any block.
        now: The present moment.
        most: How many.
    """
    waits = select(SETBACK.c.customer_id).where(SETBACK.c.not_before > now)
    oldest = select(DIRTY).where(DIRTY.c.customer_id.not_in(waits)).order_by(DIRTY.c.seq).limit(most)
    return {row.customer_id: row.seq for row in connection.execute(oldest)}


def marks_of(connection: Connection, customers: Collection[str]) -> dict[str, int]:
    """The open marks of some customers."""
    found: dict[str, int] = {}
    for part in in_parts(customers):
        rows = connection.execute(_MARKS, {"names": part})
        found |= {row.customer_id: row.seq for row in rows}
    return found


def waiting_events(connection: Connection, customers: Collection[str]) -> list[dict[str, Any]]:
    """What was told of some customers and is not in the facts yet, by column; in the order of numbers."""
    found: list[dict[str, Any]] = []
    for part in in_parts(customers):
        found += [dict(each) for each in connection.execute(_WAITING, {"names": part}).mappings()]
    return sorted(found, key=lambda event: int(event["seq"]))


def write_states(
    connection: Connection,
    names: Collection[str],
    rows: Sequence[LiveRow],
    moves: Sequence[LiveMove],
    now: datetime,
) -> tuple[LiveMove, ...]:
    """
    Replace the rows of everybody who was looked at, and note who moved since the last time.

    Args:
        connection: Of a ``writing`` block.
        names: Everybody who was looked at.
        rows: Of those who stand anywhere.
        moves: Since the run.
        now: When.

    Returns:
        The moves that are new.
    """
    before = _standing(connection, names)
    since_run = {(move.customer_id, move.axis): move for move in moves}
    new = [move for row in rows for move in _since(row, before.get(row.customer_id), since_run)]
    for part in in_parts(names):
        connection.execute(_NO_STATE, {"names": part})
    if rows:
        connection.execute(insert(STATE), [_stored(row) for row in rows])
    by_name = {row.customer_id: row for row in rows}
    if new:
        connection.execute(insert(MOVE), [_move(each, by_name[each.customer_id], now) for each in new])
    return tuple(new)


def _standing(connection: Connection, names: Collection[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for part in in_parts(names):
        rows = connection.execute(_STANDING, {"names": part})
        found |= {row.customer_id: {"run_id": row.run_id, **row.document["tiers"]} for row in rows}
    return found


def _since(
    row: LiveRow, before: Mapping[str, Any] | None, since_run: Mapping[tuple[str, str], LiveMove]
) -> list[LiveMove]:
    """How a person moved since the last live row, or since the run where there is none that goes on from it."""
    found = []
    for axis in AXES:
        move, now = since_run.get((row.customer_id, axis)), row.tiers[axis]
        if before is not None and before["run_id"] == row.run_id:
            then = before[axis]
        else:
            then = now if move is None else move.before
        if then == now:
            continue
        if (
            move is None
        ):  # back where the run had put the person: what came in took back what had come in before
            why = row.reasons.get("stage" if axis == "stage" else "tier")
            said = {} if why is None else {"code": why.code, "params": dict(why.params)}
            move = LiveMove(row.customer_id, axis, then, now, "evidence", said)
        found.append(replace(move, before=then))
    return found


def _stored(row: LiveRow) -> dict[str, Any]:
    document = {
        "format": FORMAT,
        "scores": _plain(row.scores),
        "tiers": _plain(row.tiers),
        "reasons": {
            name: {"code": why.code, "params": dict(why.params)} for name, why in row.reasons.items()
        },
        "marks": dict(row.marks),
    }
    return {
        **{name: getattr(row, name) for name in _OF_ROW},
        **{name: row.tiers[name] for name in ("tier", "stage", "action")},
        **{name: row.scores.get(name) for name in SHOWN},
        "document": document,
    }


_OF_ROW = ("customer_id", "run_id", "snapshot_id", "as_of", "seq", "computed_at")


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON: days and exact numbers as texts."""
    return {
        name: str(value) if isinstance(value, date | Decimal) else value for name, value in values.items()
    }


def _move(move: LiveMove, row: LiveRow, now: datetime) -> dict[str, Any]:
    return {
        "customer_id": move.customer_id,
        "axis": move.axis,
        "from_": move.before,
        "to_": move.after,
        "cause": move.cause,
        "evidence": dict(move.evidence),
        "seq": row.seq,
        "run_id": row.run_id,
        "as_of": row.as_of,
        "at": now,
    }


def drop_marks(connection: Connection, marks: Mapping[str, int]) -> None:
    """Take back marks that have been answered; one that has grown meanwhile stays."""
    answered = [{"whose": customer, "answered": marks[customer]} for customer in sorted(marks)]
    if answered:
        connection.execute(_NO_MARK, answered)
    for part in in_parts(marks):
        connection.execute(_NO_SETBACK, {"names": part})


def set_back(
    connection: Connection, customers: Collection[str], code: str, params: Mapping[str, Any], now: datetime
) -> None:
    """Leave customers whose state could not be worked out for later: 2 s, then twice as long each time, an hour at most."""
    known = select(SETBACK.c.customer_id, SETBACK.c.tries).where(SETBACK.c.customer_id.in_(sorted(customers)))
    tries = {row.customer_id: row.tries for row in connection.execute(known)}
    rows = [
        {
            "customer_id": customer,
            "tries": tries.get(customer, 0) + 1,
            "not_before": now + wait_after(tries.get(customer, 0) + 1),
            "code": code,
            "params": dict(params),
        }
        for customer in sorted(customers)
    ]
    upsert(connection, SETBACK, rows, key=["customer_id"])


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries in vain."""
    doublings: int = 2 ** min(tries - 1, 20)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)
