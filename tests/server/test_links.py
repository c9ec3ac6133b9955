"""Where a one-time link leads: it says what to send, in the reader's language, and what it says works."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from evergrove.access import first_link

if TYPE_CHECKING:
    from evergrove.testing.house import House


def test_what_a_link_says_can_be_sent(house: House) -> None:
    """An invitation is followed, and the command of its page entered as it stands there."""
    admin = house.person("admin")
    made = admin.post("/v1/users", json={"email": "new@shop.example", "role": "viewer"}).json()
    path = re.sub(r"^https?://[^/]+", "", made["link"])
    nobody = house.client(None)
    page = nobody.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    *_others, command = [line for line in page.text.splitlines() if line.startswith("  curl")]
    _curl, _x, method, address, _h, kind, _d, body = shlex.split(command)
    told = json.loads(body) | {"password": "four words nobody joins"}
    assert (method, kind) == ("POST", "Content-Type: application/json")
    answer = nobody.post(re.sub(r"^https?://[^/]+", "", address), json=told)
    assert answer.status_code == 200, answer.text


def test_following_a_link_does_not_use_it_up(house: House) -> None:
    """Mail scanners follow links."""
    with house.here.ledger.writing() as connection:
        connection.exec_driver_sql("update account set status = 'disabled'")
        link = first_link(connection, house.here.clock.now())
    client = house.client(None)
    for _twice in range(2):
        assert client.get(f"/link/{link.token}").status_code == 200
    told = {"token": link.token, "email": "me@shop.example", "password": "four words nobody joins"}
    assert client.post("/v1/set-up", json=told).status_code == 201


def test_a_link_speaks_the_language_of_its_reader_and_repeats_nothing_strange(house: House) -> None:
    """What is no token is not shown again."""
    client = house.client(None)
    assert "密碼" in client.get("/link/abc", headers={"Accept-Language": "zh-TW"}).text
    assert "密码" in client.get("/link/abc", headers={"Accept-Language": "zh-CN"}).text
    strange = client.get("/link/%27%3Cscript%3E")
    assert strange.status_code == 422
    assert "<script>" not in strange.text
