"""Customers whose id holds a slash are asked after like all others."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from evergrove.http import Routes

if TYPE_CHECKING:
    from evergrove.testing.house import House


@pytest.mark.parametrize(
    "given", ["A/7", "/", "a/b/orders", "%2F", "50%/x", "tee/\u8336", "..", "x%2fy", "?/#"]
)
def test_an_encoded_slash_is_part_of_an_id(house: House, given: str) -> None:
    """Neither cut off nor taken for another route, with what follows it in the path."""
    routes = Routes("/test", tag="test")
    seen: list[str] = []

    def one(name: str) -> None:
        seen.append(name)

    def deeper(name: str) -> None:
        seen.append(f"orders of {name}")

    routes.get("/{name}", right="customers.read")(one)
    routes.get("/{name}/orders", right="customers.read")(deeper)
    house.also(routes)
    client, spelled = house.client(), quote(given, safe="" if given != ".." else ".").replace("..", "%2E%2E")

    assert client.get(f"/v1/test/{spelled}").status_code == 200
    assert client.get(f"/v1/test/{spelled}/orders").status_code == 200

    assert seen == [given, f"orders of {given}"]


def test_a_person_whose_id_holds_a_slash_can_be_joined_and_erased(house: House) -> None:
    """Under that very id, by every route that names one."""
    client = house.client()
    assert client.post("/v1/persons/A%2F7/merge", json={"customer_id": "B"}).status_code == 200
    assert client.delete("/v1/persons/A%2f7").json()["customer_ids"] == ["A/7", "B"]
    assert client.get("/v1/persons/A%2F7").json()["status"] == "erased"


def test_an_encoded_slash_parts_no_path(house: House) -> None:
    """What looks like a longer path is none: a rule of another route is not met that way."""
    assert house.client().get("/v1%2Fabout").status_code == 404
    assert house.client().get("/v1/about").status_code == 200
