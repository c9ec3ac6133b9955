"""Letters for those who write them: the list, one as its readers see it, and the editor, as the API answers."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.core import toml_of
from evergrove.delivery import MemoryChannel
from evergrove.delivery.letters import document_of, document_written, letter_of, letter_text, line_of
from evergrove.delivery.rendering import shipped, templates
from evergrove.delivery.rendering.errors import LetterProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.browsing import Browser
    from evergrove.testing.house import House

LETTER = """format = "evergrove.letter/1"
name = "tea-news"
category = "marketing"

[words.en]
subject = "Tea from {{ shop }}"
body = \"\"\"
{{ greeting }}

New tea is here.
\"\"\"

[words.zh-Hant]
subject = "{{ shop }}的茶"
body = \"\"\"
{{ greeting }}

新茶到了。
\"\"\"
"""


def of_api(house: House, path: str, **params: Any) -> Any:
    """What the API answers."""
    answer = house.client("marketer").get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kept(house: House, text: str = LETTER) -> dict[str, Any]:
    """A letter that a program has kept."""
    answer = house.client("marketer").post("/v1/letters", json={"text": text})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("name", templates())
def test_every_letter_reads_the_same_from_its_text(name: str) -> None:
    """Written as TOML and read again it is the same letter."""
    document = document_of(shipped(name))
    assert letter_of(document_written(letter_text(document))) == letter_of(document)


@pytest.mark.parametrize(
    "words",
    [
        'a"',
        "a\\",
        'one\n"""two"""',
        'one\ntwo"',
        'one\n\\"',
        "\none\n\n",
        "one\r\ntwo",
        "\x7f\ttab\nline",
        "一\n二",
    ],
)
def test_any_words_stand_in_a_text_as_they_are(words: str) -> None:
    """Quotes, strokes and signs that TOML takes for its own: an independent reader finds them unchanged."""
    document = {"format": "f", "words": {"en": {"subject": "s", "body": words}}}
    assert toml_of(letter_text(document)) == document


def test_the_list_shows_every_letter_and_its_playbooks(
    visitor: Callable[..., Browser], begun_house: House
) -> None:
    """All of the API's letters, those of one's own first; the steps are those of the playbooks."""
    kept(begun_house)
    seen = visitor("marketer").open("/letters")
    names = [each["name"] for each in of_api(begun_house, "/v1/letters")["items"]]
    assert {f"/letters/{name}" for name in names} <= set(seen.links)
    assert seen.links.index("/letters/tea-news") < seen.links.index("/letters/new-coupon")

    browser = visitor("marketer")
    browser.open("/letters/files/letters.csv")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(browser.answer.text.lstrip("\ufeff")))}
    wanted: dict[str, set[str]] = {}
    for playbook in of_api(begun_house, "/v1/playbooks")["items"]:
        for step in playbook["steps"]:
            for each in step["letters"]:
                wanted.setdefault(each["template"], set()).add(playbook["key"])
    told = {name: set(row["playbooks"].split()) for name, row in rows.items() if row["playbooks"]}
    assert told == {name: keys for name, keys in wanted.items() if name in names}
    assert len(told) > len(names) / 2
    assert set(rows) == set(names)


def test_who_may_not_write_sees_no_buttons(visitor: Callable[..., Browser]) -> None:
    """An analyst reads; neither writing nor sending is offered, and a viewer has no such room."""
    analyst = visitor("analyst")
    for path in ("/letters", "/letters/new-coupon"):
        seen = analyst.open(path)
        assert not any(link.endswith(("/new", "/edit")) for link in seen.links)
        assert not any(form.action.endswith("/test") for form in seen.forms)
    assert analyst.client.get("/letters/new").status_code == 403
    viewer = visitor("viewer")
    assert viewer.client.get("/letters").status_code == 403
    assert "/letters" not in viewer.open("/").links


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_one_letter_shows_what_the_api_previews(
    visitor: Callable[..., Browser], begun_house: House, language: str
) -> None:
    """Subject, plain part and text message in each language; the frame holds the very HTML."""
    told = of_api(begun_house, "/v1/letters/new-coupon/preview", language=language)
    browser = visitor("marketer")
    seen = browser.open(f"/letters/new-coupon?language={language}")
    for words in (told["subject"], told["short"]["text"], told["text"]):
        assert " ".join(words.split()) in seen.text
    browser.open(f"/letters/new-coupon/look?language={language}")
    assert browser.answer.text == told["html"]


def test_the_frame_runs_nothing_and_loads_nothing(
    visitor: Callable[..., Browser], begun_house: House
) -> None:
    """Its own policy: an origin of nobody's, no script, no other host, in a frame of this site only."""
    hostile = LETTER.replace("[words.zh-Hant]", "[words.zh-Hans]")
    kept(begun_house, hostile)
    browser = visitor("marketer")
    browser.open("/letters/tea-news/look?language=en")
    rules = dict(
        part.strip().partition(" ")[::2]
        for part in browser.answer.headers["Content-Security-Policy"].split(";")
    )
    assert rules["sandbox"] == ""
    assert rules["default-src"] == "'none'"
    assert not {"script-src", "connect-src", "frame-src", "font-src"} & set(rules)
    assert rules["img-src"] == "data:"
    assert (rules["frame-ancestors"], rules["form-action"], rules["base-uri"]) == (
        "'self'",
        "'none'",
        "'none'",
    )
    assert browser.answer.headers["Cache-Control"] == "no-store"

    browser.open("/letters/tea-news")
    assert '<iframe class="paper" sandbox ' in browser.answer.text
    policy = browser.answer.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_customer_s_letter_is_masked_by_right(visitor: Callable[..., Browser], begun_house: House) -> None:
    """As the API: who lacks the right reads the ends of names, in the frame, too."""
    rows = of_api(begun_house, "/v1/customers", limit=50)["items"]
    admin = begun_house.client("admin")
    person, name = next(
        (row["customer_id"], contact["name"])
        for row in rows
        for contact in admin.get(f"/v1/customers/{row['customer_id']}").json()["contacts"]
        if contact["name"]
    )
    kept(begun_house, LETTER.replace("New tea is here.", "Dear {{ name }}, new tea is here."))
    for role in ("admin", "marketer"):
        for part in ("", "/look"):
            browser = visitor(role)
            browser.open(f"/letters/tea-news{part}?customer={person}&language=en")
            assert (f"Dear {name}" in browser.answer.text) == (role == "admin")
    assert "personal.read" in visitor("marketer").open(f"/letters/tea-news?customer={person}").text

    seen = visitor("marketer").open("/letters/tea-news?customer=nobody", 404)
    assert "tea-news" in seen.text


def test_contents_that_are_compared_are_named(visitor: Callable[..., Browser], begun_house: House) -> None:
    """A letter of a step with several contents names the others and their shares."""
    step, letter = next(
        (step, each["template"])
        for playbook in of_api(begun_house, "/v1/playbooks")["items"]
        for step in playbook["steps"]
        if len(step["letters"]) > 1
        for each in step["letters"]
    )
    seen = visitor("marketer").open(f"/letters/{letter}")
    others = [each["template"] for each in step["letters"] if each["template"] != letter]
    assert others
    assert all(f"/letters/{other}" in seen.links for other in others)


def test_a_letter_is_written_checked_kept_and_changed(
    visitor: Callable[..., Browser], begun_house: House
) -> None:
    """The whole way; each version stays to be looked at."""
    browser = visitor("marketer")
    form = browser.open("/letters/new")
    seen = browser.send(form, "/letters/new", text=LETTER, act="check")
    assert "It can be read and sent." in seen.text
    assert begun_house.client("marketer").get("/v1/letters/tea-news").status_code == 404

    seen = browser.send(form, "/letters/new", text=LETTER)
    assert browser.path == "/letters/tea-news"
    assert "tea-news is kept as version 1" in seen.text
    assert "is a letter tea-news already" in browser.send(form, "/letters/new", 422, text=LETTER).text

    edit = browser.open("/letters/tea-news/edit")
    assert "says this already" in browser.send(edit, "/letters/tea-news/edit", text=LETTER).text
    changed = LETTER.replace("New tea", "More tea")
    browser.send(edit, "/letters/tea-news/edit", text=changed)
    assert "More tea is here." in browser.open("/letters/tea-news").text
    assert "New tea is here." in browser.open("/letters/tea-news?version=1").text
    assert [each["version"] for each in of_api(begun_house, "/v1/letters/tea-news")["versions"]] == [2, 1]

    renamed = changed.replace("tea-news", "coffee-news")
    assert "stays so" in browser.send(edit, "/letters/tea-news/edit", 422, text=renamed).text


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("New tea", "{{ nmae }} tea", 10, "there is no value nmae"),
        ("New tea", "{% if %} tea", 10, "en, body, line 3"),
        ('subject = "Tea from {{ shop }}"', 'subject = "{{ sohp }}"', 6, "there is no value sohp"),
        ("新茶", "{{ nmae }}", 18, "there is no value nmae"),
        ('category = "marketing"', "category = marketing", 3, "This is not a letter"),
        ("category =", "kategory =", 0, "no field kategory"),
    ],
)
def test_a_mistake_is_shown_with_its_line_and_the_way_out(
    visitor: Callable[..., Browser], old: str, new: str, line: int, said: str
) -> None:
    """The line of the text as it stands in the field is marked; nothing is kept."""
    wrong = LETTER.replace(old, new, 1)
    browser = visitor("marketer")
    form = browser.open("/letters/new")
    seen = browser.send(form, "/letters/new", 422, text=wrong)
    assert said in seen.text
    assert (f"Line {line} of the text" in seen.text) == bool(line)
    if line:
        assert new.split(maxsplit=1)[0] in wrong.splitlines()[line - 1]
    part = browser.send(browser.open("/letters/new"), "/letters/new", text=wrong, act="check")
    assert said in part.text
    assert browser.client.get("/letters/tea-news").status_code == 404


def test_lines_are_those_of_the_table_that_is_meant() -> None:
    """The same entry stands in two languages: each mistake is found in its own."""
    for where, line in (("en, subject", 6), ("zh-Hant, subject", 14), ("zh-Hant", 13), ("en, sms.thing1", 0)):
        error = type("Wrong", (LetterProblem,), {"code": "x", "message": "", "hint": ""})(where=where)
        assert line_of(LETTER, error) == line


def test_the_draft_s_html_stays_in_its_frame(visitor: Callable[..., Browser]) -> None:
    """What is written is shown under the policy of letters; what cannot be read shows nothing."""
    browser = visitor("marketer")
    token = browser.open("/letters/new").forms[-1].fields["csrf"][0]
    for text, holds in ((LETTER, True), (LETTER.replace("{{ greeting }}", "{{ nmae }}"), False)):
        answer = browser.client.post(
            "/letters/look", data={"csrf": token, "text": text, "language": "zh-Hant"}
        )
        assert answer.status_code == 200
        assert ("新茶到了" in answer.text) == holds
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert browser.client.post("/letters/look", data={"text": LETTER}).status_code == 403


def test_a_try_goes_to_the_team_only(
    visitor: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To an account of the workspace it is sent in the language that is shown; to anybody else it is not."""
    channel = MemoryChannel()
    monkeypatch.setattr("evergrove.app.letters.SmtpChannel", lambda _settings: channel)
    browser = visitor("marketer")
    seen = browser.open("/letters/new-coupon?language=zh-Hant")
    refused = browser.send(seen, "/letters/new-coupon/test", 422, to="someone@else.example")
    assert "nobody's of them" in refused.text
    assert channel.mails == []

    seen = browser.send(seen, "/letters/new-coupon/test", to="admin@shop.example")
    assert "on its way" in seen.text
    (mail,) = channel.mails
    assert mail.rendered.subject == "[Test] 您的第二筆訂單可享9折優惠"
    assert mail.recipient[0] == "admin@shop.example"
