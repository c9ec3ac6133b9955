"""Rules judged by logs: identities, simulated truth, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models.uplift import InvalidRule, ThinLog, Trial, UnsupportedRule, gain_of, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.uplift.conftest import Simulated

    from evergrove.models.types import Floats


def by_first(simulated: Simulated) -> np.ndarray:
    """A rule: the first offer where the first column is above 0, else nothing."""
    rule: np.ndarray = (simulated.trial.X[:, 0] > 0).astype(np.int64)
    return rule


def truth_of(simulated: Simulated, rule: np.ndarray) -> float:
    """What it earns a row."""
    return float(simulated.mean[np.arange(len(rule)), rule].mean())


def test_the_rule_that_made_the_log_earns_what_it_earned(simulate: Callable[..., Simulated]) -> None:
    """Every weight is 1, so that inverse chances give the mean of the log to 1e-12."""
    trial = simulate().trial

    found = value_of(trial, trial.probability)

    assert found.ips.value == pytest.approx(trial.outcome.mean(), abs=1e-12)
    assert found.self_normalised.value == pytest.approx(trial.outcome.mean(), abs=1e-12)
    assert found.effective == pytest.approx(len(trial))
    assert found.mean_weight.value == 1.0
    plain = trial.outcome.std(ddof=1) / len(trial) ** 0.5
    assert found.ips.se == pytest.approx(plain)


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_weight_is_one(simulate: Callable[..., Simulated], seed: int) -> None:
    """Within 3 standard errors, for a rule that is not the log's."""
    log = simulate(seed=seed)

    weight = value_of(log.trial, by_first(log)).mean_weight

    assert weight.se > 0
    assert abs(weight.value - 1.0) < 3 * weight.se


def wrong(simulated: Simulated) -> Floats:
    """An outcome model that knows nothing and is far off."""
    return np.column_stack([np.full(len(simulated.trial), value) for value in (9.0, -4.0, 1.0)])


def test_a_wrong_outcome_model_makes_no_bias(simulate: Callable[..., Simulated]) -> None:
    """Within 2 standard errors of the truth; the model alone would be off by ten of them."""
    log = simulate(20_000)
    rule, told = by_first(log), wrong(log)

    found = value_of(log.trial, rule, told).doubly_robust

    assert abs(found.value - truth_of(log, rule)) < 2 * found.se
    alone = told[np.arange(len(rule)), rule].mean()
    assert abs(alone - truth_of(log, rule)) > 10 * found.se


def test_a_good_outcome_model_narrows_the_interval(simulate: Callable[..., Simulated]) -> None:
    """All three hold the truth; ridge regressions, cross-fitted, make it narrower than weights alone."""
    log = simulate(20_000)
    rule = by_first(log)

    found = value_of(log.trial, rule)

    for each in (found.ips, found.self_normalised, found.doubly_robust):
        assert abs(each.value - truth_of(log, rule)) < 3 * each.se
    assert found.doubly_robust.se < found.self_normalised.se < found.ips.se


def test_intervals_hold_the_truth_as_often_as_they_say(simulate: Callable[..., Simulated]) -> None:
    """Over 300 logs: 95 % of each kind, to three standard errors."""
    held = np.zeros(3)
    for seed in range(300):
        log = simulate(800, seed)
        rule = by_first(log)
        found, truth = value_of(log.trial, rule, wrong(log)), truth_of(log, rule)
        kinds = (found.ips, found.self_normalised, found.doubly_robust)
        held += [each.low <= truth <= each.high for each in kinds]

    assert (np.abs(held / 300 - 0.95) < 3 * (0.95 * 0.05 / 300) ** 0.5 + 0.01).all(), held / 300


def test_chances_and_arms_are_the_same_rule(simulate: Callable[..., Simulated]) -> None:
    """An arm a row, or a chance of 1 for it."""
    log = simulate(1000)
    rule = by_first(log)

    assert value_of(log.trial, rule) == value_of(log.trial, np.eye(3)[rule])


def test_rows_of_one_customer_are_one(simulate: Callable[..., Simulated]) -> None:
    """Each row twice by the same customer: the same value, error and effective sample."""
    log = simulate(1000)
    rule, told = by_first(log), wrong(log)
    twice = log.trial.rows(np.tile(np.arange(1000), 2))

    once, again = value_of(log.trial, rule, told), value_of(twice, np.tile(rule, 2), np.tile(told, (2, 1)))

    assert again.effective == pytest.approx(once.effective)
    assert again.doubly_robust.value == pytest.approx(once.doubly_robust.value)
    assert again.doubly_robust.se == pytest.approx(once.doubly_robust.se)


def test_the_gain_of_one_rule_over_another(simulate: Callable[..., Simulated]) -> None:
    """Whom the first offer brings most against everybody: as it is in truth, and surer than two intervals apart."""
    log = simulate(20_000)
    rule, everybody = (log.trial.X[:, 0] > -1).astype(np.int64), np.ones(20_000, dtype=np.int64)

    gain = gain_of(log.trial, rule, everybody)

    truth = truth_of(log, rule) - truth_of(log, everybody)
    assert truth > 0.05
    assert abs(gain.value - truth) < 3 * gain.se
    first, second = (value_of(log.trial, each).doubly_robust.se for each in (rule, everybody))
    assert gain.se < np.hypot(first, second)
    assert gain_of(log.trial, rule, rule).value == 0.0


def test_a_log_that_says_too_little_is_refused(simulate: Callable[..., Simulated]) -> None:
    """Of 500 customers 150 were offered the idle one at most: under 200."""
    log = simulate(500)

    with pytest.raises(ThinLog, match="200 are needed") as refused:
        value_of(log.trial, np.full(500, 2))
    assert refused.value.code == "models.thin_log"
    assert int(str(refused.value.params["effective"])) < 200
    assert value_of(log.trial, np.full(500, 2), wrong(log), needed=50).effective < 200
    with pytest.raises(ThinLog):
        gain_of(log.trial, np.full(500, 2), np.zeros(500, dtype=np.int64), wrong(log))


def test_a_rule_beyond_the_log_is_refused() -> None:
    """An arm that had no chance in some rows; a rule of another shape; chances that do not add up."""
    n = 600
    rng = np.random.default_rng(1)
    chances = np.where(np.arange(n)[:, None] < 10, [1.0, 0.0], [0.5, 0.5])
    arm = np.where(np.arange(n) < 10, 0, rng.integers(0, 2, n))
    trial = Trial(rng.normal(size=(n, 1)), ("a",), arm, rng.normal(size=n), chances, ("offer",))

    with pytest.raises(UnsupportedRule, match="In 10 of 600 rows"):
        value_of(trial, np.ones(n, dtype=np.int64))
    with pytest.raises(InvalidRule, match=r"600 rows and 2 arms"):
        value_of(trial, np.zeros(5, dtype=np.int64))
    with pytest.raises(InvalidRule):
        value_of(trial, np.full((n, 2), 0.4))
    with pytest.raises(InvalidRule):
        value_of(trial, np.full(n, 7))
    with pytest.raises(InvalidRule, match="expected has the shape"):
        value_of(trial, np.zeros(n, dtype=np.int64), np.zeros((n, 3)))


def adaptive(runs: int, batches: int = 20, people: int = 40, seed: int = 1) -> tuple[Trial, Floats]:
    """
    Logs in which the arm that did better so far is drawn four times of five; neither does anything.

    Returns:
        All runs as one log, a unit each; and each arm's mean so far, which is what is expected of the next batch.
    """
    rng = np.random.default_rng(seed)
    count, total = np.zeros((runs, 2)), np.zeros((runs, 2))
    arms, outcomes, chances, told = [], [], [], []
    for _batch in range(batches):
        so_far = total / np.maximum(count, 1)
        share = np.where(count.min(axis=1) < 1, 0.5, np.where(so_far[:, 1] > so_far[:, 0], 0.8, 0.2))
        arm = (rng.random((runs, people)) < share[:, None]).astype(np.int64)
        came = rng.normal(size=(runs, people))
        for each in (0, 1):
            count[:, each] += (arm == each).sum(axis=1)
            total[:, each] += np.where(arm == each, came, 0.0).sum(axis=1)
        arms.append(arm)
        outcomes.append(came)
        chances.append(np.repeat(np.column_stack([1 - share, share])[:, None], people, axis=1))
        told.append(np.repeat(so_far[:, None], people, axis=1))
    arm, came = np.concatenate(arms, axis=1).ravel(), np.concatenate(outcomes, axis=1).ravel()
    chance, expected = (np.concatenate(each, axis=1).reshape(-1, 2) for each in (chances, told))
    unit = np.repeat(np.arange(runs), batches * people)
    return Trial(np.zeros((len(arm), 0)), (), arm, came, chance, ("offer",), unit), expected


def test_shares_that_follow_the_outcomes_make_no_bias() -> None:
    """Without any effect: scores with the logged chances are within 2 se of 0, the plain mean of an arm is not."""
    trial, expected = adaptive(600)
    n, runs = len(trial), int(trial.unit[-1]) + 1

    robust = value_of(trial, np.ones(n, dtype=np.int64), expected).doubly_robust
    gain = gain_of(trial, np.ones(n, dtype=np.int64), np.zeros(n, dtype=np.int64), expected)

    assert abs(robust.value) < 2 * robust.se
    assert abs(gain.value) < 2 * gain.se
    treated = trial.arm == 1
    naive = np.bincount(trial.unit, trial.outcome * treated) / np.bincount(trial.unit, treated)
    assert naive.mean() < -4 * naive.std(ddof=1) / runs**0.5
