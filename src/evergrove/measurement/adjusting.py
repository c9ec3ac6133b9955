"""What customers had brought before is taken out of what they brought since: fewer people for the same certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from evergrove.stats import poststratified, sparse_difference, theta
from evergrove.stats.sparse import has_many_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.stats import Difference, Paired, Sums

CUPED = "cuped"
"""How an adjusted difference was taken."""
ROUNDING = 1e-12
"""Part of its squares by which a figure that is the same for everybody may seem to vary."""


class Adjustment(NamedTuple):
    """
    What CUPED takes out of each customer's figure: theta times what was brought before, less the mean of it.

    Attributes:
        theta: Slope of the figure on what was brought before, within the arms; 0: nothing is taken out.
        centre: What was brought before, on average over all arms.
        variance_left: Of the difference between arms within strata: the share of its variance that is left.
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
    being mostly nothing and never much below, which adjusted ones are not. Events are counted at the mean of both arms
    together: counted at its own, an arm that has brought much by chance would be adjusted, and one that has brought
    little would not.

    Args:
        strata: The arms of each stratum, the base first, with what the same people had brought before.
    """
    plain = [tuple(arm.outcome for arm in stratum) for stratum in strata]
    pairs = [[(arms[0], arms[nth]) for arms in plain] for nth in range(1, len(plain[0]))] if plain else []
    arms = [arm for stratum in strata for arm in stratum]
    spread = sum(arm.before.variance * (arm.n - 1) for arm in arms if arm.n > 1)
    if spread <= ROUNDING * sum(arm.before.squares for arm in arms):
        return NO_ADJUSTMENT
    slope = theta(strata) if pairs and all(map(has_many_events, pairs)) else 0.0
    if not slope:
        return NO_ADJUSTMENT
    centre = sum(arm.before.total for arm in arms) / sum(arm.n for arm in arms)
    found = [tuple(arm.less(slope, centre) for arm in stratum) for stratum in strata]
    left = _variance(found) / _variance(plain)
    return Adjustment(slope, centre, left) if left < 1.0 else NO_ADJUSTMENT


def compared(
    strata: Sequence[tuple[Sums, Sums]], level: float, *, is_adjusted: bool
) -> tuple[Difference, str]:
    """
    The difference of arms, adjusted or as they are, and how it was taken.

    Args:
        strata: (control, treated) of each stratum, without what the adjustment takes out.
        level: Probability between the bounds.
        is_adjusted: Whether it takes anything out.

    Raises:
        NoComparison: As ``stats.sparse_difference``.
    """
    return (poststratified(strata, level), CUPED) if is_adjusted else sparse_difference(strata, level)


def _variance(strata: Sequence[tuple[Sums, ...]]) -> float:
    """Of the differences within strata, averaged by their size."""
    people = sum(arm.n for stratum in strata for arm in stratum)
    shares = [sum(arm.n for arm in stratum) / people for stratum in strata]
    return sum(
        share**2 * arm.variance / arm.n
        for share, stratum in zip(shares, strata, strict=True)
        for arm in stratum
    )
