"""Draws for different purposes tell nothing of one another."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from tests.scoring.known_shop import shop_of

from evergrove.scoring.accuracy import rank_correlation
from evergrove.scoring.fits import Fits
from evergrove.scoring.posteriors import with_posteriors
from evergrove.scoring.streams import PURPOSES, stream
from evergrove.scoring.types import Choice

SEEDS = range(1, 31)


def test_one_seed_gives_every_purpose_numbers_of_its_own() -> None:
    """Uncorrelated over 20,000 draws, and the same ones when asked again."""
    drawn = {purpose: stream(7, purpose).standard_normal(20_000) for purpose in PURPOSES}

    for one, other in combinations(PURPOSES, 2):
        assert abs(np.corrcoef(drawn[one], drawn[other])[0, 1]) < 4 / np.sqrt(20_000)
    for purpose, values in drawn.items():
        np.testing.assert_array_equal(stream(7, purpose).standard_normal(20_000), values)


def test_the_seed_after_is_no_other_purpose() -> None:
    """Spend used to be drawn with the next seed: that is what the process is drawn with the next time."""
    firsts = [stream(seed, purpose).random() for seed in SEEDS for purpose in PURPOSES]
    plain = [np.random.default_rng(seed).random() for seed in range(40)]

    assert len({*firsts, *plain}) == len(firsts) + len(plain)


@pytest.mark.slow
@pytest.mark.long
def test_the_process_and_the_spend_model_are_drawn_independently() -> None:
    """
    The n-th draw of the one beside the n-th of the other, over thirty seeds: no correlation of any two letters.

    Each seed's rank correlation over 200 draws has a standard error of 1 / sqrt(199) or, where draws repeat, of a
    little more; their mean over thirty seeds one of .013.
    """
    shop = shop_of(600, 11)
    bare = Fits(
        Choice("pareto-nbd", "given"),
        replace(shop.process, posterior=None),
        replace(shop.spend, posterior=None),
        (),
    )
    found = []
    for seed in SEEDS:
        drawn = with_posteriors(bare, shop.summary, seed)
        assert drawn.process is not None
        assert drawn.spend is not None
        assert drawn.process.posterior is not None
        assert drawn.spend.posterior is not None
        one, other = drawn.process.posterior.letters, drawn.spend.posterior.letters
        found.append([rank_correlation(a, b) for a in one.T for b in other.T])

    means = np.mean(found, axis=0)
    errors = np.std(found, axis=0, ddof=1) / np.sqrt(len(SEEDS))
    assert (errors < 0.03).all()
    assert (np.abs(means) < 4 * errors).all()
