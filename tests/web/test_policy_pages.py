"""The tier policy, who moved, and what sets groups apart: the pages show what the API answers, and adopt what was seen."""

from __future__ import annotations

import csv
import io
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.segments.tiers.adoption import SHIPPED, policy_named
from evergrove.segments.tiers.documents import policy_document, read_policy
from evergrove.segments.tiers.written import policy_text, policy_written
from evergrove.testing.browsing import Browser
from evergrove.web.segments.policy_form import document_of, draft_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.house import House

OWN = """\
format = "evergrove.tier_policy/1"
name = "two"
combine = "all"
[[tiers]]
key = "rest"
like = "low"
[[tiers]]
key = "gold"
like = "high"
names = { en = "Gold & <b>shine</b>", "zh-Hans" = "金牌" }
[criteria]
spend = [1000]
"""


def of_api(house: House, path: str) -> Any:
    """What the API answers somebody who may only read."""
    answer = house.client("viewer").get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def previewed(house: House, **chosen: Any) -> Any:
    """What the API says of a policy."""
    answer = house.client("analyst").post("/v1/policies/preview", json=chosen)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows_of(browser: Browser, path: str) -> list[dict[str, str]]:
    """A table that was downloaded."""
    answer = browser.client.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_policy_written_as_text_reads_as_the_same(name: str) -> None:
    """Every entry survives the text, and what the form makes of it without a change."""
    policy = policy_named(name)
    assert policy is not None
    document = policy_document(policy)

    assert policy_written(policy_text(document)) == policy
    assert tomllib.loads(policy_text(document))["tiers"][-1] == {"key": "high", "like": "high"}

    draft = draft_of(document, "en")
    again = read_policy({**document_of(draft, "en", document), "name": name})
    assert (again.tiers, again.bounds, again.shares, again.hysteresis) == (
        policy.tiers,
        policy.bounds,
        policy.shares,
        policy.hysteresis,
    )


def test_the_page_tells_what_rules(begun_house: House) -> None:
    """To everybody; only those who may adopt see the form and the others."""
    rules = of_api(begun_house, "/v1/policies")
    assert rules["ruling"] == "settings"

    viewer = Browser(begun_house, "viewer").open("/segments/policy")
    assert "What rules now: What the settings state" in viewer.text
    assert f"from CN¥{rules['document']['criteria']['spend'][-1]:,.0f}" in viewer.text
    assert not [form for form in viewer.forms if form.action.startswith("/segments/policy")]
    assert not [link for link in viewer.links if "preview" in link]

    assert (
        "/segments/policy?preview=three_tiers"
        in Browser(begun_house, "analyst").open("/segments/policy").links
    )


def test_a_preview_tells_who_would_move_and_what_they_are_worth(begun_house: House) -> None:
    """As the API does; looking stores nothing."""
    told = previewed(begun_house, name="three_tiers")

    seen = Browser(begun_house, "analyst").open("/segments/policy?preview=three_tiers&whole=1")

    assert f"{told['moved']} of {told['customers']} customers would stand in another tier" in seen.text
    assert f"/customers/{told['movers'][0]['customer_id']}" in seen.links
    assert sum(each["customers"] for each in told["flows"]) == told["customers"]
    assert of_api(begun_house, "/v1/policies")["adoptions"] == []


def test_whoever_may_not_adopt_cannot_preview_by_address(visitor: Callable[..., Browser]) -> None:
    """Neither by typing the address nor by sending the form of somebody else."""
    marketer = visitor("marketer")
    marketer.open("/segments/policy?preview=three_tiers", 403)
    token = marketer.open("/segments").forms[-1].fields["csrf"][0]

    answer = marketer.client.post("/segments/policy/adopt", data={"csrf": token, "name": "three_tiers"})
    assert answer.status_code == 403


def test_what_was_seen_is_adopted(begun_house: House) -> None:
    """From the preview on, with its number and that nobody is written to; the page then says what rules."""
    browser = Browser(begun_house, "analyst")
    seen = browser.open("/segments/policy?preview=three_tiers&whole=1")
    moved = previewed(begun_house, name="three_tiers")["moved"]
    assert f"{moved} customers move with the next run; nobody is written to because of it." in seen.text

    after = browser.send(seen, "/segments/policy/adopt")

    assert "rules from the next run on" in after.text
    assert "What rules now: Three tiers" in after.text
    assert of_api(begun_house, "/v1/policies")["ruling"] == "three_tiers"


def test_a_policy_of_ones_own_is_seen_and_adopted_from_its_text(begun_house: House) -> None:
    """Its tiers are called as it says, in the reader's language, whatever stands in the names."""
    told = previewed(begun_house, text=OWN)
    browser = Browser(begun_house, "analyst")
    form = browser.open("/segments/policy?kind=text")

    seen = browser.send(form, "/segments/policy", text=OWN)
    assert f"{told['moved']} of {told['customers']} customers" in seen.text
    assert browser.answer is not None
    assert "<b>shine</b>" not in browser.answer.text
    assert "Gold & <b>shine</b>" in seen.text

    browser.send(seen, "/segments/policy/adopt")
    rules = of_api(begun_house, "/v1/policies")
    assert rules["ruling"] == "two"
    assert rules["document"]["tiers"][1]["names"]["zh-Hans"] == "金牌"
    assert "金牌" in Browser(begun_house, "viewer", "zh-Hans").open("/segments/policy").text


def test_a_form_makes_the_policy_that_it_shows(begun_house: House) -> None:
    """Higher bounds by the form are those of the same policy as a document."""
    browser = Browser(begun_house, "analyst")
    form = browser.open("/segments/policy?start=default")
    filled: dict[str, Any] = {
        "name": "strict",
        "bounds": "fixed",
        "spend-3": "9,000",
        "average_order-3": "900",
    }

    seen = browser.send(form, "/segments/policy", **filled)

    document = of_api(begun_house, "/v1/policies")["shipped"]["default"]
    criteria = {**document["criteria"], "spend": [1000, 2000, 9000], "average_order": [200, 400, 900]}
    own = {**document, "name": "strict", "bounds": "fixed", "criteria": criteria}
    own.pop("shares")  # they say nothing where bounds are fixed
    told = previewed(begun_house, document=own)
    sentence = f"{told['moved']} of {told['customers']} customers would stand in another tier"
    assert (sentence if told["moved"] else "Nobody would move.") in seen.text
    hidden = next(form for form in seen.forms if form.action == "/segments/policy/adopt").fields["text"]
    assert policy_written(hidden[0]) == read_policy(own)


@pytest.mark.parametrize(
    ("filled", "why"),
    [
        ({"spend-3": "many"}, "high: many is no number."),
        ({"spend-3": "10"}, "the bounds of criteria.spend fall"),
        ({"spend-3": "nan"}, "high: nan is no number."),
        ({"combine": "predicted"}, "does not go with these criteria"),
        ({"by": []}, "cannot be used"),
        ({"key-3": "low"}, "cannot be used"),
    ],
)
def test_a_form_that_cannot_be_used_stays_as_it_was_filled(
    visitor: Callable[..., Browser], filled: dict[str, str | list[str]], why: str
) -> None:
    """The page says what is wrong; nothing that was typed is lost."""
    analyst = visitor("analyst")
    form = analyst.open("/segments/policy?start=default")

    seen = analyst.send(form, "/segments/policy", 422, name="my_name", **filled)

    assert why in seen.text
    kept = next(form for form in seen.forms if form.action == "/segments/policy").fields
    assert kept["name"] == ["my_name"]
    for name, value in filled.items():
        assert kept.get(name, []) == (value if isinstance(value, list) else [value])


def test_moves_are_those_of_the_api(begun_house: House) -> None:
    """By axis and cause; the file has the same counts, and each customer leads to their page."""
    browser = Browser(begun_house, "viewer")
    flows = of_api(begun_house, "/v1/transitions/flows?since=2020-01-01")
    stages = [each for each in flows["items"] if each["axis"] == "stage" and each["cause"] == "initial"]
    total = sum(each["customers"] for each in stages)
    assert total > 0

    asked = "axis=stage&cause=initial&since=2020-01-01"
    seen = browser.open(f"/segments/moves?{asked}")

    assert f"{total} moves; most often because of this: placed for the first time ({total})." in seen.text
    first = of_api(begun_house, f"/v1/transitions?{asked}")["items"][0]["customer_id"]
    assert f"/customers/{first}" in seen.links
    rows = rows_of(browser, f"/segments/moves/files/flows.csv?{asked}")
    assert sorted(int(row["customers"]) for row in rows) == sorted(each["customers"] for each in stages)


@pytest.mark.parametrize("asked", ["axis=nonsense", "cause=x&since=yesterday", "since=2026-13-40&until=x"])
def test_an_address_that_says_nothing_shows_the_usual(visitor: Callable[..., Browser], asked: str) -> None:
    """Links of others, and slips of the pen, are no errors."""
    assert "Who moved between the tiers?" in visitor("viewer").open(f"/segments/moves?{asked}").text


def test_a_persona_is_that_of_the_api(begun_house: House) -> None:
    """Its sentences stand on the page; a group that nobody can be in is refused with the choice left."""
    browser = Browser(begun_house, "viewer")
    told = of_api(begun_house, "/v1/personas?group=tier%3Dlow")

    seen = browser.open("/segments/personas?group=tier%3Dlow&whole=1")
    for sentence in (told["sentences"][0], told["sentences"][-1]):
        assert sentence in seen.text

    odd = browser.open("/segments/personas?group=tier%3Dnone&whole=1")
    assert "names no group of customers" in odd.text
    assert any(form.action == "/segments/personas" for form in odd.forms)


def test_before_the_first_run_the_pages_teach(house: House) -> None:
    """None of them is an error, and each says what brings its content."""
    browser = Browser(house, "viewer")

    assert "Nothing to compare yet" in browser.open("/segments/personas").text
    assert "Nobody has moved yet" in browser.open("/segments/moves").text
    analyst = Browser(house, "analyst")
    assert "What rules now" in analyst.open("/segments/policy?preview=three_tiers&whole=1", 404).text
    assert analyst.answer is not None
    assert 'role="alert"' in analyst.answer.text


@pytest.mark.parametrize(
    ("path", "part", "sentence"),
    [
        (
            "/segments/personas?group=tier%3Dlow",
            "/segments/personas/part?group=tier%3Dlow",
            "What are they like?",
        ),
        ("/segments/policy?preview=default", "/segments/policy/preview?name=default", "Who would move?"),
    ],
)
def test_what_takes_a_moment_comes_after_the_page(
    visitor: Callable[..., Browser], path: str, part: str, sentence: str
) -> None:
    """The page stands first and names its part; without scripts a link leads to the whole of it."""
    analyst = visitor("analyst")
    seen = analyst.open(path)
    assert sentence not in seen.text
    assert f"{path}&whole=1" in seen.links
    assert analyst.answer is not None
    assert f'hx-get="{part}"' in analyst.answer.text

    assert sentence in analyst.open(f"{path}&whole=1").text
    assert sentence in analyst.open(part).text
    assert analyst.answer is not None
    assert "<html" not in analyst.answer.text
