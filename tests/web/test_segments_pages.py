"""Segments: the list, the editor and one segment show what the API answers, and do what their forms say."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.testing.browsing import Browser
from evergrove.testing.house import NOON
from evergrove.web.segments.words import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.house import House

LOWS = "tier = 'low'"


def stored(house: House, key: str = "lows", text: str = LOWS, role: Any = "marketer", **more: str) -> None:
    """A segment that a program has defined."""
    answer = house.client(role).put(f"/v1/segments/{key}", json={"text": text, **more})
    assert answer.status_code == 200, answer.text


def of_api(house: House, path: str, role: Any = "viewer") -> Any:
    """What the API answers."""
    answer = house.client(role).get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def asked(house: House, text: str) -> dict[str, Any]:
    """What the API says of a condition."""
    answer: dict[str, Any] = (
        house.client("marketer").post("/v1/segment-language/check", json={"text": text}).json()
    )
    return answer


def run_next(house: House) -> None:
    """The day passes, and a run finds who is in each segment."""
    house.later(days=1)
    house.service.here.run()


def test_without_segments_the_page_teaches(visitor: Callable[..., Browser]) -> None:
    """What one is, where to begin, and the button; who may not write one sees neither."""
    seen = visitor("marketer").open("/segments")
    assert "No segment yet" in seen.text
    assert "/segments/new" in seen.links
    assert sum(link.startswith("/segments/new?where=") for link in seen.links) == len(EXAMPLES)

    assert not any("new" in link for link in visitor("viewer").open("/segments").links)


@pytest.mark.parametrize("text", [text for _name, text in EXAMPLES])
def test_every_example_can_be_asked(begun_house: House, text: str) -> None:
    """None of the beginnings that the page offers names what is not there."""
    assert asked(begun_house, text)["words"]["en"]


def test_the_editor_counts_and_values_as_the_api_does(begun_house: House) -> None:
    """The same numbers on the page that a program gets, and the meaning as a sentence."""
    found = asked(begun_house, LOWS)
    assert found["members"] > 0

    seen = Browser(begun_house, "marketer").open(f"/segments/new?where={LOWS}")

    assert f"{found['members']:,} of {found['customers']:,} customers" in seen.text
    assert f"CN¥{found['clv_12m']:,.0f}" in seen.text
    assert "Tier is Low value." in seen.text


def test_the_value_of_a_condition_is_the_sum_over_its_customers(begun_house: House) -> None:
    """Held against the customers themselves, added up one by one."""
    rows = of_api(begun_house, f"/v1/customers?where={LOWS}&limit=500")["items"]
    values = [row["value"]["clv_12m"] for row in rows]
    known = [value for value in values if value is not None]

    found = asked(begun_house, LOWS)

    assert found["members"] == len(rows)
    assert found["clv_12m"] == pytest.approx(sum(known), rel=1e-9)


@pytest.mark.parametrize(
    ("text", "wrong", "language", "message"),
    [
        ("tier = 'huge' and stage = 'new'", "'huge'", "en", "tier is never huge."),
        ("stage = 'new'\n  and teir = 'high'", "teir", "en", "there is no field teir."),
        ("  tier = 'huge'", "'huge'", "en", "tier is never huge."),
        ("tier = 'huge'", "'huge'", "zh-Hans", "tier"),
        ("orders > ", "", "en", "breaks off"),
    ],
)
def test_the_place_of_a_mistake_is_marked(
    visitor: Callable[..., Browser], text: str, wrong: str, language: str, message: str
) -> None:
    """The word itself, wherever it stands; its place is told in words, for whoever does not see the mark."""
    browser = visitor("marketer", language)
    form = browser.open("/segments/new")
    seen = browser.send(form, "/segments/new", 422, key="odd", text=text, act="store")

    assert browser.answer is not None
    html = unescape(browser.answer.text)
    if wrong:
        assert f"<mark>{wrong}</mark>" in html
    assert message in seen.text
    assert "1:8" not in seen.text
    assert text.strip() in html


def test_a_segment_is_stored_shown_changed_and_ended(begun_house: House) -> None:
    """The whole way by forms; a program sees the same at each step."""
    browser = Browser(begun_house, "marketer")
    form = browser.open(f"/segments/new?where={LOWS}")

    seen = browser.send(form, "/segments/new", key="lows", text=LOWS, note="for letters")
    assert browser.path == "/segments/lows"
    assert "lows is stored." in seen.text
    assert of_api(begun_house, "/v1/segments/lows")["note"] == "for letters"

    edit = browser.open("/segments/lows/edit")
    browser.send(edit, "/segments/lows/edit", text="tier = 'medium'", note="for others")
    versions = of_api(begun_house, "/v1/segments/lows")["versions"]
    assert [each["text"] for each in versions] == [LOWS, "tier = 'medium'"]
    browser.open("/segments/lows")
    assert browser.answer is not None
    assert len(re.findall(r'<td data-label="By">you</td>', browser.answer.text)) == len(versions)

    browser.send(browser.open("/segments/lows"), "/segments/lows/end")
    assert browser.path == "/segments"
    assert begun_house.client("viewer").get("/v1/segments/lows").status_code == 404


def test_counting_stores_nothing(begun_house: House) -> None:
    """Without scripts the button counts; the form stays as it was filled."""
    browser = Browser(begun_house, "marketer")
    form = browser.open("/segments/new")

    seen = browser.send(form, "/segments/new", key="kept_key", text=LOWS, act="count")

    assert "Tier is Low value." in seen.text
    assert browser.answer is not None
    assert 'value="kept_key"' in browser.answer.text
    assert of_api(begun_house, "/v1/segments")["items"] == []


@pytest.mark.parametrize(
    ("key", "why"), [("lows", "There is a segment lows already"), ("Bad Key!", "cannot be the key")]
)
def test_a_name_that_cannot_be_is_told_at_its_field(begun_house: House, key: str, why: str) -> None:
    """A new segment never becomes another version of an old one by accident; what was written stays."""
    stored(begun_house)
    browser = Browser(begun_house, "marketer")

    seen = browser.send(
        browser.open("/segments/new"), "/segments/new", 422, key=key, text="tier = 'high'", note="my note"
    )

    assert why in seen.text
    assert browser.answer is not None
    assert 'value="my note"' in browser.answer.text
    assert of_api(begun_house, "/v1/segments/lows")["text"] == LOWS


def test_a_segment_that_another_asks_for_cannot_be_ended(begun_house: House) -> None:
    """The page says which one, and nothing has changed."""
    stored(begun_house)
    stored(begun_house, "more", "in_segment('lows') and orders > 1")
    browser = Browser(begun_house, "marketer")

    seen = browser.send(browser.open("/segments/lows"), "/segments/lows/end", 409)

    assert "asked for by more" in seen.text
    assert of_api(begun_house, "/v1/segments/lows")["version"] == 1


def test_a_segment_may_be_called_as_a_page_is(begun_house: House) -> None:
    """The list leads to it, one step below."""
    stored(begun_house, "new")

    browser = Browser(begun_house, "marketer")

    assert "/segments/new/now" in browser.open("/segments").links
    assert "Versions" in browser.open("/segments/new/now").text
    assert "New segment" in browser.open("/segments/new").text


def test_a_program_and_a_colleague_are_told_apart_from_oneself(begun_house: House) -> None:
    """An address only to those who may see the list of users."""
    browser = Browser(begun_house, "marketer")
    browser.send(browser.open("/segments/new"), "/segments/new", key="mine", text=LOWS)
    stored(begun_house, "by_key")

    assert "marketer@shop.example" in Browser(begun_house, "admin").open("/segments/mine").text
    colleague = Browser(begun_house, "analyst").open("/segments/mine").text
    assert "a colleague" in colleague
    assert "@shop.example" not in colleague
    assert "a program, with the key" in browser.open("/segments/by_key").text


@pytest.fixture
def lived(begun_house: House) -> House:
    """Segments that were there for two runs; the second one was changed between them."""
    stored(begun_house)
    stored(begun_house, "some", "orders >= 2", note="a note")
    run_next(begun_house)
    stored(begun_house, "some", "orders >= 3")
    run_next(begun_house)
    stored(begun_house, "unasked", "orders >= 4")
    return begun_house


@pytest.mark.slow
def test_after_runs_each_page_shows_who_is_in_it(lived: House) -> None:
    """The list, one segment with its history and members, the file, and who came and left."""
    browser = Browser(lived, "viewer")
    items = {each["key"]: each for each in of_api(lived, "/v1/segments")["items"]}
    assert items["unasked"]["members"] is None
    members = of_api(lived, "/v1/segments/some/members?sort=-clv_12m&limit=500")["items"]
    assert len(members) == items["some"]["members"] > 0
    values = [each["clv_12m"] for each in members]
    assert values == sorted(values, reverse=True)
    assert items["some"]["clv_12m"] == pytest.approx(sum(values))

    seen = browser.open("/segments")
    assert f"{items['some']['members']:,}" in seen.text
    assert "Counted with the next run" in seen.text

    page = browser.open("/segments/some")
    assert f"/customers/{members[0]['customer_id']}" in page.links
    history = of_api(lived, "/v1/segments/some/history")["items"]
    assert history[-1]["members"] == len(members)
    assert history[0]["members"] - history[-1]["members"] == sum(history[-1]["left"].values())
    assert set(history[-1]["left"]) == {"definition"}
    rows = list(
        csv.DictReader(
            io.StringIO(browser.client.get("/segments/some/files/history.csv").content.decode("utf-8-sig"))
        )
    )
    assert [int(row["members"]) for row in rows] == [each["members"] for each in reversed(history)]

    gone = of_api(lived, "/v1/segments/some/changes?limit=500")["items"]
    assert [each["day"] for each in gone] == sorted((each["day"] for each in gone), reverse=True)
    assert sum(each["change"] == "left" for each in gone) == sum(history[-1]["left"].values())
    changes = browser.open("/segments/some/changes")
    assert f"/customers/{gone[0]['customer_id']}" in changes.links


@pytest.mark.slow
def test_lists_of_a_segment_are_paged_without_gaps(lived: House) -> None:
    """Every member once, by value and by id; every change once."""
    everybody = {
        each["customer_id"] for each in of_api(lived, "/v1/segments/lows/members?limit=500")["items"]
    }
    for sort in ("customer_id", "-clv_12m"):
        found: list[str] = []
        path = f"/v1/segments/lows/members?sort={sort}&limit=17"
        cursor = ""
        while cursor is not None:
            page = of_api(lived, path + (f"&cursor={cursor}" if cursor else ""))
            found += [each["customer_id"] for each in page["items"]]
            cursor = page["next_cursor"]
        assert len(found) == len(everybody)
        assert set(found) == everybody
    moved: list[tuple[str, str, str]] = []
    cursor = ""
    while cursor is not None:
        page = of_api(lived, "/v1/segments/some/changes?limit=7" + (f"&cursor={cursor}" if cursor else ""))
        moved += [(each["day"], each["customer_id"], each["change"]) for each in page["items"]]
        cursor = page["next_cursor"]
    assert len(moved) == len(set(moved)) == len(of_api(lived, "/v1/segments/some/changes?limit=500")["items"])


def test_before_the_first_run_a_segment_can_be_written(house: House) -> None:
    """Nothing can be counted yet; the page says so, and says what comes."""
    browser = Browser(house, "marketer")

    seen = browser.send(browser.open("/segments/new"), "/segments/new", key="lows", text=LOWS)

    assert browser.path == "/segments/lows"
    assert "after the first run" in seen.text
    assert "Counted with the next run" in browser.open("/segments").text
    assert house.here.clock.now() - NOON < timedelta(days=1)


def test_a_part_of_the_page_is_no_page(visitor: Callable[..., Browser]) -> None:
    """What is asked while one writes comes as a fragment, under its mistakes too with status 200."""
    marketer = visitor("marketer")
    token = marketer.open("/segments/new").forms[-1].fields["csrf"][0]

    for text, expected in ((LOWS, "Low value"), ("tier =", "breaks off"), ("", "as soon as something")):
        answer = marketer.client.post(
            "/segments/check", data={"text": text, "csrf": token}, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 200
        assert expected in answer.text
        assert "<html" not in answer.text
