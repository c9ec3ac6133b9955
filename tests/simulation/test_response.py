"""The parts of the truth: keyed numbers, chances, lags, and what is kept of an order, each against its law."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import kstest

from evergrove.simulation.draws import keyed_uniforms, names_as_keys
from evergrove.simulation.fates import fates_of, kept_share
from evergrove.simulation.response import (
    MOST,
    NO_EFFECT,
    Responses,
    Traits,
    chances,
    draw_traits,
    lag_weights,
    lags,
)
from evergrove.simulation.world import CHANNELS

if TYPE_CHECKING:
    from evergrove.models.types import Floats

MANY = 200_000


def traits(contact: float, deal: float, *, annoyed: bool = False) -> Traits:
    """Of one customer."""
    return Traits(contact=np.array([contact]), annoyed=np.array([annoyed]), deal=np.array([deal]))


def test_keyed_numbers_are_uniform_and_unrelated() -> None:
    """Neighbouring customers, steps and purposes have nothing to do with each other."""
    customer = np.arange(MANY)
    one = keyed_uniforms(7, "lag", customer, np.zeros(MANY, dtype=np.int64))
    others = (
        keyed_uniforms(7, "way", customer, np.zeros(MANY, dtype=np.int64)),
        keyed_uniforms(7, "lag", customer, np.ones(MANY, dtype=np.int64)),
        keyed_uniforms(8, "lag", customer, np.zeros(MANY, dtype=np.int64)),
        np.roll(one, 1),
    )

    assert kstest(one, "uniform").pvalue > 0.01
    for other in others:
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(MANY)


def test_a_keyed_number_belongs_to_its_keys() -> None:
    """Whoever else is asked, and in whatever order, has no say."""
    customer = np.array([5, 900, 17])

    numbers = keyed_uniforms(3, "way", customer)

    np.testing.assert_array_equal(numbers[1:2], keyed_uniforms(3, "way", customer[1:2]))
    names = names_as_keys(np.array(["L2", "T1b", "L2"]))
    assert names[0] == names[2] != names[1]
    np.testing.assert_array_equal(names[1:2], names_as_keys(np.array(["T1b"])))


def test_chances_are_those_of_the_table() -> None:
    """T1b with 10 percent off, worked out by hand: m .08, o .45, p .10, v .10; pull of the coupon 1 - 1/e."""
    pull = 1 - 1 / np.e
    one = traits(contact=1.5, deal=0.4)

    alive = chances(Responses(), np.array(["T1b"]), one, np.array([True]), np.array([10.0]))
    gone = chances(Responses(), np.array(["T1b"]), one, np.array([False]), np.array([10.0]))

    np.testing.assert_allclose(alive.extra, 1.5 * (0.08 + 0.45 * 0.4 * pull))
    np.testing.assert_allclose(alive.pulled, 1.5 * 0.10 * (1 + 0.4 * pull))
    np.testing.assert_allclose(alive.redeemed, 0.3 + 0.7 * 0.4)
    np.testing.assert_allclose(gone.extra, 0.10 * alive.extra)
    assert alive.deterred == 0
    np.testing.assert_allclose(alive.none, 1 - alive.extra - alive.pulled)


def test_who_is_annoyed_only_loses_orders() -> None:
    """No extra order, none pulled; a coupon softens it."""
    cross = traits(contact=0.0, deal=0.4, annoyed=True)

    plain, sweetened = (
        chances(Responses(), np.array(["L5"]), cross, np.array([True]), np.array([percent]))
        for percent in (0.0, 15.0)
    )

    assert plain.extra == plain.pulled == plain.redeemed == 0
    np.testing.assert_allclose(plain.deterred, 0.2)
    np.testing.assert_allclose(sweetened.deterred, 0.2 * (1 - (1 - np.exp(-1.5)) / 2))


def test_chances_never_pass_their_bound_and_playbooks_nobody_knows_have_some() -> None:
    """However strongly customers are made to respond."""
    wild = chances(
        Responses().scaled(50), np.array(["X9"]), traits(3.0, 1.0), np.array([True]), np.array([50.0])
    )
    calm = chances(NO_EFFECT, np.array(["L2"]), traits(3.0, 1.0), np.array([True]), np.array([50.0]))

    np.testing.assert_allclose(wild.none, 1 - MOST)
    np.testing.assert_allclose(wild.redeemed, 1.0)
    assert calm.none == 1
    assert calm.redeemed == 0


@pytest.mark.parametrize("longest", [0, 4, 13])
def test_lags_come_as_their_weights_say(longest: int) -> None:
    """Within four standard errors at each lag, and none beyond the longest."""
    uniform = keyed_uniforms(1, "test", np.arange(MANY))

    drawn = np.bincount(lags(np.full(MANY, longest), uniform), minlength=14) / MANY

    weights = lag_weights(np.array([longest]))[0]
    assert abs(weights.sum() - 1) < 1e-12
    assert (np.abs(drawn - weights) <= 4 * np.sqrt(weights * (1 - weights) / MANY)).all()


def test_what_is_kept_of_an_order_is_what_its_fate_leaves() -> None:
    """At each age, the mean over many drawn fates; within four standard errors."""

    def uniform(purpose: str) -> Floats:
        return keyed_uniforms(2, purpose, np.arange(MANY))

    fates = fates_of(uniform)
    for age in (0, 1, 2, 5, 10, 14, 29, 30, 100):
        lost = np.where(age >= fates.refund_delay, fates.refund, 0.0)
        lost = lost + np.where(age >= fates.loose_delay, fates.loose, 0.0)
        error = lost.std() / np.sqrt(MANY)
        assert abs((1 - lost).mean() - kept_share(np.array(age))) <= 4 * error, age
    assert kept_share(np.array(-1)) == 0


def test_bargains_are_liked_more_where_customers_were_won_by_them() -> None:
    """The livestream's customers stand out; some of everybody's are annoyed, and those like no message."""
    channel = np.repeat(np.arange(len(CHANNELS)), 5_000)

    drawn = draw_traits(channel, np.random.default_rng(1))

    liking = {c.name: drawn.deal[channel == n].mean() for n, c in enumerate(CHANNELS)}
    assert abs(liking["Douyin live"] - 0.6) < 0.02
    assert abs(liking["Store"] - 0.3) < 0.02
    assert abs(drawn.annoyed.mean() - 0.15) < 4 * np.sqrt(0.15 * 0.85 / len(channel))
    assert (drawn.contact[drawn.annoyed] == 0).all()
    assert abs(drawn.contact[~drawn.annoyed].mean() - 1) < 0.03
