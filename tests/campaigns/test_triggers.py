"""Whom triggers of every kind take in, and whom they do not."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.campaigns import rules
from evergrove.campaigns.calendar import anniversaries, comes_round, days_looked_at, latest_round
from evergrove.campaigns.definition import Playbook, Rhythm
from evergrove.campaigns.meeting import HELD_CAUSES
from evergrove.campaigns.occasions import ToldEvent, occasions
from evergrove.campaigns.reading import playbook_of
from evergrove.segments.codes import CAUSES
from evergrove.testing.situations import SetMoves, Shopper, before, moves, situation

AS_OF = date(2026, 3, 1)
NONE = moves()


def playbook(trigger: dict[str, Any], **changes: Any) -> Playbook:
    """A playbook of the second format with one letter."""
    document = {
        "format": "evergrove.playbook/2",
        "key": "X",
        "version": 1,
        "name": "X",
        "goal": "X",
        "priority": 1,
        "reentry": 30,
        "trigger": trigger,
        "exits": {"order": False},
        "steps": [{"template": "hello"}],
    }
    return playbook_of(document | changes)


def entering(trigger: dict[str, Any], seen: Any, changes: SetMoves = NONE, **more: Any) -> list[str]:
    """Ids of those who meet a trigger by what starts outreach."""
    rows, _causes = rules.entrants(playbook(trigger, **more), seen, changes, AS_OF)
    return [str(name) for name in seen.customer_id[rows]]


def test_leaving_counts_as_well_as_entering() -> None:
    """A tier left, whatever comes after it; and a way from one to the other."""
    seen = situation([Shopper(each) for each in "abc"])
    left = SetMoves(
        np.array(["a", "b", "c"], dtype=object),
        np.full(3, "tier", dtype=object),
        np.array(["high", "medium", "high"], dtype=object),
        np.array(["potential", "high", "low"], dtype=object),
        np.full(3, "clock", dtype=object),
    )
    clock = {"kind": "tier", "causes": ["clock"]}
    assert entering({**clock, "leaves": "high"}, seen, left) == ["a", "c"]
    assert entering({**clock, "leaves": "high", "enters": "low"}, seen, left) == ["c"]
    assert entering({**clock, "direction": "down"}, seen, left) == ["a", "c"]
    assert entering({**clock, "direction": "up"}, seen, left) == ["b"]


def test_segments_take_in_whom_they_gain_or_lose() -> None:
    """By what customers did; a changed definition is held back."""
    seen = situation([Shopper(each) for each in "abc"])
    came = moves(
        ("a", "vips", "evidence"), ("b", "vips", "policy"), ("c", "others", "evidence"), axis="segment"
    )
    enters = {"kind": "segment", "enters": "vips"}
    assert entering(enters, seen, came) == ["a"]
    found, held = rules.sorted_out(playbook(enters), seen, came, AS_OF)
    assert (len(found), seen.customer_id[held.rows].tolist(), held.causes.tolist()) == (1, ["b"], ["policy"])
    gone = moves(("a", "", "evidence"), axis="segment", left="vips")
    assert entering({"kind": "segment", "leaves": "vips"}, seen, gone) == ["a"]


@pytest.mark.parametrize(
    ("then", "now", "ours", "enters"),
    [
        (41.0, 39.0, "", True),
        (40.0, 39.9, "", True),
        (39.0, 38.0, "", False),  # was below it already
        (41.0, 40.0, "", False),  # the bound itself is not below
        (float("nan"), 10.0, "", False),  # was not known: no fall
        (41.0, 39.0, "model", False),  # we changed the yardstick
        (41.0, 39.0, "policy", False),
    ],
)
def test_health_takes_in_whom_it_leaves(then: float, now: float, ours: str, enters: bool) -> None:  # noqa: FBT001 - the table reads better so
    """Once, on the night on which it falls below the bound."""
    seen = [Shopper("a", health=now)]
    last = before([Shopper("a", health=then)], AS_OF - timedelta(days=1), ours)
    found = entering({"kind": "health", "below": 40}, situation(seen, earlier=last))
    assert found == (["a"] if enters else [])


def test_a_milestone_is_reached_by_an_order_and_not_by_history_that_comes_late() -> None:
    """Ten orders after nine; not by those who had them, were unknown, or whose tenth order is long past."""
    yesterday = AS_OF - timedelta(days=1)
    new, old = AS_OF, AS_OF - timedelta(days=40)
    seen = [
        Shopper("reached", orders=10, last_order=new),
        Shopper("passed", orders=12, last_order=new),
        Shopper("had", orders=11, last_order=new),
        Shopper("unknown", orders=10, last_order=new),
        Shopper("late", orders=10, last_order=old),
    ]
    then = [
        replace(seen[0], orders=9),
        replace(seen[1], orders=8),
        replace(seen[2], orders=10),
        None,
        replace(seen[4], orders=9),
    ]
    trigger = {"kind": "milestone", "orders": 10}
    here = situation(seen, earlier=before(then, yesterday, "model"))
    assert entering(trigger, here, reentry="per_key") == ["reached", "passed"]
    _found, held = rules.sorted_out(playbook(trigger, reentry="per_key"), here, NONE, AS_OF)
    assert (here.customer_id[held.rows].tolist(), held.causes.tolist()) == (["late"], ["backfill"])
    assert entering(trigger, situation(seen)) == []


def test_spend_is_a_milestone_too() -> None:
    """On the bound itself."""
    seen = [
        Shopper("a", spend=1000.0, orders=4, last_order=AS_OF),
        Shopper("b", spend=999.99, orders=4, last_order=AS_OF),
    ]
    then = before([Shopper("a", spend=900.0), Shopper("b", spend=900.0)], AS_OF - timedelta(days=1))
    assert entering({"kind": "milestone", "spend": 1000}, situation(seen, earlier=then)) == ["a"]


@pytest.mark.parametrize(
    ("first", "day", "years"),
    [
        (date(2024, 3, 2), date(2026, 3, 2), 2),
        (date(2026, 3, 2), date(2026, 3, 2), 0),
        (date(2024, 2, 29), date(2026, 2, 28), 2),
        (date(2024, 2, 29), date(2028, 2, 28), 0),
        (date(2024, 2, 29), date(2028, 2, 29), 4),
        (date(2023, 2, 28), date(2026, 2, 28), 3),
        (date(2024, 3, 2), date(2026, 3, 3), 0),
        (None, date(2026, 3, 2), 0),
    ],
)
def test_an_anniversary_is_on_its_day_and_that_of_a_leap_day_on_the_28th(
    first: date | None, day: date, years: int
) -> None:
    """The first order itself is none."""
    found = anniversaries(np.array([first], dtype="datetime64[D]"), [day])
    assert found.tolist() == [years]


@given(first=st.dates(date(1999, 1, 1), date(2020, 12, 31)), year=st.integers(2021, 2060))
def test_everybody_has_one_anniversary_a_year(first: date, year: int) -> None:
    """Leap years or not: held against a year of days."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    met = [
        d for d in days if d.year == year and anniversaries(np.array([first], dtype="datetime64[D]"), [d])[0]
    ]
    assert len(met) == 1


def test_nights_that_were_not_run_are_made_good_for_three_days() -> None:
    """No year of backlog after the clock was set, or the machine stood still."""
    assert days_looked_at(AS_OF, AS_OF - timedelta(days=1)) == (date(2026, 3, 2),)
    assert days_looked_at(AS_OF, AS_OF - timedelta(days=2)) == (date(2026, 3, 1), date(2026, 3, 2))
    assert len(days_looked_at(AS_OF, AS_OF - timedelta(days=400))) == 3
    assert days_looked_at(AS_OF, AS_OF) == days_looked_at(AS_OF, None) == (date(2026, 3, 2),)


def test_a_schedule_comes_round_as_it_says() -> None:
    """On the last day of a month that is too short; the latest of days that were missed."""
    year = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [d.month for d in year if comes_round(Rhythm("month", 31), d)] == list(range(1, 13))
    assert {d.isoweekday() for d in year if comes_round(Rhythm("week", 5), d)} == {5}
    every_third = [d for d in year if comes_round(Rhythm("days", 3), d)]
    assert {b - a for a, b in itertools.pairwise(every_third)} == {timedelta(days=3)}
    assert latest_round(Rhythm("week", 7), year[:14]) == date(2027, 1, 10)
    assert latest_round(Rhythm("week", 7), year[:2]) is None


def test_an_audience_narrows_any_trigger() -> None:
    """Asked once for all customers, as the situation holds it."""
    seen = situation([Shopper("a", holds=("tier = 'low'",)), Shopper("b")])
    monthly = {"kind": "schedule", "every": "days", "days": 1, "audience": "tier = 'low'"}
    assert entering(monthly, seen) == ["a"]


@given(cause=st.sampled_from(CAUSES), kind=st.sampled_from(["stage", "tier", "segment"]))
def test_nobody_enters_without_evidence_or_clock(cause: str, kind: str) -> None:
    """What we changed, or caught up on, is held back; a join or a withdrawn consent is not even that."""
    seen = situation([Shopper("a", tier="high", stage="new")])
    enters = {"stage": "new", "tier": "high", "segment": "vips"}[kind]
    both = playbook({"kind": kind, "enters": enters, "causes": ["evidence", "clock"]})
    found, held = rules.sorted_out(both, seen, moves(("a", enters, cause), axis=kind), AS_OF)
    assert (len(found) == 1) == (cause in {"evidence", "clock"})
    assert (len(held) == 1) == (cause in HELD_CAUSES)


NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CART = playbook(
    {
        "kind": "event",
        "event": "Cart Viewed",
        "key": "cart_id",
        "unless": "Order Completed",
        "within_hours": 4,
    },
    reentry="per_key",
).trigger


def told(name: str, hours_ago: float, cart: str = "c1", customer: str = "a", late: float = 0) -> ToldEvent:
    """An event of some hours ago, told so many hours after it happened."""
    at = NOW - timedelta(hours=hours_ago)
    return ToldEvent(customer, name, at, at + timedelta(hours=late), {"cart_id": cart})


@pytest.mark.parametrize(
    ("events", "carts"),
    [
        ([told("Cart Viewed", 5)], ["c1"]),
        ([told("Cart Viewed", 3)], []),  # there is time yet
        ([told("Cart Viewed", 5), told("Order Completed", 1)], []),
        ([told("Cart Viewed", 5), told("Order Completed", 6)], ["c1"]),  # an earlier order is not this one
        ([told("Cart Viewed", 5), told("Order Completed", 1, "c2")], ["c1"]),
        ([told("Cart Viewed", 5), told("Order Completed", 1, "")], []),  # which cart it was is not said
        ([told("Cart Viewed", 5), told("Cart Viewed", 5, "c2")], ["c1", "c2"]),
        ([told("Cart Viewed", 9), told("Cart Viewed", 1)], []),  # looked at again
        ([told("Cart Viewed", 30)], []),  # nobody looked in time, and now it is too late
        ([told("Cart Viewed", 20, late=30)], []),  # history that was told late
        ([told("Cart Viewed", 5, "")], []),  # which cart is not said
        ([told("Cart Viewed", 5)] * 3, ["c1"]),
    ],
)
def test_a_cart_is_left_when_no_order_follows_it_in_time(events: list[ToldEvent], carts: list[str]) -> None:
    """Each cart for itself."""
    assert [each.key for each in occasions(CART, events, NOW, None)] == carts
    assert [each.key for each in occasions(CART, events[::-1], NOW, None)] == carts


def test_what_happened_before_the_playbook_was_started_starts_nothing() -> None:
    """And carts of two customers are two."""
    both = [told("Cart Viewed", 6), told("Cart Viewed", 5, customer="b")]
    assert [each.customer_id for each in occasions(CART, both, NOW, NOW - timedelta(hours=5.5))] == ["b"]
