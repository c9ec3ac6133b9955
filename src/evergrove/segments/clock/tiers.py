"""When a band or a tier that is held may fall: the next check, the end of a dwell or of a protection, a doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.clock.search import COARSE, first_day
from evergrove.segments.clock.types import clipped, never
from evergrove.segments.codes import PREDICTED
from evergrove.segments.states.bands import in_force
from evergrove.segments.tiers.combine import combined

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.segments.clock.types import Ahead
    from evergrove.segments.codes import Criterion
    from evergrove.segments.states.place import States
    from evergrove.segments.tiers.hysteresis import Held
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Bools, Codes, Dates, Numbers, Segments

DRIFT = 0.01
"""
By how much of themselves expected figures may differ from one night to the next without anything of the customer's
own: orders per purchase day and refunds still to come are the shop's, and are measured every night. So much nearer to
its bound every figure is taken to be.
"""


def until_held_tier_may_fall(
    segments: Segments, states: States, rules: TierPolicy, unsettled: Bools
) -> tuple[Ahead, Ahead, Ahead]:
    """
    Days until a doubt about a band may begin or become sure, until the next check counts, and until a dwell ends.

    Shape (n,) each. Nothing is due where no figure is below the band in force: until that changes nothing falls.

    Args:
        segments: Of today's figures, for the first n rows of the roster.
        states: Of today.
        rules: The policy.
        unsettled: From whom money may yet go back, so that his expected figures rise without a purchase. Shape (n,).
    """
    n = len(segments)
    doubt, check, dwell = never(n), never(n), never(n)
    for criterion, all_held in (states.held or {}).items():
        rows = _below(segments.tiering.band(criterion), all_held.tier[:n], criterion)
        held = _of(all_held, rows)
        today = np.datetime64(states.as_of, "D")
        counting, enough = held.lower_checks > 0, held.lower_checks >= rules.hysteresis.fall_checks
        next_doubt, every = _doubts(segments, criterion, held, rows, unsettled[rows], rules)
        np.minimum.at(doubt, rows, np.where(enough, never(len(rows)), next_doubt))
        counts = counting & ~enough
        check[rows[counts]] = np.minimum(check[rows], _ahead(held.last_check, every, today))[counts]
        ends = _ahead(held.since, rules.hysteresis.dwell_days, today)
        dwell[rows[enough]] = np.minimum(dwell[rows], ends)[enough]
    return doubt, check, dwell


def _below(realised: Codes, held: Codes, criterion: Criterion) -> Numbers:
    """Of whom the figure of today is below the band in force."""
    if criterion in PREDICTED:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero((realised >= 0) & (realised < held))


def _of(held: Held, rows: Numbers) -> Held:
    return type(held)(held.tier[rows], held.since[rows], held.lower_checks[rows], held.last_check[rows])


def _ahead(day: Dates, wait: Numbers | int, today: np.datetime64) -> Ahead:
    """Days until a day and some more; the horizon without a day."""
    return clipped(np.where(np.isnat(day), np.inf, (day - today).astype(np.float64) + wait))


def _doubts(
    segments: Segments,
    criterion: Criterion,
    held: Held,
    rows: Numbers,
    unsettled: Bools,
    rules: TierPolicy,
) -> tuple[Ahead, int]:
    """
    Days until the chance of keeping the band is so low that a check counts, or counts sooner; and days between checks.

    In silence that chance falls. While a doubt lasts it is sure from one day on; while there is none it begins.
    """
    slow, bounds, outlook = rules.hysteresis, segments.tiering.bounds, segments.outlook
    counting = held.lower_checks > 0
    if outlook is None or bounds is None:
        return np.where(counting, never(len(rows)), np.int32(1)), 1
    bound = np.array([-np.inf, *bounds[criterion]])[held.tier]
    least = np.where(counting, slow.sure_p, slow.demote_p)

    def is_low(some: Numbers, days: Ahead) -> Bools:
        chance = outlook.keeps(criterion, bound[some] * (1.0 + DRIFT), rows[some], days)
        low: Bools = ~(chance > least[some])
        return low

    found = first_day(is_low, len(rows), COARSE)
    found[unsettled | _may_end(counting, outlook.keeps(criterion, bound * (1.0 - DRIFT), rows), rules)] = 1
    return found, slow.check_days


def _may_end(counting: Bools, chance: Floats, rules: TierPolicy) -> Bools:
    """Whose doubt is so small that the shop's own figures may end it."""
    ends: Bools = counting & (chance > rules.hysteresis.demote_p)
    return ends


def until_protection_ends(states: States, rules: TierPolicy, buyers: int) -> Ahead:
    """Days until a tier that rose may fall as its bands say already. Exact. Shape (n,)."""
    if states.held is None or states.risen_on is None:
        return never(buyers)
    waits = states.ranks > combined(in_force(states.held, rules), rules)
    ends = _ahead(states.risen_on, rules.hysteresis.protect_days, np.datetime64(states.as_of, "D"))
    return np.where(waits, ends, never(len(ends)))[:buyers]
