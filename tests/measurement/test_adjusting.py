"""CUPED in experiments: the same effect from fewer people, where there are enough of them to speak for themselves."""

from __future__ import annotations

from datetime import UTC
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from tests.measurement.conftest import day, sell

from evergrove.measurement.adjusting import adjusted
from evergrove.measurement.cells import NO_CAP
from evergrove.measurement.drawn import Ground, drawn
from evergrove.measurement.experiments import judged
from evergrove.stats import Paired, Sums, poststratified, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.campaigns import Installed
    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine

WINDOW = 20


def arms(seed: int, people: int, effect: float = 0.0, persists: float = 0.8) -> tuple[Paired, Paired]:
    """Control and treated among customers who go on spending much as before."""
    random = np.random.default_rng(seed)
    found = []
    for added in (0.0, effect):
        level = random.gamma(2.0, 50.0, people)
        before, after = (
            persists * level + (1.0 - persists) * random.gamma(2.0, 50.0, people) for _time in range(2)
        )
        found.append(Paired.of(after + added, before))
    control, treated = found
    return control, treated


def test_the_sums_are_those_of_each_customers_figure_less_what_was_foreseeable() -> None:
    """One theta within the arms; the people of all strata together keep their mean."""
    random = np.random.default_rng(1)
    before = random.gamma(2.0, 40.0, 1200)
    after = 0.7 * before + random.gamma(2.0, 20.0, 1200)
    places = [np.arange(k, 1200, 4) for k in range(4)]  # control and treated of two strata
    paired = [Paired.of(after[at], before[at]) for at in places]

    found, left = adjusted([(paired[0], paired[1]), (paired[2], paired[3])])

    centred = [(after[at] - after[at].mean(), before[at] - before[at].mean()) for at in places]
    slope = sum(float(y @ x) for y, x in centred) / sum(float(x @ x) for _y, x in centred)
    by_hand = after - slope * (before - before.mean())
    for sums, at in zip((arm for stratum in found for arm in stratum), places, strict=True):
        assert sums.mean == pytest.approx(by_hand[at].mean())
        assert sums.variance == pytest.approx(by_hand[at].var(ddof=1))
    plain = sum(float(y @ y) for y, _x in centred)
    kept = sum(float(((y - slope * x) ** 2).sum()) for y, x in centred)
    assert left == pytest.approx(kept / plain)
    assert by_hand.mean() == pytest.approx(after.mean())


def test_few_buyers_are_left_as_they_are() -> None:
    """Their interval rests on what few customers bring, and that is 0 for the others; so does one arm too small."""
    many, few = arms(2, 2000), arms(3, 12)
    for control, treated in ((few[0], many[1]), few):
        assert adjusted([(control, treated)]) == ([(control.outcome, treated.outcome)], 1.0)
    assert adjusted([many])[1] < 0.9
    nobody = Sums(500, 0.0, 0.0)
    empty = Paired(nobody, nobody, 0.0)
    assert adjusted([(empty, empty)]) == ([(nobody, nobody)], 1.0)
    assert adjusted([]) == ([], 1.0)


def test_a_covariate_that_foretells_nothing_costs_nothing() -> None:
    """Where customers do not go on as before nearly all of the variance is left."""
    _sums, left = adjusted([arms(4, 3000, persists=0.0)])

    assert left == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("effect", [0.0, 4.0])
def test_adjusted_intervals_hold_the_truth_as_often_as_they_say(effect: float) -> None:
    """400 experiments of 300 against 300: 80 % hold it, they are unbiased, and a third narrower."""
    held, errors, narrower = 0, [], []
    for seed in range(400):
        pair = arms(1000 + seed, 300, effect)
        ((control, treated),), _left = adjusted([pair])
        found = poststratified([(control, treated)], 0.8)
        plain = poststratified([tuple(arm.outcome for arm in pair)], 0.8)  # type: ignore[list-item]
        held += found.low <= effect <= found.high
        errors.append(found.effect - effect)
        narrower.append(found.se / plain.se)

    assert abs(held / 400 - 0.8) < 3 * (0.8 * 0.2 / 400) ** 0.5
    assert abs(float(np.mean(errors))) < 3 * float(np.std(errors)) / 20
    assert float(np.mean(narrower)) < 0.67


def test_an_experiment_counts_what_was_brought_before_and_needs_fewer_people(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """As many days before as the window has, up to the assignment; its day itself is one of them, the one before is not."""
    random = np.random.default_rng(5)
    names = [f"c{nth:03}" for nth in range(600)]
    level = random.gamma(2.0, 50.0, 600)
    orders = []
    for name, own in zip(names, level, strict=True):
        orders += [
            (name, day(-WINDOW), 10_000.0),  # too early to be known of
            (name, day(1 - WINDOW), round(float(own * random.uniform(0.8, 1.2)), 2)),
            (name, day(WINDOW), round(float(own * random.uniform(0.8, 1.2)), 2)),
            (name, day(WINDOW + 1), 10_000.0),  # too late for the window
        ]
    sell(engine, orders)
    assign("L2", "control", names[::2], probability=0.5)
    assign("L2", "treated", names[1::2], probability=0.5)

    playbook = SimpleNamespace(key="L2", version=1, steps=())
    installed = cast("Sequence[Installed]", [SimpleNamespace(playbook=playbook)])
    with ledger.reading() as connection:
        ground = Ground(engine, connection, day(WINDOW), UTC, 1.0, WINDOW, NO_CAP)
        (trial,) = drawn(ground, installed)

    before = np.array([amount for _name, when, amount in orders if when == day(1 - WINDOW)])
    after = np.array([amount for _name, when, amount in orders if when == day(WINDOW)])
    expected, left = adjusted([tuple(Paired.of(after[k::2], before[k::2]) for k in range(2))])
    assert trial.variance_left == pytest.approx(left)
    assert trial.variance_left < 0.2
    found = whole(trial.strata["treated"])
    for ours, theirs in zip(found, expected[0], strict=True):
        assert ours.mean == pytest.approx(theirs.mean)
        assert ours.variance == pytest.approx(theirs.variance)
    read = judged(trial, "end", day(WINDOW), WINDOW, expected=10.0)
    assert read.needed is not None
    assert read.needed < 100
