"""Events of somebody who is erased: nothing that names the person is left, in the ledger's file or in any other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.app import open_workspace
from evergrove.app.creation import create_workspace
from evergrove.core import SetClock
from evergrove.ingest.events.listing import list_events
from evergrove.ingest.events.reading import Desk
from evergrove.ingest.events.redacting import redacted
from evergrove.ingest.events.segment import read_message
from evergrove.ingest.events.store import store
from evergrove.ingest.events.tables import CONFLICT, EVENT
from evergrove.ledger import metadata
from evergrove.pipeline.compaction import compact_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SEEDED = (
    "ada.private", "lovelace", "13800138000", "138-0013", "secret-page", "secret-group", "other-total", "byron",
)  # fmt: skip
"""In small letters; each stands somewhere in what is told of Ada."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace."""
    made = tmp_path / "workspace"
    chosen = {"value": {"currency": "EUR", "timezone": "Europe/Berlin"}}
    create_workspace(made, chosen=chosen, key_file=tmp_path / "key", clock=SetClock(NOW))
    with open_workspace(made, SetClock(NOW)) as workspace:
        yield workspace


def tell(here: Workspace, *messages: dict[str, Any]) -> None:
    """Store messages as the service does."""
    desk = Desk.at(here.seal, "shop", here.clock.now())
    at = {"timestamp": (NOW - timedelta(hours=1)).isoformat()}
    events = [read_message(desk, at | each, each["type"])[0] for each in messages]
    with here.ledger.writing() as connection:
        store(connection, [event for event in events if event is not None])


def of_ada(part: str) -> list[dict[str, Any]]:
    """One of everything, with what names her wherever a shop's programs may put it."""
    own = {"userId": "ADA", "anonymousId": "device-1"}
    order = {
        "order_id": f"A-{part}",
        "total": 40,
        "products": [
            {"product_id": "P1", "name": "Tea, hand-made for Lovelace", "brand": "Byron & Lovelace"}
        ],
    }
    page = {"path": "/u/Ada-Lovelace/secret-page", "campaign": "spring", "source": "ada.private@mail.example"}
    return [
        own | {"type": "identify", "messageId": f"ada.private%40mail.example-{part}",
               "traits": {"email": "ada.private@mail.example", "name": "Ada Lovelace", "phone": "+86 138-0013-8000"}},
        own | {"type": "track", "messageId": f"lovelace-{part}", "event": "Order Completed", "properties": order},
        own | {"type": "track", "messageId": f"t-{part}", "event": "Called 13800138000, gift for Lovelace",
               "properties": {"value": 3, "category": "gift for ada.private@mail.example"}},
        own | {"type": "page", "messageId": f"p-{part}", "properties": page},
        own | {"type": "group", "messageId": f"g-{part}", "groupId": "secret-group-lovelace"},
        own | {"type": "alias", "messageId": f"a-{part}", "previousId": "old-address@mail.example"},
        own | {"type": "track", "messageId": f"x-{part}", "note": "Lovelace"},
    ]  # fmt: skip


def everything(here: Workspace) -> bytes:
    """Every row of every table, and every file of the workspace, its log of the ledger too; in small letters."""
    with here.ledger.reading() as connection:
        rows = [str(connection.execute(select(table)).all()) for table in metadata.sorted_tables]
    files = [path.read_bytes() for path in here.folder.rglob("*") if path.is_file()]
    return b"\n".join([*(row.encode() for row in rows), *files]).lower()


def left_of(here: Workspace, words: tuple[str, ...] = SEEDED) -> list[str]:
    """Which of some words are to be found anywhere."""
    found = everything(here)
    return [word for word in words if word.encode() in found]


@pytest.mark.parametrize("is_taken", [True, False], ids=["taken", "waiting"])
def test_whoever_is_erased_is_named_by_no_event_any_more(here: Workspace, *, is_taken: bool) -> None:
    """At once, and not after 90 days: contents, conflicts, and names of events; those of others stay as they are."""
    bob = {"type": "page", "userId": "BOB", "messageId": "bob-1", "properties": {"path": "/tea"}}
    other = of_ada("first")[1] | {"properties": {"order_id": "A-first", "total": 1, "note": "other-total"}}
    tell(here, *of_ada("first"), bob)
    tell(here, other, bob | {"properties": {"path": "/coffee"}})
    if is_taken:
        compact_events(here, here.clock)
    with here.ledger.reading() as connection:
        assert len(connection.execute(select(CONFLICT.c.id)).all()) == 2
        before = connection.execute(select(EVENT.c.seq)).scalars().all()
    assert "lovelace" in left_of(here)

    here.erase("ADA")

    words = SEEDED if is_taken else (*SEEDED, "gift for", "hand-made for", "old-address")
    assert left_of(here, words) == []
    with here.ledger.reading() as connection:
        assert connection.execute(select(EVENT.c.seq)).scalars().all() == before
        shown = {each.message_id: each for each in list_events(connection)}
        (conflict,) = list_events(connection, "conflict")
    assert shown["bob-1"].content["page"] == "/tea"
    assert conflict.content["page"] == "/coffee"
    compact_events(here, here.clock)
    assert left_of(here) == []
    assert is_counted(here)


def is_counted(here: Workspace) -> bool:
    """Whether the order is in the facts, under an id that names nobody."""
    with here.ledger.reading() as connection:
        states = connection.execute(select(EVENT.c.state).where(EVENT.c.kind == "order")).scalars().all()
    seen = here.warehouse.newest()
    return states == ["taken"] and seen is not None and seen.tables["orders"].rows == 1


def test_what_reads_like_a_person_never_stands_in_what_is_kept_open(here: Workspace) -> None:
    """Of customers of whom nothing is known as well: in the ledger, in the warehouse, and in names of events."""
    told: list[dict[str, Any]] = [
        {"type": "page", "userId": "C-1", "messageId": "eve@mail.example/1",
         "properties": {"url": "https://shop.example/account/eve%40mail.example/orders?mail=eve@mail.example"}},
        {"type": "track", "userId": "C-1", "messageId": "m2", "event": "Wrote to eve@mail.example",
         "properties": {"product_id": "eve@mail.example", "campaign": "sale-2026-05-01"}},
        {"type": "alias", "userId": "C-1", "messageId": "m3", "previousId": "eva@mail.example"},
        {"type": "group", "userId": "C-1", "messageId": "m4", "groupId": "eve@mail.example"},
        {"type": "track", "userId": "C-1", "messageId": "m5", "event": "Order Completed",
         "properties": {"order_id": "O-1", "total": 1,
                        "products": [{"product_id": "P", "name": "Card for 0049 30 1234567", "price": 1}]}},
    ]  # fmt: skip
    tell(here, *told, told[0])

    assert left_of(here, ("eve@", "eva@", "eve%40", "1234567")) == []
    with here.ledger.reading() as connection:
        rows = {row.kind: row for row in connection.execute(select(EVENT).where(EVENT.c.kind != "order"))}
        assert connection.execute(select(CONFLICT)).all() == []
    assert rows["page"].content["page"] == "/account/…/orders"
    assert rows["page"].message_id.startswith("~")
    assert rows["track"].content["name"] == "Wrote to …"
    assert rows["track"].content["campaign"] == "sale-2026-05-01"
    compact_events(here, here.clock)
    assert left_of(here, ("eve@", "eve%40", "1234567")) == []


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("/u/ann%40shop.example/x", "/u/…/x"),
        ("/u/ann%2540shop.example", "/u/…"),
        ("ann＠shop.example wrote", "… wrote"),
        ("mailto:ann+tag@shop.example", "mailto:…"),
        ("+86 138 0013 8000 called", "… called"),
        ("(030) 1234-567", "(…"),
        ("/p/%2B8613800138000", "/p/…"),
        ("/2026/05/01/tea", "/2026/05/01/tea"),
        ("sale-2026-05-01", "sale-2026-05-01"),
        ("sale_20260501", "sale_20260501"),
        ("Tea 100 g, 3 x 250 ml", "Tea 100 g, 3 x 250 ml"),
        ("Meet @ noon", "Meet @ noon"),
        ("100% cotton", "100% cotton"),
        ("", ""),
    ],
)
def test_addresses_and_phone_numbers_are_left_out_and_days_stay(told: str, kept: str) -> None:
    """However they are written; a path stays a path."""
    assert redacted(told) == kept
