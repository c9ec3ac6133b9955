"""From a customer base to a valuation: CDNOW, and fifteen shops with too little to say."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.customers import CustomerBase, summarise
from evergrove.models import NotConverged
from evergrove.scoring import choose, fits, splits
from evergrove.scoring.errors import ModelFailed, UnknownModel
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.types import Scores
from evergrove.settings import StageSettings, ValueSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.models.types import Floats
    from evergrove.scoring.types import Valuation

STAGES = StageSettings()
START = date(2024, 1, 1)
NO_REFUNDS = "select order_id, customer_id, order_date as refund_date, amount from orders where false"


@pytest.fixture(scope="module")
def valued(cdnow: CustomerBase) -> Valuation:
    """CDNOW with everything."""
    first = cdnow.first_order_date.min()
    repeats = np.zeros(int((np.datetime64(cdnow.observation_end) - first).astype(int)) + 1)
    return value_customers(
        cdnow, ValueSettings(currency="USD"), STAGES, extras=Extras(repeats_by_day=repeats + 1)
    )


def test_the_runner_up_says_what_it_would_have_said(valued: Valuation, cdnow: CustomerBase) -> None:
    """The best rival by the holdout's log score, refitted on all data; its number beside the chosen model's."""
    judged = {c.name: c.log_score for c in valued.choice.candidates if c.log_score is not None}
    rival = valued.runner_up

    assert rival is not None
    assert rival.model.name == max(judged.keys() - {valued.choice.name}, key=lambda name: judged[name])
    history = cdnow.summary("week")
    purchases = rival.model.discounted_purchases(
        "12 months", 0.1, history.frequency, history.recency, history.T
    )
    said = valued.scores.clv_12m_runner_up
    np.testing.assert_allclose(said, purchases * valued.scores.expected_spend, rtol=1e-6)
    assert not np.allclose(said, valued.scores.clv_12m, rtol=0.01)


def test_a_named_model_has_no_rival(cdnow: CustomerBase) -> None:
    """Whoever names a model asks for no other."""
    found = value_customers(cdnow, ValueSettings(), STAGES, "mbg-nbd", Extras(back_test=False))

    assert found.runner_up is None
    assert np.isnan(found.scores.clv_12m_runner_up).all()


def test_every_customer_has_every_column(valued: Valuation, cdnow: CustomerBase) -> None:
    """Only dates of next orders may be unknown; bounds are in order; sums agree."""
    scores = valued.scores

    assert len(scores) == len(cdnow) == valued.totals.customers == 2357
    for name, column in scores.columns().items():
        assert column.shape == (2357,), name
        assert name.startswith("next_order") or np.isfinite(column).all(), name
    assert (scores.clv_12m_low <= scores.clv_12m_high).all()
    assert (scores.clv_12m <= scores.clv).all()
    np.testing.assert_allclose(scores.clv_total, cdnow.historic_value + scores.clv)
    assert valued.totals.clv_12m.estimate == pytest.approx(scores.clv_12m.sum())
    assert [warning.code for warning in valued.warnings] == [
        "models.spend_left_out",  # eight free of charge
        "scoring.spend_dependence_left",  # who comes more often spends a little more
    ]


def test_the_total_lies_within_its_interval_and_that_is_no_sum_of_bounds(valued: Valuation) -> None:
    """Errors of customers cancel: the total's interval is far narrower than the sum of theirs."""
    total, scores = valued.totals.clv_12m, valued.scores

    assert total.low < total.estimate < total.high
    assert total.high - total.low < 0.8 * (scores.clv_12m_high - scores.clv_12m_low).sum()
    assert valued.totals.log_spread == pytest.approx(valued.back_test.log_spread)  # type: ignore[union-attr]


def test_the_back_test_shows_all_models_and_both_naive_rules(valued: Valuation) -> None:
    """At the hold-out of the last third: 26 weeks of 78."""
    tested = valued.back_test
    assert tested is not None

    names = {each.name for each in tested.judged}
    assert names == {*choose.MODELS, "last_period", "average_rate"}
    assert tested.judged[0].name == valued.choice.name
    assert tested.until == valued.as_of
    assert (tested.until - tested.origin).days == 26 * 7
    assert len(tested.origins) == 2


def test_tracking_marks_the_hold_out(valued: Valuation) -> None:
    """Expected of the calibration's fit, whole weeks, the hold-out's first day."""
    tracking = valued.tracking
    assert tracking is not None
    assert valued.back_test is not None

    assert tracking.holdout_start == valued.back_test.origin + timedelta(days=1)
    assert len(tracking.week_end) == len(tracking.expected) == 546 // 7
    assert (tracking.actual == 7).all()


def test_stages_get_a_cut_from_a_back_test(valued: Valuation) -> None:
    """Of those below it under a fifth came back within 180 days."""
    assert valued.cut.source == "back_test"
    assert 0 < valued.cut.cut < 0.6
    assert valued.cut.returned < 0.20
    assert valued.cut.origin == date(1998, 1, 1)


def test_the_same_seed_gives_the_same_valuation(valued: Valuation, cdnow: CustomerBase) -> None:
    """Bit by bit."""
    again = value_customers(cdnow, ValueSettings(currency="USD"), STAGES)

    for name, column in again.scores.columns().items():
        np.testing.assert_array_equal(column, getattr(valued.scores, name), err_msg=name)
    assert again.totals == valued.totals
    assert again.back_test == valued.back_test


def test_the_lean_path_holds_nothing_back(cdnow: CustomerBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named model without extras is one fit: no split, no draws; the cut is the model's own."""

    def refuse(*_: object) -> Any:
        pytest.fail("the lean path looked back")

    monkeypatch.setattr(splits.Histories, "split", refuse)

    found = value_customers(
        cdnow, ValueSettings(), STAGES, "bg-nbd", Extras(back_test=False, intervals=False)
    )

    assert (found.choice.name, found.choice.how) == ("bg-nbd", "given")
    assert found.back_test is None
    assert found.tracking is None
    assert found.cut.source == "model"
    assert np.isnan(found.scores.clv_12m_low).all()
    assert np.isnan(found.totals.clv_12m.low)
    assert np.isfinite(found.scores.clv_12m).all()


def test_histories_that_start_mid_life_are_scored_but_not_fitted_on(cdnow: CustomerBase) -> None:
    """Fit on those first seen from February on; score everybody."""
    extras = Extras(back_test=False, intervals=False, complete_from=date(1997, 2, 1))

    found = value_customers(cdnow, ValueSettings(), STAGES, "pareto-nbd", extras)

    later = int((cdnow.first_order_date >= np.datetime64("1997-02-01")).sum())
    assert found.fitted_customers == later < 2357
    assert found.process is not None
    assert found.process.customers == later
    assert len(found.scores) == 2357


def test_a_named_model_that_does_not_exist_is_refused(cdnow: CustomerBase) -> None:
    """With the names that do."""
    with pytest.raises(UnknownModel):
        value_customers(cdnow, ValueSettings(), STAGES, "weibull")


def test_soon_after_the_data_begin_models_are_fitted_on_everybody(cdnow: CustomerBase) -> None:
    """Nobody was first seen from 1998 on: there is nobody else to fit on."""
    extras = Extras(back_test=False, intervals=False, complete_from=date(1998, 1, 1))

    assert value_customers(cdnow, ValueSettings(), STAGES, "bg-nbd", extras).fitted_customers == 2357


def test_what_comes_after_the_end_of_observation_changes_nothing(shared: Callable[[str], Path]) -> None:
    """The log cut off at the end of 1997, and the whole log seen up to then: the same to the last bit."""
    end = date(1997, 12, 31)
    found = []
    for condition in ("true", "date <= '1997-12-31'"):
        with open_engine(threads=1) as engine:
            engine.create(
                "orders",
                "select cast(null as varchar) as order_id, customer_id, cast(date as date) as order_date, "
                f"cast(spend as decimal(18, 4)) as amount from read_csv($path) where {condition}",
                path=str(shared("clv/cdnow_sample.csv")),
            )
            engine.create("refunds", NO_REFUNDS)
            base = summarise(engine, end, STAGES)
            found.append(value_customers(base, ValueSettings(), STAGES, "pareto-nbd"))

    for name, column in found[0].scores.columns().items():
        np.testing.assert_array_equal(column, getattr(found[1].scores, name), err_msg=name)
    assert found[0].back_test == found[1].back_test
    assert found[0].totals == found[1].totals
    assert found[0].cut == found[1].cut


def test_names_are_checked_before_the_data(base_of: Callable[[Thin], CustomerBase]) -> None:
    """Also where no model could be fitted anyhow."""
    with pytest.raises(UnknownModel):
        value_customers(base_of(Thin(days=1)), ValueSettings(), STAGES, "weibull")


def test_a_named_model_that_fails_is_an_error(cdnow: CustomerBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only auto may put another in its place."""

    def diverge(name: str, _summary: object) -> Any:
        raise NotConverged(model=name, customers=2357, gradient="1")

    monkeypatch.setattr(fits, "fit_model", diverge)
    with pytest.raises(NotConverged):
        value_customers(cdnow, ValueSettings(), STAGES, "pareto-nbd", Extras(back_test=False))


def test_when_every_model_fails_the_average_rate_stands_in(
    cdnow: CustomerBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said with the last reason; chances and values beyond a year are unknown."""

    def breaking(name: str, _summary: object, _near: object = None) -> Any:
        raise ModelFailed(model=name, reason="overflow")

    monkeypatch.setattr(choose, "fit_model", breaking)

    found = value_customers(cdnow, ValueSettings(), STAGES)

    assert found.choice.how == "average_rate"
    codes = [warning.code for warning in found.warnings]
    assert codes == ["scoring.no_model", "models.spend_left_out", "scoring.spend_dependence_left"]
    assert "overflow" in str(found.warnings[0])
    assert found.scores.expected_purchases_12m.min() == found.scores.expected_purchases_12m.max() > 0
    assert unknown(found.scores) - {"clv_12m_runner_up"} == set(found.readiness.missing) & columns()


def columns() -> set[str]:
    """Names of the columns."""
    return {column.name for column in fields(Scores)}


def unknown(scores: Scores) -> set[str]:
    """Columns without any value; the chance within 12 months is no published column."""
    return {name for name, values in scores.columns().items() if np.isnan(values).all()} - {"p_active_12m"}


# -- too little data ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Thin:
    """A shop's orders, and what its valuation must say."""

    customers: int = 300
    days: int = 500
    rate: float = 1 / 40
    amounts: str = "varied"
    codes: tuple[str, ...] = ()


THIN = {
    "enough": Thin(),
    "eighty customers": Thin(customers=80),
    "one customer": Thin(customers=1, rate=1 / 10, codes=("few_customers",)),
    "one order": Thin(customers=1, rate=0, codes=("no_repeat",)),
    "twenty customers": Thin(customers=20, codes=("few_customers",)),
    "nobody came back": Thin(rate=0, codes=("no_repeat",)),
    "three months": Thin(days=90, codes=("short_history",)),
    "three weeks": Thin(days=20, codes=("no_time",)),
    "one day": Thin(days=1, codes=("no_time",)),
    "no amounts": Thin(amounts="none", codes=("no_amounts",)),
    "no amounts in three months": Thin(days=90, amounts="none", codes=("no_amounts", "short_history")),
    "equal amounts": Thin(amounts="equal", codes=("equal_amounts",)),
    "all free": Thin(amounts="zero", codes=("no_positive_amounts",)),
    "an outlier of ten million": Thin(amounts="outlier"),
    "all free and nobody came back": Thin(rate=0, amounts="zero", codes=("no_repeat", "no_positive_amounts")),
    "an order almost every day": Thin(customers=100, rate=0.8),
}


def orders_of(shop: Thin) -> Floats:
    """Rows of customer, day, amount: steady buyers of whom half leave early."""
    rng = np.random.default_rng(len(THIN) + shop.customers + shop.days)
    rows = []
    for customer in range(shop.customers):
        first = rng.integers(0, max(shop.days * 2 // 3, 1)) if shop.customers > 1 else 0
        life = shop.days - first if rng.random() < 0.5 else rng.exponential(shop.days / 3)
        days = np.flatnonzero(rng.random(int(min(life, shop.days - first))) < shop.rate * rng.gamma(2, 0.5))
        level = rng.gamma(5, 8)
        rows += [(customer, first + day, level * rng.gamma(4, 0.25)) for day in {0, *days}]
    table = np.array(rows)
    if shop.customers == 1 and shop.rate == 0:
        table = np.vstack([table, table])
    if shop.amounts == "equal":
        table[:, 2] = 25.0
    if shop.amounts == "zero":
        table[:, 2] = 0.0
    if shop.amounts == "outlier":
        table[0, 2] = 1e7
    if shop.amounts == "none":
        table[:, 2] = np.nan
    return table


@pytest.fixture
def base_of() -> Iterator[Callable[[Thin], CustomerBase]]:
    """A shop's orders as a customer base, its last day ``days`` after the first."""
    with open_engine(threads=1) as engine:

        def make(shop: Thin) -> CustomerBase:
            customer, day, amount = orders_of(shop).T
            engine.register("raw", {"customer": customer, "day": day, "amount": amount})
            engine.create(
                "orders",
                "select cast(null as varchar) as order_id, cast(customer as bigint) as customer_id, "
                "cast($start as date) + cast(day as integer) as order_date, "
                "case when not isnan(amount) then cast(amount as decimal(18, 4)) end as amount from raw",
                start=START,
            )
            engine.create("refunds", NO_REFUNDS)
            return summarise(engine, START + timedelta(days=shop.days), STAGES)

        yield make


@pytest.mark.parametrize("case", THIN)
def test_thin_data_give_what_they_can(case: str, base_of: Callable[[Thin], CustomerBase]) -> None:
    """No crash; what is NULL is exactly what the limits say; what is given is finite and not negative."""
    shop = THIN[case]
    base = base_of(shop)

    found = value_customers(base, ValueSettings(), STAGES)

    codes = [limit.reason.code.removeprefix("scoring.") for limit in found.readiness.limits]
    assert codes == list(shop.codes)
    missing = set(found.readiness.missing) & columns()
    # In a weak shop no date may be likely, and nobody runs up where nothing was tested.
    dates = {"next_order_date", "next_order_p25", "next_order_p75", "clv_12m_runner_up"}
    assert unknown(found.scores) - dates == missing - dates
    for name, column in found.scores.columns().items():
        known = column[~np.isnan(column)]
        assert np.isfinite(known).all(), name
        assert (known >= 0).all(), name
    if base.has_amounts:
        total = found.totals.clv_12m
        assert np.isnan(total.estimate) or total.estimate < 30 * max(base.historic_value.sum(), 1)
    for warning in found.warnings:
        assert "{" not in str(warning)
