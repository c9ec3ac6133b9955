"""Capped figures beside plain ones, from rows and from sums, and caps that are no caps."""

from __future__ import annotations

import numpy as np
import pytest

from evergrove.core.arguments import InvalidArgument
from evergrove.stats import Cap, Capped, Sums, UnlikeCaps, welch, welch_capped
from evergrove.stats.errors import InvalidLevel

SPEND = np.r_[np.zeros(90), np.full(9, 20.0), 5000.0]
OTHERS = np.r_[np.zeros(80), np.full(20, 25.0)]


def test_one_whale_decides_only_where_it_is_not_cut_off() -> None:
    """Both results stand side by side, with how many were cut off."""
    cap = Cap(100.0)

    found = welch_capped(Capped.of(OTHERS, cap), Capped.of(SPEND, cap))

    assert found.plain == welch(Sums.of(OTHERS), Sums.of(SPEND))
    assert found.capped == welch(Sums.of(OTHERS), Sums.of(np.minimum(SPEND, 100.0)))
    assert (found.plain.effect > 0.0, found.capped.effect > 0.0) == (True, False)
    assert found.capped.se < found.plain.se / 10
    assert (found.above_control, found.above_treated, found.cap.share) == (0, 1, None)


def test_a_cap_of_the_days_before_is_their_quantile() -> None:
    """Of everybody, those without an order too; what comes later cannot move it."""
    before = np.r_[np.zeros(900), np.arange(1.0, 101.0)]

    cap = Cap.of_before(before, 0.99)

    assert cap == Cap(float(np.quantile(before, 0.99)), 0.99)
    assert (before > cap.value).mean() <= 0.01
    assert list(cap.applied([1.0, 1e9, -3.0])) == [1.0, cap.value, -3.0]


def test_a_figure_on_the_cap_is_not_cut_off() -> None:
    """Only what lies above it is counted."""
    assert Capped.of([99.0, 100.0, 100.5], Cap(100.0)).above == 1


def test_days_add_up_under_one_cap_only() -> None:
    """Sums of parts are sums of the whole; parts of unlike caps are refused, and so are arms."""
    cap = Cap(100.0)
    parts = [Capped.of(part, cap) for part in np.array_split(SPEND, 3)]

    assert parts[0] + parts[1] + parts[2] == Capped.of(SPEND, cap)
    with pytest.raises(UnlikeCaps, match=r"capped at 100.0, the other at 99.0"):
        parts[0] + Capped.of(SPEND, Cap(99.0))
    with pytest.raises(UnlikeCaps):
        welch_capped(Capped.of(OTHERS, Cap(99.0)), Capped.of(SPEND, cap))


def test_caps_that_cut_off_everything_or_nothing_are_refused() -> None:
    """0, infinity, and the quantile of days in which nobody bought."""
    for value in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(InvalidArgument, match="value = "):
            Cap(value)
    for nothing in (np.zeros(100), np.zeros(0)):
        with pytest.raises(InvalidArgument):
            Cap.of_before(nothing)
    with pytest.raises(InvalidLevel):
        Cap.of_before(SPEND, 99.9)
