"""Who enters, who leaves, and which steps are due: pure, and by arrays as long as customers are many."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.campaigns.schedule import day, windows
from evergrove.campaigns.types import Ending, Enrolment, Proposal, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.campaigns.definition import Coupon, Exits, Playbook, Step
    from evergrove.campaigns.types import (
        Active,
        Counts,
        Days,
        Moves,
        Progress,
        Rows,
        Situation,
        Texts,
        Window,
    )

TEN_THOUSANDTH = Decimal("0.0001")


def entrants(playbook: Playbook, situation: Situation, moves: Moves, as_of: date) -> tuple[Rows, Texts]:
    """
    Who meets a playbook's trigger today; whether they may enter again is looked at elsewhere.

    Args:
        playbook: Whose trigger.
        situation: Of all customers.
        moves: Transitions of this run.
        as_of: The last day whose orders are known.

    Returns:
        Rows of the situation, each once and ascending, and the cause for each.
    """
    if playbook.trigger.kind == "next_order":
        rows = np.flatnonzero(_order_in_sight(playbook, situation, as_of))
        return rows, np.full(len(rows), "next_order", dtype=object)
    rows, causes = _moved(playbook, situation, moves)
    stay = (
        exit_codes(playbook.exits, situation, rows, situation.orders[rows], situation.last_order[rows]) == ""
    )
    if playbook.trigger.silent_days:
        latest = np.datetime64(as_of) - playbook.trigger.silent_days
        stay &= ~(situation.last_order[rows] > latest)
    return rows[stay], causes[stay]


def _order_in_sight(playbook: Playbook, situation: Situation, as_of: date) -> NDArray[np.bool_]:
    trigger = playbook.trigger
    first = np.datetime64(as_of) + 1
    spread = situation.next_order_p75 - situation.next_order_p25
    # NaT compares as false: without a predicted day nobody enters.
    narrow = spread <= np.timedelta64(trigger.widest_days, "D")
    ahead = situation.next_order_p50 > first
    mask: NDArray[np.bool_] = np.asarray(narrow & ahead, dtype=np.bool_)
    of_tier = np.zeros(len(situation), dtype=np.bool_)
    for tier in trigger.tiers:
        of_tier |= situation.tier == tier
    return mask & of_tier


def _moved(playbook: Playbook, situation: Situation, moves: Moves) -> tuple[Rows, Texts]:
    trigger = playbook.trigger
    counts = (moves.axis == trigger.kind) & (moves.to_ == trigger.enters)
    counts = np.asarray(counts, dtype=np.bool_) & np.isin(moves.cause.astype(str), trigger.causes)
    rows = situation.rows_of(moves.customer_id[counts])
    known = rows >= 0
    rows, at = np.unique(rows[known], return_index=True)
    return rows, moves.cause[counts][known][at]


def enrolment(playbook: Playbook, situation: Situation, row: int, cause: str, as_of: date) -> Enrolment:
    """The entry of one customer; the same day and trigger give the same enrolment."""
    last_order = situation.last_order[row]
    return Enrolment(
        playbook=playbook.key,
        version=playbook.version,
        customer_id=str(situation.customer_id[row]),
        occasion="once" if playbook.reentry_days is None else as_of.isoformat(),
        entered_on=as_of,
        cause=cause,
        tier=str(situation.tier[row]),
        stage=str(situation.stage[row]),
        orders=int(situation.orders[row]),
        last_order=None if np.isnat(last_order) else day(last_order),
        windows=windows(playbook, situation, row, as_of + timedelta(days=1)),
    )


def exit_codes(exits: Exits, situation: Situation, rows: Rows, orders: Counts, last_order: Days) -> Texts:
    """
    Why each of some enrolments ends, "" where it goes on.

    Args:
        exits: Of the playbook.
        situation: Of all customers.
        rows: Their rows; -1 for customers who are no longer there. Shape (m,).
        orders: At the entry. Shape (m,).
        last_order: The latest day known at the entry, NaT without one. Shape (m,).
    """
    codes = np.full(len(rows), "", dtype=object)
    if len(situation) == 0:
        codes[:] = "campaigns.gone"
        return codes
    stage = situation.stage[rows]
    leaves = np.zeros(len(rows), dtype=np.bool_)
    for name in exits.into:
        leaves |= stage == name
    if exits.stays_in:
        leaves |= ~np.isin(stage.astype(str), exits.stays_in)
    codes[leaves] = "campaigns.left_stage"
    if exits.order:
        # By number and by day: an order caught up on may be dated before the latest one known at the entry,
        # and one that comes as another is cancelled leaves their number as it was.
        later = situation.last_order[rows] > last_order
        codes[(situation.orders[rows] > orders) | later] = "campaigns.ordered"
    codes[rows < 0] = "campaigns.gone"
    return codes


def endings(playbook: Playbook, active: Active, situation: Situation, rows: Rows) -> tuple[Ending, ...]:
    """Enrolments that end today; looked at before any step is."""
    codes = exit_codes(playbook.exits, situation, rows, active.orders, active.last_order)
    return tuple(
        Ending(
            str(active.id[at]),
            playbook.key,
            str(active.customer_id[at]),
            str(active.occasion[at]),
            _reason(str(codes[at]), situation, int(rows[at])),
        )
        for at in np.flatnonzero(codes != "")
    )


def _reason(code: str, situation: Situation, row: int) -> Reason:
    if code == "campaigns.left_stage":
        return Reason(code, {"stage": str(situation.stage[row])})
    return Reason(code)


def due_proposals(
    playbook: Playbook, progress: Progress, situation: Situation, row: int, as_of: date
) -> Iterator[Proposal]:
    """
    The steps of one enrolment whose day has come: those that were missed, and the one that may leave now.

    Args:
        playbook: In the enrolment's version.
        progress: Where the enrolment stands.
        situation: Of all customers.
        row: Of this one.
        as_of: The last day whose orders are known.
    """
    today = as_of + timedelta(days=1)
    for number in range(progress.next_step, len(playbook.steps)):
        window = progress.windows[number]
        if window.due > today:
            return
        proposal = _proposal(playbook, progress, number, situation, row, today)
        if window.until >= today:
            yield replace(proposal, skip=_held_back(playbook.steps[number], situation, row))
            return
        yield replace(
            proposal, skip=Reason("campaigns.too_late", {"until": window.until.isoformat()}), over=True
        )


def _proposal(
    playbook: Playbook, progress: Progress, number: int, situation: Situation, row: int, today: date
) -> Proposal:
    step, window = playbook.steps[number], progress.windows[number]
    coupon = playbook.coupon if step.coupon else None
    return Proposal(
        enrolment_id=progress.enrolment_id,
        playbook=playbook.key,
        version=playbook.version,
        customer_id=progress.customer_id,
        occasion=progress.occasion,
        step=number,
        channel=step.channel,
        template=step.template,
        due=today,
        until=window.until,
        priority=playbook.priority,
        params=_offer(coupon, window, today) if coupon else {},
        tier=str(situation.tier[row]),
        stage=str(situation.stage[row]),
        control=playbook.control,
        coupon_cost=_coupon_cost(coupon, float(situation.average_order[row])) if coupon else None,
        after=progress.windows[number + 1] if number + 1 < len(playbook.steps) else None,
    )


def _offer(coupon: Coupon, window: Window, today: date) -> dict[str, Any]:
    last = window.coupon_until or today + timedelta(days=coupon.valid_days)
    return {"coupon": coupon.code, "coupon_value": coupon.percent, "valid_until": last.isoformat()}


def _coupon_cost(coupon: Coupon, average_order: float) -> Decimal | None:
    """Expected redemptions x what one takes off a usual order; an estimate for the eye, never a booking."""
    if np.isnan(average_order):
        return None
    expected = coupon.percent / 100 * coupon.redemption * average_order
    return Decimal(expected).quantize(TEN_THOUSANDTH)


def _held_back(step: Step, situation: Situation, row: int) -> Reason | None:
    """A chance that is not known holds nothing back."""
    chance = float(situation.p_purchase_7d[row])
    if chance > step.most_likely:
        return Reason("campaigns.would_buy", {"p": round(chance, 3), "most": step.most_likely})
    return None
