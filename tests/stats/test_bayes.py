"""Posteriors against growthbook's figures, exact chances against published ones, and priors on either scale."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evergrove.core.arguments import InvalidArgument
from evergrove.stats import (
    NoVariance,
    Posterior,
    Prior,
    Proportion,
    Sums,
    ZeroBaseline,
    chance_of_more,
    posterior,
    risk,
    welch,
)

TENS = Sums(10, 100, 1002.25), Sums(10, 105, 1111.5)
HALVES = Proportion(100, 49), Proportion(100, 51)


def figures(found: Posterior) -> list[float]:
    """In the order of the published tables."""
    return [found.effect, found.low, found.high, found.chance_to_win, found.risk_keep, found.risk_ship]


def test_growthbooks_posteriors() -> None:
    """Its own tests on its relative scale, with and without a belief beforehand."""
    assert figures(posterior(*HALVES, scale="relative")) == pytest.approx(
        [0.04082, -0.24779, 0.32943, 0.60918, 0.0814, 0.04058], abs=6e-6
    )
    assert figures(posterior(*TENS, scale="relative")) == pytest.approx(
        [0.05, -0.02, 0.12, 0.91923, 0.05131, 0.00131], abs=6e-6
    )
    assert figures(posterior(*TENS, Prior(0.1, 0.1, "relative"), scale="relative")) == pytest.approx(
        [0.05063, -0.01893, 0.12019, 0.92315, 0.05186, 0.00123], abs=6e-6
    )
    large = posterior(Proportion(20_000, 1000), Proportion(20_000, 1120), scale="relative")
    assert figures(large) == pytest.approx([0.12, 0.027052, 0.212948, 0.994303, 0.120086, 0.000086], abs=1e-6)


def test_growthbooks_risks() -> None:
    """A sure effect has no risk, and nothing overflows."""
    assert risk(0.1, 0.05) == pytest.approx((0.1004245351, 0.0004245351), abs=1e-10)
    assert risk(0.05, 0.1) == pytest.approx((0.0697796557, 0.0197796557), abs=1e-10)
    assert risk(0.01, 4.5e-9) == (0.01, 0.0)
    assert risk(-0.01, 4.5e-9) == (0.0, 0.01)


@settings(max_examples=30)
@given(st.floats(-5.0, 5.0), st.floats(0.01, 5.0))
def test_risks_are_the_expectations_they_are_called(mean: float, sd: float) -> None:
    """By integration over the normal; their difference is the mean."""
    keep, ship = risk(mean, sd)
    theirs = stats.norm(mean, sd).expect(lambda x: x, lb=0.0, ub=max(mean + 12 * sd, 0.0))

    assert keep == pytest.approx(theirs, rel=1e-6, abs=1e-9)
    assert keep - ship == pytest.approx(mean, abs=1e-12)
    assert min(keep, ship) >= 0.0


def test_a_prior_is_translated_to_the_scale_of_the_analysis() -> None:
    """1 in money on a base of 10 is 0.1: either way of saying it gives the same; the same number does not."""
    by_share = posterior(*TENS, Prior(0.1, 0.0025, "relative"), scale="relative")
    by_money = posterior(*TENS, Prior(1.0, 0.25, "absolute"), scale="relative")

    assert figures(by_share) == pytest.approx(figures(by_money))
    of_one = [
        posterior(*TENS, Prior(1.0, 1.0, scale), scale="relative") for scale in ("absolute", "relative")
    ]
    assert of_one[0].effect != pytest.approx(of_one[1].effect, abs=1e-4)
    assert posterior(*TENS, Prior(0.1, 0.0025, "relative")).effect == pytest.approx(
        posterior(*TENS, Prior(1.0, 0.25)).effect
    )


def test_a_negative_base_is_translated_by_its_size() -> None:
    """Losses that halve are +0.5, and a belief in them is no belief in the contrary."""
    arms = Sums.of([-11.0, -9.0, -10.0]), Sums.of([-6.0, -4.0, -5.0])
    flat = posterior(*arms, scale="relative")
    believed = posterior(*arms, Prior(5.0, 1e-6), scale="relative")

    assert flat.effect == pytest.approx(0.5)
    assert believed.effect == pytest.approx(0.5)
    assert believed.sd < flat.sd


def test_without_a_prior_it_is_the_normal_interval_and_a_firm_one_prevails() -> None:
    """Two limits: nothing known before, everything known before."""
    flat, plain = posterior(*HALVES), welch(*HALVES)
    assert (flat.effect, flat.sd) == pytest.approx((plain.effect, plain.se))
    assert posterior(*HALVES, Prior(0.0, 1e12)).effect == pytest.approx(plain.effect)
    firm = posterior(*HALVES, Prior(0.3, 1e-12))
    assert firm.effect == pytest.approx(0.3, abs=1e-6)
    assert firm.chance_to_win == pytest.approx(1.0)


def test_the_exact_chance_of_more() -> None:
    """49 against 51 of 100 with flat priors; and by simulation with others."""
    assert chance_of_more(*HALVES) == pytest.approx(0.6107705, abs=1e-7)
    rng = np.random.default_rng(2)
    drawn = rng.beta(3 + 7, 2 + 13, 400_000) > rng.beta(3 + 2, 2 + 28, 400_000)
    assert chance_of_more(Proportion(30, 2), Proportion(20, 7), (3, 2)) == pytest.approx(
        drawn.mean(), abs=4 * drawn.std() / np.sqrt(400_000)
    )


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_chances_of_more_and_of_less_are_one(a: int, b: int, c: int, d: int) -> None:
    """Whichever sum is the shortest; turned round by arms and by what counts as success."""
    one, other = Proportion(a + b, a), Proportion(c + d, c)
    found = chance_of_more(one, other)

    assert found + chance_of_more(other, one) == pytest.approx(1.0, abs=1e-9)
    failures = Proportion(a + b, b), Proportion(c + d, d)
    assert chance_of_more(failures[1], failures[0]) == pytest.approx(found, abs=1e-9)


def test_what_cannot_be_believed_is_refused() -> None:
    """No variance, half a person, nothing to take a share of."""
    for wrong in ((0.0, 0.0), (0.0, -1.0), (nan, 1.0), (inf, 1.0)):
        with pytest.raises(InvalidArgument):
            Prior(*wrong)
    with pytest.raises(InvalidArgument):
        Prior(0.0, 1.0, "log")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument):
        posterior(*HALVES, scale="log")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="prior = 0"):
        chance_of_more(*HALVES, (0, 1))
    with pytest.raises(InvalidArgument):
        risk(0.1, 0.0)
    with pytest.raises(NoVariance):
        posterior(Proportion(10, 0), Proportion(10, 3))
    with pytest.raises(ZeroBaseline):
        posterior(Sums.of([-1.0, 1.0]), Sums.of([1.0, 2.0]), Prior(0.1, 1.0, "relative"))
