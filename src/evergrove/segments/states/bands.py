"""Bands in force of every criterion: held from one night to the next, and started anew where nothing fits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import NO_CODE, PREDICTED
from evergrove.segments.tiers.hysteresis import NEVER, Held, hold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.models import Floats
    from evergrove.segments.codes import Criterion
    from evergrove.segments.states.place import States
    from evergrove.segments.states.roster import Roster
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Codes, Dates, Numbers, Outlook, Segments


def bands_in_force(
    segments: Segments, before: States, roster: Roster, rules: TierPolicy
) -> dict[Criterion, Held]:
    """
    The band of each criterion today, for everybody of the roster.

    Args:
        segments: Of today's figures, for the first n rows.
        before: States of the last run.
        roster: Everybody.
        rules: How slowly bands change.
    """
    slow, found = rules.hysteresis, {}
    realised_rank = everybody(segments.tiering.ranks, len(roster))
    for criterion in rules.criteria:
        realised = everybody(segments.tiering.band(criterion), len(roster))
        found[criterion] = hold(
            realised,
            _before(criterion, realised, realised_rank, before, rules),
            roster.as_of,
            checks=slow.fall_checks,
            dwell_days=slow.dwell_days,
            check_days=slow.check_days,
            keeps=_keeps(criterion, segments),
            demote_p=slow.demote_p,
            sure_p=slow.sure_p,
            promote_p=slow.promote_p if criterion in PREDICTED else None,
        )
    return found


def _keeps(criterion: Criterion, segments: Segments) -> partial[Floats] | None:
    bounds = segments.tiering.bounds
    if segments.outlook is None or bounds is None:
        return None
    return partial(_chance, segments.outlook, criterion, np.array([-np.inf, *bounds[criterion]]))


def _chance(outlook: Outlook, criterion: Criterion, bounds: Floats, band: Codes, rows: Numbers) -> Floats:
    return outlook.keeps(criterion, bounds[band], rows)


def _before(
    criterion: Criterion, realised: Codes, realised_rank: Codes, before: States, rules: TierPolicy
) -> Held:
    """
    The band of a criterion as the last night left it.

    Under another policy nothing is held: its tiers and bands mean something else. A night of an earlier release
    kept the tier only: whoever was held above the figures goes on from it in every criterion.
    """
    n = len(realised)
    if before.rules is not None and before.rules.ground != rules.ground:
        return _nothing(n)
    if before.held is not None:
        return before.held[criterion]
    held_above = (before.tier > realised_rank) & (realised_rank != NO_CODE)
    band = np.where(held_above, np.maximum(realised, before.tier), realised)
    return Held(
        np.where(before.seen, band, np.int8(NO_CODE)),
        before.tier_since,
        np.where(held_above, before.lower_checks, np.int16(0)),
        np.where(held_above, before.last_check, NEVER),
    )


def _nothing(n: int) -> Held:
    none, never = np.full(n, NO_CODE, dtype=np.int8), np.full(n, NEVER)
    return Held(none, never, np.zeros(n, dtype=np.int16), never)


def everybody(codes: Codes, customers: int) -> Codes:
    """Codes of the buyers, followed by none for the others."""
    return np.concatenate([codes, np.full(customers - len(codes), NO_CODE, dtype=np.int8)])


def in_force(held: Mapping[Criterion, Held], rules: TierPolicy) -> Codes:
    """The bands in force, shape (c, N), rows as the policy's criteria."""
    return np.stack([held[criterion].tier for criterion in rules.criteria])


def protected(
    rank: Codes, before: Codes, risen_on: Dates, as_of: date, protect_days: int
) -> tuple[Codes, Dates]:
    """
    Tiers in force, and since when they have been protected: a tier that rose does not fall for some time.

    Args:
        rank: What the bands in force say. Shape (N,).
        before: Tiers of the last night; NO_CODE for who had none. Shape (N,).
        risen_on: The day of the latest rise; NaT without one, or where it has been followed by a fall. Shape (N,).
        as_of: Today.
        protect_days: For how long.
    """
    today = np.datetime64(as_of, "D")
    falls = (rank < before) & (rank != NO_CODE)
    stays = falls & (risen_on > today - protect_days)
    rises = (rank > before) & (before != NO_CODE)
    risen = np.where(rises, today, np.where((falls & ~stays) | (rank == NO_CODE), NEVER, risen_on))
    return np.where(stays, before, rank), risen
