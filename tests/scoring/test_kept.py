"""Models of an earlier day score the customers of today; on the day of the fit, exactly as the fit did."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.customers import summarise
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.scoring import (
    Extras,
    kept_document,
    refit_due,
    score_then_bound,
    score_with,
    scored_by,
    value_customers,
)
from evergrove.scoring.kept import read_kept
from evergrove.scoring.lineage import DamagedModel, UnknownFormat
from evergrove.settings import StageSettings, ValueSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergrove.customers import CustomerBase
    from evergrove.scoring import Valuation
    from evergrove.warehouse import Engine

FIRST, GOLDEN = (Path(__file__).parent / "golden" / f"kept_{n}.json" for n in (1, 2))
SETTINGS = ValueSettings(margin=0.4, cac=3.0, currency="USD")
STAGES = StageSettings()
FITTED_ON = date(1998, 3, 31)
LATER = date(1998, 6, 30)


@pytest.fixture(scope="module")
def shop(shared: Callable[[str], Path]) -> Iterator[Engine]:
    """The CDNOW sample's orders, as ingest would leave them."""
    with open_engine(threads=1) as engine:
        engine.create(
            "orders",
            "select null::varchar as order_id, customer_id, date::date as order_date, spend::decimal(18, 4) as amount "
            "from read_csv($path)",
            path=str(shared("clv/cdnow_sample.csv")),
        )
        engine.create("refunds", "select *, order_date as refund_date from orders where false")
        yield engine


@pytest.fixture(scope="module")
def then(shop: Engine) -> CustomerBase:
    """The customers on the day of the fit."""
    return summarise(shop, FITTED_ON, STAGES)


@pytest.fixture(scope="module")
def valuation(then: CustomerBase) -> Valuation:
    """A fit with everything that a later day must give again: intervals, margin, acquisition cost."""
    return value_customers(
        then, SETTINGS, STAGES, "pareto-nbd", Extras(back_test=False, intervals=True, seed=9)
    )


@pytest.fixture(scope="module")
def document(valuation: Valuation) -> dict[str, Any]:
    """Its models, through JSON text and back."""
    loaded: dict[str, Any] = json.loads(
        json.dumps(
            kept_document(valuation, STAGES), allow_nan=False, sort_keys=True
        )  # as the ledger keeps it
    )
    return loaded


def test_on_the_day_of_the_fit_every_number_is_the_fits(
    valuation: Valuation, then: CustomerBase, document: dict[str, Any]
) -> None:
    """Every column to the last bit, intervals and the total's bounds with them."""
    again = score_with(then, document, SETTINGS, STAGES, total_interval=True)
    fitted = scored_by(valuation, then, STAGES)

    for name, column in valuation.scores.columns().items():
        np.testing.assert_array_equal(getattr(again.scores, name), column, err_msg=name)
    np.testing.assert_array_equal(again.p_purchase_7d, fitted.p_purchase_7d)
    assert repr(again.totals) == repr(fitted.totals)  # to the last bit, and NaN like NaN
    assert np.isfinite([again.totals.clv_12m.low, again.totals.clv_12m.high]).all()
    assert (again.cut, again.model) == (fitted.cut, "pareto-nbd")
    assert again.document == fitted.document


def test_points_come_first_and_intervals_when_they_are_called_for(
    shop: Engine, document: dict[str, Any]
) -> None:
    """The two steps of a night say together what one says; the first knows no bounds yet."""
    now = summarise(shop, LATER, STAGES)
    first, bounded = score_then_bound(now, document, SETTINGS, STAGES)
    whole = score_with(now, document, SETTINGS, STAGES)

    assert np.isnan(first.scores.clv_12m_low).all()
    np.testing.assert_array_equal(first.scores.clv_12m, whole.scores.clv_12m)
    for name, column in whole.scores.columns().items():
        np.testing.assert_array_equal(getattr(bounded().scores, name), column, err_msg=name)


def test_later_customers_are_asked_of_the_parameters_of_then(
    shop: Engine, valuation: Valuation, document: dict[str, Any]
) -> None:
    """P(alive) and both chances of a purchase are the fitted model's own answers about today's histories."""
    now = summarise(shop, LATER, STAGES)
    assert valuation.process is not None
    model, (x, t_x, T) = valuation.process.model, (now.frequency, now.recency / 7, now.T / 7)

    scored = score_with(now, document, SETTINGS, STAGES, intervals=False)

    alive = model.probability_alive(x, t_x, T)
    np.testing.assert_allclose(scored.scores.p_alive, alive, rtol=1e-12)
    active = model.probability_active(180 / 7, x, t_x, T)
    np.testing.assert_allclose(scored.scores.p_active_180d, active, rtol=1e-8)
    np.testing.assert_allclose(scored.p_purchase_7d, model.probability_active(1, x, t_x, T), rtol=1e-8)
    assert np.isnan(scored.scores.clv_12m_low).all()


def test_the_terms_are_todays_and_the_models_are_not(then: CustomerBase, document: dict[str, Any]) -> None:
    """Twice the margin doubles what is to come and leaves every chance as it was."""
    once = score_with(then, document, SETTINGS, STAGES, intervals=False)
    twice = score_with(then, document, replace(SETTINGS, margin=0.8), STAGES, intervals=False)

    np.testing.assert_allclose(twice.scores.clv, 2 * once.scores.clv, rtol=1e-14)
    np.testing.assert_array_equal(twice.scores.p_alive, once.scores.p_alive)
    assert (once.terms.margin, twice.terms.margin, twice.terms.basis) == (0.4, 0.8, "net_profit")


@pytest.mark.parametrize(
    ("days", "changed", "due"),
    [
        (0, {}, False),
        (6, {}, False),
        (7, {}, True),  # a week old
        (-1, {}, True),  # of a later day
        (1, {"model": "pareto-nbd"}, False),
        (1, {"model": "mbg-nbd"}, True),
        (1, {"model": "auto"}, True),  # the user had named one
        (1, {"settings": replace(SETTINGS, unit="day")}, True),
        (1, {"settings": replace(SETTINGS, currency="CNY")}, True),
        (1, {"settings": replace(SETTINGS, margin=0.9)}, False),  # a term of value, not of the model
        (1, {"stages": replace(STAGES, active_days=90)}, True),
        (1, {"stages": replace(STAGES, return_share=0.1)}, True),
        (1, {"stages": replace(STAGES, mature_orders=9)}, False),
    ],
)
def test_when_models_are_fitted_again(
    document: dict[str, Any], days: int, changed: dict[str, Any], *, due: bool
) -> None:
    """By age, and where the settings ask another question."""
    given: dict[str, Any] = {"settings": SETTINGS, "stages": STAGES, "model": "pareto-nbd"} | changed

    assert refit_due(document, as_of=FITTED_ON + timedelta(days=days), refit_days=7, **given) is due


def test_the_first_run_fits() -> None:
    """There is nothing to read back."""
    assert refit_due(None, SETTINGS, STAGES, as_of=LATER, refit_days=7)


def test_a_shop_too_small_for_a_model_is_scored_alike_and_tried_again_the_next_day() -> None:
    """Five customers buy at their average rate; tomorrow there may be enough."""
    with open_engine() as engine:
        engine.run(
            "create table orders as select null::varchar as order_id, c as customer_id, "
            "date '2026-01-01' + c::int + 10 * k::int as order_date, 20::decimal(18, 4) as amount "
            "from range(5) a(c), range(4) b(k)"
        )
        engine.run(
            "create table refunds (order_id varchar, customer_id bigint, refund_date date, amount decimal(18, 4))"
        )
        end, settings = date(2026, 3, 1), ValueSettings()
        base = summarise(engine, end, STAGES)
        valuation = value_customers(base, settings, STAGES)
        document = kept_document(valuation, STAGES)

        again = score_with(base, document, settings, STAGES)

    assert document["model"]["model"] is None
    for name, column in valuation.scores.columns().items():
        np.testing.assert_array_equal(getattr(again.scores, name), column, err_msg=name)
    assert np.isfinite(again.scores.expected_purchases_12m).all()
    assert np.isnan(again.p_purchase_7d).all()
    assert not refit_due(document, settings, STAGES, as_of=end, refit_days=7)
    assert refit_due(document, settings, STAGES, as_of=end + timedelta(days=1), refit_days=7)


def test_the_first_format_is_still_read() -> None:
    """A file that the first release wrote; it keeps nothing of the shop as a whole."""
    kept = read_kept(json.loads(FIRST.read_text(encoding="utf-8")))

    assert kept.process == ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)
    assert (kept.unit, kept.cut.cut, kept.log_spread) == ("week", 0.184, 0.08)
    assert kept.cut.origin == date(1998, 1, 1)
    assert kept.shop is None


def test_figures_of_the_shop_come_back_as_they_were_kept() -> None:
    """What is read says in JSON what was written, to the last bit."""
    document = json.loads(GOLDEN.read_text(encoding="utf-8"))

    shop = read_kept(document).shop

    assert shop is not None
    assert shop.document() == document["shop"]
    assert shop.delays is not None
    assert shop.delays.left.tolist() == [1.0, 1.0 - 12.5 / 900.0, (1.0 - 12.5 / 900.0) * (1.0 - 7.25 / 800.5)]


def test_todays_document_has_the_names_of_its_golden_file(document: dict[str, Any]) -> None:
    """A change of names needs another format; the model's own part has a golden file of its own."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))

    assert golden.keys() == document.keys()
    assert golden["cut"].keys() == document["cut"].keys()
    assert golden["shop"].keys() == document["shop"].keys()
    assert golden["shop"]["grid"].keys() == document["shop"]["grid"].keys()


@pytest.mark.parametrize("found", ["evergrove.kept/3", "evergrove.model/1", None])
def test_other_formats_are_refused_by_name(found: str | None) -> None:
    """A model.json is no kept model: it lacks the cut."""
    with pytest.raises(UnknownFormat, match=r"evergrove\.kept/1"):
        read_kept({"format": found})


def test_some_customers_alone_are_scored_as_among_all(shop: Engine, document: dict[str, Any]) -> None:
    """
    Whoever is scored with a few others has the same scores, the interval among them.

    Estimates agree to nine digits: a large base is evaluated at nodes, a small one at each history.
    """
    base = summarise(shop, LATER, STAGES)
    rows = np.arange(3, len(base), 97)
    columns: dict[str, Any] = {
        name: column[rows] for name, column in vars(base).items() if isinstance(column, np.ndarray)
    }
    few = replace(base, **columns)

    alone = score_with(few, document, SETTINGS, STAGES).scores.columns()
    among = score_with(base, document, SETTINGS, STAGES).scores.columns()

    assert np.isfinite(alone["clv_12m_high"]).all()
    for name, column in alone.items():
        np.testing.assert_allclose(column, among[name][rows], rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("part", ["model", "cut", "log_spread", "shop"])
def test_a_damaged_document_is_refused(part: str) -> None:
    """Never half a model."""
    document = json.loads(GOLDEN.read_text(encoding="utf-8"))
    if part == "shop":
        del document[part]["rate"]
    else:
        del document[part]

    with pytest.raises(DamagedModel):
        read_kept(document)
