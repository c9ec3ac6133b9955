"""Chances learned from earlier days: the curve, its calibration, and when it is not learned at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.segments.measures.chances import FEWEST, Frame, auc, calibrated, calibration, learn

CUSTOMERS = 4_000
TRUE = np.array([1.2, -0.8, 0.0])
FREE = [-np.inf] * 3
NAMES = ("first", "second", "third")


def drawn(seed: int, weights: np.ndarray[tuple[int], np.dtype[np.float64]] = TRUE) -> Frame:
    """Customers whose log odds are known; the rule sees nothing but noise."""
    rng = np.random.default_rng(seed)
    signs = rng.normal(size=(CUSTOMERS, 3))
    chance = 1 / (1 + np.exp(-(signs @ weights - 0.5)))
    return Frame(signs, rng.normal(size=CUSTOMERS), rng.random(CUSTOMERS) < chance)


def test_the_true_weights_come_out() -> None:
    """Of 12,000 customers with known log odds, within four standard errors by the information at the truth."""
    frames = [drawn(seed) for seed in (1, 2, 3)]

    learned = learn(frames, NAMES, FREE)

    assert learned is not None
    signs = np.concatenate([frame.signs for frame in frames])
    p = 1 / (1 + np.exp(-(signs @ TRUE - 0.5)))
    rows = np.column_stack([np.ones(len(signs)), signs])
    errors = np.sqrt(np.diag(np.linalg.inv((rows * (p * (1 - p))[:, None]).T @ rows)))
    found = np.array([learned.constant, *learned.weights])
    assert (np.abs(found - [-0.5, *TRUE]) < 4 * errors).all()


def test_chances_are_the_shares_that_come_true() -> None:
    """On customers nobody learned from: in ten groups by chance, within four standard errors of each share."""
    learned = learn([drawn(seed) for seed in (1, 2, 3)], NAMES, FREE)
    assert learned is not None
    new = drawn(9)

    chance = learned(new.signs, NAMES)

    for part in np.array_split(np.argsort(chance), 10):
        p = chance[part].mean()
        assert abs(new.came[part].mean() - p) < 4 * np.sqrt(p * (1 - p) / len(part)) + 0.02


def test_noise_teaches_nothing() -> None:
    """Signs that say no more than the rule are no better than it by more than chance."""
    frames = [drawn(seed, np.zeros(3)) for seed in (1, 2, 3)]

    assert learn(frames, NAMES, FREE) is None


def test_too_few_of_either_kind_teach_nothing() -> None:
    """One customer short on the newest day."""
    old, new = drawn(1), drawn(2)
    rows = np.concatenate([np.flatnonzero(new.came)[: FEWEST - 1], np.flatnonzero(~new.came)])

    assert learn([old, Frame(new.signs[rows], new.rule[rows], new.came[rows])], NAMES, FREE) is None
    assert learn([new], NAMES, FREE) is None


def test_a_weight_that_may_not_be_negative_is_left_out_instead() -> None:
    """The second sign speaks against; held to 0 or more it says nothing, and the first still has its say."""
    learned = learn([drawn(seed) for seed in (1, 2, 3)], NAMES, [0.0, 0.0, 0.0])

    assert learned is not None
    assert learned.weights[1] == 0.0
    assert learned.weights[0] > 0.5


def test_what_was_the_same_for_everybody_is_not_among_the_names() -> None:
    """Nothing can be learned of it, and whoever asks is told."""
    frames = [Frame(np.insert(f.signs, 1, 7.0, axis=1), f.rule, f.came) for f in (drawn(1), drawn(2))]

    learned = learn(frames, ("first", "still", "second", "third"), [-np.inf] * 4)

    assert learned is not None
    assert learned.names == NAMES


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=60))
def test_auc_counts_pairs(rows: list[tuple[int, bool]]) -> None:
    """Against every pair of one who came true and one who did not, ties as one half."""
    score, came = np.array([float(s) for s, _c in rows]), np.array([c for _s, c in rows])
    if came.all() or not came.any():
        return
    pairs = [(a > b) + 0.5 * (a == b) for a in score[came] for b in score[~came]]

    assert auc(score, came) == pytest.approx(np.mean(pairs))


@given(st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=1, max_size=200))
def test_calibration_never_turns_the_order_around(rows: list[tuple[float, bool]]) -> None:
    """A greater score has no smaller chance, and no chance is certain."""
    score, came = np.array([s for s, _c in rows]), np.array([c for _s, c in rows])

    chance = calibrated(np.sort(score), *calibration(score, came))

    assert (np.diff(chance) >= -1e-12).all()
    assert ((chance > 0) & (chance < 1)).all()
