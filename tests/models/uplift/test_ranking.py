"""What an order is worth: by hand, against random orders of ties, against a library's raw figure, and over many logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.core import Sentence
from evergrove.core.arguments import InvalidArgument
from evergrove.models.uplift import (
    Contrast,
    NoRanking,
    contrast,
    curve,
    elsewhere,
    gain_over,
    judge,
    rank,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.uplift.conftest import Hillstrom, Simulated

    from evergrove.models.types import Floats


def log(outcome: Floats, treated: np.ndarray, chance: float = 0.5) -> Contrast:
    """One row a person, each arm with its chance."""
    weight = np.where(treated, 1 / chance, 1 / (1 - chance))
    return Contrast(outcome, treated, weight, np.arange(len(outcome)))


def drawn(n: int, seed: int, effect: float = 0.0) -> tuple[Floats, Contrast]:
    """Scores from 0 to 1 and a log in which the effect is ``effect`` times the score."""
    rng = np.random.default_rng(seed)
    score, treated = rng.random(n), rng.random(n) < 0.5
    return score, log(rng.normal(size=n) + effect * score * treated, treated)


def test_the_unit_is_extra_outcome_a_treated_person() -> None:
    """Half gain 1, half nothing, in the right order: the gain averaged over shares is 3/8, at random 1/4."""
    score = np.repeat([1.0, 0.0], 1000)
    treated = np.tile([True, False], 1000)

    found = rank(score, log(score * treated, treated))

    assert found.qini.value == pytest.approx(3 / 8 - 1 / 4)
    assert found.effect.value == pytest.approx(0.5)
    assert found.of_effect == pytest.approx(0.25)
    assert found.top[0.3].value == pytest.approx(1.0)
    assert (found.treated, found.untreated) == (1000, 1000)


def test_the_curve_ends_at_the_average_effect() -> None:
    """From nothing to everybody; equal scores are one straight line."""
    score = np.repeat([1.0, 0.0], 1000)
    treated = np.tile([True, False], 1000)

    found = curve(score, log(score * treated, treated))

    np.testing.assert_allclose(found.share, [0, 0.5, 1.0])
    np.testing.assert_allclose(found.gain, [0, 0.5, 0.5])


def test_it_is_the_raw_area_of_the_library_over_the_treated(hillstrom: Hillstrom) -> None:
    """162.6114 extra visits among 21,387 treated."""
    trial = hillstrom.trial("visit")
    seen, here = contrast(trial, 1)
    columns = {
        name: hillstrom.columns[name][here].astype(np.float64) for name in ("womens", "mens", "history")
    }
    score = columns["womens"] - columns["mens"] + columns["history"] / 1e4 + trial.unit[here] / 1e9

    found = rank(score, seen)

    assert found.qini.value == pytest.approx(162.6114 / 21387, rel=1e-3)
    assert found.qini.excludes_zero


def test_ties_are_averaged_over_their_orders() -> None:
    """The figures of ten tied people in large groups are the means over random orders; sorting changes nothing."""
    rng = np.random.default_rng(4)
    n = 4000
    score = rng.integers(0, 4, n).astype(np.float64)
    treated = rng.random(n) < 0.5
    seen = log(rng.normal(size=n) + score * treated, treated)
    whole = rank(score, seen)

    shuffled = rng.permutation(n)
    again = rank(score[shuffled], Contrast(*(values[shuffled] for values in vars(seen).values())))
    broken = [rank(score + 1e-6 * np.random.default_rng(seed).random(n), seen, draws=2) for seed in range(30)]

    assert again.qini.value == pytest.approx(whole.qini.value, rel=1e-12)
    assert again.top[0.1].value == pytest.approx(whole.top[0.1].value, rel=1e-12)
    values = np.array([[each.qini.value, each.top[0.1].value] for each in broken])
    error = values.std(axis=0, ddof=1) / len(values) ** 0.5
    assert abs(values[:, 0].mean() - whole.qini.value) < 4 * error[0] + 1e-5
    assert abs(values[:, 1].mean() - whole.top[0.1].value) < 4 * error[1] + 1e-3


def test_without_an_order_there_is_no_gain() -> None:
    """All scores equal: exactly 0, in every draw."""
    _score, seen = drawn(500, 2, 1.0)

    found = rank(np.full(500, 0.7), seen)

    assert found.tied
    assert (found.qini.value, found.qini.low, found.qini.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert judge("a", found).reason.code == "models.ranking_tied"


def test_the_reverse_order_loses_what_the_order_gains() -> None:
    """Minus the score, minus the gain, but for who of the two arms comes first."""
    score, seen = drawn(4000, 3, 1.0)

    assert rank(-score, seen).qini.value == pytest.approx(-rank(score, seen).qini.value, abs=2e-3)
    assert judge("a", rank(-score, seen)).reason.code == "models.ranking_backwards"


def test_a_part_of_no_effect_is_not_defined() -> None:
    """An average effect whose interval holds 0 divides nothing."""
    score, seen = drawn(2000, 5)

    found = rank(score, seen)

    assert isinstance(found.of_effect, Sentence)
    assert found.of_effect.code == "models.not_defined"


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Over 400 logs the 95 % interval of a true gain (1/12 of the slope: 2 x 1/24) holds it; errors are those of the spread."""
    found = [rank(*drawn(800, seed, 1.0), (), draws=200).qini for seed in range(400)]

    # Gain of the best share q of scores uniform on (0, 1): q - q^2/2; averaged 1/3, at random 1/4.
    held = np.mean([each.low <= 1 / 3 - 1 / 4 <= each.high for each in found])
    assert abs(held - 0.95) < 3 * (0.95 * 0.05 / 400) ** 0.5 + 0.01
    spread = np.std([each.value for each in found])
    assert np.mean([each.se for each in found]) == pytest.approx(spread, rel=0.08)


@pytest.mark.slow
def test_large_logs_are_drawn_in_groups_with_the_same_spread() -> None:
    """Beyond 1,024 people: the error is that of fresh logs, to a sixth."""
    score, seen = drawn(6000, 7, 1.0)
    fresh = [rank(*drawn(6000, seed, 1.0), (), draws=2).qini.value for seed in range(100, 250)]

    assert rank(score, seen).qini.se == pytest.approx(np.std(fresh), rel=0.15)


def test_rows_of_one_customer_count_once() -> None:
    """Every row five times over, by the same customers: the same error; by five times the customers it would shrink."""
    score, seen = drawn(900, 8, 1.0)
    five = Contrast(*(np.tile(values, 5) for values in vars(seen).values()))
    strangers = Contrast(five.outcome, five.treated, five.weight, np.arange(4500))

    once = rank(score, seen).qini
    again, apart = rank(np.tile(score, 5), five).qini, rank(np.tile(score, 5), strangers).qini

    assert again.value == pytest.approx(once.value, rel=1e-9)
    assert again.se == pytest.approx(once.se, rel=0.1)
    assert apart.se == pytest.approx(once.se / 5**0.5, rel=0.1)


def test_chances_that_differ_are_weighed(simulate: Callable[..., Simulated]) -> None:
    """Whoever gains most is offered most: the weighted effect is the true one, the unweighted one is not."""
    log_ = simulate(60_000)
    seen, here = contrast(log_.trial, 1)
    truth = log_.effect[:, 0]

    found = rank(truth[here], seen)
    flat = rank(truth[here], Contrast(seen.outcome, seen.treated, np.ones(here.sum()), seen.unit))

    assert abs(found.effect.value - truth.mean()) < 3 * found.effect.se
    assert abs(flat.effect.value - truth.mean()) > 5 * flat.effect.se
    # Of a normal effect with spread 1 the average gain over random order is 1 / (2 sqrt(pi)).
    assert abs(found.qini.value - 0.5 / np.pi**0.5) < 3 * found.qini.se


def test_two_orders_are_compared_on_the_same_draws() -> None:
    """The truth against noise around it: surer than two errors apart, and nothing against itself."""
    score, seen = drawn(4000, 11, 1.0)
    blurred = score + np.random.default_rng(1).normal(size=4000) * 0.5

    gain = gain_over(score, blurred, seen)

    apart = rank(score, seen).qini, rank(blurred, seen).qini
    assert gain.value == pytest.approx(apart[0].value - apart[1].value)
    assert gain.se < np.hypot(apart[0].se, apart[1].se)
    itself = gain_over(score, score, seen)
    assert (itself.low, itself.high) == (0.0, 0.0)


def test_the_same_seed_gives_the_same_bounds() -> None:
    """To the last bit; another seed other ones."""
    score, seen = drawn(800, 9, 1.0)

    assert rank(score, seen, seed=3) == rank(score, seen, seed=3)
    assert rank(score, seen, seed=3).qini.low != rank(score, seen, seed=4).qini.low


def test_what_cannot_be_ranked_is_refused() -> None:
    """One arm empty, a score that is none, a share beyond 1."""
    score, seen = drawn(50, 1)
    nobody = Contrast(seen.outcome, np.zeros(50, dtype=bool), seen.weight, seen.unit)

    with pytest.raises(NoRanking, match="0 people treated and 50 untreated"):
        rank(score, nobody)
    with pytest.raises(NoRanking):
        rank(np.where(score > 0.9, np.nan, score), seen)
    with pytest.raises(InvalidArgument, match="a share of customers"):
        rank(score, seen, [1.5])


def test_uplift_at_the_top_is_the_library_s_without_ties() -> None:
    """The first share of all, as scikit-uplift counts it."""
    score, seen = drawn(2000, 12, 1.0)

    theirs = elsewhere.uplift_at(score, seen.outcome, seen.treated, 0.3, by_group=False)

    assert rank(score, seen).top[0.3].value == pytest.approx(theirs, abs=5e-3)
