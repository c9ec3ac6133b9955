"""Every column of every customer from two fits: special functions once per (x, T) cell, then one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from evergrove.core import DAYS_PER, DAYS_PER_YEAR
from evergrove.models.process import weighed
from evergrove.scoring.cells import cells_of, smallest_scale
from evergrove.scoring.given_alive import next_purchase_quantiles, next_purchase_quantiles_of
from evergrove.scoring.types import Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats
    from evergrove.scoring.cells import Cells, Form
    from evergrove.scoring.terms import Terms

LONGEST_LIFE_YEARS = 10.0
OLDEST_DAYS = 3653  # the first whole day beyond ten years
NEXT_ORDER_DAYS = 365.0
LIKELY = 0.5


class Histories(Protocol):
    """What scoring reads of a customer base: one value per customer, times in whole days."""

    @property
    def frequency(self) -> NDArray[Any]:
        """Repeat purchase days, x."""

    @property
    def recency(self) -> NDArray[Any]:
        """Age at the last purchase day, t_x, in days."""

    @property
    def T(self) -> NDArray[Any]:  # noqa: N802 -- the literature's letter
        """Age, in days."""

    @property
    def orders(self) -> NDArray[Any]:
        """Paid orders, all."""

    @property
    def historic_value(self) -> NDArray[Any]:
        """Net revenue so far; NaN without amounts."""


@dataclass(frozen=True, eq=False)
class Future:
    """
    What a fitted process says of each customer; every array of shape (n,).

    Attributes:
        p_alive: P(alive at T).
        p_active: P(a purchase within the horizon of stages).
        p_active_12m: P(a purchase within 365.25 days).
        purchases_12m: Expected purchases within 365.25 days.
        discounted_12m: The same, each discounted to today.
        discounted_all: Without a horizon: DERT.
        lifetime_years: Age and expected remaining life, up to ten years in all.
        next_days: 25, 50 and 75 % quantile of the time to the next purchase in whole days, NaN where none is
            likely within a year. Shape (3, n).
    """

    p_alive: Floats
    p_active: Floats
    p_active_12m: Floats
    purchases_12m: Floats
    discounted_12m: Floats
    discounted_all: Floats
    lifetime_years: Floats
    next_days: Floats


def foresee(model: TransactionModel, base: Histories, delta: float, active_days: float) -> Future:
    """
    Ask a process everything about every customer.

    Args:
        model: The fitted process.
        base: The customers.
        delta: Continuous discount rate per unit of the model.
        active_days: Horizon of ``p_active``.
    """
    day = 1 / DAYS_PER[model.unit]
    year, scale = DAYS_PER_YEAR * day, smallest_scale(model)
    x, t_x, T = base.frequency.astype(np.float64), base.recency * day, base.T * day
    cells = cells_of(base.frequency, base.T, model.unit, scale, model.phases)
    alive, phase = model.alive(x, t_x, T), model.phase_weights(x, t_x, T)
    age_years = base.T / DAYS_PER_YEAR
    # Beyond ten years no life is counted: capped ages keep that kink out of the interpolation.
    young = (
        cells
        if base.T.max(initial=0) <= OLDEST_DAYS
        else cells_of(base.frequency, np.minimum(base.T, OLDEST_DAYS), model.unit, scale, model.phases)
    )

    def spread(form: Form, on: Cells = cells) -> Floats:
        return alive * weighed(on.spread(form), phase)

    def left(x: Floats, T: Floats) -> Floats:
        length = np.maximum(LONGEST_LIFE_YEARS * year - T, 0.0)
        return model.lived_if_alive(length, x, T) / year

    return Future(
        p_alive=alive,
        p_active=spread(lambda x, T: model.active_if_alive(active_days * day, x, T)),
        p_active_12m=spread(lambda x, T: model.active_if_alive(year, x, T)),
        purchases_12m=spread(lambda x, T: model.expected_if_alive(year, x, T)),
        discounted_12m=spread(lambda x, T: model.discounted_if_alive(year, delta, x, T)),
        discounted_all=spread(lambda x, T: model.residual_if_alive(delta, x, T)),
        lifetime_years=np.minimum(age_years, LONGEST_LIFE_YEARS) + spread(left, young),
        next_days=_next_days(
            model,
            cells,
            spread(lambda x, T: model.active_if_alive(NEXT_ORDER_DAYS * day, x, T)) >= LIKELY,
            (x, t_x, T),
        ),
    )


def _next_days(
    model: TransactionModel, cells: Cells, likely: NDArray[np.bool_], histories: tuple[Floats, Floats, Floats]
) -> Floats:
    """Quantiles in whole days: what falls within day k after as_of is dated as_of + k."""
    day = 1 / DAYS_PER[model.unit]
    horizon = NEXT_ORDER_DAYS * day
    if model.phases == 1:
        of = cells.of
        quantiles = cells.table(lambda x, T: next_purchase_quantiles(model, horizon, x, T))
    else:  # recency says when the next one is due: by customer, of those who get a date
        of = np.cumsum(likely) - 1
        rows = (each[likely] for each in histories)
        quantiles = next_purchase_quantiles_of(model, horizon, *rows)
    days = np.clip(np.ceil(quantiles / day - 1e-9), 1.0, NEXT_ORDER_DAYS)
    # One more cell for those without a date: a look-up is cheaper than a mask.
    dated = np.concatenate([days, np.full((len(days), 1), np.nan)], axis=1)
    return dated[:, np.where(likely, of, days.shape[1])]


def next_order_days(model: TransactionModel, base: Histories, likely: NDArray[np.bool_]) -> Floats:
    """
    Quantiles of the next order's date by a model of its own, as ``Future.next_days``. Shape (3, n).

    Args:
        model: A fitted process.
        base: The customers.
        likely: Who gets a date: whether one comes at all, another model may know better. Shape (n,).
    """
    day = 1 / DAYS_PER[model.unit]
    histories = base.frequency.astype(np.float64), base.recency * day, base.T * day
    cells = cells_of(base.frequency, base.T, model.unit, smallest_scale(model), model.phases)
    return _next_days(model, cells, likely, histories)


def purchase_chance(model: TransactionModel | None, base: Histories, days: float) -> Floats:
    """
    P(at least one purchase within ``days`` after today), shape (n,); NaN without a model.

    Args:
        model: The fitted process.
        base: The customers.
        days: From as_of on.
    """
    if model is None:
        return np.full(len(base.T), np.nan)
    horizon = days / DAYS_PER[model.unit]
    return _of_everybody(model, base, lambda x, T: model.active_if_alive(horizon, x, T))


def average_rate(base: Histories) -> float:
    """Repeat purchases of all customers so far per day of their histories; NaN without any day."""
    exposure = float(base.T.sum())
    return float(base.frequency.sum()) / exposure if exposure > 0 else float("nan")


def steady_future(rate: float, customers: int, delta: float) -> Future:
    """
    The fallback without a process: everybody buys at one rate for a year; nothing else is known.

    Args:
        rate: Purchases per day; NaN where not even that is known.
        customers: How many rows.
        delta: Continuous discount rate per day.
    """
    unknown = np.full(customers, np.nan)
    return Future(
        p_alive=unknown,
        p_active=unknown,
        p_active_12m=unknown,
        purchases_12m=np.full(customers, rate * DAYS_PER_YEAR),
        discounted_12m=np.full(customers, rate * -np.expm1(-delta * DAYS_PER_YEAR) / delta),
        discounted_all=unknown,
        lifetime_years=unknown,
        next_days=np.full((3, customers), np.nan),
    )


def simple_clv(average_order: Floats, orders_per_year: Floats, lifetime_years: Floats) -> Floats:
    """The texts' formula: average order x orders a year x lifetime in years."""
    return average_order * orders_per_year * lifetime_years


def discounted_year(model: TransactionModel, base: Histories, delta: float) -> Floats:
    """
    Expected purchases within 365.25 days, each discounted to today, shape (n,).

    Args:
        model: A fitted process.
        base: The customers.
        delta: Continuous discount rate per unit of the model.
    """
    year = DAYS_PER_YEAR / DAYS_PER[model.unit]
    return _of_everybody(model, base, lambda x, T: model.discounted_if_alive(year, delta, x, T))


def alive_and_purchases(model: TransactionModel, base: Histories, days: float) -> tuple[Floats, Floats]:
    """
    P(alive), and expected purchases within ``days`` of whoever is. Shape (n,) each.

    Args:
        model: A fitted process.
        base: The customers, or some of them.
        days: From as_of on.
    """
    day = 1 / DAYS_PER[model.unit]
    histories = base.frequency.astype(np.float64), base.recency * day, base.T * day
    cells = cells_of(base.frequency, base.T, model.unit, smallest_scale(model), model.phases)
    values = cells.spread(lambda x, T: model.expected_if_alive(days * day, x, T))
    return model.alive(*histories), weighed(values, model.phase_weights(*histories))


def _of_everybody(model: TransactionModel, base: Histories, form: Form) -> Floats:
    """A form given alive times P(alive), shape (n,)."""
    day = 1 / DAYS_PER[model.unit]
    histories = base.frequency.astype(np.float64), base.recency * day, base.T * day
    cells = cells_of(base.frequency, base.T, model.unit, smallest_scale(model), model.phases)
    return model.alive(*histories) * weighed(cells.spread(form), model.phase_weights(*histories))


def score(
    future: Future,
    per_day: Floats | None,
    base: Histories,
    terms: Terms,
    rival: Floats | None = None,
) -> Scores:
    """
    Turn what is foreseen into value.

    Args:
        future: From ``foresee`` or ``average_rate_future``.
        per_day: Expected net amount of a purchase day, per customer; None without amounts.
        base: The customers.
        terms: Margin, acquisition cost, basis.
        rival: Discounted purchases of the next 12 months by the runner-up; None without one.

    Returns:
        All columns; the interval's two are NaN (``evergrove.scoring.intervals`` fills them in).
    """
    unknown = np.full(len(base.T), np.nan)
    spend = unknown if per_day is None else per_day
    revenue = unknown if per_day is None else np.asarray(base.historic_value, dtype=np.float64)
    historic = terms.earned(revenue)
    clv = terms.expected(spend * future.discounted_all)
    orders = np.asarray(base.orders, dtype=np.float64)
    tenure_years = base.T / DAYS_PER_YEAR
    simple = simple_clv(revenue / orders, orders / np.maximum(tenure_years, 1.0), future.lifetime_years)
    p25, median, p75 = future.next_days
    return Scores(
        p_alive=future.p_alive,
        p_active_180d=future.p_active,
        p_active_12m=future.p_active_12m,
        expected_purchases_12m=future.purchases_12m,
        expected_spend=spend,
        historic_value=historic,
        clv_12m=terms.expected(spend * future.discounted_12m),
        clv_12m_low=unknown,
        clv_12m_high=unknown,
        clv_12m_runner_up=unknown if rival is None else terms.expected(spend * rival),
        clv=clv,
        clv_total=historic + clv,
        simple_clv=terms.realised(simple),
        next_order_date=median,
        next_order_p25=p25,
        next_order_p75=p75,
    )
