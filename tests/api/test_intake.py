"""Events in Segment's shape: stored before they are answered, each once, and refused only with a reason."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.access import Buckets
from evergrove.api import event_bodies
from evergrove.app.service import UNREAD, Strangers
from evergrove.ingest.events.tables import EVENT
from evergrove.ledger import LedgerFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.testing.house import House

ORDER = {"order_id": "A1", "total": "128.50", "currency": "CNY"}
TRACK = {"userId": "u1", "messageId": "m1", "event": "Order Completed", "properties": ORDER}


def rows(house: House) -> list[dict[str, Any]]:
    """All events, in the order of their names."""
    with house.here.ledger.reading() as connection:
        found = connection.execute(select(EVENT).order_by(EVENT.c.message_id)).mappings()
        return [dict(row) for row in found]


def test_an_event_is_there_when_it_is_answered_and_once_however_often_it_is_sent(house: House) -> None:
    """What was acknowledged is in the ledger; a retry has another sentAt."""
    client = house.client("analyst")
    for sent_at in ("2026-07-02T12:00:00Z", "2026-07-02T12:00:09Z"):
        answer = client.post("/v1/track", json={**TRACK, "sentAt": sent_at})
        assert (answer.status_code, answer.json()) == (200, {"success": True})
        assert [row["message_id"] for row in rows(house)] == ["m1"]

    (row,) = rows(house)
    assert (row["kind"], row["customer_id"], row["state"]) == ("order", "u1", "waiting")
    assert row["content"]["amount"] == "128.5000"


@pytest.mark.parametrize("where", ["basic", "body"])
def test_a_write_key_stands_where_segments_libraries_put_it(house: House, where: str) -> None:
    """As the user name of Basic, or in the body; without one nobody gets in."""
    key = house.key("analyst", "events.write")
    basic = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    client = house.client(None, **(basic if where == "basic" else {}))
    told = TRACK if where == "basic" else {**TRACK, "writeKey": key}

    assert client.post("/v1/track", json=told).status_code == 200
    assert house.client(None).post("/v1/track", json=TRACK).status_code == 401
    assert house.client(None).post("/v1/track", json={**TRACK, "writeKey": "evg_x_y"}).status_code == 401
    assert house.client("viewer").post("/v1/track", json=TRACK).status_code == 403
    assert key not in str(rows(house))


def test_a_batch_is_stored_whole_and_tells_nothing_of_what_it_could_not_use(house: House) -> None:
    """As Segment answers: 200; what can be named is kept to be looked at, sealed."""
    batch = [
        {"type": "track", **TRACK},
        {"type": "identify", "userId": "u1", "messageId": "m2", "traits": {"email": "ann@shop.example"}},
        {"type": "track", "userId": "u1", "messageId": "m3", "properties": {"email": "ann@shop.example"}},
        {"type": "track", "event": "x", "messageId": "m4"},
    ]
    answer = house.client("admin").post("/v1/batch", json={"batch": batch, "sentAt": "2026-07-02T12:00:00Z"})

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    found = {row["message_id"]: (row["kind"], row["state"], row["reason"]) for row in rows(house)}
    assert found == {
        "m1": ("order", "waiting", None),
        "m2": ("customer", "waiting", None),
        "m3": ("track", "refused", "events.no_name"),
    }
    assert "ann@shop.example" not in str([row["content"] for row in rows(house)])
    assert all(b"ann@" not in (row["sealed"] or b"") for row in rows(house))


def test_strict_mode_names_every_event_that_cannot_be_used_and_stores_none(house: House) -> None:
    """By its place in the body, with a code and a sentence."""
    batch = [
        {"type": "track", **TRACK},
        {"type": "track", "event": "x"},
        {"type": "track", **TRACK, "messageId": "m5", "properties": {**ORDER, "total": "1.23456"}},
        {"type": "other", "userId": "u1"},
        7,
    ]
    client = house.client("admin", **{"X-Strict-Mode": "1"})
    answer = client.post("/v1/batch", json={"batch": batch})

    assert answer.status_code == 422
    assert [(each["path"], each["code"]) for each in answer.json()["errors"]] == [
        ("body.batch[1]", "events.no_identity"),
        ("body.batch[2].properties.total", "ingest.amount_too_precise"),
        ("body.batch[3].type", "events.unknown_type"),
        ("body.batch[4]", "events.not_an_object"),
    ]
    assert rows(house) == []


def test_other_content_under_a_name_is_reported_where_one_looks_for_it(house: House) -> None:
    """Reliability c26; Segment's libraries are told nothing, strict ones are."""
    house.client("admin").post("/v1/track", json=TRACK)
    other = {**TRACK, "properties": {**ORDER, "total": 1}}

    assert house.client("admin").post("/v1/track", json=other).status_code == 200
    strict = house.client("admin", **{"X-Strict-Mode": "1"}).post("/v1/track", json=other)
    assert (strict.status_code, strict.json()["code"]) == (409, "ingest.event_conflict")
    (shown,) = house.client("admin").get("/v1/events?state=conflict").json()["items"]
    assert (shown["message_id"], shown["content"]["amount"]) == ("m1", "1.0000")
    assert rows(house)[0]["content"]["amount"] == "128.5000"


def test_a_body_that_is_too_long_or_no_json_is_a_400(house: House) -> None:
    """Packed or not; a bomb is not unpacked."""
    client = house.client("admin")
    long = {**TRACK, "context": {"note": "x" * 33_000}}
    assert client.post("/v1/track", json=long).status_code == 400
    assert (
        client.post(
            "/v1/batch", json={"batch": [{**TRACK, "type": "track"}, {**long, "type": "track"}]}
        ).status_code
        == 400
    )
    many = {
        "batch": [{"type": "track", **TRACK, "messageId": str(n), "note": "x" * 1000} for n in range(600)]
    }
    assert client.post("/v1/batch", json=many).status_code == 400
    packed = {"Content-Encoding": "gzip"}
    assert (
        client.post("/v1/batch", content=gzip.compress(json.dumps(many).encode()), headers=packed).status_code
        == 400
    )
    assert (
        client.post("/v1/batch", content=gzip.compress(bytes(50_000_000)), headers=packed).status_code == 400
    )
    for body in (
        b"{",
        b'{"userId": NaN}',
        b"[" * 200_000,
        b'{"userId": "\\ud800"}',
        b"\xff",
        b"7",
        b'"x"',
        b"[]",
        b"null",
    ):
        assert client.post("/v1/track", content=body).status_code == 400
    few = json.dumps({"batch": many["batch"][:5]}).encode()
    assert client.post("/v1/batch", content=gzip.compress(few), headers=packed).status_code == 200
    assert len(rows(house)) == 5


def test_nothing_of_a_body_is_read_before_the_head_has_said_who_asks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong key, a lesser one, a cookie of nobody: refused, whatever the body is packed in."""
    monkeypatch.setattr(event_bodies, "read_json", lambda *_body: pytest.fail("read"))
    bomb = gzip.compress(bytes(50_000_000))
    for headers, status in (
        ({"Authorization": "Bearer evg_x_y"}, 401),
        ({"Authorization": f"Bearer {house.keys['viewer']}"}, 403),
        ({"Cookie": "evergrove=made-up"}, 401),
    ):
        told = {"Content-Encoding": "gzip", **headers}
        for path in ("identify", "track", "page", "screen", "group", "alias", "batch"):
            answer = house.client(None).post(f"/v1/{path}", content=bomb, headers=told)
            assert answer.status_code == status
    long = {"Content-Length": str(500 * 1024 + 1)}
    assert house.client(None).post("/v1/batch", content=b"{", headers=long).status_code == 400


def test_bodies_of_strangers_are_counted_before_they_are_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many from one address, then one a second; those whose body holds a right key do not count."""
    read: list[bytes] = []
    real = event_bodies.read_json

    def counted(body: bytes, encoding: str = "") -> Any:
        read.append(body)
        return real(body, encoding)

    monkeypatch.setattr(event_bodies, "read_json", counted)
    still = Strangers(Buckets(UNREAD, lambda: 0.0))  # no token comes back by time
    house.app.state.service = replace(house.service, unread=still)
    client, key = house.client(None), house.key("analyst", "events.write")
    most = 100
    for _each in range(most + 20):
        assert client.post("/v1/track", json={**TRACK, "writeKey": key}).status_code == 200
    read.clear()

    answers = [client.post("/v1/track", content=b"{}" if n % 2 else b"{") for n in range(most + 20)]

    assert {each.status_code for each in answers[:most]} == {400, 401}
    assert {each.status_code for each in answers[most:]} == {429}
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert len(read) == most
    assert client.post("/v1/track", json={**TRACK, "writeKey": key}).status_code == 429
    head = house.client(None, Authorization=f"Bearer {key}")
    assert head.post("/v1/track", json=TRACK).status_code == 200


@pytest.mark.parametrize(
    ("times", "at"),
    [
        ({}, "2026-07-02T12:00:00+00:00"),
        ({"timestamp": "2026-07-01T08:00:00Z"}, "2026-07-01T08:00:00+00:00"),
        # A clock an hour fast: the event happened two minutes before it was sent.
        (
            {"timestamp": "2026-07-02T12:58:00Z", "sentAt": "2026-07-02T13:00:00Z"},
            "2026-07-02T11:58:00+00:00",
        ),
        # Half a minute is the way of the message.
        (
            {"timestamp": "2026-07-02T11:58:00Z", "sentAt": "2026-07-02T11:59:30Z"},
            "2026-07-02T11:58:00+00:00",
        ),
    ],
)
def test_the_moment_of_an_event_is_the_senders_but_for_a_wrong_clock(
    house: House, times: Mapping[str, str], at: str
) -> None:
    """It is noon here: receivedAt - (sentAt - originalTimestamp), as Segment documents it."""
    assert house.client("admin").post("/v1/track", json={**TRACK, **times}).status_code == 200

    assert rows(house)[0]["at"].isoformat() == at


def test_a_full_disk_is_a_507_and_nothing_is_half_stored(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole group hears of it; afterwards the same request is stored."""

    def full(*_told: object) -> None:
        raise LedgerFailed(where="here", reason="database or disk is full")

    client = house.client("admin")
    with monkeypatch.context() as patch:
        patch.setattr("evergrove.ingest.events.writer.store", full)
        assert client.post("/v1/track", json=TRACK).status_code == 507
    assert rows(house) == []

    assert client.post("/v1/track", json=TRACK).status_code == 200


def test_who_sends_more_than_can_be_stored_is_told_to_come_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After, and nothing of it stored."""
    monkeypatch.setattr(house.service.events, "_most", 0)
    monkeypatch.setattr(house.service.events, "_count", 1)

    answer = house.client("admin").post("/v1/track", json=TRACK)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert rows(house) == []


def test_a_refused_event_can_be_looked_at_again(house: House) -> None:
    """One that can still not be read stays refused; one that waits is no refused one."""
    client = house.client("admin")
    client.post("/v1/track", json={"userId": "u1", "messageId": "m3"})
    (shown,) = client.get("/v1/events?state=refused").json()["items"]
    assert (shown["code"], shown["content"]) == ("events.no_name", {})

    again = client.post(f"/v1/events/{shown['number']}/retry").json()
    assert (again["state"], again["code"]) == ("refused", "events.no_name")

    with house.here.ledger.writing() as connection:
        refused = {
            "state": "refused",
            "reason": "currency.mixed",
            "content": {"order_id": "A1"},
            "kind": "order",
        }
        connection.execute(EVENT.update().values(**refused))
    assert client.post(f"/v1/events/{shown['number']}/retry").json()["state"] == "waiting"
    assert client.post(f"/v1/events/{shown['number']}/retry").status_code == 404


def test_events_are_listed_a_page_at_a_time(house: House) -> None:
    """The newest first, each once."""
    client = house.client("admin")
    for n in range(5):
        client.post("/v1/page", json={"userId": "u1", "messageId": f"p{n}", "properties": {"path": f"/{n}"}})
    seen, cursor = [], ""
    while True:
        page = client.get(f"/v1/events?limit=2{cursor}").json()
        seen += [each["message_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert seen == ["p4", "p3", "p2", "p1", "p0"]
