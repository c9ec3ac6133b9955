"""Who moved between two runs, from where to where, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.segments.codes import NO_CODE, STAGES, TIERS, TRIGGERING, Axis, Cause
from evergrove.segments.stages.evidence import stage_evidence, tier_evidence
from evergrove.segments.states.causes import caught_up, causes
from evergrove.segments.states.place import nobody

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.segments.states.causes import Column, Would
    from evergrove.segments.states.place import States
    from evergrove.segments.states.placement import Policy
    from evergrove.segments.states.roster import News
    from evergrove.segments.types import Bools, Codes, Dates, Segments

COLUMNS: Mapping[Axis, Column] = {Axis.TIER: "tier", Axis.STAGE: "stage", Axis.OWN_TIER: "ranks"}
"""Of states, by what can change."""


@dataclass(frozen=True, eq=False)
class Transitions:
    """
    Moves of one run, by customer, the tier before the stage before the policy's own tier; arrays of shape (m,).

    Attributes:
        as_of: The day.
        run_seq: Number of the run.
        row: Of the customer in the roster.
        axis: ``Axis`` codes.
        before: ``Tier`` or ``Stage`` codes, or numbers of own tiers; NO_CODE for none.
        after: The same.
        cause: ``Cause`` codes.
        reason: ``TierReason`` or ``StageRule`` codes: what put the customer there; NO_CODE for none.
        facts: Orders and refunds of the customer that the last run did not know.
        returned_on: The day of the order that made a customer won back; NaT otherwise.
        evidence: Further numbers by name (``evergrove.segments.stages.evidence``); NaN, or 0 in whole numbers, for
            customers without a purchase. Empty in a first run, in which nobody moved.
        own_keys: Names of own tiers of the run before, and of this one.
    """

    as_of: date
    run_seq: int
    row: NDArray[Any]
    axis: Codes
    before: Codes
    after: Codes
    cause: Codes
    reason: Codes
    facts: NDArray[Any]
    returned_on: Dates
    evidence: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    own_keys: tuple[tuple[str, ...], tuple[str, ...]] = (TIERS, TIERS)

    @property
    def named(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Where they stood and stand by name; "" for none. Shape (m,) each."""
        found = []
        for codes, own in zip((self.before, self.after), self.own_keys, strict=True):
            names = np.full(len(self), "", dtype=object)
            for axis, keys in ((Axis.TIER, TIERS), (Axis.STAGE, STAGES), (Axis.OWN_TIER, own)):
                here = self.axis == axis
                names[here] = np.array([*keys, ""], dtype=object)[codes[here]]
            found.append(names)
        return found[0], found[1]

    @property
    def triggering(self) -> Bools:
        """Which moves may start outreach: those by evidence or by the clock. Shape (m,)."""
        return np.isin(self.cause, TRIGGERING)

    def __len__(self) -> int:
        return len(self.row)


def transitions_between(
    earlier: States | None,
    now: States,
    policy: Policy,
    *,
    news: News | None = None,
    late_days: int = 0,
    would: Would | None = None,
    corrected: Codes | None = None,
    run_seq: int = 0,
) -> Transitions:
    """
    Compare two nights.

    Args:
        earlier: States of the last run, lined up with today's roster; None in a first run, in which everybody is
            placed for the first time.
        now: From ``place``.
        policy: Today's; its settings are part of the evidence.
        news: Since the last run; None for nothing.
        late_days: Facts that were older than that in the last run are history caught up on.
        would: Where they would stand had nothing of ours changed; None where nothing has.
        corrected: What changed our picture of a customer who did nothing, and no clock did: IDENTITY, CONSENT or
            RATES; NO_CODE for all others. Shape (N,); None: nobody's.
        run_seq: Number of the run.
    """
    first = nobody(now.as_of, len(now)) if earlier is None else earlier
    moved, why = {}, {}
    for axis in Axis:
        moved[axis] = np.flatnonzero(_moved(first, now, axis))
        why[axis] = np.full(len(now), Cause.INITIAL, dtype=np.int8)
        if earlier is not None:
            why[axis] = _causes(earlier, now, axis, news, late_days, would, corrected)
    row = np.concatenate([moved[axis] for axis in Axis])
    axis_of = np.repeat(np.array(list(Axis), dtype=np.int8), [len(moved[axis]) for axis in Axis])
    order = np.lexsort((axis_of, row))

    def by_axis(values: Mapping[Axis, NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([values[axis][moved[axis]] for axis in Axis])[order]

    row, axis_of = row[order], axis_of[order]
    is_tier = axis_of != Axis.STAGE
    reason = np.where(is_tier, now.tier_reason[row], now.stage_reason[row])
    return Transitions(
        as_of=now.as_of,
        run_seq=run_seq,
        row=row,
        axis=axis_of,
        before=by_axis({axis: getattr(first, COLUMNS[axis]) for axis in Axis}),
        after=by_axis({axis: getattr(now, COLUMNS[axis]) for axis in Axis}),
        cause=by_axis(why),
        reason=reason,
        facts=np.zeros(len(row), dtype=np.int32) if news is None else news.facts[row],
        returned_on=now.returned_on[row],
        evidence={} if earlier is None else _evidence(now.segments, row, is_tier, reason, policy),
        own_keys=(first.keys, now.keys),
    )


def _moved(before: States, now: States, axis: Axis) -> Bools:
    """
    Who is to have a row. Shape (N,).

    Own tiers have rows as long as a policy has such, and a last one when it has none any more: then, and when others
    take their place, everybody has one, so that the latest row says where somebody stands.
    """
    then, today = getattr(before, COLUMNS[axis]), getattr(now, COLUMNS[axis])
    if axis != Axis.OWN_TIER or before.keys == now.keys:
        no_own = axis == Axis.OWN_TIER and now.own is None
        return np.zeros(len(now), dtype=np.bool_) if no_own else np.asarray(then != today)
    return np.asarray((then != NO_CODE) | (today != NO_CODE))


def _causes(
    earlier: States,
    now: States,
    axis: Axis,
    news: News | None,
    late_days: int,
    would: Would | None,
    corrected: Codes | None,
) -> Codes:
    """The cause of a change on one axis, for everybody; what did not change has one too, which nobody reads."""
    ours, column = np.full(len(now), NO_CODE, dtype=np.int8), COLUMNS[axis]
    if axis == Axis.OWN_TIER and earlier.keys != now.keys:
        ours = np.where(earlier.seen, np.int8(Cause.POLICY), np.int8(NO_CODE))
    elif would is not None:
        ours = would.ours(column, getattr(now, column), earlier.seen)
    told = late = np.zeros(len(now), dtype=np.bool_)
    if news is not None:
        told, late = news.facts > 0, caught_up(news, earlier.as_of, late_days)
    why = causes(late, ours, told, corrected)
    if axis == Axis.TIER or (axis == Axis.OWN_TIER and earlier.keys == now.keys):
        # A fall that waited for its second check, or for the end of the dwell, has the cause it began with.
        falls = getattr(now, column) < getattr(earlier, column)
        waited = falls & (earlier.lower_cause != NO_CODE) & ~late
        waited = waited if corrected is None else waited & (corrected == NO_CODE)
        why = np.where(waited, earlier.lower_cause, why)
    return why


def _evidence(
    segments: Segments | None, row: NDArray[Any], is_tier: Bools, reason: Codes, policy: Policy
) -> dict[str, NDArray[Any]]:
    """Numbers behind the moves of customers with a purchase, spread over all moves."""
    if segments is None:
        return {}
    bought = row < len(segments)
    columns: dict[str, NDArray[Any]] = {}
    for chosen, found in (
        (bought & is_tier, tier_evidence(segments, row[bought & is_tier])),
        (
            bought & ~is_tier,
            stage_evidence(segments, row[bought & ~is_tier], reason[bought & ~is_tier], policy.stages),
        ),
    ):
        for name, values in found.items():
            missing = np.nan if values.dtype.kind == "f" else 0
            columns[name] = np.full(len(row), missing, dtype=values.dtype)
            columns[name][chosen] = values
    return columns
