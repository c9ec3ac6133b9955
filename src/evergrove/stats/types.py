"""What goes into a comparison and what comes out: sums of each arm, a difference with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from evergrove.stats.rows import Rows

Side = Literal["two-sided", "greater", "less"]
"""Bounds on both sides, a lower one only (treated is greater than control), or an upper one only."""


class Sample(Protocol):
    """One arm as a comparison sees it."""

    @property
    def n(self) -> int:
        """How many units were assigned to the arm."""
        ...

    @property
    def mean(self) -> float:
        """The arm's figure."""
        ...

    @property
    def variance(self) -> float:
        """Of one unit: the variance of ``mean`` is this divided by n."""
        ...


@dataclass(frozen=True)
class Sums:
    """
    A figure of one arm, from sums only: no customer's row is needed any more.

    Attributes:
        n: Units, >= 0.
        total: Sum over all of them.
        squares: Sum of squares over all of them.
    """

    n: int
    total: float
    squares: float

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.n + other.n, self.total + other.total, self.squares + other.squares)

    @classmethod
    def of(cls, values: Rows) -> Sums:
        """
        The sums of single units' figures.

        Args:
            values: One figure a unit, also of those without anything: 0. Shape (n,).

        Raises:
            InvalidArgument: Not a list of finite numbers.
        """
        from evergrove.stats.rows import column, dot  # noqa: PLC0415 - sums themselves need no numpy

        figures = column("values", values)
        return cls(len(figures), float(figures.sum()), dot(figures, figures))

    @property
    def mean(self) -> float:
        """The arithmetic mean; NaN without a unit."""
        return self.total / self.n if self.n else float("nan")

    @property
    def variance(self) -> float:
        """Divided by n - 1; NaN with fewer than two units, never below 0."""
        if self.n < 2:
            return float("nan")
        return max(self.squares - self.total * self.total / self.n, 0.0) / (self.n - 1)


@dataclass(frozen=True)
class Proportion:
    """
    Successes among n units; the variance is p(1 - p), as tables of proportions have it.

    Attributes:
        n: Units, >= 0.
        successes: Those with the property.
    """

    n: int
    successes: int

    @property
    def mean(self) -> float:
        """The share; NaN without a unit."""
        return self.successes / self.n if self.n else float("nan")

    @property
    def variance(self) -> float:
        """Of one unit: p(1 - p)."""
        return self.mean * (1.0 - self.mean)


@dataclass(frozen=True)
class Ratio:
    """
    A ratio of two sums, such as spend over orders, where the unit of assignment is the customer.

    Attributes:
        n: Units, >= 0.
        above: Sums of the numerator.
        below: Sums of the denominator.
        products: Sum over all units of numerator times denominator.
    """

    above: Sums
    below: Sums
    products: float

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.above + other.above, self.below + other.below, self.products + other.products)

    @classmethod
    def of(cls, above: Rows, below: Rows) -> Ratio:
        """
        The sums of single units' figures.

        Args:
            above: Each unit's part of the numerator. Shape (n,).
            below: Each unit's part of the denominator. Shape (n,).

        Raises:
            InvalidArgument: Not two lists of finite numbers of one length.
        """
        from evergrove.stats.rows import columns, dot  # noqa: PLC0415 - sums themselves need no numpy

        one, other = columns(above=above, below=below)
        return cls(Sums.of(one), Sums.of(other), dot(one, other))

    @property
    def n(self) -> int:
        """Units, as the numerator counts them."""
        return self.above.n

    @property
    def mean(self) -> float:
        """The ratio of the sums; NaN where the denominator is 0."""
        return self.above.total / self.below.total if self.below.total else float("nan")

    @property
    def variance(self) -> float:
        """Of one unit, by the delta method."""
        if self.n < 2 or not self.below.total:
            return float("nan")
        covariance = (self.products - self.above.total * self.below.total / self.n) / (self.n - 1)
        ratio = self.mean
        spread = self.above.variance - 2.0 * ratio * covariance + ratio * ratio * self.below.variance
        return max(spread, 0.0) / self.below.mean**2


@dataclass(frozen=True)
class Difference:
    """
    Treated minus control, with its interval.

    Attributes:
        effect: The estimate.
        low: Lower bound; minus infinity for the side "less".
        high: Upper bound; infinity for the side "greater".
        se: Standard error of the estimate.
        p: Of no effect at all, by the same statistic as the interval.
        df: Degrees of freedom of the t distribution, after Welch and Satterthwaite.
        level: Probability between the bounds.
    """

    effect: float
    low: float
    high: float
    se: float
    p: float
    df: float
    level: float


@dataclass(frozen=True)
class Relative:
    """
    The effect as a share of the control's mean. It has no p of its own: ``Difference`` decides.

    Attributes:
        effect: 0.12 is 12 % more than control.
        low: Lower bound; may be minus infinity.
        high: Upper bound; may be infinity.
        level: Probability between the bounds.
    """

    effect: float
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class Estimate:
    """
    A figure with its interval; NaN where it is unknown.

    Attributes:
        value: The estimate.
        low: Lower bound.
        high: Upper bound; may be infinite.
        level: Probability between the bounds.
    """

    value: float
    low: float
    high: float
    level: float
