"""Whoever tells of an order may wait until the customer's value is the one after it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from evergrove.live import Base, Steps
from evergrove.live.lease import hold
from evergrove.live.waiting import Waiters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.testing.house import House

IN_SHANGHAI = "2026-07-01"
ORDER = {
    "order_id": "W-1",
    "customer_id": "C000041",
    "ordered_at": "2026-06-30T17:00:00Z",
    "amount": "5000",
    "currency": "CNY",
}
EVENT = {
    "type": "track",
    "userId": "C000042",
    "event": "Order Completed",
    "messageId": "w-2",
    "timestamp": "2026-06-30T17:00:00Z",
    "properties": {"order_id": "W-2", "total": 5000, "currency": "CNY"},
}


@contextmanager
def live_beside(house: House) -> Iterator[None]:
    """Passes of live value in another thread, as the live process makes them."""
    here, over = house.here, Event()
    with here.ledger.writing() as connection:
        hold(connection, "test")

    def work() -> None:
        with Base(here.warehouse, here.settings) as base:
            steps = Steps(base, here.ledger, here.clock)
            while not over.wait(0.01):
                steps.once()

    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_the_answer_comes_with_the_value(begun_house: House) -> None:
    """In our shape and in Segment's: what is read next has the order in it."""
    client = begun_house.client("admin")
    before = client.get("/v1/customers/C000041").json()
    with live_beside(begun_house):
        told = client.post("/v1/orders?wait=1", json=ORDER)
        batch = client.post("/v1/batch?wait=1", json={"batch": [EVENT]})
    assert (told.status_code, told.json()["caught_up"]) == (200, True)
    assert batch.json() == {"success": True, "caught_up": True}
    after = client.get("/v1/customers/C000041").json()
    assert after["figures"]["orders"] == before["figures"]["orders"] + 1
    assert client.get("/v1/customers/C000042").json()["figures"]["last_order_date"] == IN_SHANGHAI


def test_every_live_reason_can_be_said(begun_house: House) -> None:
    """Whoever comes back after four weeks: newly placed, held, won back, and all others; each has its sentence."""
    begun_house.later(days=27)
    client = begun_house.client("admin")
    names = [each["customer_id"] for each in client.get("/v1/customers?limit=100").json()["items"]]
    told = [
        {**ORDER, "order_id": f"L-{name}", "customer_id": name, "ordered_at": "2026-07-27T11:00:00Z"}
        for name in names
    ]
    with live_beside(begun_house):
        assert client.post("/v1/orders?wait=1", json=told).json()["caught_up"] is True
    cards = [client.get(f"/v1/customers/{name}").json() for name in names]
    codes = {card["tier"]["because"]["code"] for card in cards}
    assert len(codes) > 1  # some are held
    assert all(card[axis]["because"]["sentence"] for card in cards for axis in ("tier", "stage"))


def test_nobody_waits_for_ever_and_nobody_waits_unasked(begun_house: House) -> None:
    """Where live value rests, the answer says that it has not caught up; the order is stored all the same."""
    client = begun_house.client("admin")
    assert "caught_up" not in client.post("/v1/orders", json=ORDER).json()
    event = client.get("/v1/events").json()["items"][0]
    begun, waiters = time.monotonic(), Waiters(begun_house.here.ledger, wait_s=0.05)
    assert waiters.put({"C000041": event["number"]}).result(5.0) is False
    assert time.monotonic() - begun < 4.0
    waiters.close()
    assert waiters.put({"C000041": 1}).result(0) is False


def test_only_nought_and_one_are_answers_to_whether_one_waits(begun_house: House) -> None:
    """A slip in the query is told."""
    refused = begun_house.client("admin").post("/v1/orders?wait=2", json=ORDER)
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "query.wait")
