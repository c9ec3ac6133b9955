"""Lists a page at a time, and answers that one has already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.http import CursorOver, Routes, ThisPage, of_snapshot

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from evergrove.testing.house import House

NAMES = [f"customer {n:03}" for n in range(120)]
SNAPSHOT = 7


@pytest.fixture
def client(house: House) -> TestClient:
    """A client of a service that lists 120 names of snapshot 7, and knows snapshot 6 no more."""
    routes = Routes("/test", tag="test")

    @routes.get("/names", right="customers.read")
    def names(page: ThisPage, response: Response, tier: str = "") -> dict[str, Any]:
        if page.snapshot == 6:
            raise CursorOver
        after = page.after[0] if page.after else ""
        found = [name for name in NAMES if name > after][: page.limit]
        of_snapshot(response, SNAPSHOT, personal=bool(tier))
        last = [found[-1]] if found and found[-1] != NAMES[-1] else None
        return {"items": found, "next_cursor": page.next(last, SNAPSHOT)}

    @routes.get("/old", right="customers.read")
    def old(page: ThisPage) -> dict[str, Any]:
        if page.snapshot == 6:
            raise CursorOver
        return {"items": [], "next_cursor": page.next(["x", None, 1.5], 6)}

    house.also(routes)
    return house.client()


def walked(client: TestClient, limit: int) -> list[str]:
    """All items, page after page."""
    items: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        told = client.get("/v1/test/names", params=asked).json()
        items += told["items"]
        cursor = told["next_cursor"]
    return items


@pytest.mark.parametrize("limit", [1, 7, 50, 120, 500])
def test_pages_add_up_to_the_list(client: TestClient, limit: int) -> None:
    """Every row once, in order, whatever the size of a page."""
    assert walked(client, limit if limit > 1 else 40) == NAMES


def test_a_cursor_tells_nobody_what_it_holds(client: TestClient) -> None:
    """It stands in addresses, and a list may be sorted by what is personal."""
    cursor = client.get("/v1/test/names").json()["next_cursor"]

    assert "customer" not in cursor
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_a_cursor_goes_on_with_its_own_list_only(client: TestClient) -> None:
    """Another filter, another path, a changed letter, anything at all: 422; another limit is fine."""
    cursor = client.get("/v1/test/names").json()["next_cursor"]
    changed = ("A" if cursor[40] != "A" else "B").join((cursor[:40], cursor[41:]))
    refused = [
        client.get("/v1/test/names", params={"cursor": cursor, "tier": "A"}),
        client.get("/v1/test/old", params={"cursor": cursor}),
        *(client.get("/v1/test/names", params={"cursor": each}) for each in (changed, "x", "äöü", "====")),
    ]

    assert {(each.status_code, each.json()["code"]) for each in refused} == {(422, "http.cursor_refused")}
    assert client.get("/v1/test/names", params={"cursor": cursor, "limit": "3"}).status_code == 200


def test_a_cursor_of_a_state_that_is_gone_says_so(client: TestClient) -> None:
    """410: to go on with another state would skip and repeat rows."""
    cursor = client.get("/v1/test/old").json()["next_cursor"]
    answer = client.get("/v1/test/old", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (410, "http.cursor_over")


def test_who_has_an_answer_already_is_not_sent_it_again(client: TestClient) -> None:
    """304 for the same bytes, the whole answer for others."""
    first = client.get("/v1/test/names")
    tag = first.headers["ETag"]
    same = client.get("/v1/test/names", headers={"If-None-Match": f'"other", W/{tag}'})
    other = client.get("/v1/test/names", params={"limit": "2"}, headers={"If-None-Match": tag})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert same.headers["Evergrove-Snapshot"] == first.headers["Evergrove-Snapshot"] == str(SNAPSHOT)
    assert other.status_code == 200


def test_what_is_personal_is_kept_by_no_cache(client: TestClient) -> None:
    """All else may be kept, and asked about each time."""
    plain, personal = client.get("/v1/test/names"), client.get("/v1/test/names", params={"tier": "A"})

    assert plain.headers["Cache-Control"] == "private, no-cache"
    assert personal.headers["Cache-Control"] == "no-store"
