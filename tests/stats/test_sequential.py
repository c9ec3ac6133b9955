"""Confidence sequences against growthbook's figures and against what a boundary must do."""

from __future__ import annotations

from math import inf, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.growthbook import RATIO_CONTROL, RATIO_TREATED

from evergrove.core.arguments import InvalidArgument
from evergrove.stats import (
    Difference,
    Paired,
    Proportion,
    Sums,
    always_valid,
    as_share,
    cuped_relative_by_delta,
    log_ratio,
    relative,
    relative_by_delta,
    welch,
)
from evergrove.stats.errors import InvalidLevel
from evergrove.stats.sequential import tuning

CONTROL, TREATED = Sums(3000, 1396.87, 52377.9767), Sums(3461, 2422.7, 134698.29)
N = 6461
FEW_PER_CENT = Proportion(20_000, 1000), Proportion(20_000, 1120)


def difference(effect: float, se: float, level: float = 0.95) -> Difference:
    """Nothing but an effect and its standard error."""
    return Difference(effect, -inf, inf, se, 1.0, inf, level)


def test_the_boundary_is_tuned_as_growthbook_does() -> None:
    """Rho at 5,000, and half-widths of a figure whose standard error is 1 / sqrt(n)."""
    assert tuning(5000) == pytest.approx(0.0398400668, abs=1e-10)
    for n, half in ((100, 0.669439), (1000, 0.106375), (20_000, 0.022112)):
        found = always_valid(difference(0.0, 1 / sqrt(n)), n)
        assert found.high == pytest.approx(half, abs=1e-6)
        assert found.low == -found.high
    assert welch(Sums(10_000, 0.0, 2500.0), Sums(10_000, 0.0, 2500.0)).high == pytest.approx(
        0.013859, abs=2e-6
    )


def test_growthbooks_means_shares_and_one_side() -> None:
    """Its own tests, on its relative scale; its p of one side stops searching at 0.4999."""
    by_delta = relative_by_delta(CONTROL, TREATED)
    means = always_valid(by_delta, N, planned=1000)
    assert [means.low, means.high, means.p] == pytest.approx([-0.55844, 1.56516, 1.0], abs=6e-6)
    shares = always_valid(relative_by_delta(Proportion(3000, 1396), Proportion(3461, 2422)), N)
    assert [shares.low, shares.high, shares.p] == pytest.approx([0.40098, 0.60675, 0.0], abs=6e-6)
    one_sided = always_valid(by_delta, N, side="greater")
    assert one_sided.low == pytest.approx(-0.423565, abs=1e-6)
    assert one_sided.high == inf
    assert one_sided.p > 0.4999
    absolute = always_valid(welch(CONTROL, TREATED), N, side="greater")
    assert absolute.low == pytest.approx(-0.126568, abs=1e-6)
    other = always_valid(by_delta, N, side="less")
    assert (other.low, other.p) == (-inf, 1.0)
    assert other.high == pytest.approx(1.430287, abs=1e-6)


def test_growthbooks_covariates_are_watched_too() -> None:
    """Its own tests of means and of ratios with a covariate: the sequence takes any difference."""
    control = Paired(CONTROL, Sums(3000, 16.87, 527.9767), 1.0)
    treated = Paired(TREATED, Sums(3461, 22.7, 1348.29), 1.0)
    found = cuped_relative_by_delta(
        control, treated, covariate_ends="2026-02-28", assigned="2026-03-01", pooling="together"
    )
    means = always_valid(found, N)
    assert [means.effect, means.se] == pytest.approx([0.50338, 0.33341], abs=6e-6)
    assert [means.low, means.high, means.p] == pytest.approx([-0.50969, 1.51646, 1.0], abs=6e-6)

    ratio = cuped_relative_by_delta(
        RATIO_CONTROL, RATIO_TREATED, covariate_ends="2026-02-28", assigned="2026-03-01"
    )
    assert [always_valid(ratio, 200).low, always_valid(ratio, 200).high] == pytest.approx(
        [-0.02063, 0.01923], abs=6e-6
    )


def test_shares_of_a_large_test() -> None:
    """5 against 5.6 % of 20,000 each: clear at one look, not for whoever has looked all along."""
    found = always_valid(welch(*FEW_PER_CENT), 40_000)

    assert [found.low, found.high, found.p] == pytest.approx([-0.001196, 0.013196, 0.235023], abs=1e-6)
    assert welch(*FEW_PER_CENT).p < 0.01


@given(
    st.floats(-6.0, 6.0),
    st.integers(2, 10**7),
    st.integers(1, 10**6),
    st.sampled_from([0.8, 0.95, 0.99]),
    st.sampled_from(["two-sided", "greater", "less"]),
)
def test_p_and_interval_never_contradict_each_other(
    away: float, n: int, planned: int, level: float, side: str
) -> None:
    """P is below the level's error exactly where 0 lies outside, and no p is more certain than that of one look."""
    found = always_valid(difference(away, 1.0, level), n, planned=planned, side=side)  # type: ignore[arg-type]

    distance = max(found.low, -found.high)
    assert 0.0 <= found.p <= 1.0
    if abs(distance) > 1e-9:
        assert (found.p < 1.0 - level) is (distance > 0.0)
    assert found.low <= away <= found.high


def test_the_bound_that_touches_nought_gives_p_back() -> None:
    """At an effect as large as the reach, p is the level's error, on each side."""
    for side, sign in (("two-sided", 1.0), ("greater", 1.0), ("less", -1.0)):
        reach = -always_valid(difference(0.0, 1.0), 3000, side="greater" if side != "two-sided" else side).low  # type: ignore[arg-type]
        found = always_valid(difference(sign * reach, 1.0), 3000, side=side)  # type: ignore[arg-type]
        assert found.p == pytest.approx(0.05, abs=1e-9)
    assert always_valid(difference(1e3, 1.0), 3000, side="greater").p == 0.0


def test_it_is_closest_where_it_was_planned() -> None:
    """In standard errors: wider earlier and later, and wider than one look everywhere."""
    reach = {n: always_valid(difference(0.0, 1.0), n, planned=6461).high for n in (10, 1000, 6461, 40_000)}

    assert min(reach, key=reach.__getitem__) == 6461
    assert reach[6461] == pytest.approx(1.55 * 1.96, abs=0.01)
    assert always_valid(difference(0.0, 1.0), N, planned=6461).high < min(
        always_valid(difference(0.0, 1.0), N, planned=far).high for far in (10, 10_000)
    )


def test_shares_of_the_control_may_be_watched_on_the_log_scale() -> None:
    """The logarithm is watched, and then said as a share; the estimate is that of one look."""
    found = as_share(always_valid(log_ratio(*FEW_PER_CENT), 40_000))
    once = relative(*FEW_PER_CENT)

    assert found.effect == pytest.approx(once.effect)
    assert found.low < once.low < once.high < found.high
    assert found.low < 0.0 < found.high


def test_what_cannot_be_watched_is_refused() -> None:
    """Nobody, nothing planned, a level that is none, a side that is none."""
    some = difference(1.0, 1.0)
    for wrong in ({"n": 0}, {"n": 10, "planned": 0}, {"n": 10, "planned": 2.5}, {"n": 10, "side": "both"}):
        with pytest.raises(InvalidArgument):
            always_valid(some, **wrong)
    with pytest.raises(InvalidLevel):
        always_valid(difference(1.0, 1.0, 0.4), 10, side="greater")
    with pytest.raises(InvalidLevel):
        tuning(5000, 1.0)
