"""Weighing by logged chances: against the rows themselves, identities, and shares that chase results."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.false_alarms import adaptive

from evergrove.core.arguments import InvalidArgument
from evergrove.stats import Batch, NoVariance, Sums, TooFewUnits, aipw, welch

NOBODY = Sums(0, 0.0, 0.0)


def test_adaptive_shares_without_an_effect_leave_no_bias() -> None:
    """
    Identity 20: 1,500 experiments of 20 batches; the plain difference is biased, the weighed one is not.

    An arm that begins badly by chance is starved of the people who would put it right.
    """
    found = adaptive(seed=3, runs=1500)

    assert abs(found.bias) <= 2 * found.se
    assert found.naive_bias < -4 * found.naive_se
    assert abs(found.held - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 1500)


def test_it_is_the_mean_of_everybodys_score() -> None:
    """Row by row, with the means of earlier days, a third arm and chances that change; its error that of the scores."""
    rng = np.random.default_rng(9)
    batches, scores, earlier = [], [], [np.zeros(0), np.zeros(0)]
    for day, chances in enumerate(([0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.4, 0.5])):
        arm = rng.choice(3, 60, p=chances)
        y = rng.gamma(2.0, 10.0, 60) + 5.0 * (arm == 1)
        both = y[arm < 2].mean() if not day else 0.0
        mean = [each.mean() if len(each) else both for each in earlier]
        score = np.full(60, mean[1] - mean[0])
        score[arm == 1] += (y[arm == 1] - mean[1]) / chances[1]
        score[arm == 0] -= (y[arm == 0] - mean[0]) / chances[0]
        scores.append(score)
        earlier = [np.r_[earlier[k], y[arm == k]] for k in (0, 1)]
        batches.append(Batch(60, Sums.of(y[arm == 0]), Sums.of(y[arm == 1]), chances[0], chances[1]))

    found = aipw(batches)

    every = np.concatenate(scores)
    assert found.effect == pytest.approx(every.mean(), rel=1e-9)
    assert found.se == pytest.approx(every.std(ddof=1) / np.sqrt(180), rel=1e-9)
    assert found.high - found.effect == pytest.approx(1.959964 * found.se, rel=1e-6)


def test_one_batch_is_nearly_welch() -> None:
    """With one share for all there is nothing to put right: within a seventh of the standard error."""
    rng = np.random.default_rng(1)
    treated = rng.random(20_000) < 0.3
    y = rng.gamma(1.0, 30.0, 20_000) + 4.0 * treated
    control, other = Sums.of(y[~treated]), Sums.of(y[treated])

    found = aipw([Batch(20_000, control, other, 0.7, 0.3)], side="greater")
    plain = welch(control, other, side="greater")

    assert found.effect == pytest.approx(plain.effect, abs=0.15 * plain.se)
    assert found.low == pytest.approx(plain.low, abs=0.15 * plain.se)
    assert found.high == np.inf


def test_a_true_effect_is_found_whatever_the_shares_do() -> None:
    """A treated share that grows from 10 to 90 % while everybody spends less: plain means see harm, this the +2."""
    rng, runs = np.random.default_rng(12), 400
    weighed, plain = np.zeros(runs), np.zeros(runs)
    for run in range(runs):
        batches, all_c, all_t = [], NOBODY, NOBODY
        for day, share in enumerate(np.linspace(0.1, 0.9, 9)):
            treated = rng.random(200) < share
            y = rng.normal(40.0 - 4.0 * day, 5.0, 200) + 2.0 * treated
            control, other = Sums.of(y[~treated]), Sums.of(y[treated])
            batches.append(Batch(200, control, other, 1.0 - share, share))
            all_c, all_t = all_c + control, all_t + other
        weighed[run], plain[run] = aipw(batches).effect, welch(all_c, all_t).effect

    assert abs(weighed.mean() - 2.0) < 4 * weighed.std() / np.sqrt(runs)
    assert plain.mean() < -5.0


def test_batches_that_tell_nothing_are_refused() -> None:
    """None at all, nobody treated, chances of nothing, more people in the arms than came."""
    some = Sums.of([1.0, 3.0, 2.0])
    with pytest.raises(InvalidArgument, match="batches = "):
        aipw([])
    with pytest.raises(TooFewUnits, match="treated has 0, control has 3"):
        aipw([Batch(3, some, NOBODY, 0.5, 0.5)])
    for chances in ((0.0, 1.0), (0.5, 0.6), (0.5, float("nan"))):
        with pytest.raises(InvalidArgument, match="control_chance"):
            Batch(6, some, some, *chances)
    with pytest.raises(InvalidArgument, match="n = 5"):
        Batch(5, some, some, 0.5, 0.5)
    alike = Sums.of([2.0, 2.0])
    with pytest.raises(NoVariance):
        aipw([Batch(4, alike, alike, 0.5, 0.5)])
