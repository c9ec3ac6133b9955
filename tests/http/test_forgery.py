"""Case 7: a page of another site changes nothing with the log-in of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.http import Routes
from evergrove.testing.house import BASE

if TYPE_CHECKING:
    from evergrove.testing.house import House


@pytest.fixture
def acting(house: House) -> House:
    """A service with a route that changes something, and a public one."""
    routes = Routes("/test", tag="test")

    @routes.post("/change", right="settings.write")
    def change() -> None:
        """Change."""

    @routes.post("/public", public="a test")
    def public() -> None:
        """Change."""

    house.also(routes)
    return house


def test_a_page_of_this_service_may_change_things(acting: House) -> None:
    """With its own origin and the token of its log-in."""
    client, login = acting.signed_in("admin")

    answer = client.post("/v1/test/change", headers={"Origin": BASE, "X-CSRF-Token": login.csrf})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain"},
        {"Origin": BASE, "Content-Type": "text/plain; charset=utf-8"},
        {"Origin": BASE, "X-CSRF-Token": ""},
        {"Origin": BASE, "X-CSRF-Token": "0" * 64},
    ],
)
def test_a_change_that_another_site_may_have_asked_for_is_refused(
    acting: House, headers: dict[str, str]
) -> None:
    """Each lock holds alone: the others are open here."""
    client, login = acting.signed_in("admin")

    answer = client.post("/v1/test/change", headers={"X-CSRF-Token": login.csrf, **headers})

    assert answer.status_code == 403
    assert answer.json()["code"] in {"http.foreign_origin", "access.request_forged"}


def test_the_token_of_another_log_in_is_none(acting: House) -> None:
    """Of the same person, too."""
    client, _login = acting.signed_in("admin")
    _other, other = acting.signed_in("admin")

    assert client.post("/v1/test/change", headers={"X-CSRF-Token": other.csrf}).status_code == 403


def test_what_is_public_is_not_asked_for_from_elsewhere(acting: House) -> None:
    """Another site's page must not sign anybody in."""
    client = acting.client(None)

    assert client.post("/v1/test/public", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/v1/test/public", headers={"Origin": BASE}).status_code == 200
    assert client.post("/v1/test/public").status_code == 200


def test_a_key_needs_none_of_it(acting: House) -> None:
    """No browser sends it by itself."""
    answer = acting.client().post("/v1/test/change", headers={"Origin": "https://shop.example"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("base_url", "name"), [("https://shop.example", "__Host-evergrove"), (BASE, "evergrove")]
)
def test_behind_https_a_log_in_is_read_from_its_own_cookie_only(
    acting: House, base_url: str, name: str
) -> None:
    """A cookie without the prefix can be set by a neighbour's site, or over plain http."""
    from dataclasses import replace

    _client, login = acting.signed_in("admin")
    settings = acting.here.settings
    changed = replace(settings, access=replace(settings.access, base_url=base_url))
    acting.service.current.adjust(lambda here: replace(here, settings=changed))
    acting.also(Routes("/more", tag="test"))

    for cookie in ("__Host-evergrove", "evergrove"):
        answer = acting.client(None, Cookie=f"{cookie}={login.secret}").get("/v1/me")
        assert (answer.status_code == 200) is (cookie == name)
