"""Shares, ratios and differences against published intervals and scipy."""

from __future__ import annotations

from math import inf, isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evergrove.stats import Proportion
from evergrove.stats.errors import InvalidLevel
from evergrove.stats.proportions import change, risk_ratio, same_share_p, wilson

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
