"""When silence alone, or the end of a time that was granted, leads to another stage."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.actions import month_ends
from evergrove.segments.clock.types import clipped, never
from evergrove.segments.codes import Stage, StageRule
from evergrove.segments.stages.rules import silence_limits

if TYPE_CHECKING:
    from datetime import date

    from evergrove.models import Floats
    from evergrove.segments.clock.dated import Dated
    from evergrove.segments.clock.types import Ahead
    from evergrove.segments.states.place import States
    from evergrove.segments.types import Bools, Codes, Segments
    from evergrove.settings import StageSettings

RANK = {
    StageRule.SUBSCRIPTION_ENDED: 10,
    StageRule.CHURNED_CHANCE: 9,
    StageRule.CHURNED_OWN_RHYTHM: 8,
    StageRule.CHURNED_CATEGORY_RHYTHM: 8,
    StageRule.CHURNED_SHOP_RHYTHM: 8,
    StageRule.CHURNED_DAYS: 8,
    StageRule.SUBSCRIPTION_PAST_DUE: 7,
    StageRule.SUBSCRIPTION_PAUSED: 7,
    StageRule.SUBSCRIPTION_ENDING: 7,
    StageRule.DECLINE_OWN_RHYTHM: 7,
    StageRule.DECLINE_CATEGORY_RHYTHM: 7,
    StageRule.DECLINE_SHOP_RHYTHM: 7,
    StageRule.DECLINE_DAYS: 7,
    StageRule.DECLINE_TREND: 6,
    StageRule.DECLINE_HEALTH: 5,
    StageRule.DECLINE_HEALTH_HELD: 5,
}
"""Which rule comes before which, as ``assign_stages`` asks them: the higher. What comes after all of these is 0."""


def ranks(reason: Codes) -> Codes:
    """Of the rules in force. Shape (n,)."""
    table = np.zeros(len(StageRule), dtype=np.int8)
    table[list(RANK)] = list(RANK.values())
    ranked: Codes = table[reason]
    return ranked


def until_silence_says(segments: Segments, reason: Codes, settings: StageSettings) -> tuple[Ahead, Ahead]:
    """
    Days until silence means decline, and until it means churned, if nothing comes. Exact. Shape (n,) each.

    Whom a rule that comes first has put there already is never due for one that comes later.

    Args:
        segments: Of today's figures.
        reason: ``StageRule`` codes in force. Shape (n,).
        settings: Of stages.
    """
    past, rank = segments.histories, ranks(reason)
    limits = silence_limits(past.gap_p80, past.gap_p95, segments.cuts, settings, past.around)
    decline = _beyond(limits.decline) - past.silence
    if past.heard is not None and not limits.shop_known:
        # By days alone nobody declines who was seen as lately: the later of the two days counts.
        seen = np.nan_to_num(settings.decline_days + 1 - past.heard.login_silence, nan=1.0)
        decline = np.where(limits.own | limits.category, decline, np.maximum(decline, seen))
    churn = _beyond(limits.churn) - past.silence
    return (
        np.where(rank < RANK[StageRule.DECLINE_DAYS], clipped(decline), never(len(rank))),
        np.where(rank < RANK[StageRule.CHURNED_DAYS], clipped(churn), never(len(rank))),
    )


def _beyond(limit: Floats) -> Floats:
    """The first silence in whole days that is longer than a limit."""
    return np.floor(limit) + 1.0


def until_won_back_ends(states: States, buyers: int, dated: Dated, won_back_days: int) -> Ahead:
    """
    Days until somebody no longer counts as won back. Shape (n,).

    Exact where the order that ended the stage churned is remembered; where only the gap tells, the earliest day on
    which a purchase of these days is no longer one of them.

    Args:
        states: Of today.
        buyers: n, the first rows of the roster.
        dated: Of these days at least.
        won_back_days: How long one counts as won back.
    """
    today = np.datetime64(states.as_of, "D")
    returned = states.returned_on[:buyers]
    over = (returned - today).astype(np.float64) + won_back_days
    found = np.where(np.isnat(returned), never(buyers), clipped(np.where(np.isnat(returned), np.inf, over)))
    back = states.stage[:buyers] == Stage.WON_BACK
    of = np.flatnonzero(back[dated.row] & (dated.repeats > 0) & (dated.day > -won_back_days))
    np.minimum.at(found, dated.row[of], clipped(dated.day[of] + won_back_days))
    return found


def until_month_ends(was_high: Bools, as_of: date) -> Ahead:
    """
    Days until the month ends that are looked back to are others, for those who were once high. Exact. Shape (n,).

    Who was not high by now cannot have been on a later day without being it then.
    """
    found, day, known = never(len(was_high)), as_of, month_ends(as_of, 1)
    while month_ends(day, 1) == known:
        day += timedelta(days=1)
    found[was_high] = (day - as_of).days
    return found
