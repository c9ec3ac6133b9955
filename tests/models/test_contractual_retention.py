"""sBG and BdW against their papers, against each other, and against sums taken the long way."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import TYPE_CHECKING

import mpmath
import numpy as np
import pytest

from evergrove.models import FlatRidge
from evergrove.models.contractual import (
    BetaDiscreteWeibull,
    ShiftedBetaGeometric,
    Tenures,
    beta_discrete_weibull,
    shifted_beta_geometric,
)
from evergrove.models.contractual.estimate import Renewals
from evergrove.models.contractual.gamma_steps import (
    digamma_step,
    log_gamma_bend,
    trigamma,
    trigamma_step,
)
from evergrove.models.contractual.periods import NotWholePeriods, rate_per_period
from evergrove.models.contractual.retention_model import EndlessLifetime
from evergrove.models.contractual.tenures import NothingToLearn
from evergrove.models.types import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.models.contractual import RetentionModel
    from evergrove.models.maximise import Objective

HIGH_END = ShiftedBetaGeometric(0.668, 3.806)  # F77
WEIBULL = BetaDiscreteWeibull(0.2143, 1.4266, 1.7236)  # F79, high-end
MONTHLY = ShiftedBetaGeometric(1.4, 20.0, period="month")


def cohorts(path: Path) -> dict[str, list[float]]:
    """A long table (cohort, period, count) as survivors by cohort."""
    found: dict[str, list[float]] = defaultdict(list)
    with path.open(encoding="utf-8") as stream:
        for cohort, _period, count in list(csv.reader(stream))[1:]:
            found[cohort].append(float(count))
    return dict(found)


@pytest.fixture(scope="module")
def papers(shared: Callable[[str], Path]) -> dict[str, Tenures]:
    """The two segments of Fader and Hardie (2007), years 0 to 7, per 1,000."""
    table = cohorts(shared("clv/retention_sbg_0_7.csv"))
    return {name: Tenures.from_survivors(counts, period="year") for name, counts in table.items()}


def long_sum(model: RetentionModel, rate: float, n: int, terms: int) -> float:
    """DERL term by term, from ``survival`` alone."""
    t = np.arange(terms)
    kept = model.survival(n + t) / model.survival(n - 1)
    return float((kept / (1 + rate_per_period(rate, model.period)) ** t).sum())


# -- what the papers print ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("segment", "alpha", "beta", "log_likelihood", "at_year_12"),
    [("highend", 0.668, 3.806, -1611.16, 0.378), ("regular", 0.704, 1.182, -1680.27, 0.170)],
)
def test_sbg_is_the_published_one(
    papers: dict[str, Tenures],
    segment: str,
    alpha: float,
    beta: float,
    log_likelihood: float,
    at_year_12: float,
) -> None:
    """F77 and F78."""
    fit = ShiftedBetaGeometric.fit(papers[segment])
    assert fit.model.alpha == pytest.approx(alpha, rel=1e-3)
    assert fit.model.beta == pytest.approx(beta, rel=5e-3)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.01)
    assert fit.model.log_likelihood(papers[segment]) == pytest.approx(fit.log_likelihood, rel=1e-12)
    assert fit.model.survival(12)[0] == pytest.approx(at_year_12, abs=5e-4)
    assert (fit.customers, fit.warnings) == (1000, ())


@pytest.mark.parametrize(
    ("segment", "parameters", "log_likelihood"),
    [("highend", (0.2143, 1.4266, 1.7236), -1605.31), ("regular", (0.4556, 0.7793, 1.2835), -1679.60)],
)
def test_bdw_is_the_published_one(
    papers: dict[str, Tenures], segment: str, parameters: tuple[float, ...], log_likelihood: float
) -> None:
    """F79."""
    fit = BetaDiscreteWeibull.fit(papers[segment])
    alpha, *others = parameters
    assert fit.model.alpha == pytest.approx(alpha, rel=1e-3)
    np.testing.assert_allclose([fit.model.beta, fit.model.c], others, rtol=1e-3)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.01)
    assert fit.model.log_likelihood(papers[segment]) == pytest.approx(fit.log_likelihood, rel=1e-12)


def test_residual_lifetimes_are_the_published_ones() -> None:
    """F81: just before the n-th renewal falls due, that payment undiscounted."""
    found = HIGH_END.discounted_expected_residual_lifetime(0.1, [1, 2, 3, 4, 5])
    np.testing.assert_allclose(found, [5.4149, 5.9018, 6.2943, 6.6203, 6.8971], atol=5e-5)


def test_residual_lifetimes_of_both_cases_of_the_paper() -> None:
    """Fader and Hardie (2010), table 3; its parameters are rounded, which shows in case 2."""
    case_1 = ShiftedBetaGeometric(3.80, 15.20).discounted_expected_residual_lifetime(0.1, np.arange(1, 6))
    np.testing.assert_allclose(case_1, [3.31, 3.45, 3.59, 3.72, 3.84], atol=0.005)
    case_2 = ShiftedBetaGeometric(0.067, 0.267).discounted_expected_residual_lifetime(0.1, np.arange(1, 6))
    np.testing.assert_allclose(case_2, [7.68, 9.46, 9.86, 10.06, 10.19], atol=0.01)


def test_cohorts_pooled_give_the_published_population(shared: Callable[[str], Path]) -> None:
    """Fader and Hardie (2010), case 1: four cohorts of different ages, alpha 3.80, beta 15.20."""
    table = cohorts(shared("clv/retention_multicohort.csv"))
    pooled = Tenures.from_survivors(table, period="year")
    fit = ShiftedBetaGeometric.fit(pooled)
    assert fit.model.alpha == pytest.approx(3.80, abs=0.005)
    assert fit.model.beta == pytest.approx(15.20, abs=0.01)
    apart = sum(
        fit.model.log_likelihood(Tenures.from_survivors(counts, period="year")) for counts in table.values()
    )
    assert fit.log_likelihood == pytest.approx(apart, rel=1e-12)


# -- identities -----------------------------------------------------------------------------------


def test_bdw_without_a_memory_is_sbg() -> None:
    """Identity 6: at c = 1 every answer is the same, by another road."""
    for alpha, beta in ((0.668, 3.806), (3.8, 15.2), (1e-3, 1e-2), (900.0, 4e4)):
        one, other = ShiftedBetaGeometric(alpha, beta), BetaDiscreteWeibull(alpha, beta, 1.0)
        t, n = np.array([0, 1, 2, 7, 100, 5000]), [1, 2, 60]
        np.testing.assert_allclose(other.survival(t), one.survival(t), rtol=1e-11)
        np.testing.assert_allclose(other.hazard(t[1:]), one.hazard(t[1:]), rtol=1e-11)
        for ask in ("discounted_expected_residual_lifetime", "retention_elasticity"):
            expected = getattr(one, ask)(0.07, n)
            np.testing.assert_allclose(getattr(other, ask)(0.07, n), expected, rtol=1e-11)


def test_bdw_without_a_memory_has_sbg_s_likelihood(papers: dict[str, Tenures]) -> None:
    """Identity 6 for the surfaces: value and gradient in alpha and beta."""
    renewals = Renewals.of(papers["regular"])
    value, gradient, hessian = shifted_beta_geometric.surface(renewals)(np.log([0.7, 1.2]))
    same, longer, wider = beta_discrete_weibull.surface(renewals)(np.log([0.7, 1.2, 1.0]))
    assert same == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(longer[:2], gradient, rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(wider[:2, :2], hessian, rtol=1e-9, atol=1e-8)


def test_retention_of_sbg_is_as_printed() -> None:
    """r_t = (beta + t - 1) / (alpha + beta + t - 1), and S is their product."""
    t = np.arange(1, 31)
    expected = (3.806 + t - 1) / (0.668 + 3.806 + t - 1)
    np.testing.assert_allclose(HIGH_END.retention(t), expected, rtol=1e-13)
    np.testing.assert_allclose(HIGH_END.survival(t), np.cumprod(expected), rtol=1e-12)
    np.testing.assert_allclose(HIGH_END.hazard(t), 1 - expected, rtol=1e-12)


def test_survival_of_bdw_is_a_ratio_of_beta_functions() -> None:
    """S(t) = B(alpha, beta + t^c) / B(alpha, beta) in fifty digits."""
    with mpmath.workdps(50):
        expected = [
            float(mpmath.beta(0.2143, 1.4266 + mpmath.mpf(t) ** 1.7236) / mpmath.beta(0.2143, 1.4266))
            for t in (0, 1, 2, 10, 400)
        ]
    np.testing.assert_allclose(WEIBULL.survival([0, 1, 2, 10, 400]), expected, rtol=1e-12)


def test_survival_given_a_tenure_is_a_ratio() -> None:
    """P(t more | tenure) = S(tenure + t) / S(tenure), and nobody is lost in no time."""
    for model in (HIGH_END, WEIBULL):
        expected = model.survival([8, 9, 30]) / model.survival(5)
        np.testing.assert_allclose(model.survival([3, 4, 25], tenure=5), expected, rtol=1e-12)
        np.testing.assert_array_equal(model.survival(0, tenure=[0, 3, 900]), 1.0)


def test_residual_lifetimes_the_long_way() -> None:
    """Sums of thousands of terms, at yearly and monthly renewal; (1 + d) to the month is a twelfth."""
    for model, rate, terms in (
        (HIGH_END, 0.1, 400),
        (WEIBULL, 0.1, 400),
        (MONTHLY, 0.08, 6000),
        (BetaDiscreteWeibull(1.5, 30.0, 0.6, period="month"), 0.25, 3000),
    ):
        for n in (1, 13):
            expected = long_sum(model, rate, n, terms)
            found = model.discounted_expected_residual_lifetime(rate, n)[0]
            assert found == pytest.approx(expected, rel=1e-10)


def test_residual_lifetimes_of_sbg_are_gauss_s_function() -> None:
    """2F1 as printed, in thirty digits."""
    with mpmath.workdps(30):
        for n, rate in ((1, 0.1), (4, 1e-3), (30, 2.0)):
            b, c = 3.806 + n, 0.668 + 3.806 + n
            expected = float((b - 1) / (c - 1) * mpmath.hyp2f1(1, b, c, 1 / (1 + mpmath.mpf(rate))))
            assert HIGH_END.residual(n, rate, 0) == pytest.approx(expected, rel=1e-11)


def brute(model: BetaDiscreteWeibull, n: int, rate: float, rank: int, terms: int) -> float:
    """The sum of ``residual``, term by term; at rate 0 the rest by the power that S becomes."""
    total = 0.0
    for start in range(0, terms, 100_000):
        t = np.arange(start, min(start + 100_000, terms), dtype=float)
        kept = np.exp(model.log_kept(np.full_like(t, n - 1.0), n + t))
        total += float(((1 + t) ** rank * kept * np.exp(-np.log1p(rate) * t)).sum())
    if rate == 0:
        decay = model.alpha * model.c - rank
        last = np.exp(model.log_kept(np.array([n - 1.0]), np.array([n + terms - 0.5])))[0]
        total += float(last * (terms + 0.5) ** rank * (n + terms - 0.5) / (decay - 1))
    return total


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_long_tails_of_bdw_are_summed_to_the_end(rank: int) -> None:
    """Rates down to a ten-thousandth and to nought, against half a million terms."""
    cases = (
        (BetaDiscreteWeibull(0.5, 2.0, 1.0), 1e-4),
        (BetaDiscreteWeibull(8.0, 30.0, 0.3), 1e-4),
        (BetaDiscreteWeibull(2e-3, 0.1, 3.0), 1e-4),
        (BetaDiscreteWeibull(3.0, 5.0, 1.6), 0.0),
        (BetaDiscreteWeibull(1.9, 2.0, 2.0), 0.0),
        (BetaDiscreteWeibull(2.0, 10.0, 20.0), 0.0),
    )
    for model, rate in cases:
        expected = brute(model, 7, rate, rank, 500_000)
        assert model.residual(7, rate, rank) == pytest.approx(expected, rel=1e-9)


def test_undiscounted_lifetimes() -> None:
    """E[T] = (alpha + beta - 1) / (alpha - 1) where alpha > 1, and the variance's sum where alpha > 2."""
    model = ShiftedBetaGeometric(3.8, 15.2)
    assert model.expected_lifetime()[0] == pytest.approx(18 / 2.8, rel=1e-12)
    same = BetaDiscreteWeibull(3.8, 15.2, 1.0)
    assert same.expected_lifetime()[0] == pytest.approx(18 / 2.8, rel=1e-10)
    for n in (1, 6):
        expected = same.residual(n, 0.0, 1)
        assert model.residual(n, 0.0, 1) == pytest.approx(expected, rel=1e-10)


def test_lifetimes_within_a_horizon() -> None:
    """A sum of survival; "2 years" of a monthly model are 24 periods; half a period counts half."""
    kept = MONTHLY.survival(np.arange(24), tenure=6)
    assert MONTHLY.expected_lifetime("2 years", tenure=6)[0] == pytest.approx(kept.sum(), rel=1e-12)
    ten = MONTHLY.expected_lifetime(10)[0]
    assert MONTHLY.expected_lifetime(10.5)[0] == pytest.approx(ten + MONTHLY.survival(10)[0] / 2)
    assert MONTHLY.expected_lifetime(0)[0] == 0
    assert MONTHLY.expected_lifetime(1)[0] == 1


def test_a_new_customer_s_lifetime_counts_the_first_payment() -> None:
    """Sum of S(t) / (1 + d)^t from t = 0 on."""
    t = np.arange(400)
    expected = (HIGH_END.survival(t) / 1.1**t).sum()
    assert HIGH_END.discounted_expected_lifetime(0.1) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("model", [HIGH_END, WEIBULL, MONTHLY])
def test_elasticity_is_a_derivative(model: RetentionModel) -> None:
    """All retention rates raised and lowered by a millionth, the long way."""
    d, step = rate_per_period(0.1, model.period), 1e-6

    def derl(change: float) -> float:
        rates = model.retention(np.arange(3, 6000)) * (1 + change)
        return float((np.cumprod(rates) / (1 + d) ** np.arange(len(rates))).sum())

    expected = (np.log(derl(step)) - np.log(derl(-step))) / (2 * step)
    assert model.retention_elasticity(0.1, 3)[0] == pytest.approx(expected, rel=1e-7)


def test_elasticity_of_equal_customers_is_the_textbook_one() -> None:
    """Where customers hardly differ it is (1 + d) / (1 + d - r): 5.5 at r = 0.9, d = 0.1."""
    alike = ShiftedBetaGeometric(1e9, 9e9)
    assert alike.retention_elasticity(0.1)[0] == pytest.approx(1.1 / 0.2, rel=1e-6)


# -- what is refused, and in which words ------------------------------------------------------------


def test_endless_lifetimes_are_refused() -> None:
    """At rate 0 with alpha <= 1 the sum has no limit; the sentence says what to do."""
    for model in (HIGH_END, WEIBULL):
        with pytest.raises(EndlessLifetime, match="Give a rate above 0"):
            model.discounted_expected_residual_lifetime(0.0)
        with pytest.raises(EndlessLifetime, match="ask expected_lifetime for a horizon"):
            model.expected_lifetime()
    with pytest.raises(EndlessLifetime):
        ShiftedBetaGeometric(1.5, 3.0).retention_elasticity(0.0)


def test_periods_are_whole() -> None:
    """Between two renewals nobody leaves; the first renewal is number 1."""
    with pytest.raises(NotWholePeriods, match=r"t = 1\.5"):
        HIGH_END.survival(1.5)
    with pytest.raises(NotWholePeriods, match="renewal = 0 is not a whole number of periods from 1 on"):
        HIGH_END.discounted_expected_residual_lifetime(0.1, 0)


def test_parameters_are_positive() -> None:
    """Both models, each parameter."""
    with pytest.raises(InvalidParameter):
        ShiftedBetaGeometric(0.0, 1.0)
    with pytest.raises(InvalidParameter):
        BetaDiscreteWeibull(1.0, 1.0, -1.0)


@pytest.mark.parametrize("model", [ShiftedBetaGeometric, BetaDiscreteWeibull])
def test_a_curve_needs_some_who_left_and_some_who_stayed(model: type[RetentionModel]) -> None:
    """Nobody lost, all lost at once; all lost in the end is a curve."""
    fit = model.fit  # type: ignore[attr-defined]
    with pytest.raises(NothingToLearn, match="somebody has left fails"):
        fit(Tenures.from_survivors([50, 50, 50], period="year"))
    with pytest.raises(NothingToLearn, match="somebody has stayed for a period fails"):
        fit(Tenures.from_survivors([50, 0], period="year"))
    with pytest.warns(FlatRidge):
        fit(Tenures.from_survivors([50, 25, 0], period="year"))


def test_a_single_renewal_is_called_flat() -> None:
    """One retention rate cannot tell how customers differ."""
    with pytest.warns(FlatRidge, match="do not pin down a, b;") as caught:
        fit = ShiftedBetaGeometric.fit(Tenures.from_survivors([100, 80], period="year"))
    assert caught[0].filename == __file__
    assert fit.model.survival(1)[0] == pytest.approx(0.8, abs=1e-6)


def test_customers_who_do_not_differ_are_called_flat() -> None:
    """At a constant retention rate alpha and beta run to infinity together, and the curve is right."""
    counts = [1000 * 0.8**t for t in range(8)]
    with pytest.warns(FlatRidge):
        fit = ShiftedBetaGeometric.fit(Tenures.from_survivors(counts, period="year"))
    np.testing.assert_allclose(fit.model.survival(np.arange(8)), np.array(counts) / 1000, atol=1e-3)


# -- numbers that hold ------------------------------------------------------------------------------


def test_answers_do_not_depend_on_who_else_is_asked_about() -> None:
    """One at a time, all at once, in another order: the same bits."""
    n = np.array([3, 1, 400, 2, 3, 57])
    for model in (HIGH_END, WEIBULL, MONTHLY):
        for ask in (model.discounted_expected_residual_lifetime, model.retention_elasticity):
            together = ask(0.1, n)
            assert together.tolist() == [ask(0.1, one)[0] for one in n]
            assert together[::-1].tolist() == ask(0.1, n[::-1]).tolist()
        together = model.expected_lifetime(36, tenure=n)
        assert together.tolist() == [model.expected_lifetime(36, tenure=one)[0] for one in n]


def test_extreme_parameters_give_finite_answers() -> None:
    """From a millionth to a million in every parameter: probabilities in [0, 1], DERL within its bounds."""
    powers = (1e-6, 1.0, 1e6)
    models: list[RetentionModel] = [ShiftedBetaGeometric(a, b) for a in powers for b in powers]
    models += [BetaDiscreteWeibull(a, b, c) for a in powers for b in powers for c in (0.01, 0.3, 100.0)]
    t = np.array([1, 2, 10, 1000, 100_000])
    for model in models:
        for values in (model.survival(t), model.hazard(t), model.survival(t, tenure=500)):
            assert ((values >= 0) & (values <= 1)).all()
        for rate in (1e-3, 0.1, 10.0):
            derl = model.discounted_expected_residual_lifetime(rate, [1, 50])
            assert ((derl >= 0) & (derl <= (1 + rate) / rate * (1 + 1e-12))).all()


def test_differences_of_gamma_functions_keep_their_digits() -> None:
    """Against sixty digits, where the functions themselves agree in twelve."""
    with mpmath.workdps(60):
        for x, a, w in (
            (0.01, 0.3, 1.0),
            (3.8, 1e-4, 1.0),
            (1e5, 1e5, 1.0),
            (2e9, 0.7, 3.0),
            (40.0, 1e7, 9.0),
        ):
            X, A, W = mpmath.mpf(x), mpmath.mpf(a), mpmath.mpf(w)
            g = mpmath.loggamma
            bend = g(X + A + W) - g(X + A) - g(X + W) + g(X)
            one = np.array([x])
            assert log_gamma_bend(one, a, np.array([w]))[0] == pytest.approx(float(bend), rel=1e-13)
            step = mpmath.digamma(X + A) - mpmath.digamma(X)
            assert digamma_step(one, a)[0] == pytest.approx(float(step), rel=1e-13)
            fall = mpmath.psi(1, X) - mpmath.psi(1, X + A)
            assert trigamma_step(one, a)[0] == pytest.approx(float(fall), rel=1e-12)
            assert trigamma(one)[0] == pytest.approx(float(mpmath.psi(1, X)), rel=1e-13)


@pytest.mark.parametrize(
    ("surface", "points"),
    [
        (shifted_beta_geometric.surface, [(0.7, 1.2), (30.0, 100.0), (0.02, 0.1)]),
        (beta_discrete_weibull.surface, [(0.7, 1.2, 1.3), (30.0, 100.0, 0.4), (0.02, 0.1, 5.0)]),
    ],
)
def test_derivatives_are_exact(
    papers: dict[str, Tenures],
    surface: Callable[[Renewals], Objective],
    points: list[tuple[float, ...]],
) -> None:
    """Gradient and Hessian against central differences of the level below."""
    objective = surface(Renewals.of(papers["highend"]))
    for point in points:
        theta = np.log(point)
        _value, gradient, hessian = objective(theta)
        for i, h in enumerate(1e-5 * np.eye(len(theta))):
            up, down = objective(theta + h), objective(theta - h)
            slope = (up[0] - down[0]) / 2e-5
            bend = (up[1] - down[1]) / 2e-5
            assert gradient[i] == pytest.approx(slope, rel=1e-6, abs=1e-3)
            np.testing.assert_allclose(hessian[i], bend, rtol=1e-6, atol=1e-3)


def test_following_that_began_late_is_conditioned_on() -> None:
    """Delayed entry divides each likelihood by S(entry)."""
    entry, tenure = np.array([2.0, 0.0, 5.0, 1.0]), np.array([3.0, 4.0, 9.0, 1.0])
    churned = np.array([True, False, True, False])
    late = HIGH_END.log_likelihood(Tenures(tenure, churned, period="year", entry=entry))
    from_the_start = HIGH_END.log_likelihood(Tenures(tenure, churned, period="year"))
    assert late == pytest.approx(from_the_start - np.log(HIGH_END.survival(entry)).sum(), rel=1e-12)


def test_the_order_of_rows_changes_nothing() -> None:
    """Rows permuted, and rows joined into weights: the same fit."""
    random = np.random.default_rng(4)
    stayed = random.geometric(random.beta(0.7, 3.0, 400)).astype(float)
    tenure, churned = np.minimum(stayed, 8.0), stayed <= 8
    fit = ShiftedBetaGeometric.fit(Tenures(tenure, churned, period="month"))
    order = random.permutation(400)
    assert ShiftedBetaGeometric.fit(Tenures(tenure[order], churned[order], period="month")).model == fit.model
    cells, counts = np.unique(np.stack((tenure, churned)), axis=1, return_counts=True)
    weight = counts.astype(float)
    joined = Tenures(cells[0], cells[1].astype(bool), period="month", weight=weight)
    assert ShiftedBetaGeometric.fit(joined).model == fit.model


def test_the_fit_carries_the_period(papers: dict[str, Tenures]) -> None:
    """The same counts by the month: the same shapes, and a rate discounted a twelfth as fast."""
    yearly = ShiftedBetaGeometric.fit(papers["highend"]).model
    counts = [1000, 869, 743, 653, 593, 551, 517, 491]
    monthly = ShiftedBetaGeometric.fit(Tenures.from_survivors(counts, period="month")).model
    assert (monthly.period, yearly.period) == ("month", "year")
    assert (monthly.alpha, monthly.beta) == (yearly.alpha, yearly.beta)
    by_the_month = monthly.discounted_expected_residual_lifetime(1.1**12 - 1)
    assert by_the_month[0] == pytest.approx(yearly.discounted_expected_residual_lifetime(0.1)[0], rel=1e-12)
