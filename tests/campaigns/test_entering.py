"""Re-entry by every policy, batches held back, waits and conditions: over the days, in the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.campaigns import due, enrolment, install_playbooks, start_playbook, started_playbooks
from evergrove.campaigns.errors import PlaybookLocked, UnusableCondition
from evergrove.campaigns.held import held_batches, release
from evergrove.campaigns.service import store_due, store_taken
from evergrove.people.identity import merge
from evergrove.testing.situations import Shopper, before, moves, situation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.campaigns import Due
    from evergrove.ledger import Ledger
    from evergrove.testing.situations import SetMoves

AS_OF = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
OWN: dict[str, Any] = {
    "format": "evergrove.playbook/2",
    "key": "X",
    "version": 1,
    "name": "X",
    "goal": "X",
    "priority": 1,
    "reentry": 10,
    "trigger": {"kind": "stage", "enters": "decline", "causes": ["evidence", "clock"]},
    "exits": {"order": False},
    "steps": [{"template": "a", "valid_days": 3}],
}


def day(number: int) -> date:
    """So many days after the first run's knowledge."""
    return AS_OF + timedelta(days=number)


def started(ledger: Ledger, **changes: Any) -> Ledger:
    """A ledger in which one playbook works."""
    with ledger.writing() as connection:
        install_playbooks(connection, NOW, [OWN | changes])
        start_playbook(connection, "X", NOW)
    return ledger


def run(
    shop: Ledger, on: date, shoppers: Sequence[Shopper], changes: SetMoves | None = None, **seen: Any
) -> Due:
    """One day: everything proposed is taken."""
    now = datetime.combine(on + timedelta(days=1), time(1), UTC)
    with shop.writing() as connection:
        here = situation(shoppers, **seen)
        found = due(connection, started_playbooks(connection), here, changes or moves(), on)
        store_due(connection, found, 1, now)
        store_taken(connection, found, found.proposals, (), 1)
    return found


def occasions(shop: Ledger) -> list[tuple[str, str]]:
    """Customer and occasion of each enrolment."""
    with shop.reading() as connection:
        rows = connection.execute(select(enrolment.c.customer_id, enrolment.c.occasion))
        return sorted((customer, occasion) for customer, occasion in rows)


FELL = moves(("a", "decline", "clock"))
GONE = [Shopper("a", stage="decline")]


@pytest.mark.parametrize(
    ("reentry", "days"),
    [("once", [0]), (10, [0, 10, 20]), (1, [0, *range(1, 25)]), (25, [0])],
)
def test_who_meets_a_trigger_every_day_enters_as_often_as_is_said(
    ledger: Ledger, reentry: object, days: list[int]
) -> None:
    """Counted from the entry; the same day again is absorbed."""
    shop = started(ledger, reentry=reentry)
    entered = []
    for number in range(25):
        found = run(shop, day(number), GONE, FELL)
        entered += [number] * len(found.entered)
        assert run(shop, day(number), GONE, FELL).entered == ()
    assert entered == days


def test_each_key_enters_once_in_a_life(ledger: Ledger) -> None:
    """Ten orders are reached once, also when an order is taken back and another comes; each year has its day."""
    shop = started(ledger, reentry="per_key", trigger={"kind": "milestone", "orders": 10})
    nine, ten = Shopper("a", orders=9), Shopper("a", orders=10, last_order=day(0))
    for number in (0, 2, 4):
        run(shop, day(number), [ten], earlier=before([nine], day(number - 1)))
        run(shop, day(number + 1), [nine], earlier=before([ten], day(number)))
    assert occasions(shop) == [("a", "orders:10")]


def test_anniversaries_come_back_each_year(ledger: Ledger) -> None:
    """Three nights look at the same day when two were missed; it is one occasion."""
    shop = started(ledger, reentry="per_key", trigger={"kind": "anniversary"})
    seen = [Shopper("a", first_order=date(2024, 3, 3))]
    run(shop, date(2026, 3, 1), seen)
    run(shop, date(2026, 3, 4), seen, earlier=before(seen, date(2026, 3, 1)))
    run(shop, date(2026, 3, 4), seen, earlier=before(seen, date(2026, 3, 1)))
    run(shop, date(2027, 3, 2), seen, earlier=before(seen, date(2027, 3, 1)))
    assert occasions(shop) == [("a", "year:2"), ("a", "year:3")]


@pytest.mark.parametrize("reentry", ["once", 30])
def test_two_names_of_one_person_enter_once(ledger: Ledger, reentry: object) -> None:
    """Whoever was joined after an entry does not enter under the other name."""
    shop = started(ledger, reentry=reentry)
    run(shop, day(0), GONE, FELL)
    with shop.writing() as connection:
        merge(connection, "a", "b", NOW)
    found = run(shop, day(5), [Shopper("b", stage="decline")], moves(("b", "decline", "clock")))
    assert found.entered == ()


@pytest.mark.parametrize("cause", ["initial", "backfill", "policy", "model"])
def test_what_nobody_did_waits_for_somebody_to_say_so(ledger: Ledger, cause: str) -> None:
    """Counted; released in part, the oldest first; who has left the stage meanwhile does not enter."""
    shop = started(ledger)
    names = [f"c{n}" for n in range(5)]
    fell = [Shopper(each, stage="decline") for each in names]
    found = run(shop, day(0), fell, moves(*((each, "decline", cause) for each in names)))
    assert (found.entered, len(found.held)) == ((), 5)
    assert run(shop, day(1), fell).entered == ()
    with shop.writing() as connection:
        assert [(each.cause, each.customers) for each in held_batches(connection)] == [(cause, 5)]
        assert release(connection, "X", "cli", NOW, 2) == 2
        assert [each.customers for each in held_batches(connection, "X")] == [3]
    found = run(shop, day(2), [Shopper("c0", stage="growth"), *fell[1:]])
    assert [(each.customer_id, each.cause) for each in found.entered] == [
        ("c0", "released"),
        ("c1", "released"),
    ]
    assert run(shop, day(3), fell).entered == ()
    with shop.writing() as connection:
        assert release(connection, "X", "cli", NOW) == 3
    assert [each.customer_id for each in run(shop, day(4), fell).entered] == ["c2", "c3", "c4"]


def test_who_is_released_after_an_exit_was_met_does_not_enter(ledger: Ledger) -> None:
    """Exits are looked at again."""
    shop = started(ledger, exits={"order": False, "stays_in": ["decline"]})
    run(shop, day(0), GONE, moves(("a", "decline", "policy")))
    with shop.writing() as connection:
        release(connection, "X", "cli", NOW)
    assert run(shop, day(1), [Shopper("a", stage="growth")]).entered == ()
    assert run(shop, day(2), GONE).entered == ()


def test_a_day_that_had_its_fill_lets_the_others_wait(ledger: Ledger) -> None:
    """And running it again lets nobody in beyond it."""
    shop = started(ledger, limits={"most_per_day": 2})
    names = ["a", "b", "c"]
    fell, seen = (
        moves(*((each, "decline", "clock") for each in names)),
        [Shopper(n, stage="decline") for n in names],
    )
    assert len(run(shop, day(0), seen, fell).entered) == 2
    assert len(run(shop, day(0), seen, fell).entered) == 0
    with shop.reading() as connection:
        assert [(each.cause, each.customers) for each in held_batches(connection)] == [("limit", 1)]


WAITING = [
    {"template": "a", "valid_days": 2},
    {"do": "wait", "after_days": 1, "wait_for": "App Opened", "valid_days": 5},
    {"template": "b", "after_days": 2, "valid_days": 2},
]


@pytest.mark.parametrize(
    ("opened", "otherwise", "sent"),
    [
        (3, "go_on", [(0, "a"), (5, "b")]),
        (1, "exit", [(0, "a"), (3, "b")]),
        (None, "go_on", [(0, "a"), (8, "b")]),
        (None, "exit", [(0, "a")]),
    ],
)
def test_a_wait_ends_with_its_event_or_its_days(
    ledger: Ledger, opened: int | None, otherwise: str, sent: list[tuple[int, str]]
) -> None:
    """What follows is counted from its end."""
    shop = started(ledger, steps=[WAITING[0], WAITING[1] | {"otherwise": otherwise}, WAITING[2]])
    found = []
    for number in range(15):
        known = (
            {"App Opened": day(opened)}
            if opened is not None and number >= opened
            else {"App Opened": day(-9)}
        )
        seen = [Shopper("a", stage="decline", events=known)]
        one = run(shop, day(number), seen, FELL if number == 0 else None)
        found += [(number, each.template) for each in one.proposals]
    assert found == sent


def test_a_step_is_passed_over_for_whom_it_is_not(ledger: Ledger) -> None:
    """With its reason; the next one has its turn."""
    vip = "tier = 'high'"
    shop = started(ledger, steps=[{"template": "a", "only_if": vip}, {"template": "b", "after_days": 1}])
    seen = [Shopper("a", stage="decline", holds=(vip,)), Shopper("b", stage="decline")]
    first = run(shop, day(0), seen, moves(("a", "decline", "clock"), ("b", "decline", "clock")))
    told = {each.customer_id: (each.skip.code if each.skip else "", each.over) for each in first.proposals}
    assert told == {"a": ("", False), "b": ("campaigns.not_for", True)}
    assert [each.template for each in run(shop, day(1), seen).proposals] == ["b", "b"]


@pytest.mark.parametrize(
    ("exits", "later", "code"),
    [
        ({"order": False, "tiers": ["high"]}, Shopper("a", tier="high"), "campaigns.tier_reached"),
        (
            {"order": False, "when": "orders >= 5"},
            Shopper("a", holds=("orders >= 5",)),
            "campaigns.condition_met",
        ),
        ({"order": False, "event": "Left"}, Shopper("a", events={"Left": day(1)}), "campaigns.event_seen"),
    ],
)
def test_goals_let_go(ledger: Ledger, exits: dict[str, Any], later: Shopper, code: str) -> None:
    """A tier, a condition, an event: looked at before any step is."""
    shop = started(ledger, exits=exits, steps=[OWN["steps"][0], {"template": "b", "after_days": 1}])
    begins = Shopper("a", stage="decline", events={"Left": day(-3)})
    run(shop, day(0), [begins], FELL, asked=["orders >= 5"])
    found = run(shop, day(1), [later], asked=["orders >= 5"])
    assert [(each.reason.code) for each in found.endings] == [code]
    assert found.proposals == ()


def test_conditions_are_held_against_the_catalogue_when_a_playbook_is_put_in(ledger: Ledger) -> None:
    """A field that is not there, and a segment that nobody defined."""
    for changes in (
        {"exits": {"when": "shoe_size = 43"}},
        {"trigger": {"kind": "segment", "enters": "nobodys"}},
        {"steps": [{"template": "a", "only_if": "tier = "}]},
    ):
        with ledger.writing() as connection, pytest.raises(UnusableCondition):
            install_playbooks(connection, NOW, [OWN | changes])


def test_what_needs_a_station_that_is_not_there_does_not_start(ledger: Ledger) -> None:
    """It says what is missing."""
    with pytest.raises(PlaybookLocked, match="points"):
        started(ledger, needs=["points"])
