"""Events in the ledger: each once, the first holds, conflicts are kept, and customers are marked."""

from __future__ import annotations

import random
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from evergrove.ingest.events import Outcome, Reason, mark, store
from evergrove.ingest.events.tables import CONFLICT, DIRTY, EVENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.ingest.events import Event
    from evergrove.ledger import Ledger


def put(ledger: Ledger, *events: Event) -> list[Outcome]:
    """Store in one transaction."""
    with ledger.writing() as connection:
        return store(connection, events)


def marks(ledger: Ledger) -> dict[str, int]:
    """Who is marked."""
    with ledger.reading() as connection:
        return {row.customer_id: row.seq for row in connection.execute(select(DIRTY))}


def test_an_event_is_stored_once_whatever_is_sent_again(ledger: Ledger, told: Callable[..., Event]) -> None:
    """The same name and the same content is a duplicate, within a call and across calls."""
    assert [each.verdict for each in put(ledger, told("a"), told("b"), told("a"))] == [
        "new",
        "new",
        "duplicate",
    ]
    again = put(ledger, told("b"), told("c"))

    assert [each.verdict for each in again] == ["duplicate", "new"]
    with ledger.reading() as connection:
        assert sorted(connection.execute(select(EVENT.c.message_id)).scalars()) == ["a", "b", "c"]
        assert set(connection.execute(select(EVENT.c.state)).scalars()) == {"waiting"}


def test_message_ids_of_two_sources_are_two_events(ledger: Ledger, told: Callable[..., Event]) -> None:
    """A number that two systems count by means two things."""
    found = put(ledger, told("1"), told("1", amount="12", source="till"))

    assert [each.verdict for each in found] == ["new", "new"]


def test_other_content_under_one_name_is_a_conflict_and_the_first_holds(
    ledger: Ledger, told: Callable[..., Event]
) -> None:
    """Reliability c26: reported, kept once however often it is repeated, and of no effect."""
    put(ledger, told("a"))
    for _again in range(2):
        assert [each.verdict for each in put(ledger, told("a", amount="99"))] == ["conflict"]

    with ledger.reading() as connection:
        assert connection.execute(select(EVENT.c.content)).scalars().all() == [
            {"order_id": "a", "amount": "10"}
        ]
        assert [row.content["amount"] for row in connection.execute(select(CONFLICT))] == ["99"]


def test_orders_mark_their_customer_and_page_views_nobody(ledger: Ledger, told: Callable[..., Event]) -> None:
    """A refused event changes nothing either; the mark tells the newest event."""
    seqs = [
        each.seq
        for each in put(
            ledger,
            told("a"),
            told("b"),
            told("c", "C2", kind="page"),
            told("d", "C3", reason=Reason("events.no_amount")),
        )
    ]

    assert marks(ledger) == {"C1": max(seqs[:2])}
    with ledger.reading() as connection:
        refused = connection.execute(select(EVENT).where(EVENT.c.state == "refused")).one()
    assert (refused.message_id, refused.reason) == ("d", "events.no_amount")


def test_a_mark_grows_with_every_event_even_one_with_a_lower_number(ledger: Ledger) -> None:
    """Two transactions of PostgreSQL may commit in either order: who deletes the mark by its number must not miss one."""
    for seq in (6, 5, 3, 20):
        before = marks(ledger).get("C1", 0)
        with ledger.writing() as connection:
            mark(connection, {"C1": seq})
        assert marks(ledger)["C1"] > before
    assert marks(ledger) == {"C1": 20}


def test_a_transaction_that_fails_leaves_neither_events_nor_marks(
    ledger: Ledger, told: Callable[..., Event]
) -> None:
    """All in the caller's transaction."""
    error = OSError("pulled out")
    with pytest.raises(OSError, match="pulled out"), ledger.writing() as connection:
        store(connection, [told("a")])
        raise error

    assert marks(ledger) == {}
    assert put(ledger, told("a"))[0].verdict == "new"


@pytest.mark.slow
def test_writers_at_the_same_time_store_each_event_once(ledger: Ledger, told: Callable[..., Event]) -> None:
    """Fifty-fold parallel twins, in different orders: nothing doubled, nobody waits for another for ever."""
    events = [told(f"m{n}", f"C{n % 7}") for n in range(60)]
    verdicts: list[str] = []

    def send(seed: int) -> None:
        for _round in range(5):
            shuffled = random.Random(seed + _round).sample(events, len(events))  # noqa: S311 - a seeded order
            verdicts.extend(each.verdict for each in put(ledger, *shuffled))

    threads = [Thread(target=send, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert verdicts.count("new") == len(events)
    assert verdicts.count("duplicate") == 4 * 5 * len(events) - len(events)


def test_no_number_is_given_twice(ledger: Ledger, told: Callable[..., Event]) -> None:
    """After a silence in which all events were forgotten, too: marks and live values would take new ones for old."""
    (first, second) = put(ledger, told("a"), told("b"))
    put(ledger, told("a", amount="11"))
    with ledger.writing() as connection:
        (conflict,) = connection.execute(select(CONFLICT.c.id)).scalars()
        connection.execute(EVENT.delete())

    (third,) = put(ledger, told("c"))
    put(ledger, told("c", amount="11"))

    assert third.seq > max(first.seq, second.seq)
    with ledger.reading() as connection:
        assert connection.execute(select(CONFLICT.c.id)).scalar_one() > conflict
