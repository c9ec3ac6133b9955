"""Between two runs: a cart that was left starts its playbook once, and an order ends it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from evergrove.app.events_answered import take_events
from evergrove.app.playbooks import add
from evergrove.campaigns.held import release
from evergrove.campaigns.tables import enrolment, held_entry
from evergrove.core import SetClock
from evergrove.decisions import decision
from evergrove.ingest.events.reading import Desk
from evergrove.ingest.events.segment import read_message
from evergrove.ingest.events.store import store
from evergrove.outbox import OUTBOX
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from evergrove.app import Workspace

NOON = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)
CART: dict[str, Any] = {
    "format": "evergrove.playbook/2", "key": "C", "version": 1, "name": "C", "goal": "C", "priority": 1,
    "reentry": "per_key", "control": 0.0,
    "trigger": {"kind": "event", "event": "Cart Viewed", "key": "cart_id", "unless": "Order Completed", "within_hours": 4},
    "steps": [{"template": "new-thanks", "valid_days": 2}, {"template": "new-howto", "after_days": 1}],
}  # fmt: skip


def tell(here: Workspace, customer: str, name: str, hours_ago: float, **about: str) -> None:
    """An event of some hours ago, as the service stores it."""
    at = here.clock.now() - timedelta(hours=hours_ago)
    message = {
        "type": "track",
        "event": name,
        "userId": customer,
        "messageId": f"{customer}-{name}-{hours_ago}-{sorted(about.items())}",
        "timestamp": at.isoformat(),
        "properties": about,
    }
    event, _refused = read_message(Desk.at(here.seal, "shop", at), message, "track")
    assert event is not None
    with here.ledger.writing() as connection:
        store(connection, [event])


def rows(here: Workspace, table: Any) -> list[Any]:
    """Rows of the playbook."""
    with here.ledger.reading() as connection:
        return list(connection.execute(select(table).where(table.c.playbook == "C")))


@pytest.fixture
def shop(begun: Workspace) -> Workspace:
    """At noon, with the playbook at work since the morning of the day before."""
    assert isinstance(begun.clock, SetClock)
    begun.clock.moment = NOON - timedelta(days=1)
    add(begun, CART)
    begun.try_playbook("C")
    begun.start("C")
    begun.clock.moment = NOON
    return begun


@pytest.fixture
def names(shop: Workspace) -> list[str]:
    """Customers who may be written to."""
    newest = shop.warehouse.newest("run")
    assert newest is not None
    with open_engine(threads=1) as engine:
        shop.warehouse.show(engine, newest, "scores")
        return [
            name
            for (name,) in engine.run("select customer_id from scores where orders > 1 order by 1 limit 40")
        ]


@one_database
def test_a_cart_that_was_left_starts_its_playbook_once(shop: Workspace, names: list[str]) -> None:
    """Decided, and enqueued; looked at again, and by the next night, it is the same cart."""
    for name in names:
        tell(shop, name, "Cart Viewed", 5, cart_id="c1")
    tell(shop, names[0], "Cart Viewed", 6, cart_id="c2")
    tell(shop, names[1], "Cart Viewed", 2, cart_id="c3")

    found = take_events(shop)

    assert found.entered == len(names) + 1
    entered = {(row.customer_id, row.occasion) for row in rows(shop, enrolment)}
    assert entered == {*((name, "c1") for name in names), (names[0], "c2")}
    assert len(rows(shop, decision)) == len(names) + 1
    sent = [row for row in rows(shop, OUTBOX) if row.arm == "treated"]
    assert found.written is not None
    assert len(sent) == found.written.queued > 0
    assert take_events(shop).entered == 0
    assert isinstance(shop.clock, SetClock)
    shop.clock.moment = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
    shop.run(date(2026, 7, 1))
    assert {(row.customer_id, row.occasion) for row in rows(shop, enrolment)} >= entered
    assert len(rows(shop, enrolment)) == len(entered)


@one_database
def test_an_order_ends_what_it_ends_before_the_next_night(shop: Workspace, names: list[str]) -> None:
    """What waits to be sent is taken back; whoever ordered the cart did not enter at all."""
    tell(shop, names[0], "Cart Viewed", 5, cart_id="c1")
    tell(shop, names[1], "Cart Viewed", 5, cart_id="c1")
    tell(shop, names[1], "Order Completed", 1, order_id="o1", total="12", cart_id="c1")
    assert take_events(shop).entered == 1
    tell(shop, names[0], "Order Completed", 0.1, order_id="o2", total="12")

    assert take_events(shop).ended >= 1

    state = {row.customer_id: (row.state, row.reason) for row in rows(shop, enrolment)}
    assert state[names[0]] == ("exited", "campaigns.ordered")
    assert "queued" not in {row.state for row in rows(shop, OUTBOX) if row.customer_id == names[0]}


@one_database
def test_customers_whom_no_run_knows_do_not_enter(shop: Workspace) -> None:
    """Nothing is known of them, not even whether they may be written to."""
    tell(shop, "STRANGER", "Cart Viewed", 5, cart_id="c1")
    assert take_events(shop).entered == 0
    assert shop.clock.now().astimezone(UTC) == NOON.astimezone(UTC)


@one_database
def test_a_day_that_has_its_fill_holds_the_others_back_as_the_night_does(
    shop: Workspace, names: list[str]
) -> None:
    """Three a day: the others wait for somebody, not for the next day; released, each enters once."""
    assert isinstance(shop.clock, SetClock)
    shop.clock.moment = NOON - timedelta(days=1)
    add(shop, CART | {"version": 2, "limits": {"most_per_day": 3}})
    shop.try_playbook("C")
    shop.start("C")
    shop.clock.moment = NOON
    for name in names[:8]:
        tell(shop, name, "Cart Viewed", 5, cart_id="c1")

    assert take_events(shop).entered == 3
    assert take_events(shop).entered == 0
    held = {row.customer_id: row.cause for row in rows(shop, held_entry)}
    assert set(held.values()) == {"limit"}
    assert {row.customer_id for row in rows(shop, enrolment)} | held.keys() == {*names[:8]}

    shop.clock.moment = NOON + timedelta(hours=16)  # another day, and the carts are not too old yet
    assert take_events(shop).entered == 0
    with shop.ledger.writing() as connection:
        assert release(connection, "C", "somebody", shop.clock.now()) == 5
    shop.clock.moment = datetime(2026, 7, 2, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
    shop.run(date(2026, 7, 1))
    take_events(shop)
    assert sorted(row.customer_id for row in rows(shop, enrolment)) == sorted(names[:8])
