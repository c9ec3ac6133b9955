"""A figure beside what was known of the same units beforehand: the sums that an adjustment needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from evergrove.stats.types import Ratio, Sums

if TYPE_CHECKING:
    from evergrove.stats.rows import Rows
    from evergrove.stats.types import Sample


class WithCovariate(Protocol):
    """One arm as an adjustment sees it."""

    @property
    def n(self) -> int:
        """How many units were assigned to the arm."""
        ...

    @property
    def outcome(self) -> Sample:
        """The figure that decides."""
        ...

    @property
    def before(self) -> Sample:
        """The covariate: of the same units, from days before they were assigned."""
        ...

    @property
    def covariance(self) -> float:
        """Of outcome and covariate of one unit."""
        ...


@dataclass(frozen=True)
class Paired:
    """
    A figure and a covariate of one arm, from sums only: n, y, yy, x, xx and xy.

    Attributes:
        outcome: Sums of the figure y.
        before: Sums of the covariate x of the same units; 0 for units of whom nothing was known.
        products: Sum over all units of x times y.
    """

    outcome: Sums
    before: Sums
    products: float

    def __add__(self, other: Paired) -> Paired:
        return Paired(
            self.outcome + other.outcome, self.before + other.before, self.products + other.products
        )

    @classmethod
    def of(cls, outcome: Rows, before: Rows) -> Paired:
        """
        The sums of single units' figures.

        Args:
            outcome: Each unit's figure. Shape (n,).
            before: Each unit's covariate. Shape (n,).

        Raises:
            InvalidArgument: Not two lists of finite numbers of one length.
        """
        from evergrove.stats.rows import columns, dot  # noqa: PLC0415 - sums themselves need no numpy

        y, x = columns(outcome=outcome, before=before)
        return cls(Sums.of(y), Sums.of(x), dot(x, y))

    @property
    def n(self) -> int:
        """Units, as the outcome counts them."""
        return self.outcome.n

    @property
    def covariance(self) -> float:
        """Divided by n - 1; NaN with fewer than two units."""
        return _covariance(self.outcome, self.before, self.products)

    def less(self, theta: float, centre: float) -> Sums:
        """The sums of y - theta (x - centre), as if it had been computed for each unit."""
        y, x = self.outcome, self.before
        total = y.total - theta * x.total
        squares = y.squares - 2.0 * theta * self.products + theta * theta * x.squares
        shift = theta * centre
        return Sums(self.n, total + self.n * shift, squares + 2.0 * shift * total + self.n * shift * shift)


@dataclass(frozen=True)
class PairedRatio:
    """
    A ratio of sums beside the same ratio of the days before, such as average order value.

    Attributes:
        outcome: The ratio that decides.
        before: The ratio of the days before, of the same units.
        products: Sums over all units of four products: numerator times numerator before, numerator times denominator
            before, denominator times numerator before, denominator times denominator before.
    """

    outcome: Ratio
    before: Ratio
    products: tuple[float, float, float, float]

    def __add__(self, other: PairedRatio) -> PairedRatio:
        one, two, three, four = (a + b for a, b in zip(self.products, other.products, strict=True))
        return PairedRatio(self.outcome + other.outcome, self.before + other.before, (one, two, three, four))

    @classmethod
    def of(cls, above: Rows, below: Rows, above_before: Rows, below_before: Rows) -> PairedRatio:
        """
        The sums of single units' figures.

        Args:
            above: Each unit's part of the numerator. Shape (n,).
            below: Each unit's part of the denominator. Shape (n,).
            above_before: The former of the days before. Shape (n,).
            below_before: The latter of the days before. Shape (n,).

        Raises:
            InvalidArgument: Not four lists of finite numbers of one length.
        """
        from evergrove.stats.rows import columns, dot  # noqa: PLC0415 - sums themselves need no numpy

        a, b, c, d = columns(above=above, below=below, above_before=above_before, below_before=below_before)
        return cls(Ratio.of(a, b), Ratio.of(c, d), (dot(a, c), dot(a, d), dot(b, c), dot(b, d)))

    @property
    def n(self) -> int:
        """Units, as the outcome counts them."""
        return self.outcome.n

    @property
    def covariance(self) -> float:
        """Of one unit, by the delta method; NaN where a denominator is 0."""
        y, x = self.outcome, self.before
        if not y.below.total or not x.below.total:
            return float("nan")
        aa, ab, ba, bb = (
            _covariance(one, other, products)
            for (one, other), products in zip(
                [(y.above, x.above), (y.above, x.below), (y.below, x.above), (y.below, x.below)],
                self.products,
                strict=True,
            )
        )
        spread = aa - x.mean * ab - y.mean * ba + y.mean * x.mean * bb
        return spread / (y.below.mean * x.below.mean)


def _covariance(one: Sums, other: Sums, products: float) -> float:
    if one.n < 2:
        return float("nan")
    return (products - one.total * other.total / one.n) / (one.n - 1)
