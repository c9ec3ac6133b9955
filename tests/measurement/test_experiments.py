"""Experiments: what was drawn is counted by hand, and they are read in one of two ways, never in both."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from tests.measurement.conftest import MORNING, day, sell

from evergrove.campaigns.definition import Variant
from evergrove.decisions.tables import decision
from evergrove.ledger import insert_new
from evergrove.measurement.cells import NO_CAP
from evergrove.measurement.drawn import Ground, drawn
from evergrove.measurement.experiments import (
    HARMS,
    LEAST_WATCHED,
    TOO_FEW_TO_WATCH,
    Arm,
    Trial,
    judged,
    less,
)
from evergrove.people.consent.recording import record_consent
from evergrove.stats import Sums, sparse_difference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.campaigns import Installed
    from evergrove.ledger import Ledger
    from evergrove.measurement.experiments import Judged, Reading
    from evergrove.warehouse import Engine

WINDOW = 20


def trial(control: Sums, treated: Sums, cost: float = 0.0, **more: Any) -> Trial:
    """A playbook with half its people untreated, all of whose windows are over."""
    base = Arm("control", 0.5, control.n, control, 0.0, more.pop("control_harmed", {}))
    arm = Arm("treated", 0.5, treated.n, treated, cost, more.pop("treated_harmed", {}))
    rest: dict[str, Any] = {"srm_p": 0.6, "first_assigned": day(0)} | more
    return Trial("control", "L2", None, None, base, (arm,), {"treated": [(control, treated)]}, **rest)


def normal(n: int, mean: float, seed: int) -> Sums:
    """Figures of a simulated arm."""
    return Sums.of(np.random.default_rng(seed).normal(mean, 10.0, n))


def read(one: Trial, reading: Reading, expected: float = 5.0, until: int = 100) -> Judged:
    """Read it."""
    return judged(one, reading, day(until), WINDOW, expected)


def test_a_cost_a_person_moves_the_mean_and_nothing_else() -> None:
    """Sums of what is left after the cost are those of each figure less the cost."""
    figures = np.random.default_rng(1).gamma(2.0, 30.0, 500)
    told, expected = less(Sums.of(figures), 1.7), Sums.of(figures - 1.7)
    assert told.mean == pytest.approx(expected.mean)
    assert told.variance == pytest.approx(expected.variance)


def test_before_the_planned_end_only_watching_shows_an_effect() -> None:
    """5 of 10,000 needed people: read at the end there is no figure yet, watched from day to day there is."""
    one = trial(normal(100, 50.0, 2), normal(100, 55.0, 3), treated_harmed={"refund": 9})

    (at_end,) = read(one, "end", expected=0.5).compared
    (watched,) = read(one, "anytime", expected=0.5).compared

    assert not read(one, "end", expected=0.5).is_over
    assert (at_end.effect, at_end.low, at_end.relative, at_end.reason) == (None, None, None, None)
    assert [each.kind for each in at_end.harms] == list(HARMS)
    assert at_end.harms[2].share == pytest.approx(0.09)
    assert all(each.effect is None for each in at_end.harms)
    assert watched.effect is not None


def test_at_the_planned_end_the_interval_is_that_of_one_look() -> None:
    """The difference of the arms' means less the cost, and the interval of the difference moved by the cost."""
    control, treated = normal(400, 50.0, 4), normal(400, 55.0, 5)
    found, _estimator = sparse_difference([(control, treated)], 0.8)

    end, anytime = (read(trial(control, treated, 2.0), reading) for reading in ("end", "anytime"))

    (once,), (watched,) = end.compared, anytime.compared
    assert end.is_over
    assert (once.effect, once.low, once.high) == (found.effect - 2.0, found.low - 2.0, found.high - 2.0)
    assert watched.effect == once.effect
    assert once.low is not None
    assert watched.low is not None
    assert watched.low < once.low, "who looks every day needs a wider interval"
    assert once.relative is not None
    assert once.relative.effect == pytest.approx((treated.mean - 2.0) / control.mean - 1.0)


def test_several_contents_share_the_chance_of_a_false_alarm() -> None:
    """Two comparisons at 80 % together are two at 90 % each."""
    control, treated = normal(400, 50.0, 6), normal(400, 50.0, 7)
    two = trial(control, treated)
    other = Arm("b", 0.5, treated.n, treated, 0.0, {})
    three = Trial(
        "content",
        "L2",
        1,
        1,
        two.base,
        (*two.others, other),
        {**two.strata, "b": [(control, treated)]},
        0.5,
        day(0),
    )
    assert [each.level for each in read(three, "end").compared] == pytest.approx([0.9, 0.9])
    assert [each.level for each in read(two, "anytime").compared] == pytest.approx([0.95])


def test_a_handful_is_not_watched_and_guardrails_are_found() -> None:
    """Fewer than 50 in an arm say nothing from day to day; 60 of 400 who leave against 10 are too many."""
    few = trial(normal(LEAST_WATCHED - 1, 50.0, 8), normal(400, 50.0, 9))
    (told,) = read(few, "anytime").compared
    assert (told.effect, told.reason) == (None, TOO_FEW_TO_WATCH)

    harmed = trial(
        normal(400, 50.0, 8),
        normal(400, 50.0, 9),
        control_harmed={"unsubscribe": 10},
        treated_harmed={"unsubscribe": 60},
    )
    readings: tuple[Reading, ...] = ("end", "anytime")
    for reading in readings:
        left, complained, _back = read(harmed, reading).compared[0].harms
        assert left.effect == pytest.approx(0.125)
        assert left.is_worse
        assert not complained.is_worse


def test_days_left_go_by_the_pace_so_far() -> None:
    """The textbook number: 2 (z_.9 + z_.8)^2 variance / effect^2 an arm, of which 200 people in 100 days are watched."""
    control, treated = normal(100, 50.0, 10), normal(100, 50.0, 11)
    found = read(trial(control, treated), "end", expected=2.0)

    variance = (control + treated).variance
    needed = int(np.ceil(4.0 * (1.2815515655 + 0.8416212336) ** 2 * variance / 4.0))
    assert found.needed == needed
    assert found.days_left == np.ceil((needed - 200) / 2.0)
    assert found.earliest == day(WINDOW)


@pytest.fixture
def house_of_cards(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], post: Callable[..., None]
) -> Callable[[], list[Trial]]:
    """L2 with a control group, and two contents of its second step; what is drawn from it."""
    assign("L2", "treated", ["t1", "t2", "t3"], probability=0.5)
    assign("L2", "control", ["c1", "c2"], probability=0.5)
    assign("L2", "treated", ["sure"], probability=1.0)
    assign("L2", "treated", ["late"], probability=0.5, as_of=day(35))
    rows: list[dict[str, Any]] = [
        {
            "id": name,
            "run_id": 1,
            "as_of": day(2),
            "playbook": "L2",
            "version": 2,
            "customer_id": name,
            "occasion": "o",
            "step": 1,
            "outcome": "send",
            "params": {},
            "arm": "treated",
            "tier": "high",
            "stage": "new",
            "cost": 0,
            "decided_at": MORNING,
        }
        for name in ("t1", "t2", "t3")
    ]
    with ledger.writing() as connection:
        insert_new(connection, decision, rows)
        record_consent(connection, "t1", "revoked", "unsubscribe", datetime(2026, 6, 9, 12, tzinfo=UTC))
        record_consent(connection, "c1", "revoked", "shop", datetime(2026, 6, 9, 12, tzinfo=UTC))
    for name, variant in (("t1", "a"), ("t2", "b"), ("t3", "b")):
        post("L2", "accepted", [name], decision_id=name, version=2, step=1, params={"variant": variant})
    post("L2", "accepted", ["t1"], id="old", occasion="old", version=1, step=1, params={"variant": "b"})
    sell(
        engine,
        [("t1", day(3), 40.0), ("t2", day(4), 30.0), ("c1", day(5), 20.0), ("t3", day(30), 500.0)],
        [("t2", day(6), 10.0)],
    )
    step = SimpleNamespace(variants=(Variant("a", "x", 0.5), Variant("b", "y", 0.5)))
    playbook = SimpleNamespace(key="L2", version=2, steps=(SimpleNamespace(variants=()), step))
    installed = cast("Sequence[Installed]", [SimpleNamespace(playbook=playbook)])

    def draw() -> list[Trial]:
        with ledger.reading() as connection:
            return drawn(Ground(engine, connection, day(40), UTC, 0.5, WINDOW, NO_CAP), installed)

    return draw


def test_what_was_drawn_is_counted_as_by_hand(house_of_cards: Callable[[], list[Trial]]) -> None:
    """
    Half of (40 + 30 - 10) over three treated, of 20 over two controls.

    What came after the window does not count, nor who was treated without a coin, nor a message of an older version.
    """
    playbook, contents = house_of_cards()

    control, treated = playbook.arms
    assert (control.people, treated.people, control.whole.n, treated.whole.n) == (2, 4, 2, 3)
    assert (control.whole.total, treated.whole.total) == (10.0, 30.0)
    assert (control.harmed, treated.harmed) == ({}, {"unsubscribe": 1, "refund": 1})
    assert treated.cost == pytest.approx(4 * 0.015 / 5)
    assert playbook.first_assigned == date(2026, 6, 1)

    assert (contents.kind, contents.version, contents.step) == ("content", 2, 2)
    one, other = contents.arms
    assert [(each.name, each.people, each.whole.total) for each in (one, other)] == [
        ("a", 1, 20.0),
        ("b", 2, 10.0),
    ]
    assert (one.harmed, other.harmed) == ({"unsubscribe": 1}, {"refund": 1})
    assert one.cost == pytest.approx(0.015)
