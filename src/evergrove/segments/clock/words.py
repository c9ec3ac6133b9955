"""What may happen on a due day, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.segments.clock.types import Because

if TYPE_CHECKING:
    from collections.abc import Mapping

BECAUSE_WORDS: Mapping[Because, str] = {
    Because.CHURN_SILENCE: _("silence means churned"),
    Because.CHURN_CHANCE: _("another order becomes too unlikely: churned"),
    Because.DECLINE_SILENCE: _("silence means decline"),
    Because.SUBSCRIPTION: _("a date of the subscription"),
    Because.FIGURES: _("the figures of 12 months reach another band"),
    Because.TREND: _("the trend changes as its windows move on"),
    Because.HEALTH: _("health may cross its limit"),
    Because.WON_BACK_OVER: _("won back is looked at again"),
    Because.TIER_CHECK: _("the next check of the tier"),
    Because.TIER_DWELL: _("the band is old enough to fall"),
    Because.TIER_PROTECTION: _("the protection of a risen tier ends"),
    Because.TIER_DOUBT: _("the tier may become unlikely to be kept"),
    Because.PREDICTED: _("tiers by forecasts are looked at every night"),
    Because.MONTH_END: _("a month end that was looked back to is over"),
    Because.HORIZON: _("nothing within a year"),
}
