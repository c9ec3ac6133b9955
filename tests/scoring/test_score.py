"""Every column against published values, closed forms and the rules of the definitions."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.core import per_unit_rate
from evergrove.models import Summary
from evergrove.models.bg_nbd import BgNbd
from evergrove.models.mbg_nbd import MbgNbd
from evergrove.models.nbd import Nbd
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.models.regular import BgCnbd, MbgCnbd
from evergrove.scoring.score import average_rate, foresee, score, simple_clv, steady_future
from evergrove.scoring.spend import expected_spend, fit_spend
from evergrove.scoring.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.models.process import TransactionModel

PARETO = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)
MODELS: tuple[TransactionModel, ...] = (
    PARETO,
    BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426),
    MbgNbd(r=0.525, alpha=6.183, a=0.891, b=1.614),
    Nbd(r=0.385, alpha=12.07),
    MbgCnbd(r=1.329, alpha=2.813, a=0.425, b=0.79, k=2),
    BgCnbd(r=0.36, alpha=0.712, a=0.554, b=0.758, k=3),
)
DELTA = per_unit_rate(0.10, "week")


@pytest.fixture(params=MODELS, ids=lambda model: model.name)
def model(request: pytest.FixtureRequest) -> TransactionModel:
    """Each process in turn."""
    chosen: TransactionModel = request.param
    return chosen


@pytest.fixture
def many(rows: Callable[..., Any]) -> Any:
    """Histories of every kind: new, silent, frequent, older than ten years."""
    rng = np.random.default_rng(2)
    T = np.r_[0, 0, 400, rng.integers(1, 1500, 300), 3652, 3653, 4500]
    x = np.r_[0, 0, 0, rng.poisson(3, 300), 40, 2, 0]
    t_x = np.where(x > 0, rng.integers(0, T + 1), 0)
    return rows(np.minimum(x, t_x), t_x, T)


def test_published_values_of_three_customers(shared: Callable[[str], Path], rows: Callable[..., Any]) -> None:
    """
    Twelve months at 1 % a month, continuously: 36.4829, 4.6636 and 8.3914 for customers 1, 2 and 3.

    The published summary has times in weeks of two decimals; whole days move the values by
    under 0.1 %, the figures' own tolerance.
    """
    with shared("clv/cdnow_sample_rfm.csv").open(encoding="utf-8") as stream:
        table = np.array([list(map(float, row.values())) for row in csv.DictReader(stream)])
    _, x, t_x, T, mean = table.T
    summary = Summary(frequency=x, recency=t_x, T=T, monetary_value=np.where(x > 0, mean, np.nan))
    spend_fit, _ = fit_spend(summary, "repeat_days")
    process = BgNbd.fit(summary).model
    base = rows(x[:3].astype(int), np.rint(t_x[:3] * 7).astype(int), np.rint(T[:3] * 7).astype(int))
    first = Summary(
        frequency=x[:3], recency=t_x[:3], T=T[:3], monetary_value=mean[:3], mean_day_spend=mean[:3]
    )

    terms = Terms(discount_rate=1.01**12 - 1)
    future = foresee(process, base, terms.delta("week"), 180)
    found = score(future, expected_spend(spend_fit, first, "repeat_days"), base, terms)

    assert found.clv_12m == pytest.approx([36.4829, 4.6636, 8.3914], rel=1e-3)


def test_the_texts_formula() -> None:
    """A thousand a year for five years is five thousand."""
    assert simple_clv(np.array([250.0]), np.array([4.0]), np.array([5.0])) == pytest.approx(5000)


def test_a_lifetime_ends_after_ten_years(rows: Callable[..., Any]) -> None:
    """With NBD nobody leaves: the rest of ten years is still to come, and what was longer counts as ten."""
    base = rows([2, 3, 4], [100, 300, 900], [0, 730, 4500])

    years = foresee(Nbd(r=0.4, alpha=12.0), base, DELTA, 180).lifetime_years

    assert years == pytest.approx([10, 10, 10], rel=1e-9)


def test_remaining_life_is_the_integral_of_survival(rows: Callable[..., Any]) -> None:
    """Pareto/NBD: the integral of ((beta + T) / (beta + T + u))^s has a closed form."""
    base = rows([0, 5], [0, 200], [0, 400])
    found = foresee(PARETO, base, DELTA, 180)

    start = PARETO.beta + base.T / 7
    length = 3652.5 / 7 - base.T / 7
    integral = start**PARETO.s * ((start + length) ** (1 - PARETO.s) - start ** (1 - PARETO.s))
    expected = base.T / 365.25 + found.p_alive * integral / (1 - PARETO.s) * 7 / 365.25
    assert found.lifetime_years == pytest.approx(expected, rel=1e-9)


def test_columns_are_the_models_own_answers(model: TransactionModel, many: Any) -> None:
    """What one may ask a model in a notebook stands in the table."""
    found = foresee(model, many, DELTA, 180)
    history = (many.frequency, many.recency / 7, many.T / 7)

    np.testing.assert_allclose(found.p_alive, model.probability_alive(*history), rtol=1e-12)
    np.testing.assert_allclose(found.p_active, model.probability_active("180 days", *history), rtol=1e-9)
    np.testing.assert_allclose(
        found.purchases_12m, model.expected_purchases("12 months", *history), rtol=1e-9
    )
    np.testing.assert_allclose(
        found.discounted_12m, model.discounted_purchases("12 months", 0.10, *history), rtol=1e-9
    )
    np.testing.assert_allclose(
        found.discounted_all, model.discounted_expected_residual_transactions(0.10, *history), rtol=1e-9
    )


def test_what_must_hold_of_every_customer(model: TransactionModel, many: Any) -> None:
    """Chances in [0, 1]; a purchase needs a living customer; a year is part of all time."""
    found = foresee(model, many, DELTA, 180)

    assert ((found.p_alive >= 0) & (found.p_alive <= 1)).all()
    assert (found.p_active <= found.p_alive + 1e-12).all()
    assert (found.p_active <= found.p_active_12m + 1e-12).all()
    assert (found.discounted_12m <= found.purchases_12m * (1 + 1e-12)).all()
    assert (found.discounted_12m <= found.discounted_all * (1 + 1e-9)).all()
    assert (found.lifetime_years <= 10 * (1 + 1e-9)).all()
    assert (found.lifetime_years >= np.minimum(many.T / 365.25, 10) - 1e-12).all()


def test_the_next_order_is_dated_where_it_is_likelier_than_not(model: TransactionModel, many: Any) -> None:
    """Unknown below one half within 365 days; otherwise at least tomorrow, in order, within the year."""
    found = foresee(model, many, DELTA, 180)
    within = model.probability_active("365 days", many.frequency, many.recency / 7, many.T / 7)
    p25, median, p75 = found.next_days

    np.testing.assert_array_equal(np.isnan(median), within < 0.5)
    known = ~np.isnan(median)
    assert known.any()
    assert (p25[known] >= 1).all()
    assert (p25[known] <= median[known]).all()
    assert (median[known] <= p75[known]).all()
    assert (p75[known] <= 365).all()


def test_the_median_halves_the_chance_of_a_purchase_within_a_year(many: Any) -> None:
    """By the end of that day half of the chance has passed; by the day before, less."""
    found = foresee(PARETO, many, DELTA, 180)
    history = (many.frequency, many.recency / 7, many.T / 7)
    year = PARETO.probability_active("365 days", *history)
    for i in np.flatnonzero(~np.isnan(found.next_days[1]))[:20]:
        day = found.next_days[1][i]
        at = [PARETO.probability_active(d / 7, *(values[i] for values in history))[0] for d in (day - 1, day)]
        assert at[0] < year[i] / 2 <= at[1] + 1e-9


def test_margin_scales_value_and_cost_lowers_what_is_past(many: Any) -> None:
    """A cost paid once is gone: it lowers historic_value, clv_total and simple_clv, not the value to come."""
    future = foresee(PARETO, many, DELTA, 180)
    spend = np.full(len(many.T), 20.0)
    plain = score(future, spend, many, Terms())
    profit = score(future, spend, many, Terms(margin=0.25, cac=7.0, basis="net_profit"))

    assert profit.clv == pytest.approx(0.25 * plain.clv)
    assert profit.clv_12m == pytest.approx(0.25 * plain.clv_12m)
    assert profit.historic_value == pytest.approx(0.25 * plain.historic_value - 7)
    assert profit.clv_total == pytest.approx(profit.historic_value + profit.clv)
    assert profit.simple_clv == pytest.approx(0.25 * plain.simple_clv - 7)
    np.testing.assert_array_equal(profit.expected_spend, plain.expected_spend)


def test_orders_a_year_are_counted_over_a_year_at_least(rows: Callable[..., Any]) -> None:
    """Three orders of a customer of 30 days are three a year, not thirty-six."""
    base = rows([2], [20], [30])
    found = score(foresee(PARETO, base, DELTA, 180), np.array([10.0]), base, Terms())

    future = foresee(PARETO, base, DELTA, 180)
    assert found.simple_clv == pytest.approx(10.0 * 3 * future.lifetime_years)


def test_without_amounts_money_is_unknown_and_chances_are_not(many: Any) -> None:
    """NaN, not 0."""
    found = score(foresee(PARETO, many, DELTA, 180), None, many, Terms())

    for name in ("expected_spend", "historic_value", "clv_12m", "clv", "clv_total", "simple_clv"):
        assert np.isnan(getattr(found, name)).all(), name
    assert np.isfinite(found.p_alive).all()


def test_without_a_model_everybody_buys_at_the_average_rate(rows: Callable[..., Any]) -> None:
    """Six repeats in 600 days are 3.6525 a year; nobody's chances are known."""
    base = rows([1, 5, 0], [50, 80, 0], [200, 200, 200])

    found = steady_future(average_rate(base), 3, per_unit_rate(0.10, "day"))

    assert found.purchases_12m == pytest.approx(np.full(3, 3.6525))
    assert found.discounted_12m == pytest.approx(found.purchases_12m * (1 - 1 / 1.1) / np.log(1.1))
    assert np.isnan(found.p_alive).all()


def test_the_unit_of_time_changes_no_column(many: Any) -> None:
    """Parameters in days or weeks: the same customers, the same figures."""
    weeks = foresee(PARETO, many, per_unit_rate(0.10, "week"), 180)
    in_days = replace(PARETO, alpha=PARETO.alpha * 7, beta=PARETO.beta * 7, unit="day")
    days = foresee(in_days, many, per_unit_rate(0.10, "day"), 180)

    for name in ("p_alive", "p_active", "purchases_12m", "discounted_12m", "discounted_all"):
        np.testing.assert_allclose(getattr(days, name), getattr(weeks, name), rtol=1e-9, err_msg=name)
    np.testing.assert_array_equal(days.next_days, weeks.next_days)
