"""Non-inferiority against the interval it comes from, and simulated harm that it must not pass."""

from __future__ import annotations

import numpy as np
import pytest

from evergrove.core.arguments import InvalidArgument
from evergrove.stats import Proportion, Sums, not_worse, relative_by_delta, welch
from evergrove.stats.errors import InvalidLevel

ARMS = Sums(3407, 1396.87, 52377.9767), Sums(3461, 2422.7, 134698.29)
LEAVING = Proportion(20_000, 400), Proportion(20_000, 430)


def test_no_margin_is_the_one_sided_test() -> None:
    """Better than nothing at all: growthbook's one-sided p and bound on both scales."""
    control, treated = Sums(3000, 1396.87, 52377.9767), ARMS[1]
    found = not_worse(relative_by_delta(control, treated), 0.0)
    assert [found.worst, found.p] == pytest.approx([-0.045137, 0.065583], abs=1e-6)
    assert not found.holds
    absolute = not_worse(welch(control, treated), 0.0)
    assert [absolute.worst, absolute.p] == pytest.approx([0.020791, 0.035543], abs=1e-6)
    assert absolute.holds


def test_the_margin_moves_what_is_tested_and_not_the_bound() -> None:
    """P is that of the difference plus the margin; it falls below 5 % where the bound comes within the margin."""
    found = welch(*ARMS)
    for margin in (0.0, 0.02, 0.1, 0.5):
        judged = not_worse(found, margin)
        better = Sums(  # everybody's figure raised by the margin
            ARMS[1].n,
            ARMS[1].total + margin * ARMS[1].n,
            ARMS[1].squares + 2 * margin * ARMS[1].total + margin**2 * ARMS[1].n,
        )
        assert judged.p == pytest.approx(welch(ARMS[0], better, 0.95, "greater").p)
        assert judged.worst == pytest.approx(welch(*ARMS, 0.95, "greater").low)
        assert judged.holds is (judged.p < 0.05) is (judged.worst > -margin)
    touching = not_worse(found, max(0.0, -welch(*ARMS, 0.999, "greater").low), level=0.999)
    assert touching.p == pytest.approx(0.001, abs=1e-6)


def test_more_who_leave_is_the_bad_direction() -> None:
    """2.15 % after 2 %: half a point more can be ruled out, a quarter cannot; the other way round it is the mirror."""
    found = welch(*LEAVING)
    half, quarter = (not_worse(found, margin, worse="higher") for margin in (0.005, 0.0025))

    assert half.holds
    assert not quarter.holds
    assert half.worst == pytest.approx(welch(*LEAVING, 0.95, "less").high)
    mirrored = not_worse(welch(LEAVING[1], LEAVING[0]), 0.005)
    assert (mirrored.p, mirrored.worst) == pytest.approx((half.p, -half.worst))


def test_harm_as_large_as_the_margin_passes_as_rarely_as_the_level_says() -> None:
    """4,000 trials at the margin itself: 5 % within four standard errors."""
    rng, runs, n = np.random.default_rng(6), 4000, 120
    control, treated = rng.normal(10.0, 3.0, (runs, n)), rng.normal(9.0, 4.0, (runs, n))
    passed = sum(
        not_worse(welch(Sums.of(c), Sums.of(t)), 1.0).holds for c, t in zip(control, treated, strict=True)
    )

    assert abs(passed / runs - 0.05) < 4 * np.sqrt(0.05 * 0.95 / runs)


def test_margins_that_are_none_are_refused() -> None:
    """Harm is put up with in numbers from 0 on."""
    found = welch(*ARMS)
    for margin in (-0.1, float("nan"), float("inf")):
        with pytest.raises(InvalidArgument, match="margin = "):
            not_worse(found, margin)
    with pytest.raises(InvalidArgument, match="worse = "):
        not_worse(found, 0.1, worse="left")  # type: ignore[arg-type]
    with pytest.raises(InvalidLevel):
        not_worse(found, 0.1, level=95.0)
