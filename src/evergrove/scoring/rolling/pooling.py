"""One contender's measures at several origins, as one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.scoring.rolling.types import Deciles, Measures

if TYPE_CHECKING:
    from evergrove.models.types import Floats

NAN = float("nan")
NO_DECILES = Deciles((), ())


def pool(measured: tuple[Measures, ...]) -> Measures:
    """
    All origins together, as if their customers stood in one list.

    Ranking and the area under the curve are means over the origins instead: who ranks customers of one day
    need not know which quarter sells more.
    """
    of = _Several(measured)
    purchases, mae = of.total("actual_purchases"), of.mean("mae")
    deciles = of.deciles("deciles") or NO_DECILES
    return Measures(
        customers=int(of.customers.sum()),
        actual_purchases=purchases,
        purchases=of.total("purchases"),
        bias=_over(of.total("purchases") - purchases, purchases),
        mae=mae,
        wape=_over(mae * float(of.customers.sum()), purchases),
        rmse=of.mean("rmse", power=2),
        spearman=of.mean("spearman", of.even),
        gini=of.mean("gini", of.even),
        decile_error=_decile_error(deciles),
        deciles=deciles,
        **_spend(of),
        log_score=of.mean("log_score"),
        pit_share=of.mean("pit_share"),
        pit=of.shares("pit"),
        spend_inside=of.mean("spend_inside"),
        coverage=of.mean("coverage"),
        coverage_likely=of.mean("coverage_likely", of.counts("likely")),
        likely=of.total("likely"),
        width=of.mean("width"),
        returned=of.total("returned"),
        brier=of.mean("brier"),
        log_loss=of.mean("log_loss"),
        auc=of.mean("auc", of.even),
        reliability=of.deciles("reliability"),
        next_mae=of.mean("next_mae", of.counts("returned")),
    )


def _spend(of: _Several) -> dict[str, Any]:
    came, said, mae = of.total("actual_spend"), of.total("spend"), of.mean("spend_mae")
    if came is None or said is None:
        return {"actual_spend": came}
    return {
        "actual_spend": came,
        "spend": said,
        "spend_bias": _over(said - came, came),
        "spend_mae": mae,
        "spend_wape": _over(mae * float(of.customers.sum()), came),
        "spend_rmse": of.mean("spend_rmse", power=2),
    }


@dataclass(frozen=True)
class _Several:
    """Measures at several origins; what one of them does not say, all do not."""

    measured: tuple[Measures, ...]

    def counts(self, name: str) -> Floats:
        return np.array([float(getattr(m, name)) for m in self.measured])

    @cached_property
    def customers(self) -> Floats:
        return self.counts("customers")

    @cached_property
    def even(self) -> Floats:
        return np.ones(len(self.measured))

    def _values(self, name: str) -> list[Any] | None:
        values = [getattr(m, name) for m in self.measured]
        return None if any(value is None for value in values) else values

    def total(self, name: str) -> Any:
        values = self._values(name)
        return None if values is None else sum(values)

    def mean(self, name: str, weights: Floats | None = None, power: int = 1) -> Any:
        """Weighted by customers where nothing else is said; NaN at an origin leaves it out."""
        values, weights = self._values(name), self.customers if weights is None else weights
        if values is None:
            return None
        counted = np.isfinite(values) & (weights > 0)
        if not counted.any():
            return NAN
        powers, shares = np.array(values)[counted] ** power, weights[counted] / weights[counted].sum()
        return float((powers @ shares) ** (1 / power))

    def shares(self, name: str) -> tuple[float, ...] | None:
        values = self._values(name)
        if values is None or len({len(each) for each in values}) != 1:
            return None
        means = self.customers @ np.array(values) / self.customers.sum()
        return tuple(map(float, means))

    def deciles(self, name: str) -> Deciles | None:
        """The n-th group of all origins together; None where some origin has fewer groups than another."""
        parts = self._values(name)
        if parts is None or len({len(each.actual) for each in parts}) != 1:
            return None
        weights = self.customers / self.customers.sum()
        said = weights @ np.array([each.forecast for each in parts])
        came = weights @ np.array([each.actual for each in parts])
        return Deciles(tuple(map(float, said)), tuple(map(float, came)))


def _over(part: float, whole: float) -> float:
    return part / whole if whole else NAN


def _decile_error(deciles: Deciles) -> float:
    said, came = np.array(deciles.forecast), np.array(deciles.actual)
    known = came > 0
    return float(np.abs(said[known] / came[known] - 1).mean()) if known.any() else NAN
