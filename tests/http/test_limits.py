"""Cases 74 and 75: what is beyond all use is refused before it is read."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.http import Body, Routes, ThisPage
from evergrove.http.limits import DEPTH, HEAD_BYTES, PARAMETERS, depth_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from starlette.testclient import TestClient
    from starlette.types import Message, Receive

    from evergrove.testing.house import House

JSON = {"Content-Type": "application/json"}


class Anything(Body):
    """Whatever JSON can say."""

    what: Any


@pytest.fixture
def house(opening: Callable[..., AbstractContextManager[House]]) -> Iterator[House]:
    """A service that takes 4 kB, for a second, and 20 requests at once."""
    with opening(server={"body_kb": 4, "body_seconds": 1, "burst": 20, "per_second": 1}) as opened:
        routes = Routes("/test", tag="test")

        @routes.post("/anything", right="events.write")
        def anything(body: Anything) -> dict[str, int]:
            return {"length": len(json.dumps(body.what))}

        @routes.post("/much", right="events.write", most_bytes=64 * 1024)
        def much(body: Anything) -> dict[str, int]:
            return {"length": len(json.dumps(body.what))}

        @routes.get("/list", right="customers.read")
        def some(page: ThisPage) -> dict[str, int]:
            return {"limit": page.limit}

        opened.also(routes)
        yield opened


@pytest.fixture
def client(house: House) -> TestClient:
    """A client with every right."""
    return house.client()


def test_a_body_that_says_it_is_too_long_is_not_read(client: TestClient) -> None:
    """50 MB announced: 413 at once, and the connection is not used again."""
    head = {**JSON, "Content-Length": str(50 * 2**20)}
    answer = client.post("/v1/test/anything", content=b"{}", headers=head)

    assert (answer.status_code, answer.json()["code"]) == (413, "http.body_too_large")
    assert answer.headers["Connection"] == "close"


def test_a_body_that_turns_out_too_long_is_read_no_further(client: TestClient) -> None:
    """Sent in parts, without a length: it ends at the limit, not at its end."""
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _each in range(1000):
            sent += 1024
            yield b" " * 1024

    answer = client.post("/v1/test/anything", content=parts(), headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (413, "http.body_too_large")


def test_a_path_may_take_more_than_others(client: TestClient) -> None:
    """And no more than that."""
    fits, not_fits = ({"what": "x" * size} for size in (60_000, 70_000))

    assert client.post("/v1/test/much", json=fits).status_code == 200
    assert client.post("/v1/test/anything", json=fits).status_code == 413
    assert client.post("/v1/test/much", json=not_fits).status_code == 413


def test_nobody_unknown_has_a_body_read(house: House) -> None:
    """Without a key the body is neither read nor judged."""
    answer = house.client(None).post("/v1/test/anything", content=b"{", headers=JSON)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "asked",
    [
        {"params": {f"p{n}": n for n in range(PARAMETERS + 1)}},
        {"headers": {"X-Long": "x" * HEAD_BYTES}},
        {"headers": {f"X-{n}": "x" * 100 for n in range(400)}},
    ],
)
def test_a_head_beyond_all_use_is_refused(client: TestClient, asked: dict[str, Any]) -> None:
    """431, in our shape."""
    answer = client.get("/v1/about", **asked)

    assert (answer.status_code, answer.json()["code"]) == (431, "http.head_too_large")


@pytest.mark.parametrize("depth", [DEPTH + 1, 1000, 1900])
def test_json_that_lies_too_deep_is_refused(client: TestClient, depth: int) -> None:
    """400, whatever the reader of JSON would have made of it."""
    body = b'{"what": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
    answer = client.post("/v1/test/anything", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "http.malformed_body")


def test_json_as_deep_as_it_may_be_is_read(client: TestClient) -> None:
    """Brackets in texts are no depth."""
    body = b'{"what": ["' + b"[" * 500 + b'\\"[' + b'", ' + b"[" * (DEPTH - 2) + b"]" * (DEPTH - 2) + b"]}"

    assert client.post("/v1/test/anything", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("text", "depth"), [(b"[" * 70 + b"]" * 70, 70), (b"[[]," * 70 + b"1" + b"]" * 70, 71), (b"{}", 0)]
)
def test_depth_is_that_of_the_deepest(text: bytes, depth: int) -> None:
    """Counted by hand; what has few brackets is not looked at."""
    assert depth_of(text) == depth


@pytest.mark.parametrize(
    "body", [b'{"what": "\\u0000"}', b'{"what": "\xff"}', b'{"what": NaN', b"", b"[" * 5]
)
def test_what_no_database_keeps_is_no_json(client: TestClient, body: bytes) -> None:
    """NUL, bytes that are no UTF-8, half a value: refused, never a mistake of ours."""
    assert client.post("/v1/test/anything", content=body, headers=JSON).status_code in {400, 422}


@pytest.mark.parametrize("limit", ["0", "501", "1000000000", "-1", "x", "1e2"])
def test_pages_have_a_cap(client: TestClient, limit: str) -> None:
    """Case 75: 422, and the bound is named."""
    answer = client.get("/v1/test/list", params={"limit": limit})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "query.limit"


def test_who_asks_too_often_is_told_when_to_come_back(house: House) -> None:
    """429 with Retry-After, and nobody else has to wait."""
    client, other = house.client("viewer"), house.client("analyst")
    statuses = [client.get("/v1/me").status_code for _each in range(21)]
    late = client.get("/v1/me")

    assert statuses[:20] == [200] * 20
    assert (late.status_code, late.json()["code"]) == (429, "access.too_many_attempts")
    assert int(late.headers["Retry-After"]) >= 1
    assert other.get("/v1/me").status_code == 200


def test_who_tries_keys_is_stopped(house: House) -> None:
    """Twenty that are none from one address; a valid one is let in all the same."""
    stranger = house.client(None, Authorization="Bearer evg_000000000000_x")
    statuses = [stranger.get("/v1/me").status_code for _each in range(22)]

    assert statuses == [401] * 20 + [429] * 2
    assert house.client("viewer").get("/v1/me").status_code == 200


def asked(house: House, receive: Receive) -> list[Message]:
    """What is answered to a body that comes as a test says."""
    sent: list[Message] = []
    raw = [
        (b"authorization", f"Bearer {house.keys['admin']}".encode()),
        (b"content-type", b"application/json"),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/test/anything",
        "raw_path": b"/v1/test/anything",
        "query_string": b"",
        "headers": raw,
        "scheme": "http",
        "server": ("127.0.0.1", 8350),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }

    async def send(message: Message) -> None:
        sent.append(message)

    async def ask() -> None:
        await house.app(scope, receive, send)

    asyncio.run(ask())
    return sent


def test_a_body_that_dribbles_in_is_given_up(house: House) -> None:
    """A byte now and then: 408 when its time is over, however regularly they come."""

    async def receive() -> Message:
        await asyncio.sleep(0.3)
        return {"type": "http.request", "body": b" ", "more_body": True}

    sent = asked(house, receive)

    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["code"] == "http.too_slow"


def test_who_goes_while_sending_is_no_mistake_of_ours(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is answered, and no error is noted."""
    said: list[str] = []
    monkeypatch.setattr("evergrove.core.watching.said", lambda event, **_fields: said.append(event))

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    assert asked(house, receive) == []
    assert "request failed" not in said
