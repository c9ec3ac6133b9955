"""A service on another port than usual: its links lead to it, and browsers that speak from it are heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from evergrove.server.build import build
from evergrove.server.serving import at_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from evergrove.testing.house import House

THERE = "http://127.0.0.1:8377"
USUAL = "http://127.0.0.1:8350"


def test_links_and_origins_are_those_of_the_port_that_it_listens_on(house: House) -> None:
    """A log-in's request from a page of this service acts; one from the usual port is another site's."""
    _client, opened = house.signed_in("admin")
    client = TestClient(
        build(at_home(house.service, THERE)),
        THERE,
        client=("127.0.0.1", 5),
        cookies={"evergrove": opened.secret},
    )
    token = {"X-CSRF-Token": opened.csrf}
    told = {"email": "new@shop.example", "role": "viewer"}
    assert client.post("/v1/users", json=told, headers={"Origin": USUAL, **token}).status_code == 403
    made = client.post("/v1/users", json=told, headers={"Origin": THERE, **token})
    assert (made.status_code, made.json()["link"].startswith(f"{THERE}/link/")) == (201, True)


def test_an_address_that_was_chosen_stays(
    opening: Callable[..., AbstractContextManager[House]],
) -> None:
    """Behind a proxy the port says nothing."""
    with opening(access={"base_url": "https://clv.shop.example"}) as house:
        assert at_home(house.service, THERE) is house.service
