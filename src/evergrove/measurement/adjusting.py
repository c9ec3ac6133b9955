"""What customers had brought before is taken out of what they brought since: fewer people for the same certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from evergrove.stats import theta
from evergrove.stats.sparse import has_many_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.stats import Paired, Sums


class Adjustment(NamedTuple):
    """
    What CUPED takes out of each customer's figure: theta times what was brought before, less the mean of it.

    Attributes:
        theta: Slope of the figure on what was brought before, within the arms; 0: nothing is taken out.
        centre: What was brought before, on average over all arms.
        variance_left: Share of the figure's variance within arms and strata that is left.
    """

    theta: float
    centre: float
    variance_left: float

    def of(self, arm: Paired) -> Sums:
        """The sums of one arm without it."""
        return arm.less(self.theta, self.centre) if self.theta else arm.outcome


NO_ADJUSTMENT = Adjustment(0.0, 0.0, 1.0)


def adjustment(strata: Sequence[tuple[Paired, ...]]) -> Adjustment:
    """
    What may be taken out of the arms of one comparison.

    Only where every arm holds so many events that its mean speaks for itself: with few of them intervals rest on margins
    being mostly nothing and never much below, which adjusted ones are not. Which of the two it is depends on numbers
    alone, never on the effect.

    Args:
        strata: The arms of each stratum, the base first, with what the same people had brought before.
    """
    plain = [tuple(arm.outcome for arm in stratum) for stratum in strata]
    pairs = [[(arms[0], arms[nth]) for arms in plain] for nth in range(1, len(plain[0]))] if plain else []
    slope = theta(strata) if pairs and all(map(has_many_events, pairs)) else 0.0
    if not slope:
        return NO_ADJUSTMENT
    arms = [arm for stratum in strata for arm in stratum]
    centre = sum(arm.before.total for arm in arms) / sum(arm.n for arm in arms)
    left = _within([arm.less(slope, centre) for arm in arms]) / _within([arm.outcome for arm in arms])
    return Adjustment(slope, centre, left)


def _within(arms: Sequence[Sums]) -> float:
    return sum(arm.variance * (arm.n - 1) for arm in arms if arm.n > 1)
