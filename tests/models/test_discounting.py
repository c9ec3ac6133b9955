"""Discounting: identities, the documented CLV figures (right and wrong), and the two integrals."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import integrate

from evergrove.core import DAYS_PER_YEAR
from evergrove.models import BgNbd, GammaGamma, MbgNbd, Nbd, ParetoNbd, days_and_means
from evergrove.models.discounting import discounted_integral, discounted_sum, per_step
from evergrove.models.process import Divergent, InvalidHorizon
from evergrove.models.regular import MbgCnbd

if TYPE_CHECKING:
    from evergrove.models import Floats, Summary, TransactionModel

IDS = np.array([1, 2, 3, 6, 7, 9]) - 1
MODELS = (
    Nbd(r=0.385, alpha=12.072),
    ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669),
    BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426),
    MbgNbd(r=0.525, alpha=6.183, a=0.891, b=1.614),
    MbgCnbd(r=1.329, alpha=2.813, a=0.425, b=0.79, k=2),
)


class Documented:
    """Lifetimes' documented example: BG/NBD and Gamma-Gamma fitted on CDNOW's rounded summary."""

    def __init__(self, summary: Summary) -> None:
        self.purchases = BgNbd.fit(summary).model
        self.history = (summary.frequency[IDS], summary.recency[IDS], summary.T[IDS])
        spend = GammaGamma.fit(summary, "repeat_days").model
        self.spend = spend.expected_spend(*days_and_means(summary, "repeat_days"))[IDS]

    def value(self, step: float, n: int = 12) -> Floats:
        """CLV over n steps of ``step`` weeks at 1 % a step."""
        purchases: Floats = discounted_sum(
            lambda t: self.purchases.expected_purchases(t, *self.history), step, n, 0.01
        )
        return np.asarray(self.spend * purchases)


@pytest.fixture(scope="module")
def documented(cdnow_rounded: Summary) -> Documented:
    """Fitted once."""
    return Documented(cdnow_rounded)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_one_step_without_discount_is_the_expectation(model: TransactionModel) -> None:
    """F40: rate 0 and horizon 1 gives expected purchases; rate 1 halves them."""
    expected = model.expected_purchases(1, 2, 30.43, 38.86)

    def curve(t: float) -> Floats:
        return model.expected_purchases(t, 2, 30.43, 38.86)

    np.testing.assert_allclose(discounted_sum(curve, 1, 1, 0.0), expected, rtol=1e-14)
    np.testing.assert_allclose(discounted_sum(curve, 1, 1, 1.0), expected / 2, rtol=1e-14)


def test_two_steps_of_a_flat_rate() -> None:
    """F40: horizon 2 at rate 0 doubles; at rate 1 it gives .75 = 1/2 + 1/4."""
    one = np.array([1.0])
    assert discounted_sum(lambda t: t * one, 1, 2, 0.0) == pytest.approx(2.0)
    assert discounted_sum(lambda t: t * one, 1, 2, 1.0) == pytest.approx(0.75)


def test_the_documented_clv_takes_weeks_for_days(documented: Documented) -> None:
    """F41, the WRONG answer: 12 "months" of 30 are 360 weeks when the model counts weeks."""
    wrong = [140.096, 18.943, 38.181, 1003.868, 28.110, 167.418]
    np.testing.assert_allclose(documented.value(30), wrong, rtol=1e-3)


def test_the_right_clv_takes_months_of_weeks(documented: Documented) -> None:
    """F42 and identity 10: 12 steps of 52/12 weeks, of a twelfth of a year; ids 1, 2, 3, 6, 7."""
    plain = documented.value(52 / 12)
    np.testing.assert_allclose(plain[:5], [36.198, 4.6270, 8.3243, 282.927, 6.8658], rtol=1e-3)
    np.testing.assert_allclose(plain[:3], [36.1985, 4.6270, 8.3243], rtol=1e-4)
    calendar = documented.value(DAYS_PER_YEAR / 84)
    np.testing.assert_allclose(calendar[:3], [36.3005, 4.6404, 8.3495], rtol=1e-4)


def test_a_year_discounted_continuously(documented: Documented) -> None:
    """Identity 10, the product's way: over 365.25 days at 1 % a month, money counts from when it comes."""
    annual_rate = 1.01**12 - 1
    purchases = documented.purchases.discounted_purchases("1 year", annual_rate, *documented.history)
    np.testing.assert_allclose((documented.spend * purchases)[:3], [36.4829, 4.6636, 8.3914], rtol=1e-4)
    assert per_step(annual_rate, 12) == pytest.approx(0.01, rel=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_without_discount_the_integral_is_the_expectation(model: TransactionModel) -> None:
    """Identity of rate and expectation, from an hour to ten thousand weeks, for new and old customers."""
    history = ([0, 1, 7, 40], [0, 3, 20, 38], [0, 39, 39, 39])
    for horizon in (1 / 168, 1.0, 52.0, 10_000.0):
        integral = model.discounted_purchases(horizon, 0.0, *history)
        np.testing.assert_allclose(integral, model.expected_purchases(horizon, *history), rtol=1e-9)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_residual_transactions_are_the_discounted_expectation(model: TransactionModel) -> None:
    """DERT = delta x integral of exp(-delta t) CET(t) dt, by brute force, rtol 1e-6, at a rate of 1 a week."""
    delta, annual_rate = 1.0, float(np.expm1(DAYS_PER_YEAR / 7))
    history = (3.0, 20.0, 39.0)
    integral, _error = integrate.quad(
        lambda t: delta * np.exp(-delta * t) * model.expected_purchases(t, *history)[0],
        0, 60, epsabs=0, epsrel=1e-9, limit=300,
    )  # fmt: skip
    dert = model.discounted_expected_residual_transactions(annual_rate, *history)[0]
    assert dert == pytest.approx(integral, rel=1e-7)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_year_is_worth_less_than_a_lifetime(model: TransactionModel) -> None:
    """Identity 5: clv_12m <= clv, and a horizon of 2,000 years comes within 1e-6 of it."""
    history = ([0, 1, 7, 40], [0, 3, 20, 38], [39, 39, 39, 39])
    lifetime = model.discounted_expected_residual_transactions(0.10, *history)
    year = model.discounted_purchases("12 months", 0.10, *history)
    assert (year < lifetime).all()
    np.testing.assert_allclose(model.discounted_purchases("2000 years", 0.10, *history), lifetime, rtol=1e-6)


def test_a_sum_without_a_limit_is_refused() -> None:
    """Definitions 3: at rate 0 a sentence, where the lifetime sum diverges; its value, where it does not."""
    for model in MODELS:
        with pytest.raises(Divergent, match=f"^{model.title}: at an annual discount rate of 0"):
            model.discounted_expected_residual_transactions(0.0, 2, 30, 39)
    patient = BgNbd(r=0.6, alpha=21.0, a=1.3, b=8.9)
    limit = patient.discounted_expected_residual_transactions(0.0, 2, 30, 39)
    near = patient.discounted_expected_residual_transactions(1e-12, 2, 30, 39)
    assert limit[0] == pytest.approx(near[0], rel=1e-2)
    assert limit[0] == pytest.approx((0.3 + 10.9) / 0.3 * patient.probability_alive(2, 30, 39)[0], rel=1e-12)
    with pytest.raises(Divergent):
        patient.discounted_expected_residual_transactions(-0.1, 2, 30, 39)


def test_a_horizon_is_a_length_of_time() -> None:
    """Negative, infinite and undefined horizons are refused with a way out."""
    for horizon in (-1.0, np.inf, np.nan):
        with pytest.raises(InvalidHorizon, match="12 months"):
            MODELS[2].expected_purchases(horizon, 2, 30, 39)


def test_integral_of_a_power_law_is_exact() -> None:
    """A rate of (1 + u)^-2 integrates to h / (1 + h), over ten orders of magnitude of the horizon."""
    for horizon in (1e-3, 1.0, 1e3, 1e7):
        value = discounted_integral(lambda u: (1 + u) ** -2.0, horizon, 0.0, np.ones(1))
        assert value[0] == pytest.approx(horizon / (1 + horizon), rel=1e-11)


def test_a_rate_for_each_purchase_is_no_warning() -> None:
    """Extreme rates underflow quietly: nothing tomorrow is worth anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for model in MODELS:
            dert = model.discounted_expected_residual_transactions(1e300, 2, 30, 39)
            assert 0 <= dert[0] < 1
