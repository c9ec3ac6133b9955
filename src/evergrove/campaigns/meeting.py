"""Who meets a playbook's trigger tonight, why, and which occasion it is: pure, and by arrays as long as customers are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.campaigns.calendar import anniversaries, days_looked_at, latest_round
from evergrove.segments.codes import TIERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.campaigns.definition import Playbook, Trigger, TriggerKind
    from evergrove.campaigns.types import Moves, Rows, Situation, Texts

HELD_CAUSES = ("initial", "backfill", "policy", "model")
"""What we changed ourselves, or caught up on: it starts nothing by itself, and a person may release it."""


@dataclass(frozen=True, eq=False)
class Met:
    """
    Who meets a trigger, whatever the cause; all arrays of shape (m,).

    Attributes:
        rows: Of the situation, each once and ascending.
        causes: Of the transition; "next_order" where an order is in sight.
        keys: What tells the occasion from others of the customer; "" where nothing but its day does.
    """

    rows: Rows
    causes: Texts
    keys: Texts

    def only(self, mask: NDArray[np.bool_]) -> Met:
        """Some of them. Shape of the mask (m,)."""
        return Met(self.rows[mask], self.causes[mask], self.keys[mask])

    def __len__(self) -> int:
        return len(self.rows)


def met(playbook: Playbook, situation: Situation, moves: Moves, as_of: date) -> Met:
    """
    Who meets a playbook's trigger; whether they may enter is looked at elsewhere.

    Args:
        playbook: Whose trigger.
        situation: Of all customers.
        moves: Transitions of this run.
        as_of: The last day whose orders are known.
    """
    trigger = playbook.trigger
    found = _FINDING[trigger.kind](trigger, situation, moves, as_of)
    if trigger.audience:
        found = found.only(situation.holding[trigger.audience][found.rows])
    return found


def _of(mask: NDArray[np.bool_], causes: Texts | str, key: str = "") -> Met:
    rows = np.flatnonzero(mask)
    why = np.full(len(rows), causes, dtype=object) if isinstance(causes, str) else causes[rows]
    return Met(rows, why, np.full(len(rows), key, dtype=object))


def _moved(trigger: Trigger, situation: Situation, moves: Moves, _as_of: date) -> Met:
    counts = np.asarray(moves.axis == trigger.kind, dtype=np.bool_)
    if trigger.enters:
        counts &= np.asarray(moves.to_ == trigger.enters, dtype=np.bool_)
    if trigger.leaves:
        counts &= np.asarray(moves.from_ == trigger.leaves, dtype=np.bool_)
    if trigger.direction:
        rise = _rank(moves.to_) - _rank(moves.from_)
        known = (moves.from_ != "") & (moves.to_ != "")
        counts &= known & ((rise > 0) if trigger.direction == "up" else (rise < 0))
    rows = situation.rows_of(moves.customer_id[counts])
    known_rows = rows >= 0
    rows, at = np.unique(rows[known_rows], return_index=True)
    return Met(rows, moves.cause[counts][known_rows][at], np.full(len(rows), "", dtype=object))


def _rank(tiers: Texts) -> NDArray[np.int64]:
    places = {name: number for number, name in enumerate(TIERS)}
    return np.array([places.get(name, -1) for name in tiers], dtype=np.int64)


def _order_in_sight(trigger: Trigger, situation: Situation, _moves: Moves, as_of: date) -> Met:
    first = np.datetime64(as_of) + 1
    spread = situation.next_order_p75 - situation.next_order_p25
    # NaT compares as false: without a predicted day nobody enters.
    narrow = spread <= np.timedelta64(trigger.widest_days, "D")
    mask = np.asarray(narrow & (situation.next_order_p50 > first), dtype=np.bool_)
    of_tier = np.zeros(len(situation), dtype=np.bool_)
    for tier in trigger.tiers:
        of_tier |= situation.tier == tier
    return _of(mask & of_tier, "next_order")


def _unwell(trigger: Trigger, situation: Situation, _moves: Moves, _as_of: date) -> Met:
    """Who fell below the bound since the night before; who was below it before, or was not known, has not fallen."""
    before = situation.earlier
    if before is None:
        return _nobody()
    fell = (before.health >= trigger.below) & (situation.health < trigger.below)
    return _of(fell, causes_of(situation))


def _reached(trigger: Trigger, situation: Situation, _moves: Moves, _as_of: date) -> Met:
    """Who has so many orders, or so much spend, and had less the night before."""
    before = situation.earlier
    if before is None:
        return _nobody()
    if trigger.orders:
        reached = (before.orders < trigger.orders) & (situation.orders >= trigger.orders)
        key = f"orders:{trigger.orders}"
    else:
        reached = (before.spend < trigger.spend) & (situation.spend >= trigger.spend)
        key = f"spend:{trigger.spend:g}"
    return _of(reached & (before.orders >= 0), causes_of(situation, ours=False), key)


def _years(_trigger: Trigger, situation: Situation, _moves: Moves, as_of: date) -> Met:
    days = days_looked_at(as_of, situation.earlier.as_of if situation.earlier else None)
    years = anniversaries(situation.first_order, days)
    rows = np.flatnonzero(years > 0)
    keys = np.array([f"year:{each}" for each in years[rows].tolist()], dtype=object)
    return Met(rows, np.full(len(rows), "clock", dtype=object), keys.reshape(len(rows)))


def _round(trigger: Trigger, situation: Situation, _moves: Moves, as_of: date) -> Met:
    assert trigger.rhythm is not None  # noqa: S101 - its reader makes one
    days = days_looked_at(as_of, situation.earlier.as_of if situation.earlier else None)
    found = latest_round(trigger.rhythm, days)
    if found is None:
        return _nobody()
    return _of(np.ones(len(situation), dtype=np.bool_), "clock", found.isoformat())


def _told(_trigger: Trigger, _situation: Situation, _moves: Moves, _as_of: date) -> Met:
    """Events are looked at as they come in, not at night."""
    return _nobody()


def _nobody() -> Met:
    none = np.zeros(0, dtype=object)
    return Met(np.zeros(0, dtype=np.intp), none, none)


def causes_of(situation: Situation, *, ours: bool = True) -> Texts:
    """
    Why figures changed since the night before: ours, history caught up on, orders, or time. Shape (n,).

    Args:
        situation: With the night before.
        ours: Whether what we changed ourselves can have done it: counts of orders it cannot.
    """
    before = situation.earlier
    assert before is not None  # noqa: S101 - who asks has looked
    if ours and before.ours:
        return np.full(len(situation), before.ours, dtype=object)
    changed = np.asarray(situation.orders != before.orders, dtype=np.bool_)
    late = changed & ~(situation.last_order >= np.datetime64(before.as_of) - before.late_days)
    causes = np.where(changed, "evidence", "clock").astype(object)
    causes[late] = "backfill"
    return causes


_FINDING: Mapping[TriggerKind, Callable[[Trigger, Situation, Moves, date], Met]] = {
    "stage": _moved,
    "tier": _moved,
    "segment": _moved,
    "nps": _moved,
    "next_order": _order_in_sight,
    "health": _unwell,
    "milestone": _reached,
    "anniversary": _years,
    "schedule": _round,
    "event": _told,
}
