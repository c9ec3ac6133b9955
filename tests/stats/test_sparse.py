"""Differences where few buy: against exact limits of counts, by symmetry, and by how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, t

from evergrove.stats import NoVariance, Sums, TooFewUnits, poststratified, sparse_difference
from evergrove.stats.errors import InvalidLevel
from evergrove.stats.sparse import MANY_EVENTS, _Arm


def sums(values: object) -> Sums:
    """The sums of raw figures."""
    raw = np.asarray(values, np.float64)
    return Sums(len(raw), float(raw.sum()), float((raw**2).sum()))


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 2.512), (1, 0.108, 4.674), (2, 0.416, 6.416), (5, 1.908, 10.960), (10, 5.141, 17.739)],
)
def test_limits_of_a_count_are_those_of_jeffreys(count: int, low: float, high: float) -> None:
    """95 % limits of a Poisson mean: quantiles of chi-square with 2x + 1 degrees of freedom, halved; 0 stays 0."""
    assert [chi2.ppf(q, 2 * count + 1) / 2 for q in (0.025, 0.975)] == pytest.approx(
        [max(low, 0.0005), high], abs=6e-4
    )

    assert _Arm(float(count), 1.0, float(count)).limits(0.025) == pytest.approx((low, high), abs=6e-4)


ARM = st.lists(st.sampled_from([0.0, 0.0, 0.0, 12.5, 40.0, 99.0, -5.0]), min_size=4, max_size=30)


@given(ARM, ARM, st.sampled_from([0.5, 0.8, 0.95]))
def test_symmetry_scale_and_p(one: list[float], other: list[float], level: float) -> None:
    """Arms turned round turn the interval; money in cents scales it; p and interval say the same of 0."""
    a, b = sums(one), sums(other)
    try:
        found, how = sparse_difference([(a, b)], level)
    except NoVariance:
        return
    in_cents = [Sums(arm.n, 100 * arm.total, 10_000 * arm.squares) for arm in (a, b)]
    turned, _how = sparse_difference([(b, a)], level)
    cents, _how = sparse_difference([(in_cents[0], in_cents[1])], level)

    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    assert (cents.low, cents.high) == pytest.approx((100 * found.low, 100 * found.high), abs=1e-7)
    assert found.low <= found.effect <= found.high
    assert (found.p < 1 - level) is not (found.low <= 0 <= found.high)
    assert 0 <= found.p <= 1
    assert how in {"events", "welch"}


@given(ARM, ARM)
def test_a_higher_level_is_wider(one: list[float], other: list[float]) -> None:
    """And none is narrower than the one before it."""
    try:
        widths = [
            found.high - found.low
            for level in (0.1, 0.5, 0.8, 0.95, 0.999)
            for found in [sparse_difference([(sums(one), sums(other))], level)[0]]
        ]
    except NoVariance:
        return

    assert widths == sorted(widths)


def test_many_events_are_left_to_welch() -> None:
    """There each arm's own variance is known well; shortly before, both agree."""
    rng = np.random.default_rng(1)
    spend = rng.lognormal(3, 0.5, 8000) * (rng.random(8000) < 0.2)
    strata = [(sums(spend[:4000]), sums(spend[4000:]))]

    many, how = sparse_difference(strata, 0.8)
    few, how_few = sparse_difference([(sums(spend[:400]), sums(spend[4000:]))], 0.8)

    assert how == "welch"
    assert many == poststratified(strata, 0.8)
    assert how_few == "events"
    plain = poststratified([(sums(spend[:400]), sums(spend[4000:]))], 0.8)
    assert few.high - few.low == pytest.approx(plain.high - plain.low, rel=0.1)
    assert MANY_EVENTS == 100


def test_the_standard_error_is_that_of_one_variance_for_both_arms() -> None:
    """By hand: squares of 24 and 54 about the means of three and of four people are 78 / 5 = 15.6 a person."""
    found, how = sparse_difference([(sums([0.0, 0.0, 6.0]), sums([0.0, 0.0, 3.0, 9.0]))], 0.8)

    assert how == "events"
    assert found.effect == pytest.approx(1.0)
    assert found.se == pytest.approx(np.sqrt(15.6 * (1 / 3 + 1 / 4)))
    assert found.df == 5


def test_few_people_with_many_events_are_student_s() -> None:
    """Five in an arm who all buy, for a quarter more or less: the interval is that of t with 8, not of the normal."""
    spend = 100.0 + 25.0 * np.array([-1.2, -0.8, 0.0, 0.8, 1.2])
    found, how = sparse_difference([(sums(spend), sums(spend + 10.0))], 0.8)

    assert how == "events"
    assert (found.high - found.low) / 2 == pytest.approx(t.ppf(0.9, 8) * found.se, rel=0.02)


def test_a_stratum_cut_into_alike_halves_says_the_same() -> None:
    """Of two halves each weighs one half, its variance a quarter."""
    rng = np.random.default_rng(4)
    half = tuple(sums(rng.lognormal(3, 0.7, 3000) * (rng.random(3000) < share)) for share in (0.01, 0.02))
    whole = (half[0] + half[0], half[1] + half[1])

    cut, how = sparse_difference([half, half], 0.8)  # type: ignore[list-item]
    uncut, _how = sparse_difference([whole], 0.8)

    assert how == "events"
    assert (cut.effect, cut.se, cut.low, cut.high) == pytest.approx(
        (uncut.effect, uncut.se, uncut.low, uncut.high), rel=1e-3
    )


def test_strata_are_named_when_they_are_compared() -> None:
    """The ledger keeps how a figure came about."""
    rng = np.random.default_rng(2)
    arms = [sums(rng.lognormal(3, 0.1, 500)) for _arm in range(4)]

    assert sparse_difference([(arms[0], arms[1]), (arms[2], arms[3])])[1] == "poststratified"


def test_what_cannot_be_compared_is_refused() -> None:
    """One unit, nobody who differs, no probability."""
    some = sums([0.0, 3.0, 0.0])
    with pytest.raises(TooFewUnits):
        sparse_difference([(sums([1.0]), some)])
    with pytest.raises(TooFewUnits):
        sparse_difference([])
    with pytest.raises(NoVariance):
        sparse_difference([(sums([0.0, 0.0]), sums([0.0, 0.0, 0.0]))])
    with pytest.raises(InvalidLevel):
        sparse_difference([(some, some)], 80)


def test_where_more_is_paid_back_than_paid_the_variance_decides() -> None:
    """A mean below 0 is no sum of purchases."""
    arms = sums([-30.0, 0.0, 5.0, 0.0]), sums([-20.0, 0.0, 0.0, 1.0])

    found, how = sparse_difference([arms], 0.8)

    assert how == "welch"
    assert found == poststratified([arms], 0.8)


def test_nobody_in_control_bought_and_there_is_an_interval_all_the_same() -> None:
    """10 of 90 treated bought for 50 each: control might have bought as well, at 10 people."""
    found, _how = sparse_difference([(sums([0.0] * 10), sums([50.0] * 10 + [0.0] * 80))], 0.8)

    assert found.effect == pytest.approx(50 / 9)
    assert found.low < 0 < found.high
    assert 0.2 < found.p < 1


@pytest.mark.parametrize(("control", "share"), [(15, 0.12), (30, 0.12), (60, 0.12), (60, 0.4), (300, 0.12)])
def test_eight_of_ten_intervals_hold_the_truth(control: int, share: float) -> None:
    """
    Zero-inflated log-normal spend, nine treated for one of control, a fifth more buyers among the treated.

    1,000 draws: within 4 standard errors (5.1 points) of 80 % and of 95 %; draws without any buyer in control count too.
    """
    rng = np.random.default_rng(control)
    draws, held = 1000, {0.8: 0, 0.95: 0}
    mean = np.exp(3 + 0.5 * 0.7**2)
    truth = 0.2 * share * mean
    for _draw in range(draws):
        buyers_c, buyers_t = rng.binomial(control, share), rng.binomial(9 * control, 1.2 * share)
        arms = []
        for n, buyers in ((control, buyers_c), (9 * control, buyers_t)):
            spend = rng.lognormal(3, 0.7, buyers)
            arms.append(Sums(n, float(spend.sum()), float((spend**2).sum())))
        for level in held:
            found, _how = sparse_difference([(arms[0], arms[1])], level)
            held[level] += found.low <= truth <= found.high

    for level, count in held.items():
        assert abs(count / draws - level) < 4 * np.sqrt(level * (1 - level) / draws), (level, count / draws)
