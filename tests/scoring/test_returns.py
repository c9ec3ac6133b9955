"""Value net of what goes back: shops whose returns are known, before they have come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.customers import CustomerBase, summarise
from evergrove.scoring.kept import kept_document
from evergrove.scoring.returns import ReturnsLeftIn, SpendNetOfReturns, refunds_expected, return_rate
from evergrove.scoring.rolling.purposes import gain, missed_total
from evergrove.scoring.sample import Past
from evergrove.scoring.scored import score_with
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.spend import evidence, fit_spend, gross
from evergrove.scoring.spend_choice import Court, choose_spend
from evergrove.scoring.splits import Histories
from evergrove.settings import StageSettings, ValueSettings
from evergrove.warehouse import Engine, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.scoring.types import Split

BEGIN, ORIGIN, END = date(2023, 1, 1), date(2024, 6, 30), date(2024, 12, 31)
RETURN_SHAPES = (1.5, 8.5)  # of each customer's chance to send an order back: 15 % of all on average


@dataclass(frozen=True, eq=False)
class Shop:
    """Orders, and what goes back of them, as arrays; days since BEGIN."""

    customer: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    back_day: np.ndarray
    back: np.ndarray

    def load(self, engine: Engine, *, named: bool, rise: float = 0.0) -> None:
        """Put it into tables; refunds name their order or not; amounts rise in the last half year."""
        late = self.day > (ORIGIN - BEGIN).days
        amount = self.amount * (1.0 + rise * late)
        engine.register(
            "made",
            {
                "order_id": np.arange(len(self.day)),
                "customer_id": self.customer,
                "day": self.day,
                "amount": amount,
                "back_day": self.back_day,
                "back": self.back * amount / self.amount,
            },
        )
        date_of = "date '2023-01-01' + cast({} as integer)"
        engine.create(
            "orders",
            f"select order_id, customer_id, {date_of.format('day')} as order_date,"
            " cast(amount as decimal(18, 4)) as amount from made",
        )
        reference = "order_id" if named else "cast(null as bigint) as order_id"
        engine.create(
            "refunds",
            f"select {reference}, customer_id, {date_of.format('back_day')} as refund_date,"
            " cast(back as decimal(18, 4)) as amount from made where back > 0",
        )


def made(seed: int, delay: int, customers: int = 1500) -> Shop:
    """Customers of gamma rates and gamma spend; each sends orders back, half of their amount, within ``delay`` days."""
    rng = np.random.default_rng(seed)
    days = (END - BEGIN).days + 1
    first = rng.integers(0, 300, customers)
    orders = 1 + rng.poisson(rng.gamma(1.5, 1 / 150, customers) * (days - first))
    customer = np.repeat(np.arange(customers), orders)
    start = np.repeat(first, orders)
    is_first = np.diff(customer, prepend=-1) > 0
    day = np.where(is_first, start, rng.integers(start, days))
    scale = np.repeat(rng.gamma(4.0, 12.5, customers), orders)
    amount = np.round(scale * rng.gamma(6.0, 1 / 6, len(customer)) + 1, 2)
    sends = rng.random(len(customer)) < np.repeat(rng.beta(*RETURN_SHAPES, customers), orders)
    back_day = day + rng.integers(1, delay + 1, len(customer))
    return Shop(customer, day, amount, back_day, np.where(sends, amount, 0.0))


@pytest.fixture(scope="module")
def unnamed() -> Iterator[tuple[CustomerBase, Engine]]:
    """A shop whose refunds name no order and come within a week."""
    with open_engine(threads=1) as engine:
        made(1, 7).load(engine, named=False)
        yield summarise(engine, END, StageSettings()), engine


def split_of(base: CustomerBase) -> Split:
    """The last half year, held out."""
    return Histories(base, Past(base.split), "week").split(ORIGIN, END)


def test_the_return_rate_is_found_and_taken_off(unnamed: tuple[CustomerBase, Engine]) -> None:
    """15 % go back: told of the half year held out within 2 points, where gross spend foretells 15 % too much."""
    split = split_of(unnamed[0])
    rate = return_rate(split.calibration)

    assert rate is not None
    assert rate.population_rate == pytest.approx(0.15, abs=0.01)
    assert split.spend is not None
    said = {
        form: split.purchases
        @ evidence(fit_spend(split.fitted, "all_days", form)[0], split.calibration, "all_days").expected
        for form in ("means", gross("means"))
    }
    spent = split.spend.sum()
    assert said["means"] / spent == pytest.approx(1.0, abs=0.03)
    assert said["means_gross"] / spent == pytest.approx(1 / 0.85, abs=0.035)


def test_customers_differ_in_what_they_send_back(unnamed: tuple[CustomerBase, Engine]) -> None:
    """The share kept is the customer's own, shrunk: it ranks the returns of the half year held out."""
    split = split_of(unnamed[0])
    fit, _failure = fit_spend(split.fitted, "all_days")
    kept = evidence(fit, split.calibration, "all_days").kept
    assert kept is not None
    often = split.purchases >= 2
    known = kept[often] < np.median(kept[often])
    per_day = evidence(fit, split.calibration, "all_days").expected / kept
    assert split.spend is not None
    came = split.spend[often] / (split.purchases * per_day)[often]

    assert came[known].mean() < came[~known].mean() - 0.05


def test_identities_hold_net_of_returns(unnamed: tuple[CustomerBase, Engine]) -> None:
    """clv_12m = expected_spend x discounted purchases; clv_total = historic + clv; the interval moves along."""
    base, engine = unnamed
    found = value_customers(
        base, ValueSettings(), StageSettings(), "pareto-nbd", Extras(back_test=False, engine=engine)
    )
    scores = found.scores

    assert any(isinstance(warning, SpendNetOfReturns) for warning in found.warnings)
    np.testing.assert_allclose(scores.clv_total, scores.historic_value + scores.clv, rtol=1e-12)
    np.testing.assert_allclose(
        scores.historic_value, base.historic_value, rtol=1e-12
    )  # what was earned is fact
    assert (scores.clv_12m <= scores.clv + 1e-9).all()
    # Of those sure to buy, net bounds hold the net value: the mean of the bounds' middle follows expected spend.
    sure = scores.p_active_12m > 0.98
    middle = (scores.clv_12m_low + scores.clv_12m_high)[sure].sum() / 2
    assert middle / scores.clv_12m[sure].sum() == pytest.approx(1.0, abs=0.12)
    assert (scores.clv_12m_low <= scores.clv_12m)[sure].all()
    assert (scores.clv_12m_high >= scores.clv_12m)[sure].all()
    # The total's too: returns taken off twice, or not at all, would move its middle by 15 %.
    total = found.totals.clv_12m
    assert total.low < total.estimate < total.high
    assert (total.low + total.high) / 2 == pytest.approx(total.estimate, rel=0.03)


def test_a_night_scores_with_the_returns_of_the_fit(unnamed: tuple[CustomerBase, Engine]) -> None:
    """The kept models say the same of the same customers, in JSON and back."""
    base, _engine = unnamed
    settings, stages, wanted = ValueSettings(), StageSettings(), Extras(back_test=False, intervals=False)
    found = value_customers(base, settings, stages, "pareto-nbd", wanted)
    document = json.loads(json.dumps(kept_document(found, stages)))
    later = score_with(base, document, settings, stages, intervals=False).scores

    assert document["model"]["spend"]["returns"].keys() == {"a", "b"}
    np.testing.assert_array_equal(later.clv, found.scores.clv)
    np.testing.assert_array_equal(later.expected_spend, found.scores.expected_spend)


def test_where_amounts_rise_by_more_nothing_is_taken_off() -> None:
    """Amounts 40 % higher in the window held out: net would be further off, so it is left and said."""
    with open_engine(threads=1) as engine:
        made(2, 7, 800).load(engine, named=False, rise=0.4)
        base = summarise(engine, END, StageSettings())
        chosen = choose_spend(base.summary(), split_of(base), "all_days")

    assert chosen.form.endswith("_gross")
    assert chosen.fit is not None
    assert getattr(chosen.fit, "returns", None) is None
    assert any(isinstance(warning, ReturnsLeftIn) for warning in chosen.fit.warnings)


def test_a_window_a_little_nearer_without_returns_proves_nothing() -> None:
    """
    Amounts 10 % higher: net misses the held-out total by a little more than gross, by far less than a standard error.

    15 % go back, so gross says 1 / (.85 x 1.1), 7 % too much, and net 1 / 1.1, 9 % too little.
    """
    with open_engine(threads=1) as engine:
        made(2, 7, 800).load(engine, named=False, rise=0.1)
        base = summarise(engine, END, StageSettings())
        split = split_of(base)
        chosen = choose_spend(base.summary(), split, "all_days")
        court = Court.over(split, "all_days")
        net, without = court.foretold(chosen.form), court.foretold(gross(chosen.form))

    assert abs(np.log(court.share(net))) > abs(np.log(court.share(without)))
    assert not court.is_plainly_nearer(without, net)
    assert not chosen.form.endswith("_gross")
    assert any(isinstance(warning, SpendNetOfReturns) for warning in getattr(chosen.fit, "warnings", ()))


def test_nearer_is_judged_by_customers_drawn_again() -> None:
    """The error of the paired gain is that over customers drawn with replacement, within a tenth."""
    with open_engine(threads=1) as engine:
        made(2, 7, 800).load(engine, named=False, rise=0.09)
        split = split_of(summarise(engine, END, StageSettings()))
    court = Court.over(split, "all_days")
    net, without, came = court.foretold("means"), court.foretold(gross("means")), court.spent
    random, drawn = np.random.default_rng(5), []
    for _again in range(2000):
        rows = random.integers(0, len(came), len(came))
        missed = [abs(np.log(said[rows].sum() / came[rows].sum())) for said in (net, without)]
        drawn.append(missed[0] - missed[1])

    found = gain([missed_total(without, came)], [missed_total(net, came)])

    assert found.standard_error == pytest.approx(np.std(drawn, ddof=1), rel=0.1)


def test_the_window_judged_has_no_say_in_the_spend_model_judged_by_it() -> None:
    """Amounts rise after the origin: today's form of the spend model follows, what was said there does not."""
    stages, wanted = StageSettings(), Extras(intervals=False)
    said, forms = {}, {}
    for rise in (0.0, 0.4):
        with open_engine(threads=1) as engine:
            made(2, 7, 800).load(engine, named=False, rise=rise)
            base = summarise(engine, END, stages)
            found = value_customers(base, ValueSettings(), stages, "pareto-nbd", wanted)
        assert found.back_test is not None
        said[rise] = [(each.origin, each.forecast) for each in found.back_test.origins]
        forms[rise] = {warning.code for warning in found.warnings}

    assert "scoring.spend_net_of_returns" in forms[0.0]
    assert "scoring.returns_left_in" in forms[0.4]
    assert said[0.0][0][0] <= ORIGIN
    assert said[0.0] == said[0.4]


def test_refunds_still_to_come_are_foretold() -> None:
    """Refunds within 60 days that name their order: what will go back of standing orders is told within 2 errors."""
    shop = made(3, 60, 4000)
    today = ORIGIN - BEGIN
    with open_engine(threads=1) as engine:
        shop.load(engine, named=True)
        base = summarise(engine, ORIGIN, StageSettings())
        summary = base.summary()
        [said] = refunds_expected(base)
    stands = (shop.day <= today.days) & (shop.back_day > today.days)
    later = shop.back[stands]

    assert base.refunds_to_come is not None
    assert base.refunds_to_come.sum() == pytest.approx(later.sum(), abs=2 * np.sqrt((later**2).sum()))
    assert said.params == {"amount": f"{base.refunds_to_come.sum():,.0f}", "longest": 60}
    # Amounts in the model's summary are those that will stand; what was earned so far is what was earned.
    assert summary.mean_day_spend is not None
    paid = base.mean_day_spend * (base.frequency + 1)
    told = summary.mean_day_spend * (base.frequency + 1)
    np.testing.assert_allclose(paid - told, base.refunds_to_come, atol=1e-6)
    np.testing.assert_allclose(base.historic_value, paid, rtol=1e-9)
    assert summary.credited is not None
    assert not summary.credited.any()


def test_a_split_foretells_with_delays_known_then() -> None:
    """At an origin in the past it is the summary of that day, whatever came later."""
    shop = made(4, 60, 600)
    with open_engine(threads=1) as engine:
        shop.load(engine, named=True)
        then = summarise(engine, ORIGIN, StageSettings())
        told = then.refunds_to_come
    with open_engine(threads=1) as engine:
        shop.load(engine, named=True)
        at_origin = summarise(engine, END, StageSettings()).split(ORIGIN, ORIGIN + timedelta(days=90))

    assert told is not None
    assert at_origin.refunds_to_come is not None
    np.testing.assert_array_equal(at_origin.refunds_to_come, told)


def test_a_shop_without_refunds_has_none_to_come(cdnow: CustomerBase) -> None:
    """CDNOW: nothing is developed, nothing is taken off."""
    summary = cdnow.summary()
    fit: Any = fit_spend(summary, "all_days")[0]

    assert cdnow.refunds_to_come is None
    assert refunds_expected(cdnow) == ()
    assert return_rate(summary) is None
    assert fit.returns is None
    np.testing.assert_array_equal(summary.mean_day_spend, cdnow.mean_day_spend)
