"""Regular timing on the way from orders to scores: chosen, fitted, stored, asked about, drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.models import BgNbd, MbgNbd
from evergrove.models.regular import BgCnbd, MbgCnbd
from evergrove.scoring import choose
from evergrove.scoring.back_test import forecast_purchases
from evergrove.scoring.cells import cells_of, smallest_scale
from evergrove.scoring.choose import choose_model, fit_if_regular, fit_model, order_of_choice, tried_all
from evergrove.scoring.counts import count_chances
from evergrove.scoring.kept import kept_document, read_kept
from evergrove.scoring.lineage import model_document, read_model
from evergrove.scoring.sample import Past
from evergrove.scoring.score import foresee, purchase_chance
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.splits import Histories, rows_of
from evergrove.scoring.types import Candidate
from evergrove.settings import StageSettings, ValueSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergrove.customers import CustomerBase
    from evergrove.models.regular import RegularBetaGeometric
    from evergrove.scoring.types import Split, Valuation

START, END = date(2022, 1, 1), date(2024, 6, 30)
TRUTH = MbgCnbd(r=2.0, alpha=0.8, a=0.5, b=3.0, k=4, unit="week")


def regular_log(customers: int, seed: int) -> str:
    """Rows (customer_id, date, spend) of customers with a rhythm, as a query."""
    random = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        day, spend = float(random.uniform(0, 500)), random.gamma(6.0, 5.0)
        rate, leave = random.gamma(TRUTH.r, 1 / TRUTH.alpha), random.beta(TRUTH.a, TRUTH.b)
        while day <= (END - START).days:
            when = START + timedelta(days=int(day))
            rows.append(f"({customer}, date '{when}', {random.gamma(5.0, spend / 5.0):.2f})")
            if random.uniform() < leave:
                break
            day += 7 * random.gamma(TRUTH.k, 1 / rate)
    return "select * from (values " + ", ".join(rows) + ") as log(customer_id, date, spend)"


@pytest.fixture(scope="module")
def shop() -> Iterator[CustomerBase]:
    """400 customers who buy every few weeks, with a rhythm."""
    from evergrove.customers import summarise

    with open_engine(threads=1) as engine:
        engine.create(
            "orders",
            "select cast(null as varchar) as order_id, customer_id, date as order_date,"
            f" cast(spend as decimal(18, 4)) as amount from ({regular_log(400, 5)})",
        )
        engine.create(
            "refunds",
            "select cast(null as varchar) as order_id, cast(null as bigint) as customer_id,"
            " cast(null as date) as refund_date, cast(null as decimal(18, 4)) as amount where false",
        )
        yield summarise(engine, END, StageSettings())


@pytest.fixture(scope="module")
def split(shop: CustomerBase) -> Split:
    """The last 26 weeks held back."""
    histories = Histories(shop, Past(shop.split), "week")
    return histories.split(END - timedelta(days=182), END)


@pytest.fixture(scope="module")
def valuation(shop: CustomerBase) -> Valuation:
    """Valued by MBG/CNBD-k, with intervals."""
    settings = ValueSettings(currency="CNY")
    return value_customers(shop, settings, StageSettings(), "mbg-cnbd", Extras(seed=3))


def test_summaries_bring_the_intervals_along(shop: CustomerBase, split: Split) -> None:
    """Today's and the origin's, in any unit, of chosen rows too; weeks and days choose the same k."""
    weeks, days = shop.summary("week"), shop.summary("day")
    assert weeks.log_intervals is not None
    assert days.log_intervals is not None
    np.testing.assert_allclose(weeks.in_unit("day").log_intervals, days.log_intervals, atol=1e-9)  # type: ignore[arg-type]
    some = rows_of(split.calibration, split.calibration.frequency > 2)
    assert some.log_intervals is not None
    assert len(some.log_intervals) == len(some)
    assert MbgCnbd.fit(weeks).model.k == MbgCnbd.fit(days).model.k == TRUTH.k


def test_a_rhythm_is_found_and_foretells_better(shop: CustomerBase, split: Split) -> None:
    """MBG/CNBD-k is among the candidates, wins on the hold-out, and is fitted again on all data."""
    choice, fit = choose_model(Histories(shop, Past(shop.split), "week").fitted, split)

    assert choice.candidates[0].name == choice.name == choose.REGULAR
    assert fit is not None
    assert fit.model.k == TRUTH.k
    totals = {c.name: float(forecast_purchases(c.fit, split).sum()) for c in choice.candidates if c.fit}
    assert totals[choose.REGULAR] == pytest.approx(split.purchases.sum(), rel=0.1)


def test_without_a_rhythm_nothing_changes(cdnow: CustomerBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """CDNOW buys by chance: the candidates are the four models, and no regular one is fitted a second time."""
    histories = Histories(cdnow, Past(cdnow.split), "week")
    fitted = histories.split(date(1997, 12, 31), date(1998, 6, 30)).fitted

    assert [c.name for c in tried_all(fitted)] == list(choose.MODELS)
    assert fit_if_regular(replace(fitted, log_intervals=None), MbgNbd.fit(fitted)) is None

    def breaks(*_ignored: object) -> None:
        raise FloatingPointError

    monkeypatch.setattr(MbgCnbd, "fit_if_regular", breaks)
    assert [c.name for c in tried_all(fitted)] == list(choose.MODELS)


def test_the_simplest_of_equals_is_taken() -> None:
    """Within one standard error: Pareto/NBD, then MBG/NBD, then MBG/CNBD-k."""

    def equal(name: str) -> Candidate:
        return Candidate(name=name, eligible=True, log_score=-10.0, behind=0.0, standard_error=1.0)

    names = ("mbg-cnbd", "mbg-nbd", "pareto-nbd")
    assert order_of_choice([equal(name) for name in names]) == names[::-1]
    assert order_of_choice([equal(name) for name in names[:2]]) == names[1::-1]


@pytest.mark.parametrize("name", ["mbg-cnbd", "bg-cnbd"])
def test_both_can_be_asked_for(shop: CustomerBase, name: str) -> None:
    """By name, whatever ``auto`` may choose."""
    fit = fit_model(name, shop.summary())
    assert (fit.model.name, fit.model.k) == (name, TRUTH.k)


def test_a_stored_regular_model_is_the_same_model(valuation: Valuation) -> None:
    """Through model.json, and through what a workspace keeps; k is a whole number."""
    assert valuation.process is not None
    stored = json.loads(json.dumps(model_document(valuation), allow_nan=False))
    kept = json.loads(json.dumps(kept_document(valuation, StageSettings()), allow_nan=False))

    assert stored["model"]["parameters"]["k"] == TRUTH.k
    assert stored["model"]["standard_errors"].keys() == {"r", "alpha", "a", "b"}
    assert read_model(stored).process == valuation.process.model
    assert read_kept(kept).process == valuation.process.model


def test_every_customer_has_every_column(valuation: Valuation, shop: CustomerBase) -> None:
    """Bounds hold the estimate in the middle of the shop; dates come where an order is likely, and not in the past."""
    scores = valuation.scores
    for name, column in scores.columns().items():
        if not name.startswith("next_order") and not name.endswith("runner_up"):
            assert np.isfinite(column).all(), name
    assert (scores.clv_12m_low <= scores.clv_12m_high).all()
    assert (scores.clv_12m <= scores.clv).all()
    regulars = (shop.frequency > 10) & (shop.days_since_last < 14)
    inside = (scores.clv_12m_low <= scores.clv_12m) & (scores.clv_12m <= scores.clv_12m_high)
    assert inside[regulars].mean() > 0.9
    dated = np.isfinite(scores.next_order_date)
    assert dated[regulars].all()
    assert (scores.next_order_p25[dated] >= 1).all()
    assert (scores.next_order_p25[dated] <= scores.next_order_p75[dated]).all()


def test_drawn_spend_has_the_expected_mean(valuation: Valuation, shop: CustomerBase) -> None:
    """Outcomes by phase, customer by customer within a tenth of the draws' error, add up to what is expected."""
    from evergrove.scoring.intervals import spend_distribution
    from evergrove.scoring.spend import evidence

    assert valuation.process is not None
    known = evidence(None, shop.summary(), "all_days")
    sure = replace(valuation.process, log_covariance=np.zeros((4, 4)), posterior=None)
    delta = valuation.terms.delta("week")
    drawn = spend_distribution(sure, None, shop, valuation.scores.p_alive, known, delta, seed=1).mean()

    expected = known.expected * foresee(sure.model, shop, delta, 180.0).discounted_12m
    assert drawn.sum() == pytest.approx(expected.sum(), rel=0.01)
    silent = shop.days_since_last > np.median(shop.days_since_last)
    for part in (silent, ~silent):
        assert drawn[part].sum() == pytest.approx(expected[part].sum(), rel=0.02)


MODELS: tuple[RegularBetaGeometric, ...] = (
    MbgCnbd(r=2.0, alpha=1.1, a=0.5, b=3.0, k=3),
    BgCnbd(r=0.36, alpha=9.0, a=0.52, b=0.8, k=2, unit="day"),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("customers", [300, pytest.param(20_000, marks=pytest.mark.slow)])
def test_cells_by_phase_give_every_customer_his_own_answer(
    rows: Callable[..., Any], model: RegularBetaGeometric, customers: int
) -> None:
    """Few customers in cells of their own, many interpolated: both are what the model says of each alone."""
    random = np.random.default_rng(6)
    T = random.integers(0, 1400, customers)
    x = np.minimum(random.negative_binomial(1, 0.1, customers), T // 5)
    t_x = np.where(x > 0, np.maximum(x, (T * random.uniform(size=customers) ** 0.3).astype(int)), 0)
    base = rows(x, t_x, T)
    day = {"day": 1.0, "week": 1 / 7}[model.unit]
    some = np.arange(0, customers, customers // 12)
    history = (x[some].astype(float), t_x[some] * day, T[some] * day)
    cells = cells_of(x, T, model.unit, smallest_scale(model), model.phases)
    assert (cells.to_days is None) == (customers == 300)

    found = foresee(model, base, 0.1 / (365.25 * day), 180.0)

    rate = float(np.expm1(0.1))
    expected: dict[str, Any] = {
        "p_alive": model.probability_alive(*history),
        "p_active": model.probability_active("180 days", *history),
        "purchases_12m": model.expected_purchases("12 months", *history),
        "discounted_12m": model.discounted_purchases("12 months", rate, *history),
        "discounted_all": model.discounted_expected_residual_transactions(rate, *history),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(found, name)[some], values, rtol=1e-8, atol=1e-10, err_msg=name)
    chance = purchase_chance(model, base, 90.0)[some]
    np.testing.assert_allclose(chance, model.probability_active("90 days", *history), rtol=1e-8, atol=1e-10)
    median = model.next_purchase_quantile(0.5, "365 days", *history) / day
    told = found.next_days[1][some]
    likely = model.probability_active("365 days", *history) >= 0.5
    np.testing.assert_array_equal(told, np.where(likely, np.ceil(median - 1e-9), np.nan))


def test_chances_of_counts_are_weighed_by_phase(split: Split) -> None:
    """P(n), F(n - 1) and F(n) of each customer, as the model's own probabilities add up."""
    at = split.calibration
    alive = TRUTH.alive(at.frequency, at.recency, at.T)

    found = count_chances(TRUTH, at, alive, split.purchases, 26.0)

    for i in range(0, len(at), 97):
        n = np.arange(split.purchases[i] + 1)
        p = np.exp(TRUTH.log_probability_of_purchases(n, 26, at.frequency[i], at.recency[i], at.T[i]))
        assert found.upto[i] == pytest.approx(p.sum(), rel=1e-9)
        assert found.below[i] == pytest.approx(p[:-1].sum(), rel=1e-9, abs=1e-12)
        assert found.log_score[i] == pytest.approx(np.log(p[-1]), rel=1e-9)


@pytest.mark.parametrize(("regular", "chance"), [(MbgCnbd, MbgNbd), (BgCnbd, BgNbd)])
def test_a_rhythm_of_one_event_is_no_rhythm(shop: CustomerBase, regular: type, chance: type) -> None:
    """With k = 1 each is the model that knows no rhythm, in every figure and date of every customer."""
    letters = {"r": 0.5, "alpha": 5.0, "a": 0.6, "b": 2.0}
    found = foresee(regular(**letters, k=1), shop, 0.002, 180.0)
    known = foresee(chance(**letters), shop, 0.002, 180.0)

    assert np.isfinite(known.next_days).sum() > 300
    for name in known.__dataclass_fields__:
        np.testing.assert_allclose(getattr(found, name), getattr(known, name), rtol=1e-6, err_msg=name)
