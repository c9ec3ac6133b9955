"""Which form of the spend model is taken: on data made with and without dependence, and on CDNOW."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.models import Fit, GammaGamma, ParetoNbd, Summary
from evergrove.models.spend import FREQUENCY, SpendRegression
from evergrove.scoring.intervals import spend_distribution
from evergrove.scoring.kept import kept_document, read_kept
from evergrove.scoring.sample import Past
from evergrove.scoring.score import foresee
from evergrove.scoring.scored import score_with
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.spend import (
    evidence,
    expected_spend,
    fit_spend,
    observed,
    relative_spend,
    spend_model,
)
from evergrove.scoring.spend_choice import (
    SpendContender,
    SpendDependenceLeft,
    SpendFollowsFrequency,
    choose_spend,
    independent,
)
from evergrove.scoring.splits import Histories
from evergrove.scoring.types import Split
from evergrove.settings import StageSettings, ValueSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.customers import CustomerBase

ORIGIN = date(2025, 6, 30)


def made(slope: float, customers: int, seed: int) -> Split:
    """Customers whose spend grows as (1 + x) to the power of ``slope``, and what they spent in a later window."""
    random = np.random.default_rng(seed)
    x = random.negative_binomial(0.6, 0.2, customers).astype(np.float64)
    nu = random.gamma(4.5, 1, customers) / (27.0 * (1 + x) ** slope)
    first, others = random.gamma(3.9, size=customers) / nu, random.gamma(3.9 * x) / nu
    later = random.poisson(0.4 * (1 + x)).astype(np.float64)
    summary = Summary(
        frequency=x,
        recency=np.minimum(x, 1),
        T=np.full(customers, 52.0),
        monetary_value=np.divide(others, x, out=np.full(customers, np.nan), where=x > 0),
        mean_day_spend=(first + others) / (x + 1),
    )
    return Split(
        origin=ORIGIN,
        until=ORIGIN + timedelta(days=182),
        calibration=summary,
        fitted=summary,
        purchases=later,
        spend=random.gamma(3.9 * later) / nu,
        last_purchases=later,
        last_spend=None,
    )


def test_dependence_is_found_said_and_acted_on() -> None:
    """Twice the frequency, a third more spend a day: the regression is taken, and expectations follow it."""
    split = made(0.4, 3000, seed=2)
    choice = choose_spend(split.fitted, split, "all_days")
    assert choice.form == "frequency"
    assert choice.fit is not None
    assert choice.fit.model.slopes[FREQUENCY] == pytest.approx(0.4, abs=0.06)
    assert [each.form for each in choice.contenders] == ["means", "first_day", "frequency"]
    said = choice.fit.warnings[-1]
    assert isinstance(said, SpendFollowsFrequency)
    assert f"{choice.judges:,} customers better" in str(said)
    known = evidence(choice.fit, split.fitted, "all_days")
    z = {FREQUENCY: np.log1p(split.fitted.frequency)}
    n, m = observed(split.fitted, "all_days")
    np.testing.assert_allclose(known.expected, choice.fit.model.expected_spend(n, m, z), rtol=1e-14)
    assert known.relative is not None
    slope = choice.fit.model.slopes[FREQUENCY]
    np.testing.assert_allclose(known.relative, (1 + split.fitted.frequency) ** slope, rtol=1e-13)


def test_without_dependence_gamma_gamma_stays() -> None:
    """Independence is not refuted: no regression is tried, and nothing is said of it."""
    split = made(0.0, 3000, seed=5)
    choice = choose_spend(split.fitted, split, "all_days")
    assert choice.form in {"means", "first_day"}
    assert choice.independence is not None
    assert not choice.independence.dependent
    assert [each.form for each in choice.contenders] == ["means", "first_day"]
    assert choice.fit is not None
    assert isinstance(choice.fit.model, GammaGamma)
    assert choice.fit.warnings == ()


def test_dependence_that_foretells_nothing_is_said_and_left(cdnow: CustomerBase) -> None:
    """CDNOW's repeaters spend more the more they come, but the holdout does not show it: Gamma-Gamma stays."""
    histories = Histories(cdnow, Past(cdnow.split), "week")
    split = histories.split(cdnow.observation_end - timedelta(days=182), cdnow.observation_end)
    choice = choose_spend(histories.fitted, split, "all_days")
    assert choice.form == "first_day"
    assert choice.independence is not None
    assert choice.independence.dependent
    means, firsts, frequency = choice.contenders
    assert firsts.gain > 5 * firsts.standard_error > 0
    assert firsts.absolute_error < means.absolute_error
    assert not frequency.wins
    assert choice.fit is not None
    assert isinstance(choice.fit.warnings[-1], SpendDependenceLeft)
    assert "no better" in str(choice.fit.warnings[-1])


def test_without_a_holdout_it_is_gamma_gamma_on_means() -> None:
    """No origin, no amounts in the window, or too few who spent in it: nobody can judge."""
    split = made(0.4, 500, seed=3)
    few = replace(split, purchases=split.purchases * (np.arange(500) < 40), spend=np.ones(500))
    for court in (None, replace(split, spend=None), few):
        choice = choose_spend(split.fitted, court, "all_days")
        assert choice.form == "means"
        assert choice.contenders == ()
        assert choice.fit is not None
        assert choice.fit.model == fit_spend(split.fitted, "all_days")[0].model  # type: ignore[union-attr]


def test_repeat_days_know_no_first_day() -> None:
    """The papers' convention leaves the first day out: only means and the regression are judged."""
    split = made(0.4, 1500, seed=4)
    choice = choose_spend(split.fitted, split, "repeat_days")
    assert [each.form for each in choice.contenders] == ["means", "frequency"]


def test_a_model_that_cannot_be_fitted_is_said() -> None:
    """Nine customers: no fit, the reason; nobody with an amount: no fit, no reason."""
    split = made(0.0, 9, seed=1)
    choice = choose_spend(split.fitted, split, "all_days")
    assert choice.fit is None
    assert choice.failure is not None
    nothing = replace(split.fitted, mean_day_spend=np.zeros(9), monetary_value=None)
    assert choose_spend(nothing, None, "all_days").failure is None
    assert independent(split.fitted, "all_days", 3.0) is None


def test_a_form_wins_by_more_than_one_standard_error() -> None:
    """The rule of champions: a gain within its own error leaves the champion."""
    assert SpendContender("frequency", -10.0, 1.0, 2.1, 2.0).wins
    assert not SpendContender("frequency", -10.0, 1.0, 2.0, 2.0).wins
    assert not SpendContender("means", -10.0, 1.0, 0.0, 0.0).wins


def test_a_regression_survives_its_parameters() -> None:
    """From the flat parameters of model.json: what is no letter is a slope."""
    model = SpendRegression(p=3.0, q=3.2, gamma=270.0, slopes={FREQUENCY: 0.1})
    assert spend_model(model.as_dict()) == model
    assert spend_model({"p": 3.0, "q": 3.2, "gamma": 270.0}) == GammaGamma(p=3.0, q=3.2, gamma=270.0)
    summary = made(0.1, 20, seed=1).fitted
    assert relative_spend(None, summary) is None
    assert relative_spend(GammaGamma(p=3.0, q=3.2, gamma=270.0), summary) is None
    assert expected_spend(None, replace(summary, mean_day_spend=None), "all_days") is None


REGRESSION = SpendRegression(p=3.0, q=4.2, gamma=30.0, slopes={FREQUENCY: 0.3})


def certain(model: Any) -> Fit[Any]:
    """A fit whose parameters are known."""
    k = len(model.parameters)
    return Fit(model, 0.0, model.parameters, {}, np.eye(k), np.eye(k) * 1e-16, 0, 0.0, 1000, None)


def test_intervals_follow_the_regression(rows: Callable[..., Any]) -> None:
    """The distribution's mean is what score expects, whose spend goes with frequency."""
    process = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)
    base = rows([0, 1, 4, 12], [0, 100, 300, 350], [350, 350, 350, 360])
    x = base.frequency.astype(np.float64)
    summary = Summary(x, base.recency / 7, base.T / 7, mean_day_spend=np.array([20.0, 45.0, 30.0, 80.0]))
    known = evidence(certain(REGRESSION), summary, "all_days")
    future = foresee(process, base, 1e-9, 180.0)
    expected = known.expected * future.discounted_12m
    found = spend_distribution(
        certain(process), certain(REGRESSION), base, future.p_alive, known, 1e-9, seed=1, draws=40_000
    )
    error = np.sqrt(found.variance() / 40_000)
    assert (np.abs(found.mean() - expected) < 4 * error + 1e-3 * expected).all()
    plain = evidence(certain(GammaGamma(p=3.0, q=4.2, gamma=30.0)), summary, "all_days")
    assert (known.expected[1:] > 1.02 * plain.expected[1:]).all()


def test_a_kept_regression_scores_as_the_day_it_was_fitted(cdnow: CustomerBase) -> None:
    """Through kept JSON and back: the same slopes, errors and expected spend."""
    valued = value_customers(
        cdnow, ValueSettings(), StageSettings(), "pareto-nbd", Extras(back_test=False, intervals=False)
    )
    fit, _failure = fit_spend(cdnow.summary(), "all_days", "frequency")
    assert fit is not None
    document = json.loads(json.dumps(kept_document(replace(valued, spend=fit), StageSettings())))
    assert document["model"]["spend"]["name"] == "spend-regression"
    kept = read_kept(document).fits.spend
    assert kept is not None
    assert kept.model == fit.model
    np.testing.assert_array_equal(kept.log_covariance, fit.log_covariance)
    again = score_with(cdnow, document, ValueSettings(), StageSettings())
    known = evidence(fit, cdnow.summary(), "all_days")
    np.testing.assert_array_equal(again.scores.expected_spend, known.expected)
    assert (again.scores.clv_12m_low <= again.scores.clv_12m_high).all()
    assert again.scores.clv_12m_high.sum() > again.scores.clv_12m.sum()
