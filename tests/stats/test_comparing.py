"""Comparisons against published tests, other implementations and raw data."""

from __future__ import annotations

from math import inf, log, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from evergrove.stats import (
    Difference,
    NoLogarithm,
    NoVariance,
    Proportion,
    Ratio,
    Sums,
    TooFewUnits,
    UnknownMean,
    ZeroBaseline,
    as_share,
    log_ratio,
    relative,
    relative_by_delta,
    welch,
)
from evergrove.stats.errors import InvalidLevel

CONTROL = Sums(3407, 1396.87, 52377.9767)
TREATED = Sums(3461, 2422.7, 134698.29)
FEW_PER_CENT = Proportion(20_000, 1000), Proportion(20_000, 1120)
FIVE_DIGITS = 6e-6
"""Figures printed with five decimals: half a unit of the last, and its own rounding."""


def sums(values: object) -> Sums:
    """The sums of raw figures."""
    raw = np.asarray(values, np.float64)
    return Sums(len(raw), float(raw.sum()), float((raw**2).sum()))


def ratio(above: list[float], below: list[float]) -> Ratio:
    """A ratio from raw pairs."""
    return Ratio(sums(above), sums(below), float(np.dot(above, below)))


def figures(found: Difference) -> list[float]:
    """Effect, bounds, standard error and p, in the order of the published tables."""
    return [found.effect, found.low, found.high, found.se, found.p]


def test_published_means_on_both_scales() -> None:
    """GrowthBook's own test: the effect is clear as a difference and not as a share."""
    assert figures(relative_by_delta(CONTROL, TREATED)) == pytest.approx(
        [0.70732, -0.03526, 1.44989, 0.37879, 0.06191], abs=FIVE_DIGITS
    )
    assert figures(welch(CONTROL, TREATED)) == pytest.approx(
        [0.29, 0.04538, 0.53462, 0.12478, 0.02016], abs=FIVE_DIGITS
    )


def test_published_proportions() -> None:
    """GrowthBook's own test: 14 of 28 against 16 of 30; the variance is p(1 - p)."""
    found = relative_by_delta(Proportion(28, 14), Proportion(30, 16))

    assert figures(found) == pytest.approx([0.06667, -0.47767, 0.61101, 0.2717, 0.80707], abs=FIVE_DIGITS)


def test_proportions_of_a_large_test_on_both_scales() -> None:
    """5 % against 5.6 % of 20,000 each, as GrowthBook computes them."""
    assert figures(welch(*FEW_PER_CENT)) == pytest.approx(
        [0.006, 0.001609, 0.010391, 0.002240, 0.007400], abs=1e-6
    )
    assert figures(relative_by_delta(*FEW_PER_CENT)) == pytest.approx(
        [0.12, 0.027049, 0.212951, 0.047423, 0.011397], abs=1e-6
    )


def test_means_of_heavy_tailed_spend() -> None:
    """Sums only: 5,000 each."""
    found = welch(Sums(5000, 12_500, 400_000), Sums(5000, 13_400, 450_000))

    assert figures(found) == pytest.approx([0.18, -0.166905, 0.526905, 0.176974, 0.309131], abs=1e-6)


def test_a_ratio_of_sums_by_the_delta_method() -> None:
    """Spend over orders, where the customer is the unit."""
    orders = [1.0, 2.0, 0.0, 1.0, 1.0, 3.0]

    found = welch(
        ratio([10.0, 20.0, 0.0, 5.0, 15.0, 30.0], orders), ratio([12.0, 25.0, 0.0, 9.0, 18.0, 40.0], orders)
    )

    assert figures(found) == pytest.approx([3.0, 0.040307, 5.959693, 1.327592, 0.047493], abs=1e-6)


def test_the_relative_interval_on_the_log_scale() -> None:
    """tea-tasting's interval for 5 % against 5.6 % (variances with n - 1); its p is that of the difference."""
    arms = Sums(20_000, 1000, 1000), Sums(20_000, 1120, 1120)

    found = relative(*arms)

    assert [found.effect, found.low, found.high] == pytest.approx([0.12, 0.030800, 0.216919], abs=1e-6)
    assert welch(*arms).p < 0.05 < 1 - found.level + 0.001


def test_one_side_only() -> None:
    """GrowthBook's own test: a lower bound at 95 % that is no two-sided 90 %."""
    found = relative_by_delta(Sums(3000, 1396.87, 52377.9767), TREATED, side="greater")

    assert [found.effect, found.low, found.p] == pytest.approx([0.503361, -0.045137, 0.065583], abs=1e-6)
    assert found.high == inf
    assert found.low == pytest.approx(
        relative_by_delta(Sums(3000, 1396.87, 52377.9767), TREATED, level=0.9).low, abs=1e-12
    )


def test_the_other_side_only() -> None:
    """GrowthBook's own tests: an upper bound, relative and absolute; both sides share the whole probability."""
    control = Sums(3000, 1396.87, 52377.9767)
    share, plain = relative_by_delta(control, TREATED, side="less"), welch(control, TREATED, side="less")

    assert [share.high, share.p] == pytest.approx([1.051859, 0.934417], abs=1e-6)
    assert [plain.high, plain.p] == pytest.approx([0.447962, 0.964457], abs=1e-6)
    assert share.low == plain.low == -inf
    greater = welch(control, TREATED, side="greater")
    assert [greater.low, greater.p] == pytest.approx([0.020791, 0.035543], abs=1e-6)
    assert greater.p + plain.p == pytest.approx(1.0)


def test_one_side_of_a_share_on_the_log_scale() -> None:
    """Bounds at 95 % on one side are those at 90 % on both; nothing is less than all."""
    both = relative(*FEW_PER_CENT, 0.9)

    assert relative(*FEW_PER_CENT, side="greater").low == pytest.approx(both.low)
    assert relative(*FEW_PER_CENT, side="less").high == pytest.approx(both.high)
    assert (relative(*FEW_PER_CENT, side="less").low, relative(*FEW_PER_CENT, side="greater").high) == (
        -1.0,
        inf,
    )


def test_the_logarithm_itself_can_be_had() -> None:
    """What the share is made of; where a mean is not above 0 there is none, and that is said."""
    assert as_share(log_ratio(*FEW_PER_CENT)) == relative(*FEW_PER_CENT)
    assert log_ratio(*FEW_PER_CENT).effect == pytest.approx(log(1.12))
    for arms, name in ((([-1, 0], [1, 2]), "control"), (([1, 2], [-1, 1]), "treated")):
        with pytest.raises(NoLogarithm, match=f"The mean of the {name} arm is"):
            log_ratio(sums(arms[0]), sums(arms[1]))


@pytest.mark.parametrize(("before", "after", "share"), [(-10.0, -5.0, 0.5), (-2.0, 3.0, 2.5)])
def test_a_negative_baseline_keeps_the_direction(before: float, after: float, share: float) -> None:
    """From -10 to -5 is up by half; the logarithm, which there is none of, is not asked for."""
    arms = sums([before - 1, before + 1]), sums([after - 1, after + 1])

    assert relative_by_delta(*arms).effect == pytest.approx(share, abs=1e-12)
    assert relative(*arms).effect == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize("compare", [welch, relative_by_delta, relative])
def test_without_a_variance_there_is_no_number(compare: object) -> None:
    """One unit, or units that are all alike, say nothing about chance."""
    assert callable(compare)
    some = sums([1.0, 2.0, 4.0])

    with pytest.raises(TooFewUnits, match="treated has 3, control has 1"):
        compare(sums([3.0]), some)
    with pytest.raises(NoVariance, match="All 3 units of the treated arm"):
        compare(some, sums([5.0, 5.0, 5.0]))
    with pytest.raises(NoVariance, match="All 3 units of the control arm"):
        compare(sums([0.0, 0.0, 0.0]), some)


def test_a_share_of_nothing_is_refused() -> None:
    """Buyers where there were none are infinitely many more, which helps nobody."""
    for compare in (relative_by_delta, relative):
        with pytest.raises(ZeroBaseline):
            compare(sums([-1.0, 1.0]), sums([1.0, 2.0]))


def test_sums_that_are_no_numbers_are_refused() -> None:
    """A missing sum, or spend over no orders at all, is no figure without a variance."""
    some, nan = sums([1.0, 2.0, 4.0]), float("nan")
    nothing = Ratio(some, sums([0.0, 0.0, 0.0]), 0.0)

    for compare in (welch, relative, relative_by_delta):
        with pytest.raises(UnknownMean, match="The mean of the treated arm is not known"):
            compare(some, Sums(3, nan, nan))
        with pytest.raises(UnknownMean, match="wait until its denominator is not 0"):
            compare(nothing, nothing)


def test_households_that_were_drawn_together_are_the_units() -> None:
    """
    2,000 draws of households of one to six who spend alike, each drawn as a whole, nothing to be found.

    As a ratio of sums over households the interval holds 0 as often as it says; over persons it is too sure.
    """
    rng, draws, held = np.random.default_rng(4), 2000, np.zeros(2)
    for _draw in range(draws):
        persons, taste = rng.integers(1, 7, 120), rng.gamma(2.0, 20.0, 120)
        household = np.repeat(np.arange(120), persons)
        spend = taste[household] * rng.gamma(4.0, 0.25, len(household))
        treated = rng.random(120) < 0.5
        spent = np.bincount(household, spend)
        by_person = [sums(spend[treated[household] == arm]) for arm in (False, True)]
        by_household = [Ratio.of(spent[treated == arm], persons[treated == arm]) for arm in (False, True)]
        both = welch(by_person[0], by_person[1], 0.8), welch(by_household[0], by_household[1], 0.8)
        held += [found.low <= 0.0 <= found.high for found in both]

    assert held[0] / draws < 0.65
    assert abs(held[1] / draws - 0.8) < 4 * np.sqrt(0.16 / draws)


@pytest.mark.parametrize("level", [0.0, 1.0, 80.0, float("nan")])
def test_a_level_is_a_probability(level: float) -> None:
    """80 is not 80 %."""
    with pytest.raises(InvalidLevel):
        welch(sums([1.0, 2.0]), sums([1.0, 3.0]), level=level)


def test_means_of_nobody_are_not_known() -> None:
    """0 / 0 is no figure."""
    nobody = Sums(0, 0.0, 0.0)

    for arm in (nobody, Proportion(0, 0), Ratio(nobody, nobody, 0.0)):
        assert np.isnan(arm.mean)
        assert np.isnan(arm.variance)
        assert arm.n == 0


AMOUNTS = st.lists(
    st.floats(-1e4, 1e4, allow_nan=False).map(lambda amount: round(amount, 2)), min_size=2, max_size=40
)


@given(AMOUNTS, AMOUNTS, st.sampled_from([0.5, 0.8, 0.95]))
def test_sums_say_what_the_raw_figures_say(control: list[float], treated: list[float], level: float) -> None:
    """SciPy's t test on the customers themselves; the order of the arms only turns the sign."""
    assume(np.std(control) > 0.01)
    assume(np.std(treated) > 0.01)

    found, turned = (welch(sums(a), sums(b), level) for a, b in ((control, treated), (treated, control)))
    theirs = ttest_ind(treated, control, equal_var=False)
    bounds = theirs.confidence_interval(level)

    size = max(map(abs, [*control, *treated]))
    assert found.p == pytest.approx(theirs.pvalue, abs=1e-7)
    assert [found.low, found.high] == pytest.approx([bounds.low, bounds.high], rel=1e-6, abs=1e-6 * size)
    assert [turned.low, turned.high] == pytest.approx([-found.high, -found.low])
    assert (found.low < 0 < found.high) is (found.p > 1 - level)


@given(AMOUNTS, AMOUNTS)
def test_sums_of_parts_are_the_sums_of_the_whole(one: list[float], other: list[float]) -> None:
    """Shards, strata and days can be added up."""
    together = sums(one) + sums(other)

    whole = sums(one + other)
    assert together.n == whole.n
    assert together.total == pytest.approx(whole.total, abs=1e-6)
    assert together.variance == pytest.approx(np.var(one + other, ddof=1), abs=1e-5)


def test_the_log_scale_is_the_delta_method_on_logarithms() -> None:
    """Half the width of the log interval is t times the root of the squared coefficients of variation."""
    found = relative(CONTROL, TREATED, level=0.95)

    half = (log(1 + found.high) - log(1 + found.low)) / 2
    spread = sqrt(sum(a.variance / (a.n * a.mean**2) for a in (CONTROL, TREATED)))
    assert half / spread == pytest.approx(1.9603, abs=5e-4)  # t with 5,842 degrees of freedom
