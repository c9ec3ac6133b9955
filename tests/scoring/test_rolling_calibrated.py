"""At each origin of a back-test: intervals held to earlier ones, the spend model in its form, whom to judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.scoring.rolling_shops import opened, pareto_shop

from evergrove.customers import left_truncation
from evergrove.scoring.choose import fit_model
from evergrove.scoring.rolling.contenders import ModelContender
from evergrove.scoring.rolling.memory import Fits
from evergrove.scoring.rolling.origins import Views
from evergrove.scoring.rolling.service import usual_models
from evergrove.scoring.sample import Past
from evergrove.scoring.spend_fits import SpendFits
from evergrove.scoring.splits import Histories

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.customers import CustomerBase
    from evergrove.models.types import Fit, Summary
    from evergrove.scoring.types import Split
    from evergrove.warehouse import Engine

FIRST = date(2024, 1, 1)
SPAN, WINDOW = 630, 90


def views_of(base: CustomerBase, engine: Engine) -> Views:
    """A base as a back-test sees it."""
    histories = Histories(base, Past(base.split), "week")
    return Views(histories, lambda day: left_truncation(engine, base, day).fit_from)


@pytest.fixture(scope="module")
def shop() -> Iterator[Views]:
    """Pareto/NBD with Gamma-Gamma amounts, customers won over a year."""
    births = np.sort(np.random.default_rng(5).integers(0, 400, 1500)).astype(np.int64)
    with opened(*pareto_shop(births, SPAN, FIRST, seed=6), FIRST) as (base, engine):
        yield views_of(base, engine)


@pytest.fixture(scope="module")
def origins(shop: Views) -> tuple[Split, ...]:
    """Three, a window apart."""
    days = [shop.histories.base.observation_end - timedelta(days=WINDOW * k) for k in (3, 2, 1)]
    return tuple(shop.split(day, day + timedelta(days=WINDOW)) for day in days)


def sure_of_itself(summary: Summary) -> Fit[Any]:
    """NBD whose customers are nearly alike: its mean is right, and its intervals are far too narrow."""
    fit = fit_model("nbd", summary)
    return replace(fit, model=replace(fit.model, r=40 * fit.model.r, alpha=40 * fit.model.alpha))


def contender(make: Any = None) -> ModelContender:
    """NBD, or another of that name."""
    return ModelContender(Fits("nbd", make or partial(fit_model, "nbd"), SpendFits()))


def test_an_interval_is_held_to_what_came_at_earlier_origins(origins: tuple[Split, ...]) -> None:
    """A model too sure of itself says so at the first origin; later its intervals are wider."""
    proud, fresh = contender(sure_of_itself), contender(sure_of_itself)
    for k, split in enumerate(origins[:2]):
        proud.forecast(split, origins[:k])
    last = origins[2]

    calibrated, raw = proud.forecast(last, origins[:2]), fresh.forecast(last, ())

    assert calibrated.high is not None
    assert raw.high is not None
    assert calibrated.high.mean() > 1.2 * raw.high.mean()
    assert (calibrated.high >= raw.high - 1e-9).all()
    np.testing.assert_array_equal(calibrated.purchases, raw.purchases)


def test_what_lay_inside_counts_shared_outcomes_by_their_chance(origins: tuple[Split, ...]) -> None:
    """
    Of customers who spent nothing, as much as the interval takes of that chance; of others, whether they are inside.

    At the first origin the interval lies between the 10 % and the 90 % quantile: who spent nothing, with a chance P
    of it, is inside with probability (min(P, .9) - .1) / P.
    """
    model, split = contender(), origins[0]
    said = model.forecast(split, ())
    told = model.said[split.origin, split.until].told

    assert said.inside is not None
    assert told is not None
    assert said.low is not None
    assert said.high is not None
    assert split.spend is not None
    spent = split.spend > 0
    silent = (split.spend == 0) & (told.upto > 0)
    nothing = told.upto[silent]
    expected = np.clip(np.minimum(nothing, 0.9) - 0.1, 0.0, None) / nothing
    np.testing.assert_allclose(said.inside[silent], expected, atol=1e-12)
    # A customer at an interval's very end may fall on either side of it by the last draw.
    raw = (said.low <= split.spend) & (split.spend <= said.high)
    assert (said.inside[spent] == raw[spent]).mean() > 0.99
    assert said.inside.mean() < raw.mean()


def test_the_origin_itself_is_no_earlier_one(origins: tuple[Split, ...]) -> None:
    """What came after an origin, and what is still open on it, change no bound there, though they are handed over."""
    first, second, last = origins
    altered = replace(last, spend=np.full(len(last.purchases), 1e4))
    one, other = contender(sure_of_itself), contender(sure_of_itself)
    for each in (one, other):
        each.forecast(first, ())
        each.forecast(second, (first,))

    said, then = one.forecast(last, (first, second)), other.forecast(altered, (first, second))
    still_open = contender(sure_of_itself)
    still_open.forecast(first, ())
    still_open.forecast(second, (first,))
    still_open.forecast(altered, (first, second))
    again = still_open.forecast(second, (first, altered))  # its window is not over on the second origin

    for bound in ("low", "high"):
        np.testing.assert_array_equal(getattr(said, bound), getattr(then, bound))
    fresh = contender(sure_of_itself)
    fresh.forecast(first, ())
    np.testing.assert_array_equal(again.high, fresh.forecast(second, (first,)).high)


def test_the_form_of_the_spend_model_is_chosen_by_the_window_before() -> None:
    """
    One customer's days differ by a gamma of shape 6, which the first day beside the others tells and means hide.

    Who comes twice as often spends half a day, too: the plainest form is wrong in every way.
    """
    random = np.random.default_rng(8)
    births = np.sort(random.integers(0, 200, 1500)).astype(np.int64)
    customer, day, _amount = pareto_shop(births, SPAN, FIRST, seed=9, rate=(1.5, 30.0), leaving=(4.0, 6000.0))
    often = np.bincount(customer)[customer].astype(np.float64)
    amount = np.round(200.0 / often * random.gamma(6.0, 1 / 6.0, len(day)), 2) + 0.01
    with opened(customer, day, amount, FIRST) as (base, engine):
        views = views_of(base, engine)
        end = base.observation_end
        split = views.split(end - timedelta(days=WINDOW), end)

        told, untold = SpendFits(before=views.before).at(split), SpendFits().at(split)
        before = views.before(split)

    assert before is not None
    assert before.until == split.origin
    assert told is not None
    assert untold is not None
    error = told.standard_errors["p"]
    assert told.model.p == pytest.approx(6.0, abs=4 * error)
    assert untold.model.p != pytest.approx(6.0, abs=4 * error)


def test_no_form_is_chosen_by_a_window_without_a_history(shop: Views) -> None:
    """An origin 150 days in has 60 days before the window before it: too few to fit on."""
    origin = FIRST + timedelta(days=150)

    assert shop.before(shop.split(origin, origin + timedelta(days=WINDOW))) is None


def test_the_regular_model_is_judged_where_purchases_are_regular(origins: tuple[Split, ...]) -> None:
    """Gaps of the Erlang kind ask for it; purchases by chance do not."""
    random = np.random.default_rng(10)
    customers, count = 800, 40
    scale = random.gamma(6.0, 4.0, customers)[:, None]
    gaps = random.gamma(5.0, 1 / 5.0, (customers, count)) * scale
    births = random.integers(0, 200, customers)
    day = np.floor(births[:, None] + np.cumsum(gaps, axis=1) - gaps[:, :1]).astype(np.int64)
    rows = np.unique(
        np.stack([np.repeat(np.arange(customers), count), day.ravel()])[:, day.ravel() < 400], axis=1
    )
    with opened(rows[0], rows[1], np.full(rows.shape[1], 10.0), FIRST) as (base, engine):
        end = base.observation_end
        regular = views_of(base, engine).split(end - timedelta(days=WINDOW), end)

    assert usual_models(regular) == ("pareto-nbd", "mbg-nbd", "mbg-cnbd", "bg-nbd", "nbd")
    assert usual_models(origins[-1]) == ("pareto-nbd", "mbg-nbd", "bg-nbd", "nbd")
