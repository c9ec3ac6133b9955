"""One person's choice: the best by value, priority where nothing is believed, and chances as the arrays have them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.decisions.choice import choose, explore
from evergrove.decisions.picking import Candidate, Exploring, best_of, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING = -1


def candidates(*nets: float | None, priorities: Sequence[int] = ()) -> tuple[Candidate, ...]:
    """Playbooks A, B, C ... in the order of their priority, unless another is given."""
    given = priorities or range(len(nets))
    return tuple(
        Candidate(f"d{at}", "ABCDE"[at], "email", priority, net)
        for at, (net, priority) in enumerate(zip(nets, given, strict=True))
    )


@pytest.mark.parametrize(
    ("nets", "priorities", "best"),
    [
        ((1.0, 2.0), (1, 2), 1),
        ((2.0, 2.0), (2, 1), 1),  # of equals the priority
        ((-1.0, -0.1), (1, 2), NOTHING),
        ((0.0,), (1,), NOTHING),  # what brings exactly its cost brings nothing
        ((None, None), (2, 1), 1),
        ((None, 9.0), (1, 2), 0),  # of the one nothing is known: by priority, as if there were no values
        ((None, 1.0, 9.0), (2, 3, 1), 2),
        ((None, 1.0, 9.0), (2, 1, 3), 0),  # the best of the others stands for them, and its priority is 3
        ((None, -1.0), (2, 1), 0),
        ((), (), NOTHING),
    ],
)
def test_value_decides_and_priority_where_nothing_is_believed(
    nets: tuple[float | None, ...], priorities: tuple[int, ...], best: int
) -> None:
    """Nothing wins where nothing brings more than it costs."""
    assert best_of(candidates(*nets, priorities=priorities)) == best


@pytest.mark.parametrize(("share", "nets"), [*product((0.02, 0.3), ((3.0, 1.0, 2.0), (-1.0, -2.0), (4.0,)))])
def test_one_person_s_draw_is_that_of_the_arrays(share: float, nets: tuple[float, ...]) -> None:
    """Same probabilities, same coin, same pick, for a thousand people: the night and the plan draw alike."""
    people = [f"C{at}" for at in range(1000)]
    values, costs = np.tile(nets, (len(people), 1)), np.zeros(len(nets))
    choice = choose(values, costs, after_cost=True)
    allowed = np.ones(values.shape, dtype=bool)
    drawn = explore(choice, costs, allowed, people, salt="salt", round_key="2026-03-01", share=share)
    picks = [pick(each, candidates(*nets), "2026-03-01", Exploring(share, "salt")) for each in people]
    assert [each.picked for each in picks] == drawn.picked.tolist()
    np.testing.assert_allclose([each.probabilities for each in picks], drawn.probabilities, rtol=1e-12)
    np.testing.assert_allclose([each.probability for each in picks], drawn.probability, rtol=1e-12)


def test_what_is_drawn_estimates_every_action_without_bias() -> None:
    """Horvitz and Thompson: outcomes weighted by one over the probability have the mean of each action in everybody."""
    people, share = 40_000, 0.3
    found = [pick(f"C{at}", candidates(2.0, 1.0), "r", Exploring(share, "s")) for at in range(people)]
    for place in (0, 1, NOTHING):
        weights = [1.0 / each.probability for each in found if each.picked == place]
        chance = found[0].probabilities[place]
        error = ((1.0 / chance - 1.0) / people) ** 0.5
        assert sum(weights) / people == pytest.approx(1.0, abs=4.0 * error)


def test_every_loser_is_told_the_winner_and_both_values() -> None:
    """And where chance decided, that it did."""
    people = [f"C{at}" for at in range(400)]
    found = [
        pick(each, candidates(3.0, 1.0, None, priorities=(1, 2, 3)), "r", Exploring(0.4, "s"))
        for each in people
    ]
    for each in found:
        reasons = [each.reason(at) for at in range(3)]
        told = [None if one is None else (one.code, dict(one.params)) for one in reasons]
        if each.picked == 0:
            assert told == [
                None,
                ("decisions.outranked_by_value", {"by": "A", "value": 1.0, "best_value": 3.0}),
                ("decisions.outranked", {"by": "A"}),
            ]
        elif each.picked == NOTHING:
            assert told == [("decisions.drawn_nothing", {})] * 3
        else:
            expected = ("decisions.drawn", {"by": "ABC"[each.picked]})
            assert told == [None if at == each.picked else expected for at in range(3)]
    assert {each.picked for each in found} == {NOTHING, 0, 1, 2}
    harmful = pick("a", candidates(-0.5), "r", Exploring(0.02, "s"))
    if harmful.picked == NOTHING:
        reason = harmful.reason(0)
        assert reason is not None
        assert (reason.code, dict(reason.params)) == ("decisions.no_value", {"value": -0.5})
