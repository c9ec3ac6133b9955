"""Definitions 3 and 7 asked of every transaction model alike, and stress points in sixty digits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import pytest

from evergrove.core import DAYS_PER_YEAR
from evergrove.models import BgNbd, MbgNbd, Nbd, ParetoNbd
from evergrove.models.covariates import WithCovariates
from evergrove.models.regular import BgCnbd, MbgCnbd

if TYPE_CHECKING:
    from evergrove.models import TransactionModel

MODELS: tuple[TransactionModel, ...] = (
    Nbd(r=0.385, alpha=12.072),
    ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669),
    BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426),
    MbgNbd(r=0.525, alpha=6.183, a=0.891, b=1.614),
    BgCnbd(r=0.35906, alpha=1.12938, a=0.52282, b=2.78545, k=2),
    MbgCnbd(r=1.329, alpha=2.813, a=0.425, b=0.79, k=3),
)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
WEEK, DAY = 1.0, 7.0
X, T_X, T = np.array([0.0, 1, 2, 7, 40]), np.array([0.0, 3, 30.43, 20, 38]), np.full(5, 38.86)
TIMES = {"alpha", "beta"}
"""Letters that are times: they grow by 7 from weeks to days."""


def in_days(model: TransactionModel) -> TransactionModel:
    """The same population, by the day."""
    letters = {
        name: value * (DAY if name in TIMES else WEEK)
        for name, value in model.as_dict().items()
        if name != "k"
    }
    return replace(model, **letters, unit="day")


@every_model
def test_a_new_customer_has_no_history(model: TransactionModel) -> None:
    """Identity 1: CET(t | 0, 0, 0) = E[X(t)], rtol 1e-10."""
    for t in (1 / 7, 10.0, 520.0):
        conditional = model.expected_purchases(t, 0, 0, 0)[0]
        assert conditional == pytest.approx(model.expected_purchases_new(t), rel=1e-10)


def test_nbd_expects_what_its_counts_add_up_to() -> None:
    """Identity 1 by a second way: r t / alpha."""
    assert Nbd(r=0.385, alpha=12.072).expected_purchases_new(10) == pytest.approx(
        0.385 * 10 / 12.072, rel=1e-14
    )


@pytest.mark.parametrize("base", MODELS[1:4], ids=lambda model: model.name)
def test_a_new_customer_with_covariates_has_no_history(base: Any) -> None:
    """Identity 1 for customers with letters of their own."""
    model = WithCovariates(base, purchase={"app": 0.4}, dropout={"app": -0.7})
    known = {"app": np.array([0.0, 1.0])}
    nobody = np.zeros(2)
    for t in (1.0, 10.0, 520.0):
        conditional = model.expected_purchases(t, nobody, nobody, nobody, known)
        np.testing.assert_allclose(conditional, model.expected_purchases_new(t, known), rtol=1e-10)


@every_model
def test_days_and_weeks_answer_alike(model: TransactionModel) -> None:
    """Identity 2: P(alive), CET, DERT and the median wait, to 1e-10."""
    days, weekly, daily = in_days(model), (X, T_X, T), (X, 7 * T_X, 7 * T)
    for week, day, scale in (
        (model.probability_alive(*weekly), days.probability_alive(*daily), WEEK),
        (model.probability_active("180 days", *weekly), days.probability_active("180 days", *daily), WEEK),
        (model.expected_purchases("12 months", *weekly), days.expected_purchases("12 months", *daily), WEEK),
        (
            model.discounted_expected_residual_transactions(0.1, *weekly),
            days.discounted_expected_residual_transactions(0.1, *daily),
            WEEK,
        ),
        (
            model.next_purchase_quantile(0.5, "12 months", *weekly),
            days.next_purchase_quantile(0.5, "12 months", *daily),
            DAY,
        ),
    ):
        np.testing.assert_allclose(day, week * scale, rtol=1e-10)


@pytest.mark.slow
@every_model
@pytest.mark.parametrize("annual_rate", [0.10, 0.001])
def test_residual_transactions_are_defined_alike(model: TransactionModel, annual_rate: float) -> None:
    """
    Definitions 3: DERT = delta x integral of exp(-delta t) CET(t) dt, rtol 1e-6, tails of centuries included.

    With t = e^y the trapezoidal rule converges faster than any power; beyond delta t = 45 less than 1e-17 is left.
    """
    delta = float(np.log1p(annual_rate)) / (DAYS_PER_YEAR / 7)
    y = np.arange(np.log(1e-9), np.log(45 / delta), 0.05)
    t = np.exp(y)
    curve = np.stack([model.expected_purchases(float(each), X, T_X, T) for each in t])
    integral = (delta * t * np.exp(-delta * t) * 0.05) @ curve

    found = model.discounted_expected_residual_transactions(annual_rate, X, T_X, T)

    np.testing.assert_allclose(found, integral, rtol=1e-6)


@every_model
def test_chances_are_chances(model: TransactionModel) -> None:
    """Identity 5: 0 <= P(purchase in h) <= P(alive), which NBD alone may not meet; CET never falls."""
    active = np.stack([model.probability_active(h, X, T_X, T) for h in (0.0, 1.0, 26.0, 1000.0)])
    expected = np.stack([model.expected_purchases(h, X, T_X, T) for h in (0.0, 1.0, 26.0, 1000.0)])

    assert (active >= 0).all()
    assert (active <= model.probability_alive(X, T_X, T) * (1 + 1e-12)).all()
    assert (np.diff(active, axis=0) >= 0).all()
    assert (np.diff(expected, axis=0) >= 0).all()
    assert (active <= expected * (1 + 1e-12) + 1e-15).all()


def test_expectations_bend_up_only_where_purchases_are_regular() -> None:
    """
    Identity 5 says concave, which holds for purchases by chance. Regular ones are not: nobody comes back at once.

    Who has just bought is expected to buy less in the first days than in the next ones; long silences and long
    horizons bend down again.
    """
    just_bought = np.array([7.0]), np.array([38.86]), np.array([38.86])
    for regular, steady in ((MODELS[5], MODELS[3]), (MODELS[4], MODELS[2])):
        for model, first in ((regular, 1), (steady, -1)):
            curve = np.concatenate(
                [model.expected_purchases(t, *just_bought) for t in np.arange(0, 1.01, 0.1)]
            )
            assert np.sign(np.diff(curve, 2)[0]) == first
        far = np.concatenate([regular.expected_purchases(t, *just_bought) for t in np.arange(20.0, 400, 20)])
        assert (np.diff(far, 2) < 0).all()


@every_model
def test_a_customer_won_today_adds_nothing(model: TransactionModel) -> None:
    """F90's first row for every model: at x = t_x = T = 0 the likelihood is 1."""
    nought = np.zeros(1)
    assert model.row_log_likelihood(nought, nought, nought)[0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("letters", "rows"),
    [
        ((0.25, 4.0, 0.8, 2.5), [(0, 0, 40), (200, 38, 40)]),  # F87
        ((10.465, 0.00798565, 3.0516, 2.82), [(40, 5, 6), (50, 1, 37), (50, 4, 37)]),  # F91
        (
            (0.2426, 4.4136, 0.7929, 2.4259),
            [(1000, 10, 100), (221, 103.42857, 103.57143)],
        ),  # F91, F88's customer
    ],
)
@pytest.mark.parametrize("kind", [BgNbd, MbgNbd])
def test_stress_points_keep_their_digits(
    kind: type[BgNbd | MbgNbd], letters: tuple[float, ...], rows: list[tuple[float, float, float]]
) -> None:
    """Log-likelihood and P(alive) of beta-geometric models against the printed forms in sixty digits."""
    model, m = kind(*letters), 1 if kind is MbgNbd else 0
    with mpmath.workdps(60):
        r, alpha, a, b = (mpmath.mpf(each) for each in letters)
        truth, alive = [], []
        for x, t_x, T in (tuple(map(mpmath.mpf, row)) for row in rows):
            gammas = mpmath.gamma(r + x) * alpha**r / mpmath.gamma(r) / mpmath.beta(a, b)
            stayed = mpmath.beta(a, b + x + m) * (alpha + T) ** (-r - x)
            left = mpmath.mpf(0)
            if x > 0 or m:
                left = mpmath.beta(a + 1, b + x - 1 + m) * (alpha + t_x) ** (-r - x)
            truth.append(float(mpmath.log(gammas * (stayed + left))))
            alive.append(float(stayed / (stayed + left)))
    columns = tuple(np.array(column, dtype=float) for column in zip(*rows, strict=True))

    np.testing.assert_allclose(model.row_log_likelihood(*columns), truth, rtol=1e-12, atol=1e-11)
    found = model.probability_alive(*columns)
    np.testing.assert_allclose(found, alive, rtol=1e-10, atol=1e-300)
    assert ((found >= 0) & (found <= 1)).all()
