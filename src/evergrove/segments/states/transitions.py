"""Who moved between two runs, from where to where, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evergrove.segments.codes import NO_CODE, TRIGGERING, Axis, Cause
from evergrove.segments.stages.evidence import stage_evidence, tier_evidence
from evergrove.segments.states.causes import caught_up, causes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.segments.states.causes import Would
    from evergrove.segments.states.place import States
    from evergrove.segments.states.placement import Policy
    from evergrove.segments.states.roster import News
    from evergrove.segments.types import Bools, Codes, Dates, Segments


@dataclass(frozen=True, eq=False)
class Transitions:
    """
    Moves of one run, by customer, the tier before the stage; arrays of shape (m,).

    Attributes:
        as_of: The day.
        run_seq: Number of the run.
        row: Of the customer in the roster.
        axis: ``Axis`` codes.
        before: ``Tier`` or ``Stage`` codes; NO_CODE for none.
        after: The same.
        cause: ``Cause`` codes.
        reason: ``TierReason`` or ``StageRule`` codes: what put the customer there; NO_CODE for none.
        facts: Orders and refunds of the customer that the last run did not know.
        returned_on: The day of the order that made a customer won back; NaT otherwise.
        evidence: Further numbers by name (``evergrove.segments.stages.evidence``); NaN, or 0 in whole numbers, for
            customers without a purchase. Empty in a first run, in which nobody moved.
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
    none = np.full(len(now), NO_CODE, dtype=np.int8)
    moved, cause = {}, {}
    for axis, column in ((Axis.TIER, "tier"), (Axis.STAGE, "stage")):
        then = none if earlier is None else getattr(earlier, column)
        moved[axis] = np.flatnonzero(getattr(now, column) != then)
        why = np.full(len(now), Cause.INITIAL, dtype=np.int8)
        if earlier is not None:
            why = _causes(earlier, now, axis, news, late_days, would, corrected)
        cause[axis] = why[moved[axis]]
    row = np.concatenate([moved[Axis.TIER], moved[Axis.STAGE]])
    axis_of = np.repeat(np.array(list(Axis), dtype=np.int8), [len(moved[axis]) for axis in Axis])
    order = np.lexsort((axis_of, row))
    row, axis_of = row[order], axis_of[order]
    is_tier = axis_of == Axis.TIER
    reason = np.where(is_tier, now.tier_reason[row], now.stage_reason[row])
    return Transitions(
        as_of=now.as_of,
        run_seq=run_seq,
        row=row,
        axis=axis_of,
        before=none[row] if earlier is None else np.where(is_tier, earlier.tier[row], earlier.stage[row]),
        after=np.where(is_tier, now.tier[row], now.stage[row]),
        cause=np.concatenate([cause[Axis.TIER], cause[Axis.STAGE]])[order],
        reason=reason,
        facts=np.zeros(len(row), dtype=np.int32) if news is None else news.facts[row],
        returned_on=now.returned_on[row],
        evidence={} if earlier is None else _evidence(now.segments, row, is_tier, reason, policy),
    )


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
    ours = np.full(len(now), NO_CODE, dtype=np.int8)
    if would is not None:
        column: Literal["tier", "stage"] = "tier" if axis == Axis.TIER else "stage"
        ours = would.ours(column, getattr(now, column), earlier.seen)
    told = late = np.zeros(len(now), dtype=np.bool_)
    if news is not None:
        told, late = news.facts > 0, caught_up(news, earlier.as_of, late_days)
    why = causes(late, ours, told, corrected)
    if axis == Axis.TIER:
        # A fall that waited for its second check, or for the end of the dwell, has the cause it began with.
        waited = (now.tier < earlier.tier) & (earlier.lower_cause != NO_CODE) & ~late
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
