"""A learned contender: nothing later reaches it, it says what it cannot, and it beats what an independent script could."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.conftest import absent
from tests.scoring.rolling_shops import NO_REFUNDS, opened, pareto_shop

from evergrove.customers import left_truncation, summarise
from evergrove.models.learned import Growth, ml_here
from evergrove.scoring.learned import Features, LearnedContender, TooLittlePast, learn_values
from evergrove.scoring.learned.contender import MEDIAN
from evergrove.scoring.rolling import Forecast, Options, rolling_back_test
from evergrove.scoring.rolling.measures import measure
from evergrove.scoring.rolling.origins import Views
from evergrove.scoring.sample import Past
from evergrove.scoring.splits import Histories, rows_of
from evergrove.settings import StageSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.customers import CustomerBase
    from evergrove.models.types import Floats
    from evergrove.scoring.types import Split
    from evergrove.warehouse import Engine

SMALL = Growth(trees=8, rate=0.2)
WINDOW = 90
RETAIL = """
select InvoiceNo as order_id, CustomerID as customer_id, cast(min(InvoiceDate) as date) as order_date,
    cast(sum(Quantity * UnitPrice) as decimal(18, 4)) as amount
from read_parquet($path)
where CustomerID is not null and InvoiceNo not like 'C%' and Quantity > 0 and UnitPrice > 0
group by 1, 2
"""


@pytest.fixture(autouse=True, scope="module")
def _ml() -> None:
    if not ml_here():
        absent("ml", "scikit-learn is not installed")


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[CustomerBase, Engine]]:
    """900 customers by Pareto/NBD over two years."""
    births = np.sort(np.random.default_rng(4).integers(0, 500, 900))
    first = date(2024, 1, 1)
    with opened(*pareto_shop(births, 731, first, seed=5), first) as found:
        yield found


def splits(base: CustomerBase, engine: Engine, windows: int) -> tuple[Split, ...]:
    """Origins a window apart, earliest first; the last window ends with the data."""
    views = Views(
        Histories(base, Past(base.split), "week"), lambda day: left_truncation(engine, base, day).fit_from
    )
    days = [base.observation_end - timedelta(days=WINDOW * k) for k in range(windows, 0, -1)]
    return tuple(views.split(day, day + timedelta(days=WINDOW)) for day in days)


def test_a_forecast_speaks_of_everything(shop: tuple[CustomerBase, Engine]) -> None:
    """Purchases, money with bounds, a chance and a date for everybody, each within its limits."""
    *earlier, split = splits(*shop, 3)

    said = LearnedContender(growth=SMALL).forecast(split, tuple(earlier))

    everything: dict[str, Floats] = {
        name: values for name, values in vars(said).items() if isinstance(values, np.ndarray)
    }
    assert set(everything) == {"purchases", "spend", "active", "low", "high", "next_days"}
    for values in everything.values():
        assert values.shape == (len(split.calibration),)
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    assert (everything["active"] <= 1).all()
    assert (everything["low"] <= everything["high"]).all()
    assert ((everything["next_days"] >= 1) & (everything["next_days"] <= WINDOW)).all()


@pytest.mark.slow
def test_nothing_later_reaches_the_learner(shop: tuple[CustomerBase, Engine]) -> None:
    """Features, trees and forecasts stay the same to the last bit when everything after the origin is altered."""
    base, engine = shop
    origin = base.observation_end - timedelta(days=WINDOW)
    said: list[tuple[list[Floats], Forecast, Any]] = []
    with open_engine(threads=1) as other:
        other.register("log", engine.arrow("select * from orders"))
        other.create(
            "orders",
            "select order_id, customer_id, order_date, amount from log where order_date <= $origin "
            "union all select order_id, customer_id + case when amount > 60 then 100000 else 0 end, "
            "order_date, amount * 3 from log where order_date > $origin and customer_id % 2 = 0 "
            "union all select null, -1, $until, 9.99",
            origin=origin,
            until=base.observation_end,
        )
        other.create(
            "refunds",
            "select cast(null as varchar) as order_id, customer_id, $until as refund_date, amount from log "
            "where order_date <= $origin and customer_id % 5 = 0",
            origin=origin,
            until=base.observation_end,
        )
        altered = summarise(other, base.observation_end, StageSettings())
        for customers, where in (shop, (altered, other)):
            *earlier, split = splits(customers, where, 3)
            learner = LearnedContender(growth=SMALL)
            forecast = learner.forecast(split, tuple(earlier))
            tables = [learner.features.at(one).X for one in (*earlier, split)]
            values = learn_values(customers, where, months=(3,), origin=origin, growth=SMALL)
            said.append((tables, forecast, values.head.document()))

    assert altered.historic_value.sum() != base.historic_value.sum()
    (tables, before, head), (other_tables, after, other_head) = said
    for one, two in zip(tables, other_tables, strict=True):
        assert one.tobytes() == two.tobytes()
    for each in fields(Forecast):
        np.testing.assert_array_equal(getattr(before, each.name), getattr(after, each.name))
    assert head == other_head


def test_only_windows_that_had_ended_teach(shop: tuple[CustomerBase, Engine]) -> None:
    """A window that ended a day after the origin is left aside, and what is left may be too little."""
    early, later, split = splits(*shop, 3)
    learner = LearnedContender(growth=SMALL, intervals=False)
    late = replace(later, until=split.origin + timedelta(days=1))

    with_it, without = learner.forecast(split, (early, late)), learner.forecast(split, (early,))

    np.testing.assert_array_equal(with_it.purchases, without.purchases)
    with pytest.raises(TooLittlePast, match="0 earlier windows had ended") as refused:
        learner.forecast(split, (late,))
    assert refused.value.code == "scoring.too_little_past"


def test_customers_may_stand_in_any_order(shop: tuple[CustomerBase, Engine]) -> None:
    """Rows of the origins learned from, shuffled: the forecast is the same."""
    *earlier, split = splits(*shop, 2)
    random = np.random.default_rng(3)
    shuffled = tuple(_shuffled(one, random.permutation(len(one.purchases))) for one in earlier)

    # A process fitted on shuffled rows rounds its sums differently: its opinion is left out here.
    plain, other = (LearnedContender(Features(fits=_none()), SMALL, intervals=False) for _turn in range(2))

    said, again = plain.forecast(split, tuple(earlier)), other.forecast(split, shuffled)
    for name in ("purchases", "spend", "active", "next_days"):
        np.testing.assert_array_equal(getattr(said, name), getattr(again, name))


def _none() -> Any:
    """Fits that cannot be made: features of the process are unknown."""
    from evergrove.models import NoRepeats
    from evergrove.scoring.rolling import Fits, SpendFits

    def refuse(_summary: Any) -> Any:
        raise NoRepeats(model="X", customers=1)

    return Fits("none", refuse, SpendFits())


def _shuffled(split: Split, order: Any) -> Split:
    arrays = {
        each.name: values[order]
        for each in fields(split)
        if isinstance(values := getattr(split, each.name), np.ndarray)
    }
    return replace(split, calibration=rows_of(split.calibration, order), **arrays)


def test_without_amounts_purchases_are_told(shop: tuple[CustomerBase, Engine]) -> None:
    """No money in, none out."""
    blind = [replace(one, spend=None, last_spend=None) for one in splits(*shop, 2)]

    said = LearnedContender(growth=SMALL).forecast(blind[1], (blind[0],))

    assert said.spend is said.low is said.high is None
    assert "last_spend" not in Features().at(blind[0]).names
    assert measure(blind[1], said).bias == pytest.approx(0.0, abs=0.25)


@pytest.mark.slow
def test_horizons_grow_and_end_where_the_history_does(shop: tuple[CustomerBase, Engine]) -> None:
    """Today's forecasts over 3, 6 and 12 months never fall; 24 months nobody has been watched for."""
    base, engine = shop

    found = learn_values(base, engine, growth=SMALL)

    assert (found.months, found.missing) == ((3, 6, 12), (24,))
    assert found.spend is not None
    assert found.spend.shape == (len(base), 3)
    for said in (found.spend, found.purchases, found.chance):
        assert (np.diff(said, axis=1) >= 0).all()
    with pytest.raises(TooLittlePast):
        learn_values(base, engine, origin=date(2024, 5, 1), growth=SMALL)


@pytest.fixture(scope="module")
def retail(shared: Callable[[str], Path]) -> Iterator[tuple[CustomerBase, Engine]]:
    """Online Retail as of 8 December 2011."""
    with open_engine(threads=1) as engine:
        engine.create("orders", RETAIL, path=str(shared("online_retail/transactions.parquet")))
        engine.create("refunds", NO_REFUNDS)
        yield summarise(engine, date(2011, 12, 8), StageSettings()), engine


@pytest.mark.slow
def test_ninety_days_of_online_retail_learned(retail: tuple[CustomerBase, Engine]) -> None:
    """
    Against an independent script's 90-day table of 3,370 people known before 10 September 2011.

    LightGBM in two parts, learned from one origin, has Spearman .493, Gini .7554, .586 of a Christmas total that
    no model foresees, and an AUC of .7112 for coming back. Bounds hold where those of a model of last spring do.
    """
    found = rolling_back_test(*retail, Options(origins=1, models=(), also=(LearnedContender(),)))

    [record] = [one for one in found.records if one.name == "learned"]
    ours = record.pooled
    assert ours is not None
    assert ours.customers == 3370
    assert ours.spearman > 0.51
    assert ours.gini > 0.78
    assert ours.auc is not None
    assert ours.auc > 0.7112
    assert 0.586 < 1 + (ours.spend_bias or 0.0) < 1.0
    assert ours.coverage is not None
    assert ours.coverage >= 0.78


@pytest.mark.slow
def test_next_dates_of_online_retail(retail: tuple[CustomerBase, Engine]) -> None:
    """
    Customers of three purchase days or more who come back within 90 days.

    An independent script, on orders where we count days: the global median is off by 19.26 days, the own gap less
    the silence by 23.69, a LightGBM of absolute errors by 18.19; its bounds of 10 and 90 % hold 66.4 % of dates,
    and 80.3 % after conformal correction.
    """
    *earlier, split = splits(*retail, 3)
    learner = LearnedContender()
    head = learner.dates(split, tuple(earlier))
    assert split.next_days is not None
    judged = np.isfinite(split.next_days) & (split.calibration.frequency >= 2)
    came = split.next_days[judged]
    X = learner.features.at(split).X[judged]
    said = head.predict(X)

    past = np.concatenate([_regular_waits(one) for one in earlier])
    at = split.calibration.in_unit("day")
    due = (at.recency / np.maximum(at.frequency, 1) - (at.T - at.recency))[judged]

    def off(forecast: Any) -> float:
        return float(np.abs(forecast - came).mean())

    assert off(np.median(past)) == pytest.approx(19.26, abs=0.3)
    assert off(np.maximum(due, 0.0)) == pytest.approx(23.69, abs=0.6)
    assert off(said[:, MEDIAN]) < 18.19
    inside = float(((said[:, 0] <= came) & (came <= said[:, -1])).mean())
    assert 0.77 <= inside <= 0.83
    raw = np.sort(head.raw(X), axis=1)
    assert float(((raw[:, 0] <= came) & (came <= raw[:, -1])).mean()) < inside


def _regular_waits(split: Split) -> Floats:
    assert split.next_days is not None
    return split.next_days[np.isfinite(split.next_days) & (split.calibration.frequency >= 2)]
