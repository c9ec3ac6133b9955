"""How close scores came to the simulated truth, in figures and in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveError, Sentence, _
from evergrove.simulation.world import CURRENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.simulation.types import Flags, Truth

BINS = 10
REQUIRED = ("customer_id", "p_alive", "expected_purchases_12m", "clv_12m", "stage")


class ForeignCustomers(EvergroveError):
    """Scores are compared with the truth of another shop."""

    code = "simulation.foreign_customers"
    message = _(
        "{unknown} of {total} scored {total:customer|customers} {unknown:is|are} not in the simulated shop (first: {example})."
    )
    hint = _("Compare a shop's scores with the truth that came with its orders.")


@dataclass(frozen=True)
class Comparison:
    """A total: what was forecast, what the true parameters led to expect, what came."""

    forecast: float
    expected: float
    realised: float

    @property
    def error(self) -> float:
        """Forecast over true expectation, less one; NaN where nothing was expected."""
        return self.forecast / self.expected - 1 if self.expected else float("nan")


@dataclass(frozen=True)
class CalibrationBin:
    """Customers whose P(alive) lies in [low, high): its mean, and the share truly alive."""

    low: float
    high: float
    customers: int
    forecast: float
    truth: float


@dataclass(frozen=True)
class ChurnedCustomers:
    """
    Whether those called churned are gone.

    Attributes:
        customers: Called churned.
        gone: Share of them that had truly left.
        returned: Share of them that bought again within 180 days.
        gone_of_all: Share of all customers that had truly left.
        noticed: Of those who had truly left, the share called churned or in decline.
    """

    customers: int
    gone: float
    returned: float
    gone_of_all: float
    noticed: float


@dataclass(frozen=True)
class Closeness:
    """
    How close scores came to the truth.

    Attributes:
        customers: Compared: those with a score.
        value: Total discounted value of the next 12 months.
        purchases: Total purchase days of the next 12 months.
        rank_correlation: Spearman's, of clv_12m with the true expected value.
        gini: Of the true expected value ranked by clv_12m, over the Gini of the perfect ranking.
        gini_realised: The same of the value that came.
        calibration: P(alive) against truly alive, in ten bins; empty bins are left out.
        calibration_error: Mean absolute difference over the bins, weighted by customers.
        coverage: Share of realised values inside the 80 % intervals; None without intervals.
        churned: Whether those called churned are gone.
    """

    customers: int
    value: Comparison
    purchases: Comparison
    rank_correlation: float
    gini: float
    gini_realised: float
    calibration: tuple[CalibrationBin, ...]
    calibration_error: float
    coverage: float | None
    churned: ChurnedCustomers

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """What the demo prints, one sentence a line."""
        said = [
            Sentence(
                "simulation.value",
                _(
                    "Value of the next 12 months, {customers} {customers:customer|customers}: forecast {forecast} {currency}; the true "
                    "parameters lead to expect {expected} ({error}); {realised} came."
                ),
                {**_shown(self.value), "customers": self.customers, "currency": CURRENCY},
            ),
            Sentence(
                "simulation.purchases",
                _("Purchases in them: forecast {forecast}; expected {expected} ({error}); {realised} came."),
                _shown(self.purchases),
            ),
            Sentence(
                "simulation.order",
                _(
                    "Order of customers: rank correlation with the true value {correlation}; the ranking finds "
                    "{gini} of what a perfect one would (normalised Gini)."
                ),
                {"correlation": f"{self.rank_correlation:.3f}", "gini": f"{self.gini:.3f}"},
            ),
            Sentence(
                "simulation.alive",
                _(
                    "Alive or gone: over ten groups, P(alive) and the share truly alive differ by {error} points "
                    "on average."
                ),
                {"error": f"{100 * self.calibration_error:.1f}"},
            ),
        ]
        if self.coverage is not None:
            said.append(
                Sentence(
                    "simulation.intervals",
                    _(
                        "Intervals: the spend of {coverage} of the customers lies inside their 80% interval "
                        "(more than 80% is right where most buy nothing)."
                    ),
                    {"coverage": _percent(self.coverage)},
                )
            )
        said.append(
            Sentence(
                "simulation.churned",
                _(
                    "Called churned: {customers} {customers:customer|customers}; {gone} of them are truly gone (of all customers "
                    "{gone_of_all}), {returned} bought again within 180 days."
                ),
                {
                    "customers": self.churned.customers,
                    "gone": _percent(self.churned.gone),
                    "gone_of_all": _percent(self.churned.gone_of_all),
                    "returned": _percent(self.churned.returned),
                },
            )
        )
        return tuple(said)


def compare_with_truth(columns: Mapping[str, NDArray[Any]], truth: Truth) -> Closeness:
    """
    Compare the published scores of a simulated shop with its truth.

    Args:
        columns: Of customers.parquet: customer_id, p_alive, expected_purchases_12m, clv_12m, stage and, if
            computed, clv_12m_low and clv_12m_high. Shape (n,) each, in any order of customers. Customers
            without a score (NaN) are left out.
        truth: Of the same shop.

    Raises:
        ForeignCustomers: Some scored customer is not in the truth.
    """
    place = _places(np.asarray(columns["customer_id"]).astype(np.str_), truth)
    names = [name for name in (*REQUIRED, "clv_12m_low", "clv_12m_high") if name in columns]
    scored = np.isfinite(np.asarray(columns["clv_12m"], dtype=np.float64))
    score = {name: np.asarray(columns[name])[scored] for name in names}
    place = place[scored]
    value = score["clv_12m"].astype(np.float64)
    expected, realised = truth.expected_value_12m[place], truth.realised_value_12m[place]
    bins = calibration(score["p_alive"].astype(np.float64), truth.alive[place])
    return Closeness(
        customers=len(place),
        value=Comparison(float(value.sum()), float(expected.sum()), float(realised.sum())),
        purchases=Comparison(
            float(score["expected_purchases_12m"].sum()),
            float(truth.expected_purchases_12m[place].sum()),
            float(truth.realised_purchases_12m[place].sum()),
        ),
        rank_correlation=_rank_correlation(value, expected),
        gini=_gini(value, expected),
        gini_realised=_gini(value, realised),
        calibration=bins,
        calibration_error=sum(b.customers * abs(b.forecast - b.truth) for b in bins) / max(len(place), 1),
        coverage=_coverage(score, realised),
        churned=_churned(
            score["stage"].astype(np.str_), truth.alive[place], truth.realised_active_180d[place]
        ),
    )


def calibration(p_alive: Floats, alive: Flags) -> tuple[CalibrationBin, ...]:
    """P(alive) against truly alive in ten bins of equal width; empty ones are left out."""
    bin_of = np.minimum((p_alive * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(bin_of, minlength=BINS)
    forecast = np.bincount(bin_of, p_alive, minlength=BINS)
    truly = np.bincount(bin_of, alive, minlength=BINS)
    return tuple(
        CalibrationBin(
            low=n / BINS,
            high=(n + 1) / BINS,
            customers=int(count[n]),
            forecast=float(forecast[n] / count[n]),
            truth=float(truly[n] / count[n]),
        )
        for n in np.flatnonzero(count)
    )


def _places(customer_id: NDArray[np.str_], truth: Truth) -> NDArray[np.int64]:
    """The row of each customer in the truth."""
    place = np.minimum(np.searchsorted(truth.customer_id, customer_id), len(truth) - 1)
    unknown = truth.customer_id[place] != customer_id
    if unknown.any():
        raise ForeignCustomers(
            unknown=int(unknown.sum()), total=len(unknown), example=str(customer_id[np.argmax(unknown)])
        )
    return place


def _ranks(values: Floats) -> Floats:
    """Ranks 1..n, ties sharing their mean."""
    _values, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place])


def _rank_correlation(forecast: Floats, truth: Floats) -> float:
    if len(forecast) < 2:
        return float("nan")
    a, b = (ranks - ranks.mean() for ranks in (_ranks(forecast), _ranks(truth)))
    spread = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / spread) if spread else float("nan")


def _gini(forecast: Floats, truth: Floats) -> float:
    """Gini of ``truth`` in the order of ``forecast``, over the Gini in its own order."""
    own = float((truth * (_ranks(truth) - (len(truth) + 1) / 2)).sum())
    reached = float((truth * (_ranks(forecast) - (len(truth) + 1) / 2)).sum())
    return reached / own if own else float("nan")


def _coverage(score: Mapping[str, NDArray[Any]], realised: Floats) -> float | None:
    if "clv_12m_low" not in score or "clv_12m_high" not in score:
        return None
    low, high = (score[name].astype(np.float64) for name in ("clv_12m_low", "clv_12m_high"))
    given = np.isfinite(low) & np.isfinite(high)
    if not given.any():
        return None
    return float(((realised >= low) & (realised <= high))[given].mean())


def _churned(stage: NDArray[np.str_], alive: Flags, active: Flags) -> ChurnedCustomers:
    churned, gone = stage == "churned", ~alive
    noticed = churned | (stage == "decline")
    return ChurnedCustomers(
        customers=int(churned.sum()),
        gone=_share(gone[churned]),
        returned=_share(active[churned]),
        gone_of_all=_share(gone),
        noticed=_share(noticed[gone]),
    )


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _shown(total: Comparison) -> dict[str, object]:
    """The totals as whole numbers and the error with its sign."""
    return {
        "forecast": round(total.forecast),
        "expected": round(total.expected),
        "realised": round(total.realised),
        "error": f"{100 * total.error:+.1f}%",
    }
