"""Who enters, who leaves, and which steps are due: pure, and by arrays as long as customers are many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.campaigns.facts import letter_facts
from evergrove.campaigns.meeting import HELD_CAUSES, met
from evergrove.campaigns.schedule import day, moved_on, windows
from evergrove.campaigns.types import Ending, Enrolment, Passed, Proposal, Reason
from evergrove.campaigns.variants import variant_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.campaigns.definition import Coupon, Exits, Playbook, Step
    from evergrove.campaigns.meeting import Met
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
    Who meets a playbook's trigger today by what starts outreach; whether they may enter again is looked at elsewhere.

    Args:
        playbook: Whose trigger.
        situation: Of all customers.
        moves: Transitions of this run.
        as_of: The last day whose orders are known.

    Returns:
        Rows of the situation, each once and ascending, and the cause for each.
    """
    found, _held = sorted_out(playbook, situation, moves, as_of)
    return found.rows, found.causes


def sorted_out(playbook: Playbook, situation: Situation, moves: Moves, as_of: date) -> tuple[Met, Met]:
    """
    Who meets a trigger by evidence or the clock, and who by what we changed or caught up on.

    Whoever has met an exit by the time of the night is in neither.
    """
    found = met(playbook, situation, moves, as_of)
    if playbook.trigger.kind == "next_order":
        return found, found.only(np.zeros(len(found), dtype=np.bool_))
    found = found.only(may_stay(playbook, situation, found.rows, as_of))
    why = found.causes.astype(str)
    return found.only(np.isin(why, playbook.trigger.causes)), found.only(np.isin(why, HELD_CAUSES))


def may_stay(playbook: Playbook, situation: Situation, rows: Rows, as_of: date) -> NDArray[np.bool_]:
    """Who would not leave at once, and has been silent for as long as the trigger asks. Shape of the rows (m,)."""
    orders, last_order = situation.orders[rows], situation.last_order[rows]
    stay = exit_codes(playbook.exits, situation, rows, orders, last_order) == ""
    if playbook.trigger.silent_days:
        latest = np.datetime64(as_of) - playbook.trigger.silent_days
        stay &= ~(last_order > latest)
    return np.asarray(stay, dtype=np.bool_)


def occasion_of(playbook: Playbook, key: str, as_of: date) -> str:
    """What tells an entry from the customer's other ones."""
    if playbook.reentry == "once":
        return "once"
    return key if playbook.reentry == "per_key" else as_of.isoformat()


def enrolment(
    playbook: Playbook, situation: Situation, row: int, cause: str, as_of: date, key: str = ""
) -> Enrolment:
    """The entry of one customer; the same day, trigger and key give the same enrolment."""
    last_order = situation.last_order[row]
    return Enrolment(
        playbook=playbook.key,
        version=playbook.version,
        customer_id=str(situation.customer_id[row]),
        occasion=occasion_of(playbook, key, as_of),
        entered_on=as_of,
        cause=cause,
        tier=str(situation.tier[row]),
        stage=str(situation.stage[row]),
        orders=int(situation.orders[row]),
        last_order=None if np.isnat(last_order) else day(last_order),
        windows=windows(playbook, situation, row, as_of + timedelta(days=1)),
    )


def exit_codes(
    exits: Exits,
    situation: Situation,
    rows: Rows,
    orders: Counts,
    last_order: Days,
    entered_on: Days | None = None,
) -> Texts:
    """
    Why each of some enrolments ends, "" where it goes on.

    Args:
        exits: Of the playbook.
        situation: Of all customers.
        rows: Their rows; -1 for customers who are no longer there. Shape (m,).
        orders: At the entry. Shape (m,).
        last_order: The latest day known at the entry, NaT without one. Shape (m,).
        entered_on: The last day whose orders were known at the entry; None: they are about to enter. Shape (m,).
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
    if exits.tiers:
        codes[np.isin(situation.tier[rows].astype(str), exits.tiers)] = "campaigns.tier_reached"
    if exits.when:
        codes[situation.holding[exits.when][rows]] = "campaigns.condition_met"
    if exits.event and entered_on is not None:
        codes[situation.latest_event[exits.event][rows] > entered_on] = "campaigns.event_seen"
    if exits.order:
        # By number and by day: an order caught up on may be dated before the latest one known at the entry,
        # and one that comes as another is cancelled leaves their number as it was.
        later = situation.last_order[rows] > last_order
        codes[(situation.orders[rows] > orders) | later] = "campaigns.ordered"
    codes[rows < 0] = "campaigns.gone"
    return codes


def endings(playbook: Playbook, active: Active, situation: Situation, rows: Rows) -> tuple[Ending, ...]:
    """Enrolments that end today; looked at before any step is."""
    codes = exit_codes(playbook.exits, situation, rows, active.orders, active.last_order, active.entered_on)
    return tuple(
        Ending(
            str(active.id[at]),
            playbook.key,
            str(active.customer_id[at]),
            str(active.occasion[at]),
            _reason(str(codes[at]), playbook.exits, situation, int(rows[at])),
        )
        for at in np.flatnonzero(codes != "")
    )


def _reason(code: str, exits: Exits, situation: Situation, row: int) -> Reason:
    if code == "campaigns.left_stage":
        return Reason(code, {"stage": str(situation.stage[row])})
    if code == "campaigns.tier_reached":
        return Reason(code, {"tier": str(situation.tier[row])})
    if code == "campaigns.event_seen":
        return Reason(code, {"event": exits.event})
    return Reason(code)


@dataclass(frozen=True)
class Advanced:
    """
    What one enrolment comes to on a day.

    Attributes:
        proposals: Steps whose day has come: those that were missed, and the one that may leave now.
        passed: A wait that is over.
        ending: Why the customer leaves: what was waited for has not come.
    """

    proposals: tuple[Proposal, ...] = ()
    passed: Passed | None = None
    ending: Reason | None = None


def due_proposals(
    playbook: Playbook,
    progress: Progress,
    situation: Situation,
    row: int,
    as_of: date,
    salt: str = "",
) -> Iterator[Proposal]:
    """The steps of one enrolment whose day has come, as ``advanced`` finds them."""
    yield from advanced(playbook, progress, situation, row, as_of, salt).proposals


def advanced(
    playbook: Playbook,
    progress: Progress,
    situation: Situation,
    row: int,
    as_of: date,
    salt: str = "",
) -> Advanced:
    """
    What one enrolment comes to: waits that are over, steps that were missed, and the one that may leave now.

    Args:
        playbook: In the enrolment's version.
        progress: Where the enrolment stands.
        situation: Of all customers.
        row: Of this one.
        as_of: The last day whose orders are known.
        salt: Mixed into the choice among variants.
    """
    today = as_of + timedelta(days=1)
    passed: Passed | None = None
    found: list[Proposal] = []
    windows = progress.windows
    for number in range(progress.next_step, len(playbook.steps)):
        step = playbook.steps[number]
        if windows[number].due > today:
            break
        if step.do == "wait":
            if found:
                break  # what was missed is noted first; the wait has its turn on the next day
            ended = _waited(step, progress, windows[number], situation, row, today)
            if ended is None:
                break
            if ended < 0:
                return Advanced(ending=Reason("campaigns.waited", {"event": step.wait_for}))
            windows = moved_on(windows, number, ended)
            passed = Passed(progress.enrolment_id, number + 1, windows)
            continue
        here = replace(progress, windows=windows)
        proposal = _proposal(playbook, here, number, situation, row, today, salt)
        found.append(_looked_at(proposal, step, situation, row, today))
        if not found[-1].over:
            break
    return Advanced(tuple(found), passed)


def _waited(
    step: Step, progress: Progress, window: Window, situation: Situation, row: int, today: date
) -> int | None:
    """How many days a wait took longer than it must; -1: in vain, and the customer leaves; None: it goes on."""
    if not step.wait_for:
        return 0
    late = (today - window.due).days
    latest = situation.latest_event[step.wait_for][row]
    if progress.entered_on is not None and latest > np.datetime64(progress.entered_on):
        return late
    if window.until >= today:
        return None
    return late if step.otherwise == "go_on" else -1


def _looked_at(proposal: Proposal, step: Step, situation: Situation, row: int, today: date) -> Proposal:
    """A proposal with why it does not leave: too late, not for this customer, or not needed."""
    if proposal.until < today:
        reason = Reason("campaigns.too_late", {"until": proposal.until.isoformat()})
        return replace(proposal, skip=reason, over=True)
    if step.only_if and not situation.holding[step.only_if][row]:
        return replace(proposal, skip=Reason("campaigns.not_for"), over=True)
    return replace(proposal, skip=_held_back(step, situation, row))


def _proposal(
    playbook: Playbook,
    progress: Progress,
    number: int,
    situation: Situation,
    row: int,
    today: date,
    salt: str,
) -> Proposal:
    step, window = playbook.steps[number], progress.windows[number]
    coupon = playbook.coupon if step.coupon else None
    params = letter_facts(situation, row) | (_offer(coupon, window, today) if coupon else {})
    if step.coupon_campaign:
        params["coupon_campaign"] = step.coupon_campaign
    if playbook.trigger.kind == "milestone":
        params["milestone"] = f"{playbook.trigger.orders or playbook.trigger.spend:g}"
    template = step.template
    if step.variants:
        chosen = variant_of(salt, playbook.key, number, progress.customer_id, step.variants)
        template, params["variant"] = chosen.template, chosen.name
    return Proposal(
        enrolment_id=progress.enrolment_id,
        playbook=playbook.key,
        version=playbook.version,
        customer_id=progress.customer_id,
        occasion=progress.occasion,
        step=number,
        channel=step.channel,
        template=template,
        due=today,
        until=window.until,
        priority=playbook.priority,
        params=params,
        tier=str(situation.tier[row]),
        stage=str(situation.stage[row]),
        control=playbook.control,
        coupon_cost=_coupon_cost(coupon, float(situation.average_order[row])) if coupon else None,
        after=progress.windows[number + 1] if number + 1 < len(playbook.steps) else None,
        channels=step.channels,
        budget=playbook.limits.budget,
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
