"""The two-part value head: whether somebody buys at all, and how much it is worth if so, over growing horizons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.learned.folds import folds_of
from evergrove.models.learned.grow import canonical, grow
from evergrove.models.learned.recalibrate import Recalibration, recalibrate
from evergrove.models.learned.trees import TreeEnsemble
from evergrove.models.learned.worth import Worth, fit_worth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evergrove.models.learned.grow import Growth
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class Stretch:
    """
    What came of known customers in one stretch after an origin: what one part of the head learns from.

    Attributes:
        until_days: Days from the origin to the end of the stretch; it begins where the one before ends.
        X: What was known of each customer at the origin. Shape (n, f).
        bought: Whether there was a purchase in the stretch. Shape (n,).
        came: What is to be foretold, by name: spend, purchase days. Shape (n,) each.
        still_out: No purchase between the origin and the beginning of the stretch. Shape (n,).
    """

    until_days: float
    X: Floats
    bought: NDArray[np.bool_]
    came: Mapping[str, Floats]
    still_out: NDArray[np.bool_]

    def rows(self, chosen: NDArray[Any]) -> Stretch:
        """Some customers of it."""
        came = {name: values[chosen] for name, values in self.came.items()}
        return Stretch(self.until_days, self.X[chosen], self.bought[chosen], came, self.still_out[chosen])


@dataclass(frozen=True, eq=False)
class Part:
    """
    What is expected in one stretch.

    Attributes:
        until_days: Days from the origin to its end.
        buys: P(a purchase in the stretch).
        returns: The same for who has not bought between the origin and its beginning.
        worth: Expected outcome given a purchase, by name.
        recalibrations: Of the products of the two, by name.
    """

    until_days: float
    buys: TreeEnsemble
    returns: TreeEnsemble
    worth: Mapping[str, Worth]
    recalibrations: Mapping[str, Recalibration]

    def product(self, name: str, X: Floats) -> Floats:
        """P(buys) x expected outcome given a purchase, as learned. Shape (n,)."""
        return self.buys.predict(X) * self.worth[name].predict(X)

    def expected(self, name: str, X: Floats) -> Floats:
        """The same, recalibrated. Shape (n,)."""
        return self.recalibrations[name](self.product(name, X))


@dataclass(frozen=True, eq=False)
class ValueHead:
    r"""
    Expected outcomes over several horizons.

    .. math::

        E[y(0, h_k)] = \sum_{j \le k} \phi_j \left( P_j(\text{buys} \mid x) E_j[y \mid x, \text{buys}] \right)

    over stretches (h_{j-1}, h_j], each learned by itself and recalibrated by a rising map :math:`\phi_j`. Every
    term is >= 0, so that no longer horizon is worth less than a shorter one. Chances add up likewise:
    :math:`P(\text{buys by } h_k) = 1 - \prod_{j \le k} (1 - P_j(\text{buys} \mid \text{has not yet}))`.

    Attributes:
        features: Names of the columns, in order.
        parts: Shortest horizon first.
    """

    features: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def horizons(self) -> tuple[float, ...]:
        """In days, increasing."""
        return tuple(part.until_days for part in self.parts)

    def expected(self, name: str, X: Floats) -> Floats:
        """
        Expected outcome by the end of each horizon; never decreasing along it.

        Args:
            name: Of the outcome.
            X: Shape (n, f).

        Returns:
            Shape (n, horizons).
        """
        by_stretch = [part.expected(name, X) for part in self.parts]
        upto: Floats = np.cumsum(by_stretch, axis=0).T
        return upto

    def chance(self, X: Floats) -> Floats:
        """P(at least one purchase by the end of each horizon). Shape (n, horizons), never decreasing."""
        stays_out = np.cumprod([1.0 - part.returns.predict(X) for part in self.parts], axis=0)
        returned: Floats = np.asarray(1.0 - stays_out.T, dtype=np.float64)
        return returned

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {"features": list(self.features), "parts": [_written(part) for part in self.parts]}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> ValueHead:
        """The head that ``document`` wrote."""
        return cls(tuple(stored["features"]), tuple(_read(part) for part in stored["parts"]))


def fit_value_head(
    stretches: Sequence[Stretch],
    features: tuple[str, ...],
    growth: Growth | None = None,
    sizes: Mapping[str, str] | None = None,
) -> ValueHead:
    """
    Learn a head, stretch by stretch.

    Recalibration reads forecasts for customers whom the trees behind them were not grown on: in turn each of
    a few parts is left out.

    Args:
        stretches: Shortest horizon first; each may have customers of its own, of origins long enough ago.
        features: Names of the columns of X.
        growth: Of all trees.
        sizes: Outcome -> the feature that measures how large it is likely to be; see ``Worth``.

    Raises:
        NeedsMl: scikit-learn is not installed.
        TooFewRows: Too few customers, or buyers, to learn from.
    """
    how = _How(features, growth, sizes or {})
    return ValueHead(features, tuple(_fitted(each, how) for each in stretches))


@dataclass(frozen=True)
class _How:
    features: tuple[str, ...]
    growth: Growth | None
    sizes: Mapping[str, str]


def _fitted(stretch: Stretch, how: _How) -> Part:
    first = next(iter(stretch.came.values()))
    ordered = stretch.rows(canonical(np.column_stack([stretch.X, stretch.bought]), first))
    said = {name: np.zeros(len(first)) for name in stretch.came}
    for learned, left_out in folds_of(len(first)):
        part = _grown(ordered.rows(learned), how)
        for name, forecast in said.items():
            forecast[left_out] = part.product(name, ordered.X[left_out])
    maps = {name: recalibrate(forecast, ordered.came[name]) for name, forecast in said.items()}
    whole = _grown(ordered, how)
    return Part(whole.until_days, whole.buys, whole.returns, whole.worth, maps)


def _grown(stretch: Stretch, how: _How) -> Part:
    X, bought, out = stretch.X, stretch.bought, stretch.still_out

    def chance(of: NDArray[np.bool_]) -> TreeEnsemble:
        return grow(X[of], bought[of].astype(np.float64), how.features, "log_loss", how.growth)

    buys = chance(np.ones(len(X), dtype=np.bool_))
    worth = {
        name: fit_worth(X[bought], values[bought], how.features, how.sizes.get(name), how.growth)
        for name, values in stretch.came.items()
    }
    return Part(stretch.until_days, buys, buys if out.all() else chance(out), worth, {})


def _written(part: Part) -> dict[str, Any]:
    return {
        "until_days": part.until_days,
        "buys": part.buys.document(),
        "returns": part.returns.document(),
        "worth": {name: each.document() for name, each in part.worth.items()},
        "recalibrations": {name: each.document() for name, each in part.recalibrations.items()},
    }


def _read(stored: Mapping[str, Any]) -> Part:
    return Part(
        stored["until_days"],
        TreeEnsemble.read(stored["buys"]),
        TreeEnsemble.read(stored["returns"]),
        {name: Worth.read(each) for name, each in stored["worth"].items()},
        {name: Recalibration.read(each) for name, each in stored["recalibrations"].items()},
    )
