"""Who asks, and with what they show who they are."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from evergrove.access import rights_of

if TYPE_CHECKING:
    from evergrove.testing.house import House


def test_anybody_is_told_what_answers_here(house: House) -> None:
    """Without a key: name and version."""
    answer = house.client(None).get("/v1/about")

    assert answer.status_code == 200
    assert answer.json()["name"] == "Evergrove"


def test_a_key_is_told_its_own_rights(house: House) -> None:
    """Scopes, as far as the owner has them."""
    answer = house.client("viewer").get("/v1/me")

    assert answer.json()["by"] == "key"
    assert set(answer.json()["rights"]) == rights_of("viewer")
    assert answer.json()["account_id"] == house.ids["viewer"]


def test_a_key_may_stand_where_segment_puts_it(house: House) -> None:
    """The user name of Basic, with an empty password."""
    basic = base64.b64encode(f"{house.keys['marketer']}:".encode()).decode()

    answer = house.client(None, Authorization=f"Basic {basic}").get("/v1/me")

    assert answer.json()["account_id"] == house.ids["marketer"]


def test_a_log_in_reads_without_more(house: House) -> None:
    """The cookie alone is enough for what changes nothing."""
    client, _login = house.signed_in("analyst")

    assert client.get("/v1/me").json()["by"] == "login"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "http.no_credentials"),
        ({"Authorization": "Bearer evg_000000000000_no"}, "access.unknown_key"),
        ({"Authorization": "Digest x"}, "access.unknown_key"),
        ({"Authorization": "Basic ***"}, "access.unknown_key"),
        ({"Cookie": "evergrove=none"}, "access.sign_in_needed"),
    ],
)
def test_nobody_is_let_in_without_proof(house: House, headers: dict[str, str], code: str) -> None:
    """401, and which proof is asked for."""
    answer = house.client(None, **headers).get("/v1/me")

    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", ["api_key", "token", "anything"])
def test_a_key_in_the_address_opens_nothing(house: House, name: str) -> None:
    """Case 8: it is refused even where it is valid."""
    answer = house.client(None).get("/v1/me", params={name: house.keys["admin"]})

    assert answer.status_code == 401
    assert answer.json()["code"] == "http.key_in_address"
