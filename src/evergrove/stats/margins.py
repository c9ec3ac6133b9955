"""Whether treated customers are not worse off than by so much: for figures that must not suffer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scipy.special import stdtr

from evergrove.core.arguments import number, one_of
from evergrove.core.messages import _
from evergrove.core.sentences import Term
from evergrove.stats.comparing import interval_of

if TYPE_CHECKING:
    from evergrove.stats.types import Difference

MARGIN = Term(_("a number >= 0 in the unit of the difference"))


@dataclass(frozen=True)
class NotWorse:
    """
    A difference held against a margin, on one side.

    Attributes:
        margin: What is put up with, >= 0.
        worst: The bound on the bad side, at the level asked for.
        p: Of a difference at least as good, were it as bad as the margin.
        holds: The bound stays within the margin.
        level: Of the one-sided bound.
    """

    margin: float
    worst: float
    p: float
    holds: bool
    level: float


def not_worse(
    found: Difference,
    margin: float,
    *,
    worse: Literal["lower", "higher"] = "lower",
    level: float = 0.95,
) -> NotWorse:
    """
    Non-inferiority: can it be ruled out that treatment harms by the margin or more?

    With a margin of 0 this is the one-sided test for better. A margin as a share of the control's mean goes with a
    difference as such a share (``relative_by_delta``). For bounds that are watched, hold the bound of
    ``always_valid`` against the margin.

    Args:
        found: The difference, of one look.
        margin: The harm that is put up with, >= 0, in the difference's unit; fixed beforehand.
        worse: Which direction is bad: "higher" for shares that leave or complain.
        level: Of the one-sided bound.

    Raises:
        InvalidArgument: The margin is below 0 or not finite.
        InvalidLevel: The level is not a probability.

    Source:
        Wellek (2010), Testing statistical hypotheses of equivalence and noninferiority, 2nd edition, section 1.2.
    """
    one_of("worse", worse, ("lower", "higher"))
    put_up_with = number("margin", margin, MARGIN, above=-5e-324)
    sign = 1.0 if worse == "lower" else -1.0
    good = interval_of(sign * found.effect, found.se**2, found.df, level, "greater")
    p = float(stdtr(found.df, -(good.effect + put_up_with) / found.se))
    return NotWorse(put_up_with, sign * good.low, p, good.low > -put_up_with, level)
