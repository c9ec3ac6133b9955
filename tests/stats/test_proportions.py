"""Shares, ratios and differences against published intervals and scipy."""

from __future__ import annotations

from math import inf, isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evergrove.stats import Proportion
from evergrove.stats.errors import InvalidLevel
from evergrove.stats.proportions import (
    agresti_caffo,
    change,
    jeffreys,
    newcombe,
    risk_ratio,
    same_share_p,
    wilson,
)

# Newcombe (1998), Statistics in Medicine 17, 857-872, table I: 95 % score intervals without a correction.
SINGLE = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
# Newcombe (1998), ibid. 873-890, table II, method 10.
DIFFERENCES = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (5, 56, 0, 29, -0.0381, 0.1926),
]
TABLES = st.tuples(*[st.integers(1, 60), st.integers(0, 60)] * 2).map(
    lambda t: (Proportion(t[0] + t[1], t[0]), Proportion(t[2] + t[3], t[2]))
)


@pytest.mark.parametrize(("successes", "n", "low", "high"), SINGLE)
def test_a_share_has_the_published_interval(successes: int, n: int, low: float, high: float) -> None:
    """To the four digits that are printed."""
    found = wilson(Proportion(n, successes), 0.95)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(1, 500), st.floats(0.0, 1.0), st.sampled_from([0.5, 0.8, 0.95]))
def test_a_share_has_the_interval_of_scipy(n: int, part: float, level: float) -> None:
    """For any counts and levels, and it holds the share itself."""
    successes = round(n * part)
    found = wilson(Proportion(n, successes), level)
    theirs = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_nobody_has_no_share() -> None:
    """Of nobody, nothing is said; a level that is none is refused."""
    assert isnan(wilson(Proportion(0, 0)).value)
    with pytest.raises(InvalidLevel):
        wilson(Proportion(5, 1), 80.0)


@pytest.mark.parametrize(("a", "n", "b", "m", "low", "high"), DIFFERENCES)
def test_a_change_of_shares_has_the_published_interval(
    a: int, n: int, b: int, m: int, low: float, high: float
) -> None:
    """Newcombe's hybrid of two score intervals, to the four digits that are printed."""
    found = change(wilson(Proportion(n, a), 0.95), wilson(Proportion(m, b), 0.95))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(TABLES, st.sampled_from([0.8, 0.95]))
def test_a_ratio_of_shares_is_that_of_scipy(table: tuple[Proportion, Proportion], level: float) -> None:
    """Katz's interval, wherever both sides have a success."""
    ours, others = table
    found = risk_ratio(ours, others, level)
    theirs = stats.contingency.relative_risk(ours.successes, ours.n, others.successes, others.n)
    bounds = theirs.confidence_interval(level)
    assert (found.value, found.low, found.high) == pytest.approx(
        (theirs.relative_risk, bounds.low, bounds.high), rel=1e-9
    )


@given(TABLES)
def test_the_p_of_two_shares_is_that_of_the_fourfold_table(table: tuple[Proportion, Proportion]) -> None:
    """Pearson's chi-square without a correction, by scipy; 1 where everybody has the property."""
    ours, others = table
    rows = [[each.successes, each.n - each.successes] for each in table]
    everybody = ours.successes == ours.n and others.successes == others.n
    expected = 1.0 if everybody else stats.chi2_contingency(rows, correction=False).pvalue
    assert same_share_p(ours, others) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_a_property_that_one_side_lacks_leaves_the_ratio_open_on_that_side() -> None:
    """It is infinite, or 0, and the other bound still says how far the data go."""
    only_here = risk_ratio(Proportion(50, 20), Proportion(50, 0))
    assert (only_here.value, only_here.high) == (inf, inf)
    assert only_here.low > 1.0
    only_there = risk_ratio(Proportion(50, 0), Proportion(50, 20))
    assert (only_there.value, only_there.low) == (0.0, 0.0)
    assert only_there.high < 1.0
    assert isnan(risk_ratio(Proportion(50, 0), Proportion(50, 0)).value)


LARGE = Proportion(20_000, 1000), Proportion(20_000, 1120)


def test_intervals_of_few_and_of_many_are_those_of_the_reference() -> None:
    """3 of 200 after Wilson and Jeffreys; 5 against 5.6 % after Newcombe, Agresti and Caffo, and the z test."""
    three = Proportion(200, 3)
    assert (wilson(three, 0.95).low, wilson(three, 0.95).high) == pytest.approx(
        (0.005114, 0.043166), abs=1e-6
    )
    assert (jeffreys(three, 0.95).low, jeffreys(three, 0.95).high) == pytest.approx(
        (0.004242, 0.039484), abs=1e-6
    )
    found, other = newcombe(*LARGE), agresti_caffo(*LARGE)
    assert (found.low, found.high) == pytest.approx((0.001609, 0.010396), abs=1e-6)
    assert (other.low, other.high) == pytest.approx((0.001607, 0.010392), abs=1e-6)
    assert found.value == other.value == pytest.approx(0.006)
    assert same_share_p(LARGE[1], LARGE[0]) == pytest.approx(0.007403, abs=1e-6)


@given(st.integers(1, 300), st.floats(0.0, 1.0), st.sampled_from([0.8, 0.95]))
def test_jeffreys_is_the_posterior_of_scipy(n: int, part: float, level: float) -> None:
    """Quantiles of Beta(1/2 + successes, 1/2 + failures), open to the end where there is no success or failure."""
    hits = round(n * part)
    found, theirs = jeffreys(Proportion(n, hits), level), stats.beta(hits + 0.5, n - hits + 0.5)
    low, high = theirs.interval(level)
    assert found.low == pytest.approx(0.0 if hits == 0 else low, abs=1e-9)
    assert found.high == pytest.approx(1.0 if hits == n else high, abs=1e-9)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


@given(TABLES, st.sampled_from([0.8, 0.95]))
def test_differences_of_shares_hold_their_estimate_and_turn_round(
    table: tuple[Proportion, Proportion], level: float
) -> None:
    """Within -1 and 1, and with the arms changed the mirror; Newcombe's is that of scipy's."""
    for interval in (newcombe, agresti_caffo):
        found, turned = interval(*table, level), interval(table[1], table[0], level)
        assert -1.0 <= found.low <= found.high <= 1.0
        assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-12)
    assert newcombe(*table, level).low <= table[1].mean - table[0].mean <= newcombe(*table, level).high


def test_agresti_and_caffo_hold_the_truth_where_walds_interval_does_not() -> None:
    """Exact coverage of 95 % at shares of 4 % and 2 % of 40 each, by summing over all outcomes: Wald's is 83 %."""
    chances = [stats.binom(40, share).pmf(range(41)) for share in (0.04, 0.02)]
    held = wald = 0.0
    for a in range(41):
        for b in range(41):
            one, other = Proportion(40, a), Proportion(40, b)
            chance = chances[0][a] * chances[1][b]
            found = agresti_caffo(one, other)
            held += chance * (found.low <= -0.02 <= found.high)
            half = 1.959964 * ((one.variance + other.variance) / 40) ** 0.5
            wald += chance * (abs(other.mean - one.mean + 0.02) <= half)
    assert held >= 0.95
    assert wald < 0.88


def test_of_nobody_there_is_no_difference() -> None:
    """NaN, as for one share; a level that is none is refused all the same."""
    nobody = Proportion(0, 0)
    for found in (newcombe(nobody, LARGE[0]), agresti_caffo(LARGE[0], nobody), jeffreys(nobody)):
        assert isnan(found.value)
        assert isnan(found.low)
    for interval in (newcombe, agresti_caffo):
        with pytest.raises(InvalidLevel):
            interval(*LARGE, 95.0)
    with pytest.raises(InvalidLevel):
        jeffreys(LARGE[0], 95.0)
