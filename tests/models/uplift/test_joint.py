"""Effects of all offers learned together: simulated truth, another implementation, identities, proof on others."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.conftest import absent

from evergrove.models.learned import WrongFeatures, ml_here
from evergrove.models.uplift import JointEffects, Moments, TooFewPeople, Trial, fit_joint, proofs
from evergrove.models.uplift.spreads import likely
from evergrove.models.uplift.trial import folds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.uplift.conftest import Simulated


def test_effects_are_those_that_were_simulated(simulate: Callable[..., Simulated]) -> None:
    """1 + a of one offer, nothing of the other; the true coefficients lie within 3 standard deviations."""
    log = simulate(20_000)
    found = fit_joint(Moments.of(log.trial), [0, 1, 1])

    said = found.predict(log.trial.X)
    truth = np.array([[1.0, 1.0, 0.0, 0.0], [0.0] * 4])
    sd = np.sqrt([np.diag(each) for each in found.covariance])
    assert (np.abs(found.mean - truth) < 3 * np.maximum(sd, 1e-4)).all()
    assert np.sqrt(((said - log.effect) ** 2).mean(axis=0)) == pytest.approx([0.0, 0.0], abs=0.15)
    assert found.noise == pytest.approx(4.0, rel=0.1)


def test_intervals_of_effects_hold_the_truth_as_often_as_they_say(
    simulate: Callable[..., Simulated],
) -> None:
    """80 % of 120 logs, within 3 standard errors, for a customer of average traits and for one far out."""
    X = np.array([[0.0, 0.0, 0.0], [1.5, 0.0, 0.0]])
    held = []
    for seed in range(120):
        found = fit_joint(Moments.of(simulate(1500, 500 + seed).trial), [0, 1, 1])
        error = (found.predict(X) - [[1.0, 0.0], [2.5, 0.0]])[:, 0]
        held.append(np.abs(error) < 1.2816 * found.sd(X)[:, 0])

    assert np.mean(held, axis=0) == pytest.approx([0.8, 0.8], abs=3 * (0.16 / 120) ** 0.5)


def test_a_wrong_form_of_outcomes_does_not_bias_effects() -> None:
    """Outcomes that rise and fall, chances that go with them: the plain difference is far off, the effect is not."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=30_000)
    chance = np.where(np.abs(x) > 1, 0.8, 0.2)
    arm = (rng.random(len(x)) < chance).astype(np.int64)
    came = 5 * x**2 + 2.0 * arm + rng.normal(size=len(x))
    trial = Trial(x[:, None], ("x",), arm, came, np.column_stack([1 - chance, chance]), ("it",))

    found = fit_joint(Moments.of(trial))

    at_0 = np.zeros((1, 1))
    assert abs(found.predict(at_0)[0, 0] - 2.0) < 3 * found.sd(at_0)[0, 0]
    assert came[arm == 1].mean() - came[arm == 0].mean() > 5


def test_logs_add_up_and_come_apart_again(simulate: Callable[..., Simulated]) -> None:
    """Week by week, or all at once, or all but a part: the same to the last digits."""
    trial = simulate(3000).trial
    weight = np.linspace(0.5, 2.0, 3000)
    parts = [Moments.of(trial.rows(at), weight[at]) for at in np.array_split(np.arange(3000), 4)]

    whole = Moments.of(trial, weight)

    assert fit_joint(reduce(add, parts)).mean == pytest.approx(fit_joint(whole).mean, rel=1e-9)
    less = reduce(add, parts[1:])
    assert (whole - parts[0]).gram == pytest.approx(less.gram, rel=1e-9, abs=1e-6)
    assert (whole - parts[0]).rows == less.rows == 2250


def test_units_of_features_and_outcomes_change_nothing_but_the_unit(
    simulate: Callable[..., Simulated],
) -> None:
    """Features in cents from another zero, outcomes in cents: effects in cents."""
    trial = simulate(3000).trial
    other = Trial(
        100 * trial.X + 7, trial.features, trial.arm, 100 * trial.outcome, trial.probability, trial.offers
    )

    found, cents = (fit_joint(Moments.of(each)) for each in (trial, other))

    assert cents.predict(other.X) == pytest.approx(100 * found.predict(trial.X), rel=1e-6, abs=1e-6)
    assert cents.sd(other.X) == pytest.approx(100 * found.sd(trial.X), rel=1e-6)


def test_coefficients_are_those_of_another_implementation() -> None:
    """BayesianRidge of scikit-learn, whose priors say nothing: one group, the same coefficients, noise and spread."""
    if not ml_here():
        absent("ml", "scikit-learn is not installed")
    from sklearn.linear_model import BayesianRidge

    rng = np.random.default_rng(5)
    Z = rng.normal(size=(400, 12))
    y = Z @ rng.normal(size=12) * 0.3 + rng.normal(size=400)
    nothing = dict.fromkeys(("alpha_1", "alpha_2", "lambda_1", "lambda_2"), 0.0)
    theirs = BayesianRidge(fit_intercept=False, tol=1e-9, max_iter=1000, **nothing).fit(Z, y)

    ours = likely(Z.T @ Z, Z.T @ y, float(y @ y), 400, np.zeros(12, dtype=np.int64))

    assert ours.mean == pytest.approx(theirs.coef_, rel=1e-2)
    assert ours.noise == pytest.approx(1 / theirs.alpha_, rel=1e-2)
    assert ours.spread == pytest.approx([1 / theirs.lambda_], rel=2e-2)


def test_a_part_of_the_rows_takes_over_what_all_say_of_spreads(simulate: Callable[..., Simulated]) -> None:
    """Learned from the same rows with the same spreads it is the same; from fewer than alone would do, it is less sure."""
    trial = simulate(3000).trial
    whole = Moments.of(trial)
    found = fit_joint(whole)

    assert fit_joint(whole, like=found).mean == pytest.approx(found.mean, rel=1e-9)
    few = fit_joint(Moments.of(trial.rows(np.arange(30))), like=found)
    assert (few.sd(trial.X[:5])[:, 0] > found.sd(trial.X[:5])[:, 0]).all()


def proof(trial: Trial, costs: list[float] | np.ndarray, seed: int) -> np.ndarray:
    """Of a log, learned in four parts."""
    fold = folds(trial.unit, 4, seed)
    parts = [Moments.of(trial.rows(fold == each)) for each in range(4)]
    whole = reduce(add, parts)
    found = fit_joint(whole)
    return proofs(trial, [fit_joint(whole - each, like=found) for each in parts], fold, costs)


def test_an_offer_that_brings_what_it_costs_is_not_proven() -> None:
    """In 200 logs: its figure is above 1.64 and 2.33 no oftener than 5 and 1 % and 3 standard errors allow."""
    found = []
    for seed in range(200):
        rng = np.random.default_rng(900 + seed)
        X, arm = rng.normal(size=(1200, 2)), rng.integers(0, 2, 1200)
        came = X[:, 0] + 1.0 * arm + rng.normal(size=1200) * 3.0
        trial = Trial(X, ("a", "b"), arm, came, np.array([0.5, 0.5]), ("even",))
        found.append(proof(trial, [1.0], seed)[0])

    above = (np.array(found)[:, None] > [1.645, 2.326]).mean(axis=0)
    assert 0 < above[0] < 0.05 + 3 * (0.0475 / 200) ** 0.5
    assert above[1] < 0.01 + 3 * (0.0099 / 200) ** 0.5


def test_what_a_contact_loses_later_is_a_cost_of_its_row() -> None:
    """What brings 2 now and loses as much later, of whom it does, is proven in 200 logs no oftener than chance allows."""
    found, silent = [], []
    for seed in range(200):
        rng = np.random.default_rng(300 + seed)
        X, arm = rng.normal(size=(1200, 2)), rng.integers(0, 2, 1200)
        gain = np.where(X[:, 0] > 0, 2.0, 0.0)
        came = X[:, 1] + gain * arm + rng.normal(size=1200) * 3.0
        trial = Trial(X, ("a", "b"), arm, came, np.array([0.5, 0.5]), ("pulls",))
        found.append(proof(trial, gain[:, None], seed)[0])
        silent.append(proof(trial, [0.5], seed)[0])

    assert (np.array(found) > 1.645).mean() < 0.05 + 3 * (0.0475 / 200) ** 0.5
    assert np.mean(silent) > 3


def test_costs_of_offers_are_the_same_row_by_row(simulate: Callable[..., Simulated]) -> None:
    """Told once an offer or once a row: the same figures."""
    trial = simulate(2000).trial

    assert proof(trial, np.tile([1.0, 0.3], (2000, 1)), 1).tolist() == proof(trial, [1.0, 0.3], 1).tolist()


def test_an_offer_that_pays_for_some_is_proven(simulate: Callable[..., Simulated]) -> None:
    """1 + a at a cost of 1 pays for half of the customers and on average nobody; the idle one is not proven."""
    brings, idle = proof(simulate(8000).trial, [1.0, 1.0], 1)

    assert brings > 5
    assert idle < 2


def test_too_few_rows_and_other_columns_are_told(simulate: Callable[..., Simulated]) -> None:
    """Ten rows a column at least; as many columns as were learned from."""
    trial = simulate(3000).trial
    with pytest.raises(TooFewPeople):
        fit_joint(Moments.of(trial.rows(np.arange(39))))

    found = fit_joint(Moments.of(trial.rows(np.arange(40))))

    assert isinstance(found, JointEffects)
    with pytest.raises(WrongFeatures):
        found.predict(trial.X[:, :2])
