"""CUPED against growthbook's figures, regression on the rows themselves, and what it must refuse."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.growthbook import RATIO_CONTROL, RATIO_TREATED

from evergrove.core.arguments import InvalidArgument
from evergrove.stats import (
    Paired,
    PairedRatio,
    Ratio,
    Sums,
    TooFewUnits,
    ZeroBaseline,
    cuped,
    cuped_relative,
    cuped_relative_by_delta,
    cuped_strata,
    poststratified,
    relative,
    relative_by_delta,
    theta,
    welch,
)
from evergrove.stats.errors import LateCovariate

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEFORE, DRAWN = date(2026, 2, 28), date(2026, 3, 1)
X_CONTROL, X_TREATED = np.arange(1.0, 41.0), np.arange(2.0, 42.0)
Y_CONTROL = 2 * X_CONTROL + (7 * X_CONTROL) % 11
Y_TREATED = 2 * X_TREATED + (7 * X_TREATED) % 11 + 3
CONTROL, TREATED = Paired.of(Y_CONTROL, X_CONTROL), Paired.of(Y_TREATED, X_TREATED)


def test_theta_comes_from_within_the_arms() -> None:
    """And from both as one sample, which lets the effect into it, where growthbook's figure is asked for."""
    assert theta([(CONTROL, TREATED)]) == pytest.approx(1.992402, abs=1e-6)
    assert theta([(CONTROL, TREATED)], "together") == pytest.approx(1.997753, abs=1e-6)
    together = np.cov(np.r_[X_CONTROL, X_TREATED], np.r_[Y_CONTROL, Y_TREATED])
    assert theta([(CONTROL, TREATED)], "together") == pytest.approx(
        together[0, 1] / together[0, 0], abs=1e-12
    )


def test_growthbooks_vector_by_its_own_convention() -> None:
    """Absolute and relative effect, interval, standard error, p, and the figures before the adjustment."""
    found = cuped(CONTROL, TREATED, covariate_ends=BEFORE, assigned=DRAWN, pooling="together")
    share = cuped_relative_by_delta(
        CONTROL, TREATED, covariate_ends=BEFORE, assigned=DRAWN, pooling="together"
    )

    adjusted = found.difference
    assert [adjusted.effect, adjusted.low, adjusted.high] == pytest.approx(
        [2.852247, 1.436904, 4.267590], abs=1e-6
    )
    assert [adjusted.se, adjusted.p] == pytest.approx([0.710922, 0.000137], abs=1e-6)
    assert [share.effect, share.se] == pytest.approx([0.061770, 0.018234], abs=1e-6)
    assert [found.plain.effect, found.plain.se] == pytest.approx([4.85, 5.256544], abs=1e-6)
    assert share.effect == pytest.approx(adjusted.effect / Y_CONTROL.mean(), abs=1e-12)


def test_ours_is_welch_on_the_rows_with_theta_taken_out() -> None:
    """As if y - theta x had been computed for each customer."""
    found = cuped(CONTROL, TREATED, covariate_ends=BEFORE, assigned=DRAWN)

    on_rows = welch(
        Sums.of(Y_CONTROL - found.theta * X_CONTROL), Sums.of(Y_TREATED - found.theta * X_TREATED)
    )
    assert [found.difference.effect, found.difference.se, found.difference.p] == pytest.approx(
        [on_rows.effect, on_rows.se, on_rows.p], rel=1e-9
    )
    assert found.variance_left == pytest.approx((on_rows.se / found.plain.se) ** 2)
    assert found.is_applied


def test_growthbooks_ratio_with_a_covariate() -> None:
    """Its own test: -0.0007 from -0.00841 to 0.00700, p 0.85771, standard error 0.00391."""
    found = cuped_relative_by_delta(RATIO_CONTROL, RATIO_TREATED, covariate_ends=BEFORE, assigned=DRAWN)

    assert [found.effect, found.low, found.high] == pytest.approx([-0.0007, -0.00841, 0.00700], abs=6e-6)
    assert [found.se, found.p] == pytest.approx([0.00391, 0.85771], abs=6e-6)


def test_the_covariance_of_ratios_is_that_of_their_linear_parts() -> None:
    """(y - R d) / mean d of each customer, as the delta method has it."""
    rng = np.random.default_rng(3)
    d, d_before = rng.poisson(3.0, 400) + 1.0, rng.poisson(2.0, 400) + 1.0
    y, y_before = d * rng.gamma(4.0, 5.0, 400), d_before * rng.gamma(4.0, 5.0, 400)

    found = PairedRatio.of(y, d, y_before, d_before)

    linear = (y - y.sum() / d.sum() * d) / d.mean()
    linear_before = (y_before - y_before.sum() / d_before.sum() * d_before) / d_before.mean()
    assert found.covariance == pytest.approx(np.cov(linear, linear_before)[0, 1], rel=1e-9)
    assert found.outcome.variance == pytest.approx(linear.var(ddof=1), rel=1e-9)


def test_the_relative_interval_holds_the_truth_as_often_as_it_says() -> None:
    """
    +20 % of a spend that last year foretells, 1,000 draws: both relative intervals at 80 % within 4 standard errors.

    The interval that is centred on the plain difference would be more than twice as wide.
    """
    rng, draws, n = np.random.default_rng(8), 1000, 300
    x = rng.gamma(2.0, 20.0, (draws, 2 * n))
    y = (x * rng.gamma(20.0, 1 / 20.0, x.shape) + 10.0) * np.r_[np.ones(n), np.full(n, 1.2)]
    held, widths = np.zeros(2), np.zeros(2)
    for before, after in zip(x, y, strict=True):
        arms = Paired.of(after[:n], before[:n]), Paired.of(after[n:], before[n:])
        found = (
            cuped_relative(*arms, covariate_ends=BEFORE, assigned=DRAWN, level=0.8),
            cuped_relative_by_delta(*arms, covariate_ends=BEFORE, assigned=DRAWN, level=0.8),
        )
        held += [each.low <= 0.2 <= each.high for each in found]
        plain = relative(arms[0].outcome, arms[1].outcome, 0.8)
        widths += [found[0].high - found[0].low, plain.high - plain.low]

    assert np.all(np.abs(held / draws - 0.8) < 4 * np.sqrt(0.8 * 0.2 / draws))
    assert widths[0] < 0.6 * widths[1]


def test_a_covariate_that_the_campaign_may_have_moved_is_refused() -> None:
    """It ends on the day of the draw, or later; a day may come as a text or a time."""
    for late in ("2026-03-01", date(2026, 4, 1), datetime(2026, 3, 1, 0, 0)):  # noqa: DTZ001
        for compare in (cuped, cuped_relative, cuped_relative_by_delta):
            with pytest.raises(LateCovariate, match=r"drawn on 2026-03-01.*may hold part of the effect"):
                compare(CONTROL, TREATED, covariate_ends=late, assigned=DRAWN)
        with pytest.raises(LateCovariate):
            cuped_strata([(CONTROL, TREATED)], covariate_ends=late, assigned=DRAWN)
    with pytest.raises(InvalidArgument, match="covariate_ends"):
        cuped(CONTROL, TREATED, covariate_ends="last month", assigned=DRAWN)


def test_a_covariate_of_nobody_adjusts_nothing_and_says_so() -> None:
    """New customers have no year before: theta 0, the plain figures on every scale."""
    nothing = np.zeros(40)
    arms = Paired.of(Y_CONTROL, nothing), Paired.of(Y_TREATED, nothing)

    found = cuped(*arms, covariate_ends=BEFORE, assigned=DRAWN)

    assert not found.is_applied
    assert found.difference == found.plain
    assert found.variance_left == 1.0
    plain = arms[0].outcome, arms[1].outcome
    share = cuped_relative(*arms, covariate_ends=BEFORE, assigned=DRAWN)
    assert [share.low, share.high] == pytest.approx([relative(*plain).low, relative(*plain).high])
    by_delta = cuped_relative_by_delta(*arms, covariate_ends=BEFORE, assigned=DRAWN)
    assert by_delta.se == pytest.approx(relative_by_delta(*plain).se)
    orders_of_new = PairedRatio.of(Y_CONTROL, X_CONTROL, nothing, nothing)
    of_new = cuped(orders_of_new, orders_of_new, covariate_ends=BEFORE, assigned=DRAWN)
    assert (of_new.theta, of_new.difference) == (0.0, of_new.plain)


def test_a_loss_keeps_its_direction() -> None:
    """Where means are negative the share is of their size, by the delta method."""
    arms = Paired.of(-Y_TREATED, X_TREATED), Paired.of(-Y_CONTROL, X_CONTROL)

    found = cuped_relative(*arms, covariate_ends=BEFORE, assigned=DRAWN)

    assert found.effect == pytest.approx(
        cuped(*arms, covariate_ends=BEFORE, assigned=DRAWN).difference.effect / Y_TREATED.mean()
    )
    assert found.effect > 0
    level = Paired.of([-1.0, 0.0, 1.0], [1.0, 0.0, 1.0])
    with pytest.raises(ZeroBaseline):
        cuped_relative(level, level, covariate_ends=BEFORE, assigned=DRAWN)
    with pytest.raises(TooFewUnits):
        cuped(Paired.of([1.0], [1.0]), level, covariate_ends=BEFORE, assigned=DRAWN)


def test_strata_and_covariate_together_are_the_regression_with_both() -> None:
    """One stratum: the same as without; several: least squares with a constant for each arm of each stratum."""
    one = poststratified(cuped_strata([(CONTROL, TREATED)], covariate_ends=BEFORE, assigned=DRAWN))
    alone = cuped(CONTROL, TREATED, covariate_ends=BEFORE, assigned=DRAWN).difference
    assert [one.effect, one.se, one.p] == pytest.approx([alone.effect, alone.se, alone.p], rel=1e-7)

    rng = np.random.default_rng(5)
    kind, treated = rng.integers(0, 3, 900), rng.random(900) < 0.5
    x = rng.gamma(2.0, 10.0, 900) * (1 + kind)
    y = 3 * kind + 1.5 * x + 2.0 * treated * (1 + kind) + rng.normal(0, 4, 900)
    cells = [
        (
            Paired.of(y[(kind == k) & ~treated], x[(kind == k) & ~treated]),
            Paired.of(y[(kind == k) & treated], x[(kind == k) & treated]),
        )
        for k in range(3)
    ]
    found = poststratified(cuped_strata(cells, covariate_ends=BEFORE, assigned=DRAWN))

    assert theta(cells) == pytest.approx(_slope(y, x, 2 * kind + treated), rel=1e-9)
    effects = [
        t.outcome.mean - c.outcome.mean - theta(cells) * (t.before.mean - c.before.mean) for c, t in cells
    ]
    sizes = np.bincount(kind) / 900
    assert found.effect == pytest.approx(float(sizes @ effects), rel=1e-9)
    assert found.se < poststratified([(c.outcome, t.outcome) for c, t in cells]).se / 2


def _slope(y: NDArray[np.float64], x: NDArray[np.float64], group: NDArray[np.int64]) -> float:
    """Least squares of y on x with a constant for each group."""
    design = np.column_stack([x, *[group == k for k in np.unique(group)]]).astype(np.float64)
    return float(np.linalg.lstsq(design, y, rcond=None)[0][0])


PAIRS = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=30)


@given(PAIRS, PAIRS)
def test_sums_of_parts_are_the_sums_of_the_whole(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    """Days and shards can be added up, of means and of ratios."""
    parts = [np.array(each, np.float64).T for each in (one, other)]
    y, x = np.concatenate(parts, axis=1)

    assert Paired.of(*parts[0]) + Paired.of(*parts[1]) == Paired.of(y, x)
    whole = PairedRatio.of(*parts[0], *parts[0]) + PairedRatio.of(*parts[1], *parts[1])
    assert whole == PairedRatio.of(y, x, y, x)


def test_rows_of_unlike_length_or_with_gaps_are_refused() -> None:
    """A missing figure is not 0, and somebody's covariate is nobody else's."""
    with pytest.raises(InvalidArgument, match="before"):
        Paired.of([1.0, 2.0], [1.0])
    with pytest.raises(InvalidArgument, match="outcome = "):
        Paired.of([1.0, float("nan")], [1.0, 2.0])
    with pytest.raises(InvalidArgument, match="values = "):
        Sums.of("spend")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="below = "):
        Ratio.of([1.0, 2.0], [[1.0], [2.0]])  # type: ignore[list-item]
