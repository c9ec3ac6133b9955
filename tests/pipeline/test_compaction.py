"""Events become facts, rows and persons, each once, with what became of it written beside."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.app import open_workspace
from evergrove.app.creation import create_workspace
from evergrove.core import SetClock
from evergrove.ingest import show_facts
from evergrove.ingest.events.forgetting import expire_events
from evergrove.ingest.events.reading import Desk
from evergrove.ingest.events.segment import read_message
from evergrove.ingest.events.store import store
from evergrove.ingest.events.tables import DIRTY, EVENT
from evergrove.ingest.facts.tables import show_tables
from evergrove.people import contact_of, standing_of
from evergrove.people.identity import persons_now
from evergrove.pipeline.compaction import Compacted, compact_events
from evergrove.testing.kill import kill_points
from evergrove.warehouse import open_engine
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ORDER = {
    "order_id": "A1",
    "total": 40,
    "currency": "EUR",
    "products": [{"product_id": "P1", "price": 20, "quantity": 2}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty workspace whose amounts are in euros."""
    made = tmp_path / "workspace"
    chosen = {"value": {"currency": "EUR", "timezone": "Europe/Berlin"}}
    create_workspace(made, chosen=chosen, key_file=tmp_path / "key", clock=SetClock(NOW))
    return made


@pytest.fixture
def here(folder: Path) -> Iterator[Workspace]:
    """The same, open."""
    with open_workspace(folder, SetClock(NOW)) as workspace:
        yield workspace


def tell(here: Workspace, *messages: dict[str, Any]) -> None:
    """Store messages as the service does."""
    desk = Desk.at(here.seal, "shop", here.clock.now())
    events = [read_message(desk, message, message["type"])[0] for message in messages]
    with here.ledger.writing() as connection:
        store(connection, [event for event in events if event is not None])


def track(name: str, nth: int, **properties: Any) -> dict[str, Any]:
    """An event of customer u1, hours after the beginning."""
    at = NOW - timedelta(days=2) + timedelta(hours=nth)
    return {
        "type": "track", "event": name, "messageId": f"{name}-{nth}", "userId": "u1",
        "timestamp": at.isoformat(), "properties": properties,
    }  # fmt: skip


def ask(here: Workspace, sql: str) -> list[tuple[Any, ...]]:
    """Ask the facts and the tables of the newest snapshot."""
    seen = here.warehouse.newest()
    with here.ledger.reading() as connection:
        persons = persons_now(connection)
    with open_engine(threads=1) as engine:
        show_facts(engine, here.warehouse, seen, persons=persons)
        show_tables(engine, here.warehouse, seen)
        return engine.run(sql)


def states(here: Workspace) -> dict[str, tuple[str, str | None]]:
    """State and reason of each event."""
    with here.ledger.reading() as connection:
        return {row.message_id: (row.state, row.reason) for row in connection.execute(select(EVENT))}


def raw(here: Workspace) -> list[bool]:
    """Whether the raw text of each refused event is gone."""
    with here.ledger.reading() as connection:
        refused = connection.execute(select(EVENT.c.sealed).where(EVENT.c.state == "refused"))
        return [sealed is None for sealed in refused.scalars()]


def test_an_order_its_articles_and_what_led_to_it_stand_in_their_tables(here: Workspace) -> None:
    """With the import that took each."""
    page = {
        "type": "page",
        "messageId": "p",
        "userId": "u1",
        "properties": {"url": "https://s.example/a?mail=x"},
    }
    tell(here, track("Order Completed", 0, **ORDER), track("Product Viewed", 1, product_id="P1"), page)

    found = compact_events(here, here.clock)

    assert (found.taken, found.refused, found.waiting) == (3, 0, 0)
    assert ask(here, "select order_id, customer_id, cast(amount as varchar) from orders") == [
        ("A1", "u1", "40.0000")
    ]
    assert ask(here, "select product_id, cast(quantity as varchar) from order_lines") == [("P1", "2.0000")]
    assert ask(here, "select kind, page from events order by kind") == [
        ("Product Viewed", None),
        ("visit", "/a"),
    ]
    assert set(states(here).values()) == {("taken", None)}
    assert compact_events(here, here.clock).taken == 0


def test_what_contradicts_an_order_or_cannot_be_counted_is_refused_with_its_code(here: Workspace) -> None:
    """Another customer under the number of an order; a currency that no rate is known for."""
    stranger = track("Order Completed", 3, **ORDER) | {"userId": "u2"}
    dollars = track("Order Completed", 4, **{**ORDER, "order_id": "A2", "currency": "USD"})
    tell(here, track("Order Completed", 0, **ORDER), stranger, dollars)

    assert compact_events(here, here.clock).refused == 2
    assert states(here)["Order Completed-3"] == ("refused", "ingest.changed_order")
    assert states(here)["Order Completed-4"] == ("refused", "currency.mixed")


def test_an_event_waits_a_week_for_the_order_that_it_names(here: Workspace) -> None:
    """And is refused then."""
    tell(here, track("Order Updated", 5, **ORDER))
    assert compact_events(here, here.clock).waiting == 1

    later = SetClock(NOW + timedelta(days=8))
    assert compact_events(here, later).refused == 1
    assert states(here)["Order Updated-5"] == ("refused", "events.unknown_order")


def test_an_order_of_somebody_anonymous_counts_and_joins_whoever_signs_in(here: Workspace) -> None:
    """Under the customer's own id, as an anonymous one comes last in any order."""
    order = track("Order Completed", 0, **ORDER)
    del order["userId"]
    tell(here, order | {"anonymousId": "device-1"})
    compact_events(here, here.clock)
    assert ask(here, "select customer_id from orders") == [("~anonymous:device-1",)]

    known = {"type": "identify", "messageId": "i", "userId": "u1", "anonymousId": "device-1"}
    other = {"type": "identify", "messageId": "j", "userId": "u2", "anonymousId": "device-1"}
    tell(
        here, known | {"traits": {"email": "Ann@shop.example", "firstName": "Ann", "subscribed": True}}, other
    )
    compact_events(here, here.clock)

    assert ask(here, "select customer_id from orders") == [("u1",)]
    with here.ledger.reading() as connection:
        told = contact_of(here.seal, "u1", standing_of(connection, ["u1"])["u1"])
        assert (told.email, told.name) == ("Ann@shop.example", "Ann")
        assert standing_of(connection, ["u1"])["u1"].consent == "granted"
        assert "u2" not in persons_now(connection)  # a browser that two share joins nobody
        assert {"u1", "~anonymous:device-1"} <= set(connection.execute(select(DIRTY.c.customer_id)).scalars())
        contents = connection.execute(select(EVENT.c.content)).scalars().all()
    assert "shop.example" not in str(contents)


def test_a_state_of_events_makes_room_for_the_next_one(here: Workspace) -> None:
    """One a minute would be half a million snapshots a year; all events are taken, however many portions they make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evergrove.pipeline.compaction.MOST", 2)
        tell(here, *(track("Order Completed", nth, **{**ORDER, "order_id": f"A{nth}"}) for nth in range(5)))
        assert compact_events(here, here.clock).taken == 5

    with here.ledger.reading() as connection:
        kept = (
            connection.execute(select(snapshot.c.id).where(snapshot.c.retired_at.is_(None))).scalars().all()
        )
    newest = here.warehouse.newest()
    assert newest is not None
    assert kept == [newest.id]
    assert ask(here, "select count(*) from orders") == [(5,)]


def test_what_was_taken_or_refused_is_let_go_of_after_ninety_days(here: Workspace) -> None:
    """What is sent again after that changes nothing: orders and rows know themselves by their keys."""
    told = (track("Order Completed", 0, **ORDER), track("Product Viewed", 1))
    tell(here, *told)
    compact_events(here, here.clock)

    tell(here, {"type": "track", "userId": "u1", "messageId": "unread"})
    assert expire_events(here.ledger, NOW + timedelta(days=29)) == 0
    assert raw(here) == [False]
    assert expire_events(here.ledger, NOW + timedelta(days=89)) == 0
    assert raw(here) == [True]
    assert expire_events(here.ledger, NOW + timedelta(days=91)) == 3
    tell(here, *told)
    compact_events(here, here.clock)
    assert ask(here, "select (select count(*) from orders), (select count(*) from events)") == [(1, 1)]


def test_nothing_personal_is_left_in_the_events_of_whoever_is_erased(here: Workspace) -> None:
    """Neither of an event that was taken, nor of one that waits, nor of one that could not be read."""
    known = {
        "type": "identify",
        "userId": "u1",
        "anonymousId": "device-1",
        "traits": {"email": "ann@shop.example"},
    }
    tell(here, known | {"messageId": "i"})
    compact_events(here, here.clock)
    tell(here, known | {"messageId": "j"}, {"type": "track", "userId": "u1", "messageId": "k"})
    with here.ledger.reading() as connection:
        assert [row.sealed is None for row in connection.execute(select(EVENT).order_by(EVENT.c.seq))] == [
            True,
            False,
            False,
        ]

    here.erase("u1")

    with here.ledger.reading() as connection:
        found = connection.execute(select(EVENT.c.sealed, EVENT.c.anonymous_id)).all()
    assert set(found) == {(None, None)}
    became = sorted(states(here).values(), key=str)
    assert became == [("refused", "events.no_name"), ("refused", "people.erased"), ("taken", None)]
    assert compact_events(here, here.clock) == Compacted()


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_killed_anywhere_a_compaction_is_wholly_there_or_not_at_all(folder: Path) -> None:
    """Reliability c: every durable write; done again, each order is there once."""
    with open_workspace(folder, SetClock(NOW)) as here:
        tell(here, track("Order Completed", 0, **ORDER), track("Product Viewed", 1))

    def run() -> None:
        with open_workspace(folder, SetClock(NOW)) as here:
            compact_events(here, here.clock)

    def verify() -> None:
        with open_workspace(folder, SetClock(NOW)) as here:
            found = set(states(here).values())
            assert found in ({("waiting", None)}, {("taken", None)})
            if found == {("taken", None)}:
                assert ask(here, "select count(*) from orders") == [(1,)]

    def prepare() -> None:
        with open_workspace(folder, SetClock(NOW)) as here, here.ledger.writing() as connection:
            connection.execute(EVENT.update().values(state="waiting", import_seq=None))

    proving = "EVERGROVE_PROVE" in os.environ
    assert kill_points(run, verify, 1 if proving else 11, prepare=prepare) > (5 if proving else 2)


def test_an_event_that_no_fact_can_hold_is_refused_and_the_others_are_taken(here: Workspace) -> None:
    """Judged to be fit when it came in, by a release before this one: nothing else waits for it."""
    orders = [track("Order Completed", nth, **{**ORDER, "order_id": f"A{nth}"}) for nth in range(6)]
    tell(here, *orders)
    with here.ledger.writing() as connection:
        odd = EVENT.c.message_id == "Order Completed-3"
        content = connection.execute(select(EVENT.c.content).where(odd)).scalar_one()
        huge = {**content, "amount": "999999999000000000.0000"}
        connection.execute(EVENT.update().where(odd).values(content=huge))

    found = compact_events(here, here.clock)

    assert (found.taken, found.refused) == (5, 1)
    assert states(here)["Order Completed-3"] == ("refused", "events.not_kept")
    assert len(ask(here, "select order_id from orders")) == 5


def test_what_a_partial_refund_comes_to_has_the_bounds_of_every_amount(here: Workspace) -> None:
    """Each factor is small enough, the product is not."""
    much = {"product_id": "P1", "price": 999_999_999, "quantity": 1_000_000_000}
    told = track("Order Refunded", 5, order_id="A1", products=[much])
    desk = Desk.at(here.seal, "shop", here.clock.now())
    _event, why = read_message(desk, told, "track")
    assert why is not None
    assert (why.code, why.path) == ("ingest.amount_too_large", "properties.products")
