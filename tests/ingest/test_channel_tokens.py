"""Tokens of channels come in by file and by event: each acceptance once, every row accounted for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from evergrove.app import imports
from evergrove.ingest import ReadOptions
from evergrove.ingest.events.reading import Desk
from evergrove.ingest.events.segment import read_message
from evergrove.ingest.events.store import store
from evergrove.ingest.events.tables import EVENT
from evergrove.ingest.tables.recognise import recognise
from evergrove.outbox import CHANNEL_TOKEN, Grant, balance, grant, spend
from evergrove.outbox.tokens import token_channel
from evergrove.people.consent.recording import record_consent
from evergrove.pipeline.compaction import compact_events

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.pipeline.compaction import Compacted

HEAD = "customer_id,channel,template,count,granted_at,grant_id\n"
ROWS = """z1,,TPL-1,2,2026-06-01T10:00:00Z,e1
z1,wechat,TPL-1,2,2026-06-01T10:00:00Z,e1
z2,微信,TPL-1,,2026-06-01T10:00:00Z,
z2,mini-program,TPL-1,1,2026-06-01T10:00:00Z,
z2,wechat,TPL-1,1,2026-06-02T10:00:00Z,
z3,wechat,TPL-2,3,2026-06-01,e3
,wechat,TPL-1,1,2026-06-01,e4
z4,wechat,,1,2026-06-01,e5
z4,wechat,TPL-1,0,2026-06-01,e6
z4,wechat,TPL-1,1000000,2026-06-01,e7
z4,wechat,TPL-1,two,2026-06-01,e8
z4,wechat,TPL-1,1,soon,e9
z4,wechat,TPL-1,1,,e10
z4,no such channel!,TPL-1,1,2026-06-01,e11
"""


def take(here: Workspace, folder: Path, text: str, name: str = "tokens.csv") -> Any:
    """Bring in a file of tokens."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return imports.add_people(here, path, "channel_tokens", ReadOptions())


def left(here: Workspace, template: str = "TPL-1") -> dict[str, int]:
    """How many messages each of z1 to z9 may still get."""
    with here.ledger.reading() as connection:
        return balance(connection, [f"z{n}" for n in range(10)], "wechat", template)


def test_every_row_of_a_file_is_accounted_for(begun: Workspace, tmp_path: Path) -> None:
    """Good, repeated or rejected with its reason; a row allows as many messages as it says."""
    read = take(begun, tmp_path, HEAD + ROWS)

    assert (read.rows.read, read.rows.good, read.rows.duplicate, read.rows.rejected) == (14, 4, 2, 8)
    assert read.rejected == {
        "ingest.no_customer": 1,
        "ingest.missing_cell": 1,
        "ingest.bad_number": 3,
        "ingest.bad_date": 1,
        "ingest.no_date": 1,
        "ingest.bad_word": 1,
    }
    assert read.tokens == 2 + 2 + 3
    assert left(begun) == {"z1": 2, "z2": 2}
    assert left(begun, "TPL-2") == {"z3": 3}


def test_an_acceptance_counts_once_by_whichever_way_and_however_often(
    begun: Workspace, tmp_path: Path
) -> None:
    """By file, by another file, by event and by the API; what was spent stays spent."""
    one = Grant("z1", "wechat", "TPL-1", "e1", datetime(2026, 6, 1, 10, tzinfo=UTC))
    with begun.ledger.writing() as connection:
        assert grant(connection, [one]) == 1
        assert spend(connection, "z1", "wechat", "TPL-1", "0" * 32, begun.clock.now())
    assert take(begun, tmp_path, HEAD + ROWS).tokens == 1 + 2 + 3
    again = take(begun, tmp_path, HEAD + ROWS)
    other = take(begun, tmp_path, HEAD + ROWS + "\nz5,,TPL-1,1,2026-06-05,e1\n", "other.csv")
    tell(begun, accepted("e1", template_id="TPL-1", count=2))

    assert (again.is_new, again.rows.good) == (False, 4)
    assert other.tokens == 1
    assert left(begun) == {"z1": 1, "z2": 2, "z5": 1}


def accepted(name: str, customer: str = "z1", **properties: Any) -> dict[str, Any]:
    """An event by which somebody agrees to messages."""
    return {
        "messageId": name,
        "userId": customer,
        "event": "Subscription Message Accepted",
        "timestamp": "2026-06-01T10:00:00Z",
        "properties": properties,
    }


def tell(here: Workspace, *messages: dict[str, Any]) -> Compacted:
    """Store events as the service does, and take them in as it does a minute later."""
    desk = Desk.at(here.seal, "shop", here.clock.now())
    events = [read_message(desk, message, "track")[0] for message in messages]
    with here.ledger.writing() as connection:
        store(connection, [event for event in events if event is not None])
    return compact_events(here, here.clock)


def test_an_event_allows_messages_once(begun: Workspace) -> None:
    """Sent again it changes nothing; without a channel it is WeChat's; it stands among what customers did as well."""
    first = accepted("m1", template_id="TPL-1")
    found = tell(begun, first, accepted("m2", template="TPL-1", count=3, channel="小程序"), first)

    assert (found.taken, found.refused) == (2, 0)
    assert left(begun) == {"z1": 4}
    assert tell(begun, first).taken == 0
    assert left(begun) == {"z1": 4}
    with begun.ledger.reading() as connection:
        refs = connection.execute(select(CHANNEL_TOKEN.c.ref).order_by(CHANNEL_TOKEN.c.ref)).scalars().all()
    assert refs == ["m1", "m2", "m2#2", "m2#3"]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "events.no_template", "properties.template_id"),
    ({"template_id": "T", "count": 0}, "ingest.bad_number", "properties.count"),
    ({"template_id": "T", "count": True}, "ingest.bad_number", "properties.count"),
    ({"template_id": "T", "count": "2"}, "ingest.bad_number", "properties.count"),
    ({"template_id": "T", "count": 101}, "ingest.bad_number", "properties.count"),
    ({"template_id": "T" * 129}, "ingest.bad_id", "properties.template_id"),
    ({"template_id": "T", "channel": "!"}, "ingest.bad_word", "properties.channel"),
]


def test_an_event_that_does_not_say_what_was_agreed_to_is_refused(begun: Workspace) -> None:
    """With its code and its place; it stays listed among the refused, and grants nothing."""
    desk = Desk.at(begun.seal, "shop", begun.clock.now())
    for properties, code, path in REFUSED:
        _event, refused = read_message(desk, accepted("m", **properties), "track")
        assert refused is not None
        assert (refused.code, refused.path) == (code, path), properties

    tell(begun, *(accepted(f"m{n}", **properties) for n, (properties, _, _) in enumerate(REFUSED)))
    with begun.ledger.reading() as connection:
        states = connection.execute(select(EVENT.c.state, EVENT.c.reason).order_by(EVENT.c.message_id)).all()
        assert states == [("refused", code) for _properties, code, _path in REFUSED]
        assert connection.execute(select(func.count()).select_from(CHANNEL_TOKEN)).scalar() == 0


def test_who_was_erased_gets_none(begun: Workspace, tmp_path: Path) -> None:
    """And the file's account says how many."""
    with begun.ledger.writing() as connection:
        record_consent(connection, "z1", "granted", "test", begun.clock.now())
    begun.erase("z1")

    read = take(begun, tmp_path, HEAD + ROWS)

    assert read.unused == {"people.erased": 2}
    assert "z1" not in left(begun)


def test_a_file_of_tokens_is_told_by_its_headers(tmp_path: Path) -> None:
    """As platforms and shops call their columns."""
    path = tmp_path / "export.csv"
    path.write_text("customer_id,tmplId,times,accepted_at\nc1,T1,1,2026-06-01\n", encoding="utf-8")

    assert recognise(path, ReadOptions()).table == "channel_tokens"


@pytest.mark.parametrize(
    ("said", "channel"),
    [
        ("", "wechat"),
        (" 微信 ", "wechat"),
        ("WeChat", "wechat"),
        ("line", "line"),
        ("a b", None),
        ("x" * 200, None),
    ],
)
def test_channels_are_known_by_several_words(said: str, channel: str | None) -> None:
    """And by none that no channel could have."""
    assert token_channel(said) == channel
