"""Effects where the shares of the arms changed while people came in: logged probabilities put it right."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING

from evergrove.core.arguments import InvalidArgument
from evergrove.core.messages import _
from evergrove.core.sentences import Term
from evergrove.stats.comparing import interval_of
from evergrove.stats.errors import NoVariance, TooFewUnits
from evergrove.stats.types import Sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.stats.types import Difference, Side

CHANCES = Term(_("a chance above 0 for both arms that are compared, at most 1 together"))
ALL = Term(_("the people of all arms, no fewer than those of the two that are compared"))
BATCHES = Term(_("batches of people, at least one"))


@dataclass(frozen=True)
class Batch:
    """
    People who were assigned with the same probabilities, such as those of one day.

    Attributes:
        n: People of all arms, also of those that are not compared.
        control: Sums of the control arm.
        treated: Sums of the treated arm.
        control_chance: Probability of the control arm, as it was logged when they were assigned.
        treated_chance: The same of the treated arm; both together are 1 where there is no third.
    """

    n: int
    control: Sums
    treated: Sums
    control_chance: float
    treated_chance: float

    def __post_init__(self) -> None:
        chances = self.control_chance, self.treated_chance
        if not (min(chances) > 0.0 and sum(chances) <= 1.0 + 1e-9):
            raise InvalidArgument(name="control_chance, treated_chance", value=chances, wanted=CHANCES)
        if self.control.n + self.treated.n > self.n:
            raise InvalidArgument(name="n", value=self.n, wanted=ALL)


def aipw(batches: Sequence[Batch], level: float = 0.95, side: Side = "two-sided") -> Difference:
    r"""
    The mean difference over all people, each weighed by the logged probability of the arm that came up.

    .. math::

        \psi_{i} = m_t - m_c + \frac{1[t]}{e_t} (y_i - m_t) - \frac{1[c]}{e_c} (y_i - m_c)

    where m is the mean of the arm over *earlier* batches, so that what a batch brings cannot choose its own
    comparison; in the first it is the mean of both arms together. Where shares follow results, the plain means of
    arms are biased: an arm that began badly by chance is not given the people who would put it right. This is not.

    Args:
        batches: In the order in which people came; the chances may depend on all that came before.
        level: Probability between the bounds, in (0, 1).
        side: Both bounds, or one only.

    Returns:
        Over the people of all batches. The bounds are normal ones: they need chances that do not fall towards 0
        (``floored``).

    Raises:
        TooFewUnits: Fewer than two people in an arm over all batches.
        NoVariance: Nobody differs from anybody else.
        InvalidArgument: There is no batch.
        InvalidLevel: The level is not a probability.

    Source:
        Robins, Rotnitzky and Zhao (1994), JASA 89, 846-866; of adaptive shares: Hadad, Hirshberg, Zhan, Wager and
        Athey (2021), Confidence intervals for policy evaluation in adaptive experiments, PNAS 118, e2014602118.
    """
    if not batches:
        raise InvalidArgument(name="batches", value=list(batches), wanted=BATCHES)
    control, treated = (_all([getattr(batch, arm) for batch in batches]) for arm in ("control", "treated"))
    if min(control.n, treated.n) < 2:
        raise TooFewUnits(control=control.n, treated=treated.n)
    scores, seen_c, seen_t = Sums(0, 0.0, 0.0), Sums(0, 0.0, 0.0), Sums(0, 0.0, 0.0)
    for batch in batches:
        scores += _scores(batch, *_foretold(batch, seen_c, seen_t))
        seen_c, seen_t = seen_c + batch.control, seen_t + batch.treated
    if not (scores.variance > 0.0 and isfinite(scores.variance)):
        raise NoVariance(arm="treated", n=treated.n)
    return interval_of(scores.mean, scores.variance / scores.n, inf, level, side)


def _all(arms: Sequence[Sums]) -> Sums:
    return sum(arms, Sums(0, 0.0, 0.0))


def _foretold(batch: Batch, control: Sums, treated: Sums) -> tuple[float, float]:
    """Means of both arms as the batches before had them; of an arm without anybody yet, that of both."""
    both = control + treated
    if not both.n:
        both = batch.control + batch.treated
    fallback = both.mean if both.n else 0.0
    return (control.mean if control.n else fallback), (treated.mean if treated.n else fallback)


def _scores(batch: Batch, mean_c: float, mean_t: float) -> Sums:
    """The sums of everybody's psi."""
    apart = mean_t - mean_c
    gained = _scaled(batch.treated, mean_t, 1.0 / batch.treated_chance, apart)
    lost = _scaled(batch.control, mean_c, -1.0 / batch.control_chance, apart)
    rest = batch.n - batch.treated.n - batch.control.n
    return gained + lost + Sums(rest, rest * apart, rest * apart * apart)


def _scaled(arm: Sums, mean: float, factor: float, shift: float) -> Sums:
    """The sums of shift + factor (y - mean)."""
    total = factor * (arm.total - arm.n * mean)
    squares = factor * factor * (arm.squares - 2.0 * mean * arm.total + arm.n * mean * mean)
    return Sums(arm.n, arm.n * shift + total, squares + 2.0 * shift * total + arm.n * shift * shift)
