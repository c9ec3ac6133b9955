"""What all pages share: the door before them, their errors, languages, light, and what they may load."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from evergrove.testing.browsing import Browser, Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.house import House


def test_who_is_not_known_is_led_to_the_door_and_back(house: House) -> None:
    """A deep link is not lost by having to sign in first."""
    browser = Browser(house, None)

    door = browser.open("/?tier=high")
    assert browser.path == "/sign-in?next=/%3Ftier%3Dhigh"
    browser.client.follow_redirects = False
    form = {"email": "admin@shop.example", "password": "four words nobody joins"}
    browser.send(door, "/sign-in", 303, **form)

    assert browser.answer is not None
    assert browser.answer.headers["location"] == "/?tier=high"
    assert "evergrove=" in browser.answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "onward", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere", "javascript:x", "//["]
)
def test_the_door_leads_nowhere_else(house: House, onward: str) -> None:
    """A link to the door that names another site ends on the first page of this one."""
    browser = Browser(house, None)
    door = browser.open(f"/sign-in?next={onward}")
    browser.client.follow_redirects = False

    browser.send(door, "/sign-in", 303, email="admin@shop.example", password="four words nobody joins")  # noqa: S106

    assert browser.answer is not None
    assert browser.answer.headers["location"] == "/"


def test_a_wrong_password_leaves_the_form_as_it_was(house: House) -> None:
    """What is wrong stands above the form, the address still in it, the password not."""
    browser = Browser(house, None)

    seen = browser.send(browser.open("/sign-in"), "/sign-in", 401, email="admin@shop.example", password="no")  # noqa: S106

    form = next(each for each in seen.forms if each.action == "/sign-in")
    assert form.fields["email"] == ["admin@shop.example"]
    assert form.fields["password"] == [""]
    assert browser.answer is not None
    assert 'role="alert"' in browser.answer.text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Sign in"),
        ("zh-Hans", "登录"),
        ("zh-CN", "登录"),
        ("zh-Hant", "登入"),
        ("zh-TW", "登入"),
        ("zh-HK", "登入"),
    ],
)
def test_a_page_speaks_the_browsers_language(house: House, language: str, words: str) -> None:
    """Of whoever has chosen none."""
    browser = Browser(house, None, language)

    assert words in browser.open("/sign-in").text


def test_a_chosen_language_stays(house: House) -> None:
    """The switch goes before what the browser asks for, and leads back to the page."""
    browser = Browser(house, None, "en")

    seen = browser.send(browser.open("/sign-in?next=/data"), "/choices", language="zh-Hant", light="dark")

    assert browser.path == "/sign-in?next=/data"
    assert "登入" in seen.text
    assert browser.answer is not None
    assert '<html lang="zh-Hant" data-light="dark">' in browser.answer.text


def test_a_form_without_its_token_changes_nothing(visitor: Callable[..., Browser]) -> None:
    """Another site could make a browser send it."""
    marketer = visitor("marketer")

    answer = marketer.client.post("/sign-out", data={"csrf": "0" * 64})

    assert answer.status_code == 403
    marketer.open("/")
    assert marketer.path == "/"


def test_a_page_of_another_site_cannot_send_forms(visitor: Callable[..., Browser]) -> None:
    """Even with the token."""
    marketer = visitor("marketer")
    token = marketer.open("/").forms[-1].fields["csrf"]

    answer = marketer.client.post(
        "/sign-out", data={"csrf": token}, headers={"Origin": "https://elsewhere.example"}
    )

    assert answer.status_code == 403


def test_an_error_is_a_page_with_the_way_out(visitor: Callable[..., Browser]) -> None:
    """In the reader's language, under the status that programs see; the API still speaks JSON."""
    marketer = visitor("marketer", "zh-Hans")

    seen = marketer.open("/nowhere", 404)

    assert "此路径下没有内容" in seen.text
    assert "/" in seen.links
    assert marketer.client.get("/v1/nowhere").json()["code"] == "http.no_such_place"


def test_a_page_loads_nothing_from_elsewhere(visitor: Callable[..., Browser]) -> None:
    """No other host, no script in the page itself, and all it names is there, to be kept for good."""
    admin = visitor()
    admin.open("/")
    assert admin.answer is not None
    policy = admin.answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    named = re.findall(r'(?:src|href|data-library)="([^"#]+)"', admin.answer.text)
    assets = [path for path in named if path.startswith("/assets/")]

    assert len(assets) >= 5
    assert all(path.startswith("/") and not path.startswith("//") for path in named)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", admin.answer.text)
    assert not re.search(r"\son[a-z]+=", admin.answer.text)
    for path in assets:
        answer = admin.client.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_an_asset_of_another_version_is_not_there(house: House) -> None:
    """A page of yesterday's version must not run today's script."""
    assert Browser(house, None).client.get("/assets/000000000000/app.js").status_code == 404


def test_seen_reads_forms() -> None:
    """The browser of these tests sends what a browser would."""
    seen = Seen(
        '<form action="/a" method="post"><input name="x" value="1"><input type="checkbox" name="y" value="2">'
        '<select name="z"><option value="p">P<option value="q" selected>Q</select></form><script>no</script>'
    )

    assert seen.forms[0].fields == {"x": ["1"], "z": ["q"]}
    assert "no" not in seen.text


def test_a_page_lets_browsers_name_their_origin(visitor: Callable[..., Browser]) -> None:
    """
    Under "no-referrer" a browser sends a form with "Origin: null", which is refused; no other site hears of us either way.

    Fetch standard, "append a request Origin header", step 4.
    """
    admin = visitor("admin")
    admin.open("/")
    assert admin.answer is not None

    assert admin.answer.headers["referrer-policy"] == "same-origin"
    assert (
        admin.client.post("/choices", data={"light": "dark"}, headers={"Origin": "null"}).status_code == 403
    )


def test_an_error_of_the_error_page_is_told_as_json(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pages themselves are broken, whoever asks still hears which request it was."""

    def broken(*_any: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(house.app.state, "error_page", broken)
    answer = Browser(house, None).client.get("/nowhere")

    assert answer.status_code == 500
    assert answer.json()["code"] == "http.our_mistake"


def test_a_page_takes_no_more_than_its_route_would(visitor: Callable[..., Browser]) -> None:
    """An id of a hundred thousand characters is refused as the API refuses it, and nothing is stored."""
    admin = visitor()
    admin.open("/")
    token = admin.client.get("/v1/log-in").json()["csrf"]

    for odd in ("x" * 100_000, ""):
        form = {
            "csrf": token,
            "customer_id": odd,
            "purpose": "marketing",
            "channel": "email",
            "status": "granted",
        }
        assert admin.client.post("/customer/consent", data=form).status_code == 422


@pytest.mark.parametrize("number", ["abc", str(2**70), "-1", "1.5"])
def test_what_is_no_number_has_no_files(visitor: Callable[..., Browser], number: str) -> None:
    """Not a fault of ours."""
    assert visitor().client.get(f"/data/imports/{number}/files/rows.csv").status_code == 404
