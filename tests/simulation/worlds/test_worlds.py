"""Worlds against themselves lived twice: expected changes are those that come, and the oracle's belief is calibrated."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.simulation.worlds import (
    NOTHING,
    SHIPPED,
    Belief,
    Contacts,
    IncompleteWorld,
    InvalidWorld,
    Life,
    UnknownWorld,
    begin,
    contacts_of,
    draw_cast,
    nobody,
    read_world,
)

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.simulation.worlds import World


def small(**changes: int) -> World:
    """The heterogeneous world, small and short."""
    return read_world("heterogeneous", **({"customers": 4000, "known": 30, "weeks": 12} | changes))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_world_lives(name: str) -> None:
    """It says what it is about, and customers buy in it without being asked."""
    world = read_world(name, customers=200, known=20, weeks=2)

    life = begin(world, 1)

    assert world.about.endswith(".")
    assert life.orders.sum() > 200


@pytest.mark.slow
def test_the_margin_that_comes_is_the_one_expected() -> None:
    """Over six seeds and all actions, a life with contacts less one without differs by the expected change."""
    gaps, errors = [], []
    for seed in range(1, 7):
        life = begin(small(weeks=4), seed)
        customer = np.flatnonzero(life.orders > 0)
        contacts = Contacts(customer, np.arange(len(customer)) % 4)
        expected = life.true_changes(contacts, 4)
        without = life.copy()
        life.live(contacts)
        without.live(nobody())
        for _week in range(3):
            life.live(nobody())
            without.live(nobody())
        came = (life.margin.sum(axis=0) - without.margin.sum(axis=0))[customer]
        gaps.append((came - expected).mean())
        errors.append((came - expected).var() / len(customer))

    assert abs(sum(gaps)) < 4 * sqrt(sum(errors))


def test_two_lives_differ_only_where_decisions_differ() -> None:
    """Whoever is not contacted buys the same on the same week, whatever happens to others."""
    life = begin(small(), 3)
    other = life.copy()
    customer = np.flatnonzero(life.orders > 0)[:500]
    life.live(Contacts(customer, np.zeros(500, dtype=np.int64)))
    other.live(nobody())
    for _week in range(5):
        life.live(nobody())
        other.live(nobody())
    untouched = np.ones(len(life.cast), dtype=np.bool_)
    untouched[customer] = False

    assert np.array_equal(life.margin[:, untouched], other.margin[:, untouched])
    assert not np.array_equal(life.margin, other.margin)


@pytest.fixture(scope="module")
def believed() -> tuple[Life, Belief]:
    """A world with many random contacts behind it, and the belief that saw them all."""
    world = small(customers=6000)
    life = Life(world, draw_cast(world, 5))
    belief = Belief(life)
    random = np.random.default_rng(1)
    for week in range(world.known + 10):
        who = life.candidates() if week > 14 else np.zeros(0, dtype=np.int64)
        picked = random.integers(-1, 4, len(who))
        reachable = life.reachable[who, picked] & (picked != NOTHING)
        belief.see(life.live(contacts_of(who, np.where(reachable, picked, NOTHING))))
    return life, belief


@pytest.mark.slow
def test_the_belief_counts_as_many_alive_as_are(believed: tuple[Life, Belief]) -> None:
    """In ten groups by what is believed, within four standard errors each."""
    life, belief = believed
    known = np.flatnonzero(life.orders > 0)
    alive = belief.weights[1:, known].sum(axis=(0, 2))

    for group in np.array_split(known[np.argsort(alive)], 10):
        p = belief.weights[1:, group].sum(axis=(0, 2))
        assert abs((life.alive[group] - p).sum()) < 4 * np.sqrt((p * (1 - p)).sum()) + 1e-9


@pytest.mark.parametrize("action", range(4))
def test_the_oracle_expects_what_is_true_on_average(believed: tuple[Life, Belief], action: int) -> None:
    """In five groups by what it expects: the mean true change is the expected one, within four standard errors."""
    life, belief = believed
    known = np.flatnonzero(life.orders > 0)
    expected = belief.expected_changes(life, known)[:, action]
    true = life.true_changes(Contacts(known, np.full(len(known), action)))

    for group in np.array_split(np.argsort(expected), 5):
        gap = true[group] - expected[group]
        assert abs(gap.mean()) < 4 * gap.std() / sqrt(len(gap))


def test_a_world_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """Shares that do not add up, an action that is not there, a field too many, a file that is none."""
    with pytest.raises(InvalidWorld, match="valid"):
        read_world("heterogeneous", valid=9)
    odd = tmp_path / "odd.toml"
    odd.write_text('like = "heterogeneous"\n[usual]\nnew = "letter"\n', encoding="utf-8")
    with pytest.raises(InvalidWorld, match="letter"):
        read_world(str(odd))
    odd.write_text('like = "heterogeneous"\ncolour = "red"\n', encoding="utf-8")
    with pytest.raises(IncompleteWorld, match="colour"):
        read_world(str(odd))
    odd.write_text("= 3\n", encoding="utf-8")
    with pytest.raises(IncompleteWorld, match="TOML"):
        read_world(str(odd))
    with pytest.raises(UnknownWorld, match="nowhere"):
        read_world("nowhere")
