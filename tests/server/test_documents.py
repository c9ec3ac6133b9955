"""What can be asked for, told to programs and to people, and by which rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi.routing import iter_route_contexts

from evergrove.access import RIGHTS
from evergrove.http import GuardedRoute
from evergrove.server.build import build
from evergrove.server.documents import described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.testing.house import House


def operations(house: House) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each operation."""
    for path, methods in described(house.app)["paths"].items():
        for method, told in methods.items():
            yield path, method, told


def test_every_route_has_a_rule(house: House) -> None:
    """A right that there is, or a reason."""
    rules = [
        each.original_route.rule
        for each in iter_route_contexts(house.app.routes)
        if isinstance(each.original_route, GuardedRoute)
    ]

    assert len(rules) == len(list(iter_route_contexts(house.app.routes)))
    for rule in rules:
        assert (rule.right in RIGHTS) is not bool(rule.known or rule.public)
        assert (rule.known or rule.public or "x.").endswith(".")


def test_the_rule_stands_in_the_description(house: House) -> None:
    """x-right, x-known or x-public; what acts takes an Idempotency-Key unless it is public or idempotent anyway."""
    for path, method, told in operations(house):
        assert len({"x-right", "x-known", "x-public"} & told.keys()) == 1, (method, path)
        assert (told.get("security") == []) is ("x-public" in told)
        assert "4XX" in told["responses"]
        assert told["description"], (method, path)


def test_nobody_outside_reads_what_there_is(house: House) -> None:
    """Case 76: on this machine to anybody, elsewhere to those who are known."""
    for path in ("/docs", "/openapi.json"):
        assert house.client(None).get(path).status_code == 200
    house.app = build(house.service, host="0.0.0.0")  # noqa: S104 - it is what must not be open
    for path in ("/docs", "/openapi.json"):
        assert house.client(None).get(path).status_code == 401
        assert house.client("viewer").get(path).status_code == 200


def test_the_page_fetches_nothing_and_runs_nothing(house: House) -> None:
    """No script, no address but its own, and a policy that would stop both."""
    answer = house.client(None).get("/docs")

    assert not re.search(r"<script|<img|<link|<iframe|@import|url\(|(href|src)=.https?:", answer.text)
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; style-src 'sha256-" in answer.headers["Content-Security-Policy"]
    for path, method, _told in operations(house):
        assert f'id="{method}-{path}"' in answer.text


def test_what_is_not_there_is_told_by_no_listing(house: House) -> None:
    """Case 76: no files, no folders, no debugging."""
    client = house.client()
    for path in (
        "/.git/config",
        "/static/",
        "/debug",
        "/redoc",
        "/backups/",
        "/v1/../ledger.sqlite",
        "/assets/",
    ):
        assert client.get(path).status_code == 404
    assert house.client(None).get("/metrics").status_code == 401
    assert house.client("viewer").get("/metrics").status_code == 403
