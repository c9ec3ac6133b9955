"""A few very large orders: figures above a cap fixed beforehand count as the cap, and both results are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core.arguments import number
from evergrove.core.messages import _
from evergrove.core.sentences import Term
from evergrove.stats.comparing import welch
from evergrove.stats.errors import InvalidLevel, UnlikeCaps
from evergrove.stats.rows import column
from evergrove.stats.types import Sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.stats.rows import Rows
    from evergrove.stats.types import Difference, Side

ABOVE_NOUGHT = Term(_("a finite number above 0, in the unit of the figure"))


@dataclass(frozen=True)
class Cap:
    """
    Where figures are cut off above, and where that comes from.

    Attributes:
        value: In the unit of the figure, > 0.
        share: The quantile of the days before that it is; None where it was given as a number.
    """

    value: float
    share: float | None = None

    def __post_init__(self) -> None:
        number("value", self.value, ABOVE_NOUGHT, above=0.0)

    @classmethod
    def of_before(cls, before: Rows, share: float = 0.999) -> Cap:
        """
        The quantile of the same figure in the days before the campaign, over all units of both arms.

        The campaign's own figures are no source for it: they hold the effect that is to be told.

        Args:
            before: Each unit's figure of an equally long time before. Shape (n,).
            share: Of the units, how many lie below; in (0, 1).

        Raises:
            InvalidLevel: The share is not between 0 and 1.
            InvalidArgument: Not a list of finite numbers, or their quantile is not above 0.
        """
        if not 0.0 < share < 1.0:
            raise InvalidLevel(level=share)
        figures = column("before", before)
        return cls(float(np.quantile(figures, share)) if len(figures) else 0.0, share)

    def applied(self, values: Rows) -> NDArray[np.float64]:
        """The figures, those above the cap cut off. Shape (n,)."""
        return np.minimum(column("values", values), self.value)


@dataclass(frozen=True)
class Capped:
    """
    One arm with and without the cap, from sums only.

    Attributes:
        cap: The one that was applied.
        capped: Sums of the figures cut off.
        plain: Sums of the figures as they are.
        above: Units that were cut off.
    """

    cap: Cap
    capped: Sums
    plain: Sums
    above: int

    def __add__(self, other: Capped) -> Capped:
        _same(self, other)
        return Capped(
            self.cap, self.capped + other.capped, self.plain + other.plain, self.above + other.above
        )

    @classmethod
    def of(cls, values: Rows, cap: Cap) -> Capped:
        """
        The sums of single units' figures.

        Args:
            values: One figure a unit. Shape (n,).
            cap: Fixed before anybody looked.

        Raises:
            InvalidArgument: Not a list of finite numbers.
        """
        figures = column("values", values)
        above = int((figures > cap.value).sum())
        return cls(cap, Sums.of(np.minimum(figures, cap.value)), Sums.of(figures), above)


@dataclass(frozen=True)
class CappedDifference:
    """
    Both results: the capped one decides, the plain one is what was earned.

    Attributes:
        cap: The one of both arms.
        capped: Of the figures cut off: narrower, and blind to what a few large orders bring.
        plain: Of the figures as they are.
        above_control: Units of the control arm that were cut off.
        above_treated: Units of the treated arm that were.
    """

    cap: Cap
    capped: Difference
    plain: Difference
    above_control: int
    above_treated: int


def welch_capped(
    control: Capped, treated: Capped, level: float = 0.95, side: Side = "two-sided"
) -> CappedDifference:
    """
    Treated less control with and without the cap.

    Args:
        control: Untreated, as assigned.
        treated: Treated, as assigned.
        level: Probability between the bounds, in (0, 1).
        side: Both bounds, or one only.

    Raises:
        UnlikeCaps: The arms were not capped at the same figure.
        NoComparison: As ``welch`` does.
    """
    _same(control, treated)
    return CappedDifference(
        cap=control.cap,
        capped=welch(control.capped, treated.capped, level, side),
        plain=welch(control.plain, treated.plain, level, side),
        above_control=control.above,
        above_treated=treated.above,
    )


def _same(one: Capped, other: Capped) -> None:
    if one.cap.value != other.cap.value:
        raise UnlikeCaps(one=one.cap.value, other=other.cap.value)
