"""How many people it takes: published sample sizes, another implementation's figures, identities and simulated trials."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.stats import ttest_ind

from evergrove.stats import (
    Foreseen,
    people_needed,
    people_needed_by_t,
    power_of,
    power_of_relative,
    smallest_difference,
    smallest_relative,
)
from evergrove.stats.errors import ImpossibleRelativeEffect, InvalidLevel, NoDifferenceToFind

SPEND = Foreseen(10.0, 3909.99977)
"""Mean and variance of growthbook's own power tests; 400,000 users in three arms."""
AN_ARM = 400_000 / 3


@pytest.mark.parametrize(
    ("base", "treated", "an_arm"),
    [(0.05, 0.06, 8154.99), (0.10, 0.11, 14748.05), (0.02, 0.022, 80678.63), (0.106167, 0.1514, 856.90)],
)
def test_shares_need_so_many_an_arm(base: float, treated: float, an_arm: float) -> None:
    """80 % power, two-sided 5 %, each arm with its own variance."""
    assert people_needed(Foreseen.share(base), Foreseen.share(treated)) / 2 == pytest.approx(
        an_arm, abs=0.005
    )


def test_means_need_so_many_an_arm() -> None:
    """Standard deviation 15, a difference of half a unit."""
    one, other = Foreseen(0.0, 225.0), Foreseen(0.5, 225.0)
    assert people_needed(one, other) / 2 == pytest.approx(14127.98, abs=0.005)


def test_the_t_test_takes_a_few_more() -> None:
    """The same means by the noncentral t distribution; of a few dozen it takes another one or two an arm."""
    one, other = Foreseen(0.0, 225.0), Foreseen(0.5, 225.0)
    assert people_needed_by_t(one, other) / 2 == pytest.approx(14128.91, abs=0.005)
    large = Foreseen(0.0, 1.0), Foreseen(0.8, 1.0)
    assert people_needed_by_t(*large) / 2 == pytest.approx(25.52, abs=0.01)  # Cohen's table: 26
    assert people_needed(*large) / 2 == pytest.approx(24.53, abs=0.01)
    assert people_needed_by_t(Foreseen(0.0, 1e-9), Foreseen(0.5, 1e-9)) == 4.0  # a t test takes two an arm
    with pytest.raises(NoDifferenceToFind):
        people_needed_by_t(one, one)


def test_simulated_t_tests_find_the_difference_as_often_as_foretold() -> None:
    """A quarter in control, 30 people in all, 20,000 trials: within four standard errors."""
    unlike = Foreseen(0.0, 1.0), Foreseen(1.3, 1.0)
    people = people_needed_by_t(*unlike, control_share=0.25)
    n_control, n_treated = 8, 24
    lift = 1.3 * sqrt(people / 32)  # as many standard errors as the whole number of people gives
    rng, trials = np.random.default_rng(2), 20_000
    control, treated = rng.normal(0, 1, (trials, n_control)), rng.normal(lift, 1, (trials, n_treated))
    found = np.mean(ttest_ind(treated, control, axis=1, equal_var=False).pvalue < 0.05)

    assert abs(found - 0.8) < 4 * sqrt(0.16 / trials) + 0.01


@pytest.mark.parametrize(("share", "people"), [(0.5, 62_461), (0.2, 94_962), (0.1, 167_260)])
def test_a_small_control_group_has_its_price(share: float, people: int) -> None:
    """A tenth more of 5 %: the smaller the share that is left alone, the more people it takes in all."""
    needed = people_needed(Foreseen.share(0.05), Foreseen.share(0.055), control_share=share)
    assert round(needed) == people


def test_relative_power_and_effect_agree_with_growthbook() -> None:
    """Power .52144 of an effect of 5 %, smallest effect 7.027 %."""
    assert power_of_relative(0.05, SPEND, AN_ARM, AN_ARM) == pytest.approx(0.52144, abs=5e-6)
    assert smallest_relative(SPEND, AN_ARM, AN_ARM) == pytest.approx(0.07027, abs=5e-6)


def test_the_smallest_effect_is_found_with_the_power_asked_for() -> None:
    """Each function is the other's inverse, but for the far side, which is counted in one of them."""
    unit = Foreseen(2.0, 9.0)
    absolute = smallest_difference(unit, 900, 100, power=0.9)
    relative = smallest_relative(unit, 900, 100, power=0.9)

    assert power_of(absolute, unit, 900, 100) == pytest.approx(0.9, abs=1e-6)
    assert power_of_relative(relative, unit, 900, 100) == pytest.approx(0.9, abs=1e-6)
    needed = people_needed(unit, Foreseen(2.0 + absolute, 9.0), control_share=0.1, power=0.9)
    assert needed == pytest.approx(1000.0)


def test_no_effect_is_found_as_often_as_the_level_lets_it() -> None:
    """Chance alone leaves 0 out in one case of twenty."""
    assert power_of(0.0, SPEND, 100, 100) == pytest.approx(0.05)


def test_simulated_trials_find_the_difference_as_often_as_foretold() -> None:
    """4,000 trials of spend with a heavy tail: the share that finds it is the power, within four standard errors."""
    rng, trials, n_treated, n_control = np.random.default_rng(11), 4_000, 1_800, 200
    unit = Foreseen(20.0, 20.0**2 / 2)  # gamma with shape 2
    lift = smallest_difference(unit, n_treated, n_control)
    treated = rng.gamma(2.0, 10.0, (trials, n_treated)) + lift
    control = rng.gamma(2.0, 10.0, (trials, n_control))
    errors = np.sqrt(treated.var(1, ddof=1) / n_treated + control.var(1, ddof=1) / n_control)
    found = np.mean(np.abs(treated.mean(1) - control.mean(1)) / errors > 1.959964)

    assert abs(found - 0.8) < 4 * sqrt(0.8 * 0.2 / trials)


def test_what_cannot_be_asked_is_refused() -> None:
    """No difference, shares of nothing, a control group whose own mean is anybody's guess."""
    unit = Foreseen.share(0.05)
    with pytest.raises(NoDifferenceToFind):
        people_needed(unit, unit)
    with pytest.raises(NoDifferenceToFind):
        smallest_relative(Foreseen(0.0, 1.0), 10, 10)
    for share in (0.0, 1.0, 1.5):
        with pytest.raises(InvalidLevel):
            people_needed(unit, Foreseen.share(0.06), control_share=share)
    with pytest.raises(ImpossibleRelativeEffect) as refused:
        smallest_relative(SPEND, 1_000_000, 300)
    assert "300 people" in str(refused.value)
