"""Identities that a right Pareto/NBD passes whatever its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mpmath
import numpy as np
import pytest

from evergrove.core import DAYS_PER
from evergrove.models.nbd import Nbd
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.models.process import Divergent, TransactionModel

if TYPE_CHECKING:
    from evergrove.models.types import Summary

CDNOW = ParetoNbd(r=0.55328, alpha=10.57768, s=0.60624, beta=11.66873)
X, RECENCY, T = (
    np.array([0.0, 1.0, 7.0, 30.0]),
    np.array([0.0, 20.0, 35.0, 10.0]),
    np.array([39.0, 39, 38, 39]),
)
SHAPES = [0.1, 0.606, 1 - 1e-7, 1.0, 1 + 1e-7, 30.0]
YEAR_WEEKS = DAYS_PER["year"] / 7


def with_shape(s: float) -> ParetoNbd:
    """CDNOW's parameters with another shape of the dropout rates."""
    return ParetoNbd(r=0.55328, alpha=10.57768, s=s, beta=11.66873)


def test_new_customer_is_one_of_age_nought() -> None:
    """Identity 1: CET(t | 0, 0, 0) = E[X(t)] = (r beta / alpha (s - 1)) [1 - (beta / (beta + t))^(s - 1)]."""
    assert CDNOW.expected_purchases_new(10) == pytest.approx(0.427796, abs=5e-7)
    for t in (0.1, 10.0, 1000.0):
        r, alpha, s, beta = CDNOW.letters
        closed = r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + t)) ** (s - 1))
        assert CDNOW.expected_purchases(t, 0, 0, 0)[0] == pytest.approx(closed, rel=1e-10)
        assert CDNOW.expected_purchases_new(t) == pytest.approx(closed, rel=1e-10)


def test_days_and_weeks_are_one_model(cdnow: Summary) -> None:
    """Identity 2: nothing changes but alpha and beta, by 7, and the log-likelihood, by (sum of x) ln 7."""
    weeks, days = ParetoNbd.fit(cdnow), ParetoNbd.fit(cdnow.in_unit("day"))
    assert days.log_likelihood == pytest.approx(-14376.077, abs=1e-3)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - 2457 * np.log(7), abs=1e-6)
    ratios = np.array(list(days.model.as_dict().values())) / np.array(list(weeks.model.as_dict().values()))
    np.testing.assert_allclose(ratios, [1, 7, 1, 7], rtol=1e-9)
    assert days.standard_errors["beta"] == pytest.approx(7 * weeks.standard_errors["beta"], rel=1e-6)
    in_weeks = cdnow.frequency, cdnow.recency, cdnow.T
    in_days = cdnow.frequency, 7 * cdnow.recency, 7 * cdnow.T
    for weekly, daily in (
        (weeks.model.probability_alive(*in_weeks), days.model.probability_alive(*in_days)),
        (
            weeks.model.expected_purchases("12 months", *in_weeks),
            days.model.expected_purchases("12 months", *in_days),
        ),
        (
            weeks.model.discounted_expected_residual_transactions(0.1, *in_weeks),
            days.model.discounted_expected_residual_transactions(0.1, *in_days),
        ),
    ):
        np.testing.assert_allclose(daily, weekly, rtol=1e-10)


@pytest.mark.parametrize("s", SHAPES)
@pytest.mark.parametrize("delta", [1e-5, 1e-3, 0.0027, 1.0])
def test_residual_transactions_are_tricomis_form_and_the_discounted_integral(s: float, delta: float) -> None:
    """Identity 3: (r + x) / (alpha + T) (beta + T)^s delta^(s-1) U(s, s, .) = delta x integral of e^-dt CET."""
    model = with_shape(s)
    dert = model.residual_if_alive(delta, X, T)
    c, a, b = model.r + X, model.alpha + T, model.beta + T
    with mpmath.workdps(40):
        shape, d = mpmath.mpf(s), mpmath.mpf(delta)
        tricomi = [
            float(
                c[i]
                / a[i]
                * mpmath.mpf(b[i]) ** shape
                * d ** (shape - 1)
                * mpmath.hyperu(shape, shape, d * b[i])
            )
            for i in range(len(X))
        ]
    np.testing.assert_allclose(dert, tricomi, rtol=1e-11)

    # delta x integral of e^-dt CET(t), with t = e^y: the trapezoidal rule, spectrally accurate.
    y = np.arange(np.log(1e-12 / delta), np.log(60 / delta), 0.02)
    t = np.exp(y)
    curve = np.stack([model.expected_if_alive(float(horizon), X, T) for horizon in t])
    integral = (delta * t * np.exp(-delta * t) * 0.02) @ curve
    np.testing.assert_allclose(dert, integral, rtol=1e-6)


def test_residual_transactions_without_discounting() -> None:
    """For s > 1 the sum over a lifetime has a limit, which small rates approach; otherwise it is refused."""
    model = with_shape(3.0)
    limit = model.discounted_expected_residual_transactions(0.0, X, RECENCY, T)
    near = model.discounted_expected_residual_transactions(1e-9, X, RECENCY, T)
    np.testing.assert_allclose(near, limit, rtol=1e-6)
    np.testing.assert_allclose(model.expected_purchases(1e9, X, RECENCY, T), limit, rtol=1e-6)
    with pytest.raises(Divergent):
        CDNOW.discounted_expected_residual_transactions(0.0, X, RECENCY, T)


@pytest.mark.parametrize("s", [*SHAPES, 2.5])
def test_counts_add_up(s: float) -> None:
    """Identity 5: sum of pmf = 1, sum of n pmf = CET, 1 - pmf(0) = P(active) <= P(alive), new or known."""
    model, n = with_shape(s), np.arange(1500.0)
    for x, t_x, age in [(0.0, 0.0, 0.0), *zip(X.tolist(), RECENCY.tolist(), T.tolist(), strict=True)]:
        pmf = np.exp(model.log_probability_of_purchases(n, 52, x, t_x, age))
        active, alive = model.probability_active(52, x, t_x, age)[0], model.probability_alive(x, t_x, age)[0]
        assert pmf.sum() == pytest.approx(1, abs=1e-10)
        assert n @ pmf == pytest.approx(model.expected_purchases(52, x, t_x, age)[0], rel=1e-8)
        assert 1 - pmf[0] == pytest.approx(active, abs=1e-10)
        assert 0 <= active <= alive <= 1
    np.testing.assert_array_equal(
        model.probability_of_purchases(n[:9], 30),
        np.exp(model.log_probability_of_purchases(n[:9], 30, 0, 0, 0)),
    )


def test_counts_of_a_wholesale_buyer() -> None:
    """The same for 2,000 purchases in two years: the sum of the pmf shows every lost digit."""
    n = np.arange(4000.0)
    pmf = np.exp(CDNOW.log_probability_of_purchases(n, 52, 2000, 103.9, 104))
    assert pmf.sum() == pytest.approx(1, abs=1e-9)
    assert n @ pmf == pytest.approx(CDNOW.expected_purchases(52, 2000, 103.9, 104)[0], rel=1e-8)


@pytest.mark.parametrize(
    ("n", "x", "age", "horizon", "letters"),
    [
        (0, 0, 0, 52, CDNOW.letters),
        (3, 5, 38, 52, CDNOW.letters),
        (40, 0, 0, 200, CDNOW.letters),
        (0, 1590, 0.5, 198, (1.0, 0.067, 6.13, 15.2)),
        (900, 1500, 0.5, 1, (1.0, 0.03, 0.1, 16.0)),
    ],
)
def test_counts_keep_their_digits(
    n: float, x: float, age: float, horizon: float, letters: tuple[float, float, float, float]
) -> None:
    """P(n | alive) against mpmath's quadrature over the moment of leaving, also for thousands of purchases."""
    r, alpha, s, beta = letters
    c, a, b = r + x, alpha + age, beta + age
    with mpmath.workdps(30):

        def log_bought(u: mpmath.mpf) -> mpmath.mpf:
            ways = mpmath.loggamma(c + n) - mpmath.loggamma(c) - mpmath.loggamma(n + 1)
            return ways + n * mpmath.log(u / (a + u)) - c * mpmath.log(1 + u / a)

        def leaves(y: mpmath.mpf) -> mpmath.mpf:
            u = mpmath.exp(y)
            return u * mpmath.exp(log_bought(u) - (s + 1) * mpmath.log(1 + u / b)) * s / b

        end = mpmath.log(horizon)
        left = mpmath.quad(leaves, [end - 60 + k * mpmath.mpf("0.5") for k in range(121)])
        stays = mpmath.exp(log_bought(mpmath.mpf(horizon)) - s * mpmath.log(1 + horizon / b))
        truth = float(mpmath.log(left + stays))
    found = ParetoNbd(*letters).log_pmf_if_alive(
        np.array([float(n)]), horizon, np.array([float(x)]), np.array([float(age)])
    )
    assert found[0] == pytest.approx(truth, abs=1e-10)


def test_no_time_no_purchase() -> None:
    """A horizon of nought: certainly none."""
    assert CDNOW.probability_of_purchases([0, 1, 5], 0).tolist() == pytest.approx([1, 0, 0], abs=1e-14)
    assert CDNOW.probability_active(0, X, RECENCY, T).tolist() == [0, 0, 0, 0]
    assert CDNOW.expected_purchases(0, X, RECENCY, T).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("s", SHAPES)
def test_expected_purchases_rise_ever_more_slowly(s: float) -> None:
    """Identity 5: CET is increasing and concave, and it is the integral of the rate."""
    model, weeks = with_shape(s), np.arange(0.0, 400.0)
    curve = np.stack([model.expected_purchases(float(h), X, RECENCY, T) for h in weeks])
    assert (np.diff(curve[:26], axis=0) > 0).all()
    assert (np.diff(curve, axis=0) > -1e-15 * curve[-1]).all()  # s = 30 leaves nothing to come after years
    assert (np.diff(curve, 2, axis=0) < 1e-12 * curve[-1]).all()
    undiscounted = model.discounted_purchases(52, 0.0, X, RECENCY, T)
    np.testing.assert_allclose(undiscounted, curve[52], rtol=1e-12)


@pytest.mark.parametrize("s", SHAPES)
def test_discounted_year_is_the_integral_of_the_discounted_rate(s: float) -> None:
    """Against the quadrature that models without a form of their own use."""
    model, delta = with_shape(s), np.log(1.1) / YEAR_WEEKS
    by_rate = TransactionModel.discounted_if_alive(model, YEAR_WEEKS, delta, X, T)
    np.testing.assert_allclose(model.discounted_if_alive(YEAR_WEEKS, delta, X, T), by_rate, rtol=1e-9)


def test_a_year_is_worth_less_than_a_lifetime() -> None:
    """Identity 5: clv_12m <= clv; ten lifetimes' worth of years are the lifetime."""
    lifetime = CDNOW.discounted_expected_residual_transactions(0.1, X, RECENCY, T)
    assert (CDNOW.discounted_purchases("12 months", 0.1, X, RECENCY, T) < lifetime).all()
    np.testing.assert_allclose(
        CDNOW.discounted_purchases("300 years", 0.1, X, RECENCY, T), lifetime, rtol=1e-9
    )


def test_one_is_no_special_shape() -> None:
    """At s = 1 the expectation is a logarithm; just beside it nothing jumps."""
    logarithm = (0.55328 + X) * (11.66873 + T) / (10.57768 + T) * np.log1p(52 / (11.66873 + T))
    np.testing.assert_allclose(with_shape(1.0).expected_if_alive(52, X, T), logarithm, rtol=1e-14)
    for s in (1 - 1e-12, 1 + 1e-12, 1 - 1e-7, 1 + 1e-7):
        np.testing.assert_allclose(with_shape(s).expected_if_alive(52, X, T), logarithm, rtol=2e-7)


def test_without_dropout_it_is_the_nbd() -> None:
    """Identity 6: s -> 0."""
    limit, nbd = with_shape(1e-20), Nbd(r=0.55328, alpha=10.57768)
    for ours, theirs in (
        (limit.row_log_likelihood(X, RECENCY, T), nbd.row_log_likelihood(X, RECENCY, T)),
        (limit.expected_purchases(52, X, RECENCY, T), nbd.expected_purchases(52, X, RECENCY, T)),
        (limit.probability_active(52, X, RECENCY, T), nbd.probability_active(52, X, RECENCY, T)),
        (
            limit.discounted_expected_residual_transactions(0.1, X, RECENCY, T),
            nbd.discounted_expected_residual_transactions(0.1, X, RECENCY, T),
        ),
        (limit.probability_of_purchases([0, 3, 9], 52), nbd.probability_of_purchases([0, 3, 9], 52)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8)


def test_next_purchase_quantiles_solve_for_the_time() -> None:
    """Of those who buy within the horizon, q have bought by the q-quantile; it never passes the horizon."""
    for q in (0.25, 0.5, 0.75, 1.0):
        time = CDNOW.next_purchase_quantile_if_alive(q, YEAR_WEEKS, X, T)
        reached = CDNOW.active_if_alive(time, X, T) / CDNOW.active_if_alive(YEAR_WEEKS, X, T)
        np.testing.assert_allclose(reached, q, rtol=1e-10)
        assert (time <= YEAR_WEEKS).all()
