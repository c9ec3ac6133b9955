"""Where a one-time link leads: a form, or for who has no browser a command, in the reader's language; both work."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from evergrove.access import first_link
from evergrove.testing.browsing import Browser

if TYPE_CHECKING:
    from evergrove.testing.house import House

CHOSEN = "four words nobody joins"


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


def test_the_first_administrator_comes_in_by_the_form(house: House) -> None:
    """Address and password; then the first steps. The link is used up."""
    with house.here.ledger.writing() as connection:
        connection.exec_driver_sql("update account set status = 'disabled'")
        link = first_link(connection, house.here.clock.now())
    browser = Browser(house, None)
    assert "Open the link" in browser.open("/sign-in").text
    seen = browser.open(f"/link/{link.token}")
    refused = browser.send(seen, f"/link/{link.token}", 422, email="me@shop.example", password="short")  # noqa: S106 - refused
    assert "12 to 256 characters" in refused.text
    browser.client.follow_redirects = False
    browser.send(refused, f"/link/{link.token}", 303, email="me@shop.example", password=CHOSEN)
    assert browser.answer is not None
    assert browser.answer.headers["location"] == "/begin"
    browser.client.follow_redirects = True
    assert "First steps" in browser.open("/begin").text
    assert "Open the link" not in browser.open("/sign-in").text
    again = Browser(house, None)
    again.send(again.open(f"/link/{link.token}"), f"/link/{link.token}", 400, password=CHOSEN)


def test_who_was_invited_chooses_a_password(house: House) -> None:
    """By the form behind the link, and is in."""
    admin = house.person("admin")
    made = admin.post("/v1/users", json={"email": "new@shop.example", "role": "viewer"}).json()
    path = re.sub(r"^https?://[^/]+", "", made["link"])
    browser = Browser(house, None, "zh-TW")

    seen = browser.open(path)
    assert "設定密碼" in seen.text
    assert "email" not in next(each for each in seen.forms if each.action == path).fields
    browser.client.follow_redirects = False
    browser.send(seen, path, 303, password=CHOSEN)

    assert browser.client.get("/v1/me").status_code == 200


def test_who_has_forgotten_is_told_the_same_as_a_stranger(house: House) -> None:
    """Whether there is an account does not show."""
    browser = Browser(house, None)

    texts = {
        browser.send(browser.open("/forgotten"), "/forgotten", email=email).text
        for email in ("viewer@shop.example", "stranger@shop.example")
    }

    assert len(texts) == 1
    assert "a link is on its way" in texts.pop()
