"""BG/NBD and MBG/NBD: derivatives, integrals and identities against brute force."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from evergrove.models import BgNbd, FlatRidge, MbgNbd, Nbd, Summary, TransactionModel
from evergrove.models.beta_geometric_likelihood import CHUNK, Surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.conftest import Simulate, Truth

    from evergrove.models import Floats
    from evergrove.models.beta_geometric import BetaGeometric

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
CDNOW = {BgNbd: (0.2425945, 4.4136019, 0.7929199, 2.4258881), MbgNbd: (0.525, 6.183, 0.891, 1.614)}
PAIR = (BgNbd, MbgNbd)
LETTERS = (
    (0.2425945, 4.4136019, 0.7929199, 2.4258881),
    (1.8914, 45.8272, 0.60237, 1.58237),
    (0.6, 21.0, 1.0, 8.9),  # a = 1: the published CET divides by nought
    (0.3, 3.0, 0.4, 0.6),  # a + b = 1: so does its twin
    (8.0, 9.0, 0.02, 0.05),
)
HISTORIES = (np.array([0.0, 1, 2, 7, 60]), np.array([0.0, 2, 30, 20, 38.5]), np.array([39.0, 39, 39, 27, 39]))

both = pytest.mark.parametrize("kind", PAIR, ids=lambda kind: kind.name)
all_letters = pytest.mark.parametrize("letters", LETTERS, ids=str)


def assert_calibrated(outcome: Floats, expected: Floats) -> None:
    """The mean difference is nought within four standard errors, overall and by tenths of expectation."""
    for rows in (np.arange(len(expected)), *np.array_split(np.argsort(expected, kind="stable"), 10)):
        difference = outcome[rows] - expected[rows]
        assert abs(difference.mean()) <= 4 * difference.std() / np.sqrt(len(rows)) + 1e-12


# -- the likelihood -------------------------------------------------------------------------------


@both
def test_likelihood_is_the_mean_over_rates_and_chances(kind: type[BetaGeometric]) -> None:
    """Brute force in two dimensions: the trapezoidal rule over ln lambda and logit p, spectrally accurate."""
    r, alpha, a, b = 1.7, 6.2, 2.3, 3.1
    model = kind(r, alpha, a, b)
    rate = np.exp(np.arange(-30.0, 4.0, 0.1))[:, None]
    chance = expit(np.arange(-30.0, 20.0, 0.1))[None, :]
    density = 0.1 * rate * stats.gamma.pdf(rate, r, scale=1 / alpha)
    density = density * 0.1 * chance * (1 - chance) * stats.beta.pdf(chance, a, b)
    for x, t_x, T in ((0, 0.0, 0.0), (0, 0.0, 12.0), (1, 3.0, 20.0), (4, 18.0, 20.0), (9, 20.0, 20.0)):
        k = x + model.m
        living = rate**x * np.exp(-rate * T) * (1 - chance) ** k
        left = rate**x * np.exp(-rate * t_x) * chance * (1 - chance) ** (k - 1) if k else 0.0
        brute = np.log((density * (living + left)).sum())
        row = model.row_log_likelihood(np.array([float(x)]), np.array([t_x]), np.array([T]))
        assert row[0] == pytest.approx(brute, rel=1e-10, abs=1e-10)


@both
@all_letters
def test_derivatives_are_exact(kind: type[BetaGeometric], letters: tuple[float, ...], cdnow: Summary) -> None:
    """Gradient and Hessian against central differences of the level below, extrapolated to nought."""
    surface = Surface.over(cdnow.counts(), 1.0, kind.m)
    theta = np.log(letters)
    _value, gradient, hessian = surface(theta)

    def difference(level: int, i: int, h: float) -> Floats:
        step = h * np.eye(4)[i]
        return np.asarray((surface(theta + step)[level] - surface(theta - step)[level]) / (2 * h))

    for i in range(4):
        slope, bend = ((4 * difference(k, i, 5e-4) - difference(k, i, 1e-3)) / 3 for k in (0, 1))
        assert gradient[i] == pytest.approx(float(slope), rel=1e-7, abs=1e-5)
        np.testing.assert_allclose(hessian[i], bend, rtol=1e-7, atol=1e-6)


@both
def test_population_is_the_sum_over_its_customers(kind: type[BetaGeometric], cdnow: Summary) -> None:
    """The fit's surface and the scoring form are one likelihood, also with time scaled."""
    model = kind(*CDNOW[kind])
    rows = model.row_log_likelihood(cdnow.frequency, cdnow.recency, cdnow.T)
    assert model.log_likelihood(cdnow) == pytest.approx(rows.sum(), rel=1e-13)
    scaled = Surface.over(cdnow.counts(), 16.0, kind.m)(np.log(CDNOW[kind]) - [0, np.log(16.0), 0, 0])
    assert scaled[0] - cdnow.frequency.sum() * np.log(16.0) == pytest.approx(rows.sum(), rel=1e-13)


@both
def test_chunks_and_weights_change_nothing(kind: type[BetaGeometric], cdnow: Summary) -> None:
    """Forty copies of CDNOW, as rows in several chunks or as weights, have forty times the derivatives."""
    rows, theta = cdnow.counts(), np.log(LETTERS[1])
    x, t_x, T, weight = (np.repeat(each, 40) for each in (rows.frequency, rows.recency, rows.T, rows.weights))
    copies = Summary(frequency=x, recency=t_x, T=T, weight=weight)
    assert len(copies) > 2 * CHUNK
    once = Surface.over(rows, 1.0, kind.m)(theta)
    for forty in (copies, copies.counts()):
        for one, found in zip(once, Surface.over(forty, 1.0, kind.m)(theta), strict=True):
            np.testing.assert_allclose(np.asarray(found), 40 * np.asarray(one), rtol=1e-12)


@both
def test_days_and_weeks_are_one_model(kind: type[BetaGeometric], cdnow: Summary) -> None:
    """Identity 2: a fit in days has 7 alpha and LL - 2457 ln 7; P(alive), CET and DERT agree to 1e-10."""
    weeks, days = kind.fit(cdnow), kind.fit(cdnow.in_unit("day"))
    assert days.model.unit == "day"
    assert days.model.alpha == pytest.approx(7 * weeks.model.alpha, rel=1e-8)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - 2457 * np.log(7), abs=1e-7)
    assert days.standard_errors["alpha"] == pytest.approx(7 * weeks.standard_errors["alpha"], rel=1e-8)
    by_week, by_day = (cdnow.frequency, cdnow.recency, cdnow.T), (
        cdnow.frequency, cdnow.recency * 7, cdnow.T * 7)  # fmt: skip
    same = kind(weeks.model.r, 7 * weeks.model.alpha, weeks.model.a, weeks.model.b, unit="day")
    for week, day in (
        (weeks.model.probability_alive(*by_week), same.probability_alive(*by_day)),
        (weeks.model.expected_purchases("39 weeks", *by_week), same.expected_purchases(273, *by_day)),
        (
            weeks.model.discounted_expected_residual_transactions(0.1, *by_week),
            same.discounted_expected_residual_transactions(0.1, *by_day),
        ),
    ):
        np.testing.assert_allclose(day, week, rtol=1e-10)


# -- forms ----------------------------------------------------------------------------------------


def mean_over_chances(form: Callable[[Any], Any], a: float, b: float) -> float:
    """E[form(p)] for p ~ Beta(a, b); p = s^(1/a) and 1 - p = s^(1/b) take the poles from either half."""
    half = mpmath.mpf(1) / 2
    low = mpmath.quad(
        lambda s: form(s ** (1 / a)) * (1 - s ** (1 / a)) ** (b - 1) / a, [0, half**a / 64, half**a]
    )
    high = mpmath.quad(
        lambda s: form(1 - s ** (1 / b)) * (1 - s ** (1 / b)) ** (a - 1) / b, [0, half**b / 64, half**b]
    )
    return float((low + high) / mpmath.beta(a, b))


@both
@all_letters
@pytest.mark.parametrize(
    ("x", "T", "u"), [(0.0, 0.0, 1.0), (0.0, 39.0, 52.0), (3.0, 20.0, 400.0), (60.0, 39.0, 10.0)]
)
def test_forms_given_alive_are_means_over_rates_and_chances(
    kind: type[BetaGeometric], letters: tuple[float, ...], x: float, T: float, u: float
) -> None:
    """Expectation, rate, survival and P(active) against mpmath's integral over p, lambda done by hand."""
    model = kind(*letters)
    rho, tau, a, b = model.r + x, model.alpha + T, model.a, model.b + x + model.m
    history = (np.array([x]), np.array([T]))

    def survival(p: Any) -> Any:
        return (1 + p * u / tau) ** -rho

    def rate(p: Any) -> Any:
        return rho / tau * (1 + p * u / tau) ** (-rho - 1)

    def expected(p: Any) -> Any:
        return -mpmath.expm1(-rho * mpmath.log1p(p * u / tau)) / p if p else rho * u / tau

    at_u = np.array([[u]])
    for found, form in (
        (model.survival_if_alive(at_u, *history)[0], survival),
        (model.rate_if_alive(at_u, *history)[0], rate),
        (model.expected_if_alive(u, *history), expected),
    ):
        assert found[0] == pytest.approx(mean_over_chances(form, a, b), rel=1e-8)
    assert model.active_if_alive(u, *history)[0] == pytest.approx(1 - (tau / (tau + u)) ** rho, rel=1e-12)


@both
@all_letters
def test_new_customer_is_one_of_age_nought(kind: type[BetaGeometric], letters: tuple[float, ...]) -> None:
    """Identity 1: CET(t | 0, 0, 0) = E[X(t)], which is the sum of n P(X(t) = n)."""
    model = kind(*letters)
    expected = model.expected_purchases_new(10)
    assert model.expected_purchases(10, 0, 0, 0)[0] == pytest.approx(expected, rel=1e-10)
    n = np.arange(2000)
    p = model.probability_of_purchases(n, 10)
    assert p.sum() == pytest.approx(1, abs=1e-8)
    assert n @ p == pytest.approx(expected, rel=1e-8)


def test_expectation_of_a_new_customer_at_week_ten() -> None:
    """Identity 1, F04 in full."""
    assert BgNbd(*CDNOW[BgNbd]).expected_purchases_new(10) == pytest.approx(0.431758, abs=5e-7)


@both
@all_letters
def test_counts_add_up(kind: type[BetaGeometric], letters: tuple[float, ...]) -> None:
    """Identity 5: sum of pmf = 1, sum of n pmf = CET, 1 - pmf(0) = P(active) <= P(alive), given a history."""
    model = kind(*letters)
    n = np.arange(3000)
    for x, t_x, T in zip(*HISTORIES, strict=True):
        p = np.exp(model.log_probability_of_purchases(n, 26, x, t_x, T))
        assert p.sum() == pytest.approx(1, abs=1e-8)
        assert n @ p == pytest.approx(model.expected_purchases(26, x, t_x, T)[0], rel=1e-8)
        active = model.probability_active(26, x, t_x, T)[0]
        assert 1 - p[0] == pytest.approx(active, abs=1e-10)
        assert 0 <= active <= model.probability_alive(x, t_x, T)[0] <= 1


@both
def test_expected_purchases_rise_ever_more_slowly(kind: type[BetaGeometric]) -> None:
    """Identity 5: CET is increasing and concave, whether the mean has a limit or not."""
    for letters in LETTERS:
        model = kind(*letters)
        curve = np.stack([model.expected_purchases(t, *HISTORIES) for t in np.arange(0, 400, 5.0)])
        slopes = np.diff(curve, axis=0)
        assert (slopes > 0).all()
        assert (np.diff(slopes, axis=0) < 1e-13).all()
        np.testing.assert_array_equal(curve[0], 0.0)


def test_given_alive_mbg_is_bg_with_one_more_stay() -> None:
    """Whoever is alive has not left with the first purchase: b grows by 1."""
    mbg, bg = MbgNbd(0.5, 6.0, 0.9, 1.6), BgNbd(0.5, 6.0, 0.9, 2.6)
    x, _t_x, T = HISTORIES
    for form in ("expected_if_alive", "active_if_alive"):
        np.testing.assert_array_equal(getattr(mbg, form)(26.0, x, T), getattr(bg, form)(26.0, x, T))
    np.testing.assert_array_equal(mbg.residual_if_alive(0.01, x, T), bg.residual_if_alive(0.01, x, T))


@both
def test_without_leaving_it_is_the_nbd(kind: type[BetaGeometric]) -> None:
    """Identity 6: a -> 0."""
    model, nbd = kind(0.385, 12.07, 1e-9, 3.0), Nbd(0.385, 12.07)
    np.testing.assert_allclose(
        model.row_log_likelihood(*HISTORIES), nbd.row_log_likelihood(*HISTORIES), rtol=1e-6, atol=1e-5
    )
    recent = (HISTORIES[0], HISTORIES[2] * (HISTORIES[0] > 0), HISTORIES[2])
    for question in ("expected_purchases", "probability_active"):
        ours, theirs = getattr(model, question)(26, *recent), getattr(nbd, question)(26, *recent)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    ours = model.discounted_expected_residual_transactions(0.1, *recent)
    np.testing.assert_allclose(ours, nbd.discounted_expected_residual_transactions(0.1, *recent), rtol=1e-5)


@both
@pytest.mark.parametrize("at", ["a", "a + b"])
def test_poles_of_the_published_form_are_none(kind: type[BetaGeometric], at: str) -> None:
    """CET and DERT at a = 1, and where a + b + x + m - 1 = 0, lie between their neighbours."""
    neighbours = []
    for off in (-1e-6, 0.0, 1e-6):
        a, b = (1.0 + off, 2.5) if at == "a" else (0.4 + off, 0.6 - kind.m * 0.3)
        model = kind(0.3, 4.0, a, b)
        x, T = np.zeros(3), np.array([0.0, 5.0, 50.0])
        neighbours.append(
            np.stack([model.expected_if_alive(26.0, x, T), model.residual_if_alive(0.002, x, T)])
        )
    below, middle, above = neighbours
    np.testing.assert_allclose(middle, (below + above) / 2, rtol=1e-10)


@pytest.mark.slow
@both
@pytest.mark.parametrize("delta", [1e-5, 0.0018, 0.1, 3.0])
def test_residual_transactions_are_the_integral_over_all_time(
    kind: type[BetaGeometric], delta: float
) -> None:
    """DERT by mpmath's quadrature of the discounted rate, to infinity; tails of years matter at small rates."""
    for letters in LETTERS[:2]:
        model = kind(*letters)
        for x, T in ((0.0, 0.0), (4.0, 39.0)):
            rho, tau, b = model.r + x, model.alpha + T, model.b + x + model.m
            edges = [0, *np.geomspace(1e-3, np.log1p(60 / (delta * tau)), 12)]
            brute = mpmath.quad(
                lambda v, rho=rho, tau=tau, b=b, a=model.a: mpmath.exp(v - delta * tau * mpmath.expm1(v))
                * rho * mpmath.hyp2f1(rho + 1, a, a + b, -mpmath.expm1(v)),
                edges,
            )  # fmt: skip
            found = model.residual_if_alive(delta, np.array([x]), np.array([T]))[0]
            assert found == pytest.approx(float(brute), rel=1e-9)


@both
def test_residual_transactions_do_not_depend_on_their_company(kind: type[BetaGeometric]) -> None:
    """A row's value is the same alone and beside very young and very old customers."""
    model = kind(*CDNOW[kind])
    x, T = np.array([3.0, 3.0, 3.0, 500.0]), np.array([39.0, 0.0, 5000.0, 39.0])
    together = model.residual_if_alive(0.0018, x, T)
    alone = [model.residual_if_alive(0.0018, x[[i]], T[[i]])[0] for i in range(4)]
    np.testing.assert_allclose(together, alone, rtol=1e-11)


@both
def test_next_purchase_quantiles_solve_for_the_time(kind: type[BetaGeometric]) -> None:
    """The closed form is what halving finds; it never passes the horizon."""
    model = kind(*CDNOW[kind])
    x, _t_x, T = HISTORIES
    np.testing.assert_allclose(model.next_purchase_quantile_if_alive(1.0, 52.0, x, T), 52.0, rtol=1e-12)
    for q in (0.25, 0.5, 0.75):
        closed = model.next_purchase_quantile_if_alive(q, 52.0, x, T)
        found = TransactionModel.next_purchase_quantile_if_alive(model, q, 52.0, x, T)
        np.testing.assert_allclose(closed, found, rtol=1e-9)
        assert (closed <= 52 * (1 + 1e-12)).all()


# -- simulated customers --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=PAIR, ids=lambda kind: kind.name)
def simulated(request: pytest.FixtureRequest, simulate: Simulate) -> tuple[BetaGeometric, Truth]:
    """40,000 customers with CDNOW's parameters, seen for 39 weeks and followed for 39 more."""
    model = request.param(*CDNOW[request.param])
    return model, simulate(model, np.full(40_000, 39.0), 39.0, 7)


def test_forecasts_agree_with_what_simulated_customers_did(simulated: tuple[BetaGeometric, Truth]) -> None:
    """Identity 4 for these models: purchases, survivors, active ones and counts, overall and in ten bins."""
    model, truth = simulated
    history = (truth.x, truth.t_x, truth.T)
    assert_calibrated(truth.later, model.expected_purchases(39, *history))
    assert_calibrated(truth.alive, model.probability_alive(*history))
    assert_calibrated((truth.later > 0).astype(float), model.probability_active(39, *history))
    for n in range(4):
        p = np.exp(model.log_probability_of_purchases(n, 39, *history))
        assert_calibrated((truth.later == n).astype(float), p)
    total = truth.x + model.expected_purchases(39, *history)
    assert abs(total.mean() - model.expected_purchases_new(78)) < 4 * total.std() / np.sqrt(len(total))


@pytest.mark.slow
@both
def test_intervals_cover_the_parameters_that_made_the_data(
    kind: type[BetaGeometric], simulate: Simulate
) -> None:
    """
    Identity 7: 95 % Wald intervals on log parameters cover 91-98 % over 300 data sets of 3,000 customers.

    By default 60 data sets, where four standard errors of the share (.95) allow no less than 84 %.
    """
    sets = 300 if PROVE else 60
    model = kind(0.8, 6.3, 0.6, 2.0)
    theta = np.log([model.r, model.alpha, model.a, model.b])
    ages = np.random.default_rng(11).uniform(52, 104, 3000)
    covered = np.zeros((sets, 4))
    for seed in range(sets):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FlatRidge)
            fit = kind.fit(simulate(model, ages, 0.0, 1000 + seed).summary)
        found = np.log([fit.model.r, fit.model.alpha, fit.model.a, fit.model.b])
        errors = np.sqrt(np.diag(fit.log_covariance))
        covered[seed] = np.abs(found - theta) < 1.96 * errors
        assert fit.warnings or (errors < 2).all(), "a flat fit passed silently"
    shares = covered.mean(axis=0)
    if PROVE:
        assert ((shares >= 0.91) & (shares <= 0.98)).all()
    else:
        assert (shares >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / sets)).all()


@both
def test_where_nobody_leaves_the_chances_are_called_flat(kind: type[BetaGeometric]) -> None:
    """Poisson buyers who all stay: a and b have nothing to learn from, and the fit says so."""
    random = np.random.default_rng(2)
    x = random.poisson(random.gamma(2.0, 1 / 5.0, 2000) * 52).astype(float)
    t_x = np.where(x > 0, 52 * random.uniform(size=2000) ** (1 / np.maximum(x, 1)), 0.0)
    with pytest.warns(FlatRidge):
        fit = kind.fit(Summary(frequency=x, recency=t_x, T=np.full(2000, 52.0)))
    assert fit.model.a / (fit.model.a + fit.model.b) < 1e-3
    assert fit.model.r / fit.model.alpha == pytest.approx(x.mean() / 52, rel=0.02)
