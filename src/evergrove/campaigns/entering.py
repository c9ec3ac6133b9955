"""Who enters a playbook: those who meet its trigger and may, those whom somebody released, and those who are held back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evergrove.campaigns import rules
from evergrove.campaigns.held import held_since, released_in
from evergrove.campaigns.occasions import looks_back
from evergrove.campaigns.store import barred, barred_from, entered_on
from evergrove.campaigns.types import HeldEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.campaigns.definition import Playbook
    from evergrove.campaigns.meeting import Met
    from evergrove.campaigns.types import Enrolment, Moves, Situation

RELEASED, LIMIT = "released", "limit"
"""Causes of an entry that a person released, and of one that a full day held back."""


@dataclass(frozen=True)
class Entering:
    """
    Who enters a playbook on a day.

    Attributes:
        entered: Each an enrolment.
        held: Who meets the trigger and does not.
        released: Ids of held entries that were looked at.
    """

    entered: tuple[Enrolment, ...]
    held: tuple[HeldEntry, ...]
    released: tuple[str, ...]


def entering(
    connection: Connection,
    playbook: Playbook,
    situation: Situation,
    moves: Moves,
    as_of: date,
    known_until: date | None = None,
) -> Entering:
    """
    Who enters a playbook on a day; nothing is written.

    Args:
        connection: Of any block.
        playbook: In the version that is entered.
        situation: All customers as they stand on ``as_of``.
        moves: Transitions of this run.
        as_of: The last day whose orders are known.
        known_until: As for ``barred``.
    """
    found, held = rules.sorted_out(playbook, situation, moves, as_of)
    found = allowed(connection, playbook, situation, found, as_of, known_until)
    held = allowed(connection, playbook, situation, held, as_of, known_until)
    found, too_many = _within(connection, playbook, found, as_of)
    ids, let_in = _released(connection, playbook, situation, found, as_of)
    return Entering(
        tuple(_enrolments(playbook, situation, found, as_of)) + let_in,
        tuple(_held(playbook, situation, held, as_of))
        + tuple(_held(playbook, situation, too_many, as_of, LIMIT)),
        ids,
    )


def enrolments_of(
    connection: Connection, playbook: Playbook, situation: Situation, found: Met, as_of: date
) -> Entering:
    """
    Entries of those who meet a trigger by what somebody told just now, as far as they may enter.

    Who finds no room on the day is held, as at night, and does not enter by the same event on the next day.

    Args:
        connection: Of any block.
        playbook: In the version that is entered.
        situation: Of at least those customers.
        found: Who meets the trigger; one customer may meet it by several keys.
        as_of: The last day whose orders are known.
    """
    if playbook.trigger.audience:
        found = found.only(situation.holding[playbook.trigger.audience][found.rows])
    found = found.only(rules.may_stay(playbook, situation, found.rows, as_of))
    if playbook.reentry != "per_key":
        _rows, first = np.unique(found.rows, return_index=True)
        found = found.only(np.isin(np.arange(len(found)), first))
    found = allowed(connection, playbook, situation, found, as_of)
    if playbook.limits.most_per_day is not None:
        names = situation.customer_id[found.rows].tolist()
        held = held_since(connection, playbook.key, names, as_of - looks_back(playbook.trigger))
        found = found.only(np.array([each not in held for each in names], dtype=np.bool_))
    found, too_many = _within(connection, playbook, found, as_of)
    return Entering(
        tuple(_enrolments(playbook, situation, found, as_of)),
        tuple(_held(playbook, situation, too_many, as_of, LIMIT)),
        (),
    )


def entering_by_moves(
    connection: Connection,
    playbook: Playbook,
    situation: Situation,
    moves: Moves,
    days: Mapping[str, date],
    as_of: date,
    known_until: date,
) -> tuple[Enrolment, ...]:
    """
    Entries of those who have moved since the last run.

    Who finds no room on the day waits for the next run, which meets the same move; so does whoever moved by what starts
    nothing by itself.

    Args:
        connection: Of any block.
        playbook: In the version that is entered.
        situation: Of at least those customers, as they stand since.
        moves: Since the last run.
        days: When each of these customers moved.
        as_of: The last day whose orders are known.
        known_until: The last day that the last run knew.
    """
    found, _held_back = rules.sorted_out(playbook, situation, moves, as_of)
    found = allowed(connection, playbook, situation, found, as_of, known_until)
    found, _too_many = _within(connection, playbook, found, as_of)
    return tuple(
        replace(each, moved_on=days[each.customer_id])
        for each in _enrolments(playbook, situation, found, as_of)
    )


def allowed(
    connection: Connection,
    playbook: Playbook,
    situation: Situation,
    found: Met,
    as_of: date,
    known_until: date | None = None,
) -> Met:
    """Those of some who may enter: not in the playbook, nor too lately, nor for the same occasion."""
    if len(found) == 0:
        return found
    customers = situation.customer_id[found.rows]
    if playbook.reentry == "per_key":
        done = barred_from(connection, playbook, customers, found.keys)
        pairs = zip(customers.tolist(), found.keys.tolist(), strict=True)
        return found.only(np.array([pair not in done for pair in pairs], dtype=np.bool_))
    closed = barred(connection, playbook, customers, as_of, known_until)
    return found.only(np.array([each not in closed for each in customers.tolist()], dtype=np.bool_))


def _within(connection: Connection, playbook: Playbook, found: Met, as_of: date) -> tuple[Met, Met]:
    """Those who find room on the day, and those who do not."""
    most = playbook.limits.most_per_day
    if most is None:
        return found, found.only(np.zeros(len(found), dtype=np.bool_))
    room = max(0, most - entered_on(connection, playbook.key, as_of))
    first = np.arange(len(found)) < room
    return found.only(first), found.only(~first)


def _released(
    connection: Connection, playbook: Playbook, situation: Situation, found: Met, as_of: date
) -> tuple[tuple[str, ...], tuple[Enrolment, ...]]:
    """Entries that somebody released, and those of them who still may: an exit that was met meanwhile counts."""
    waiting = released_in(connection, playbook.key)
    if not waiting:
        return (), ()
    rows = situation.rows_of([customer for _id, customer in waiting])
    known = np.unique(rows[rows >= 0])
    known = known[~np.isin(known, found.rows)]
    known = known[rules.may_stay(playbook, situation, known, as_of)]
    closed = barred(connection, playbook, situation.customer_id[known], as_of)
    let_in = tuple(
        rules.enrolment(playbook, situation, row, RELEASED, as_of, as_of.isoformat())
        for row in known.tolist()
        if situation.customer_id[row] not in closed
    )
    return tuple(each for each, _customer in waiting), let_in


def _enrolments(playbook: Playbook, situation: Situation, found: Met, as_of: date) -> list[Enrolment]:
    each = zip(found.rows.tolist(), found.causes.tolist(), found.keys.tolist(), strict=True)
    return [rules.enrolment(playbook, situation, row, str(cause), as_of, key) for row, cause, key in each]


def _held(
    playbook: Playbook, situation: Situation, found: Met, as_of: date, cause: str = ""
) -> list[HeldEntry]:
    names = situation.customer_id[found.rows].tolist()
    return [
        HeldEntry(playbook.key, str(name), as_of, cause or str(why))
        for name, why in zip(names, found.causes.tolist(), strict=True)
    ]
