"""Cohorts that borrow strength: limits in which the answer is known, for every model."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.models import BgNbd, MbgNbd, Nbd, ParetoNbd, Summary
from evergrove.models.pooled import FewCohorts, NoCohorts, fit_cohorts
from evergrove.models.regular import MbgCnbd

if TYPE_CHECKING:
    from evergrove.models import TransactionModel
    from evergrove.models.pooled import CohortFit

YEAR = "12 months"


def simulated(model: ParetoNbd, customers: int, seed: int) -> Summary:
    """Customers of 30 to 60 weeks, in whole days."""
    random = np.random.default_rng(seed)
    T = random.integers(210, 420, customers) / 7
    rate = random.gamma(model.r, 1 / model.alpha, customers)
    lifetime = random.exponential(1 / random.gamma(model.s, 1 / model.beta, customers))
    seen = np.minimum(lifetime, T)
    x = random.poisson(rate * seen).astype(float)
    last = np.minimum(np.ceil(7 * seen * random.uniform(size=customers) ** (1 / np.maximum(x, 1))) / 7, T)
    return Summary(frequency=x, recency=np.where(x > 0, last, 0.0), T=T)


@pytest.fixture(scope="module")
def cohorts() -> dict[str, Summary]:
    """Five cohorts, of 5 to 3,000 customers, whose rates differ; the last has no history at all."""
    alphas = {5: 8.0, 40: 14.0, 300: 7.0, 1000: 9.0, 3000: 18.0}
    drawn = {
        f"of {n}": simulated(ParetoNbd(r=0.55, alpha=alpha, s=0.6, beta=11.7), n, seed=n)
        for n, alpha in alphas.items()
    }
    return drawn | {"new": Summary(frequency=np.zeros(9), recency=np.zeros(9), T=np.zeros(9))}


@pytest.fixture(scope="module")
def fit(cohorts: dict[str, Summary]) -> CohortFit[ParetoNbd]:
    """Their fit."""
    return fit_cohorts(ParetoNbd, cohorts)


def letters(model: TransactionModel) -> list[float]:
    """Its parameters."""
    return [getattr(model, name) for name in model.parameters]


def test_who_has_no_history_gets_the_populations_values(fit: CohortFit[ParetoNbd]) -> None:
    """And it says why there is no fit of that cohort alone."""
    new = fit.cohorts["new"]

    assert letters(new.model) == pytest.approx(letters(fit.population), rel=1e-6)
    assert new.weight == pytest.approx(0, abs=1e-9)
    assert new.alone is None
    assert new.why_not_alone is not None
    assert new.why_not_alone.code == "models.no_repeats"


def test_five_customers_get_finite_values_between_theirs_and_those_of_all(
    fit: CohortFit[ParetoNbd],
) -> None:
    """With an interval narrower than their own."""
    small = fit.cohorts["of 5"]
    found = small.expected_purchases_new(YEAR)

    assert np.isfinite([*letters(small.model), *found]).all()
    assert 0 < small.weight < 0.5
    assert found.high / found.low < 6


def test_a_large_cohort_keeps_its_own(fit: CohortFit[ParetoNbd]) -> None:
    """3,000 customers move by less than a twentieth of the way to all others."""
    large = fit.cohorts["of 3000"]
    assert large.alone is not None
    alone = large.alone.model.expected_purchases_new(YEAR)
    everybody = fit.population.expected_purchases_new(YEAR)

    moved = large.model.expected_purchases_new(YEAR) - alone

    assert abs(everybody - alone) > 0.1 * alone
    assert abs(moved) < 0.05 * abs(everybody - alone)
    assert large.weight > 0.9


def test_weights_grow_with_the_cohort(fit: CohortFit[ParetoNbd]) -> None:
    """From none to nearly all."""
    weights = [fit.cohorts[name].weight for name in ("new", "of 5", "of 40", "of 300", "of 1000", "of 3000")]

    assert weights == sorted(weights)


def test_cohorts_that_differ_are_found_to_differ(fit: CohortFit[ParetoNbd]) -> None:
    """By the test, and by the spread with its interval; five cohorts could be fitted alone."""
    assert fit.identified
    assert fit.differ is not None
    assert (fit.differ.cohorts, fit.differ.df) == (5, 16)
    assert fit.differ.p_value < 0.001
    assert fit.spread is not None
    assert 0 < fit.spread.low < fit.spread.sd < fit.spread.high


def test_the_order_of_cohorts_plays_no_part(cohorts: dict[str, Summary], fit: CohortFit[ParetoNbd]) -> None:
    """Backwards the same: the search settles to five digits."""
    backwards = fit_cohorts(ParetoNbd, dict(reversed(cohorts.items())))

    for name, cohort in fit.cohorts.items():
        assert letters(backwards.cohorts[name].model) == pytest.approx(letters(cohort.model), rel=1e-4)


def test_the_unit_of_time_plays_no_part(cohorts: dict[str, Summary], fit: CohortFit[ParetoNbd]) -> None:
    """In days the same purchases are expected; alpha and beta are seven times as long."""
    days = fit_cohorts(ParetoNbd, {name: each.in_unit("day") for name, each in cohorts.items()})

    for name, cohort in fit.cohorts.items():
        there = days.cohorts[name]
        assert there.model.alpha == pytest.approx(7 * cohort.model.alpha, rel=1e-4)
        assert there.expected_purchases_new(YEAR) == pytest.approx(
            cohort.expected_purchases_new(YEAR), rel=1e-4
        )


def test_one_cohort_three_times_is_one_cohort(cohorts: dict[str, Summary]) -> None:
    """No difference at all: everybody gets the pooled fit, but for the weak prior of its mean."""
    fit = fit_cohorts(ParetoNbd, dict.fromkeys("abc", cohorts["of 1000"]))

    assert fit.spread is not None
    assert fit.spread.sd == pytest.approx(0, abs=1e-4)
    assert fit.differ is not None
    assert fit.differ.statistic == pytest.approx(0, abs=1e-6)
    for cohort in fit.cohorts.values():
        assert letters(cohort.model) == pytest.approx(letters(fit.pooled.model), rel=0.02)
        assert cohort.expected_purchases_new(YEAR).value == pytest.approx(
            fit.expected_purchases_new(YEAR).value, rel=1e-3
        )
        assert cohort.log_covariance == pytest.approx(fit.mean_covariance, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("model", [BgNbd, MbgNbd, Nbd, MbgCnbd])
def test_every_model_can_be_pooled(model: type[TransactionModel], cohorts: dict[str, Summary]) -> None:
    """What comes out is JSON, and each estimate lies within the intervals of its kind."""
    some = {name: cohorts[name] for name in ("of 5", "of 40", "of 300", "of 1000")}
    constants: dict[str, Any] = {"k": 2} if model is MbgCnbd else {}

    fit = fit_cohorts(model, some, **constants)

    assert json.loads(json.dumps(fit.as_dict(), allow_nan=False))["model"] == model.name
    for cohort in fit.cohorts.values():
        assert type(cohort.model) is model
        found = cohort.expected_purchases_new(YEAR)
        assert 0 < found.low < found.value < found.high < 20
        if constants:
            assert cohort.model.as_dict()["k"] == 2
    assert (fit.differ is None) == bool(constants)  # of regular timing the likelihood needs the intervals


def test_two_cohorts_do_not_tell_how_much_cohorts_differ(cohorts: dict[str, Summary]) -> None:
    """Both get the pooled fit, in words; one without history does not count."""
    two = {name: cohorts[name] for name in ("of 300", "of 1000", "new")}

    with pytest.warns(FewCohorts, match="2 cohorts have some history, and it takes 3"):
        fit = fit_cohorts(ParetoNbd, two)

    assert not fit.identified
    assert fit.spread is None
    assert fit.differ is not None
    assert fit.differ.df == 4
    assert all(cohort.model == fit.pooled.model for cohort in fit.cohorts.values())
    assert fit.as_dict()["warnings"] == ["models.few_cohorts"]


def test_one_cohort_has_none_to_differ_from(cohorts: dict[str, Summary]) -> None:
    """And its own fit is the pooled one."""
    with pytest.warns(FewCohorts):
        fit = fit_cohorts(ParetoNbd, {"of 300": cohorts["of 300"]})

    assert fit.differ is None
    assert fit.pooled.log_likelihood == pytest.approx(
        ParetoNbd.fit(cohorts["of 300"]).log_likelihood, abs=1e-6
    )


def test_no_cohort_is_an_error() -> None:
    """There is nothing to fit."""
    with pytest.raises(NoCohorts):
        fit_cohorts(ParetoNbd, {})


def test_ridges_of_single_cohorts_are_held_by_the_others(cohorts: dict[str, Summary]) -> None:
    """BG/NBD on forty customers lies on a ridge; no warning, and a prior that keeps it near the others."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_cohorts(BgNbd, {name: cohorts[name] for name in ("of 5", "of 40", "of 300", "of 1000")})

    flat = [c.alone for c in fit.cohorts.values() if c.alone is not None and c.alone.warnings]
    assert flat
    for cohort in fit.cohorts.values():
        assert cohort.model.b < 10 * fit.population.b
