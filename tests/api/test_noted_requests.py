"""What is noted of a request: its route's template, who asked, how it ended; nothing that stood in its address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.core.watching import watch
from evergrove.server.logs import start_logs
from evergrove.server.metrics import OwnFigures
from evergrove.server.observing import observed
from evergrove.server.watcher import ServiceWatcher
from evergrove.settings import LogSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.testing.house import House


@pytest.fixture
def lines_of(tmp_path: Path) -> Callable[[Callable[[], object]], list[dict[str, Any]]]:
    """The lines that were written while something was done."""

    def kept(act: Callable[[], object]) -> list[dict[str, Any]]:
        file = tmp_path / "log.jsonl"
        with observed(LogSettings(file=str(file), level="debug"), "serve"):
            act()
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    return kept


def requests_in(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of requests; the client of these tests writes its own."""
    return [line for line in lines if line["event"] == "request"]


def test_a_request_is_one_line(house: House, lines_of: Any) -> None:
    """Who asked, by key or account; what, by the route; how it ended; under the id that the answer tells."""
    answers = []
    (line,) = requests_in(lines_of(lambda: answers.append(house.client("analyst").get("/v1/me"))))

    (answer,) = answers
    assert (line["event"], line["method"], line["route"], line["status"]) == ("request", "GET", "/v1/me", 200)
    assert line["actor"] == f"key:{house.keys['analyst'].rpartition('_')[0][:16]}"
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert line["bytes"] == len(answer.content)
    assert line["ms"] > 0


def test_what_stood_in_an_address_is_in_no_line(house: House, lines_of: Any) -> None:
    """Neither in a path that there is not, nor in a query, nor a key (case 8)."""
    client = house.client(None)

    lines = lines_of(
        lambda: [
            client.get("/v1/customers-of/mei.lin@shop.example"),
            client.get("/v1/me", params={"api_key": house.keys["admin"]}),
            client.get("/v1/me", params={"q": "Mei Lin"}, headers={"X-Request-Id": "not one\x1b[31m"}),
        ]
    )

    assert [(line["route"], line["status"]) for line in requests_in(lines)] == [
        ("", 404),
        ("/v1/me", 401),
        ("/v1/me", 401),
    ]
    told = json.dumps(lines)
    assert "mei" not in told.lower()
    assert house.keys["admin"][:16] not in told


def test_lines_within_a_request_have_its_id(house: House, tmp_path: Path) -> None:
    """A slow statement is found by the request that it was slow for."""
    file = tmp_path / "log.jsonl"
    house.here.ledger.watch_statements()
    with start_logs(LogSettings(file=str(file)), "serve"):
        over = watch(ServiceWatcher(OwnFigures("serve"), slow_ms=0))
        answer = house.client("viewer").get("/v1/me")
        over()
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    slow = [line for line in lines if line["event"] == "slow statement"]
    assert slow
    assert {line["request_id"] for line in slow} <= {answer.headers["X-Request-Id"]}


def test_figures_are_for_those_with_the_right(house: House) -> None:
    """Case 76: nobody else sees them; an analyst does, and the text is Prometheus's."""
    assert house.client(None).get("/metrics").status_code == 401
    assert house.client("marketer").get("/metrics").status_code == 403

    answer = house.client("analyst").get("/metrics")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert "# TYPE evergrove_request_seconds histogram" in answer.text
    assert "evergrove_requests_in_flight 1.0" in answer.text
    assert 'evergrove_outbox{state="' not in answer.text  # nothing waits in a new workspace


def test_a_request_that_fails_is_told_without_its_words(
    house: House, lines_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer names the request, the line the class and the place; neither tells what the error said."""

    def fail(*_args: object) -> None:
        raise KeyError("Mei Lin")

    monkeypatch.setattr("evergrove.http.routes.actor_of", fail)
    answers = []

    lines = lines_of(lambda: answers.append(house.client("viewer").get("/v1/me")))

    assert answers[0].status_code == 500
    failed = next(line for line in lines if line["event"] == "request failed")
    assert failed["error"] == "KeyError"
    assert failed["request_id"] == answers[0].json()["request_id"]
    assert "Mei" not in json.dumps(lines) + answers[0].text
