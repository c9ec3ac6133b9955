"""Jobs that people order: whoever orders many waits for those who order few (reliability case 75)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.jobs.conftest import Yard


def done_in_turn(yard: Yard, count: int) -> list[int]:
    """Jobs in the order in which a worker does them, one after the other."""
    found = []
    for _ in range(count):
        hold = yard.take()
        found.append(hold.id)
        yard.do(lambda _task: None, hold)
        yard.later(seconds=1)
    return found


def test_people_take_turns_whoever_ordered_most(yard: Yard) -> None:
    """Five of one, then two of another, then one of the schedule: nobody waits for all five."""
    orders = [*["user:a"] * 5, *["user:b"] * 2, "night"]
    for origin in orders:
        yard.queue(origin=origin)
        yard.later(seconds=1)

    order = [orders[number - 1] for number in done_in_turn(yard, len(orders))]

    assert order == ["user:a", "user:b", "night", "user:a", "user:b", "user:a", "user:a", "user:a"]


def test_jobs_of_one_person_are_done_in_their_order(yard: Yard) -> None:
    """First come, first served, among one's own."""
    for _ in range(4):
        yard.queue(origin="user:a")
        yard.later(seconds=1)

    assert done_in_turn(yard, 4) == [1, 2, 3, 4]


def test_what_runs_counts_as_a_turn(yard: Yard) -> None:
    """While one's first runs, another's is taken before one's second."""
    yard.queue(origin="user:a")
    yard.queue(origin="user:a")
    other = yard.queue(origin="user:b")
    yard.later(seconds=1)

    yard.take("one")

    assert yard.take("two").id == other
