"""Valuing with covariates: a shop made with slopes, one made without, and the published apparel shop."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

import evergrove as eg
from evergrove.models import ParetoNbd, Summary
from evergrove.models.covariates import WithCovariates, fit_covariates
from evergrove.models.covariates.drawn import drawn, rebuilt
from evergrove.scoring.covariates import ByCovariates, value
from evergrove.scoring.covariates.columns import Aligned, CovariatesLacking, CovariatesTwice, NoIdColumn
from evergrove.scoring.covariates.contest import HeldOut, contest_spend
from evergrove.scoring.covariates.types import Contest
from evergrove.scoring.returns import kept_share
from evergrove.scoring.types import Split

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::evergrove.core.EvergroveWarning")

BEGIN, DAYS, YEAR = date(2023, 1, 1), 730, 365.25
SLOPE, SPEND_SLOPE = 1.2, 0.7


@dataclass(frozen=True, eq=False)
class Made:
    """A shop: its orders until day DAYS, its covariates, and what everybody spends in the year after."""

    orders: pa.Table
    covariates: dict[str, Any]
    later: np.ndarray


def made(seed: int, customers: int = 1200, slope: float = SLOPE, spend_slope: float = SPEND_SLOPE) -> Made:
    """Pareto/NBD whose rate is exp(slope) times larger for one half, whose days bring exp(spend_slope) times more."""
    rng = np.random.default_rng(seed)
    member = rng.integers(0, 2, customers)
    born = rng.integers(0, 650, customers)  # many are new at the origin: little else is known of them
    rate = rng.gamma(1.2, 1 / 90, customers) * np.exp(slope * member)
    life = rng.exponential(1 / rng.gamma(1.5, 1 / 500, customers))
    level = 60 * np.exp(spend_slope * member) / rng.gamma(6.0, 1 / 5, customers)
    rows: list[tuple[int, date, float]] = []
    later = np.zeros(customers)
    for i in range(customers):
        times = np.cumsum(rng.exponential(1 / rate[i], 400))
        days = born[i] + np.unique(np.concatenate([[0], np.floor(times[times < life[i]])])).astype(int)
        paid = level[i] * rng.gamma(4.0, 1 / 4, len(days))
        rows += [
            (i, BEGIN + timedelta(days=int(d)), round(float(p), 2))
            for d, p in zip(days, paid, strict=True)
            if d <= DAYS
        ]
        soon = (days > DAYS) & (days <= DAYS + YEAR)
        later[i] = float((paid * np.exp(-np.log(1.1) * (days - DAYS) / YEAR))[soon].sum())
    columns = list(zip(*rows, strict=True))
    orders = pa.table({"customer_id": columns[0], "date": columns[1], "amount": columns[2]})
    shuffled = rng.permutation(customers)  # rows of covariates stand in an order of their own
    return Made(orders, {"who": shuffled, "member": member[shuffled]}, later)


@pytest.fixture(scope="module")
def shop() -> Made:
    """One with slopes."""
    return made(2)


@pytest.fixture(scope="module")
def valued(shop: Made) -> ByCovariates:
    """Its customers' value."""
    return eg.value(shop.orders, shop.covariates, observation_end=BEGIN + timedelta(days=DAYS))


@pytest.mark.slow
def test_covariates_that_matter_are_found_and_used(valued: ByCovariates) -> None:
    """Both contests are won, and the slopes are those that the shop was made with, within 3 standard errors."""
    assert valued.on_spend is not None
    assert valued.on_purchases.wins
    assert valued.on_spend.wins
    slope = valued.process.model.purchase["member"]
    assert abs(slope - SLOPE) < 3 * valued.process.standard_errors["purchase.member"]
    assert valued.spend is not None
    spend_slope = valued.spend.model.slopes["member"]
    assert abs(spend_slope - SPEND_SLOPE) < 3 * valued.spend.standard_errors["member"]


@pytest.mark.slow
def test_value_is_what_comes(valued: ByCovariates, shop: Made) -> None:
    """The total lies in its bounds, of all customers within 10 %; and so do members and others apart."""
    told, came = valued.scores["clv_12m"], shop.later[valued.customers.astype(int)]
    member = Aligned(shop.covariates, "who").of(valued.customers)["member"] > 0

    assert told.sum() == pytest.approx(came.sum(), rel=0.10)
    for part in (member, ~member):
        assert told[part].sum() == pytest.approx(came[part].sum(), rel=0.15)
    assert valued.total.low < valued.total.estimate < valued.total.high
    assert valued.total.estimate == pytest.approx(told.sum())


@pytest.mark.slow
def test_bounds_hold_what_they_say(valued: ByCovariates, shop: Made) -> None:
    """Of customers whose lower bound is above nought, 80 % lie between their bounds; of all, more: most buy nothing."""
    scores, came = valued.scores, shop.later[valued.customers.astype(int)]
    likely = scores["clv_12m_low"] > 0
    inside = (came >= scores["clv_12m_low"]) & (came <= scores["clv_12m_high"])

    assert likely.sum() > 100
    assert inside[likely].mean() == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / likely.sum()))
    assert inside.mean() > 0.78


@pytest.mark.slow
def test_identities(valued: ByCovariates) -> None:
    """clv_total = historic + clv; clv_12m <= clv; a mean of the lived years is the expectation."""
    scores = valued.scores
    np.testing.assert_allclose(scores["clv_total"], scores["historic_value"] + scores["clv"], rtol=1e-12)
    assert (scores["clv_12m"] <= scores["clv"]).all()
    assert valued.effective > 100
    assert valued.table.num_rows == len(valued.customers) == 1200


@pytest.mark.slow
@pytest.mark.long
def test_covariates_of_no_meaning_are_seldom_used() -> None:
    """A coin for everybody: the rule lets less than a third of such shops use it."""
    wins = 0
    for seed in range(8):
        plain = made(100 + seed, 500, slope=0.0, spend_slope=0.0)
        found = value(plain.orders, plain.covariates, observation_end=BEGIN + timedelta(days=DAYS))
        wins += found.on_purchases.wins
    assert wins <= 3


def test_apparel_is_foretold_no_better_by_its_covariates(shared: Callable[[str], Path]) -> None:
    """Gender and channel are significant in sample, and gain half a standard error on the last year."""
    with shared("clv/apparel_static_covariates.csv").open() as file:
        rows = list(csv.DictReader(file))
    known = {name: [int(row[name]) for row in rows] for name in ("customer_id", "gender", "channel")}
    with shared("clv/apparel_transactions.csv").open() as file:
        orders = [(int(row["customer_id"]), row["date"], float(row["spend"])) for row in csv.DictReader(file)]
    ids, days, amounts = zip(*orders, strict=True)
    table = pa.table({"customer_id": ids, "date": [date.fromisoformat(d) for d in days], "amount": amounts})
    found = value(table, known)

    assert found.on_purchases.customers == 600
    assert found.on_purchases.gain == pytest.approx(0.485, abs=0.01)
    assert not found.on_purchases.wins
    assert isinstance(found.process.model, ParetoNbd)


def test_draws_spread_as_the_hessian_says() -> None:
    """Standard deviations of the draws are the fit's errors within a fifth; draws are worth most of their number."""
    rng = np.random.default_rng(5)
    z = rng.integers(0, 2, 500).astype(float)
    T = rng.uniform(40, 80, 500)
    rate = rng.gamma(1.0, 1 / 8, 500) * np.exp(0.6 * z)
    life = np.minimum(rng.exponential(1 / rng.gamma(1.5, 1 / 40, 500)), T)
    x = rng.poisson(rate * life).astype(float)
    last = np.where(x > 0, life * rng.beta(np.maximum(x, 1), 1), 0.0)
    summary = Summary(frequency=x, recency=last, T=T)
    fit = fit_covariates(ParetoNbd, summary, {"z": z})
    model: WithCovariates[ParetoNbd] = fit.model

    found = drawn(fit, 4, rebuilt(model), lambda each: each.log_likelihood(summary, {"z": z}), rng=rng)

    assert found.effective > 100
    np.testing.assert_allclose(found.theta.std(axis=0), np.sqrt(np.diag(fit.log_covariance)), rtol=0.25)
    slopes = [each.purchase["z"] for each in found.models]
    assert np.mean(slopes) == pytest.approx(0.6, abs=3 * fit.standard_errors["purchase.z"])


def test_covariates_find_their_customers() -> None:
    """By id, in any order; a customer without a row, or with two, is named."""
    known = Aligned({"id": ["b", "a", "c"], "z": [2.0, 1.0, 3.0]}, None)
    np.testing.assert_array_equal(known.of(["a", "c", "b"])["z"], [1.0, 3.0, 2.0])
    with pytest.raises(CovariatesLacking, match="1 of 2 customers") as lacking:
        known.of(["a", "d"])
    assert lacking.value.params["example"] == "d"
    with pytest.raises(CovariatesTwice, match="b has"):
        Aligned({"id": ["b", "a", "b"], "z": [1, 2, 3]}, None)
    with pytest.raises(NoIdColumn, match="no column who"):
        Aligned(pa.table({"id": ["b"], "z": [1]}), "who")


def test_what_goes_back_is_taken_off_with_slopes_too() -> None:
    """A sixth of what customers pay goes back and names no order: a regression on covariates is net of it as well."""
    rng, n = np.random.default_rng(4), 1500
    x, member = rng.poisson(2.0, n).astype(float), rng.integers(0, 2, n).astype(float)
    level = 50 * np.exp(0.8 * member) / rng.gamma(8.0, 1 / 7, n)
    first, others = level * rng.gamma(5.0, 1 / 5, n), level * rng.gamma(5 * x, 1 / 5)
    mean, repeat = (first + others) / (x + 1), np.where(x > 0, others / np.maximum(x, 1), np.nan)
    back = (first + others) * rng.beta(2.0, 10.0, n)
    summary = Summary(
        x, np.minimum(x, 1) * 40, np.full(n, 52.0), mean_day_spend=mean, monetary_value=repeat, credited=back
    )
    bought = rng.poisson(1.0, n).astype(float)
    spent = level * rng.gamma(5 * bought, 1 / 5) * (1 - 1 / 6)
    origin = BEGIN + timedelta(days=364)
    until = origin + timedelta(days=182)
    split = Split(origin, until, summary, summary, bought, spent, np.zeros(n), None)
    held = HeldOut(split, {"member": member}, np.ones(n, dtype=np.bool_))

    fit, contest = contest_spend(held, summary, {"member": member}, "all_days")

    assert contest is not None
    assert contest.wins
    assert fit is not None
    kept = kept_share(fit, summary)
    assert kept is not None
    assert 1 - (kept @ mean) / mean.sum() == pytest.approx(1 / 6, abs=0.02)
    assert "scoring.spend_net_of_returns" in {warning.code for warning in fit.warnings}


def test_a_contest_without_a_rival_is_lost() -> None:
    """NaN gains nothing."""
    assert not Contest("a", "b", float("nan"), float("nan"), 3).wins
