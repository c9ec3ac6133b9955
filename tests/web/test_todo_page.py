"""What to do: groups in the order of what there is to gain, playbooks started and paused, what they earned."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.measurement.service import record
from evergrove.measurement.types import Measured
from evergrove.stats import Difference
from evergrove.testing.browsing import Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.house import House

NAMES = {"high": "High value", "potential": "Potential", "medium": "Medium value", "low": "Low value"}
STAGES = {
    "new": "New",
    "growth": "Growing",
    "mature": "Mature",
    "decline": "Declining",
    "churned": "Churned",
    "won_back": "Won back",
}
DAY = date(2026, 6, 29)
EARNED = Measured(
    playbook="L2",
    as_of=DAY,
    first_assigned=date(2026, 6, 1),
    people_treated=140,
    people_control=60,
    mean_treated=50.0,
    mean_control=38.0,
    orders_treated=0.5,
    orders_control=0.4,
    margin=Difference(effect=12.0, low=4.0, high=20.0, se=6.0, p=0.04, df=100.0, level=0.8),
    orders=None,
    reason=None,
    level=0.8,
    strata=1,
    estimator="welch",
    variance_left=1.0,
    planned_control=0.3,
    srm_p=0.9,
    window_days=20.0,
    window_needed=19,
    people_complete=200,
    messages=140,
    cost=Decimal("1.4"),
    basis="revenue",
)


def told(house: House, path: str) -> Any:
    """What the API answers somebody who may only read."""
    return house.client("viewer").get(path).json()


def ranked(house: House, *, each: bool) -> list[str]:
    """Names of groups with something to gain, most first."""
    found = []
    for row in told(house, "/v1/overview")["grid"]["rows"]:
        undecided = row["undecided"]
        if undecided["likely_lost"]:
            gain = undecided["likely_lost"] / (undecided["customers"] if each else 1)
            found.append((-gain, f"{NAMES[row['tier']]} · {STAGES[row['stage']]}"))
    return [name for _gain, name in sorted(found)]


@pytest.mark.parametrize("path", ["/todo", "/todo?by=customer"])
def test_groups_stand_in_the_order_of_what_there_is_to_gain(begun_house: House, path: str) -> None:
    """By what is likely lost of the undecided, in all or for each; every one leads to its list."""
    names = ranked(begun_house, each=path.endswith("customer"))
    assert len(names) > 3

    seen = Browser(begun_house, "viewer").open(path)

    places = [
        seen.text.index(f"{number} {symbol} {name}") for number, (symbol, name) in enumerate(marked(names), 1)
    ]
    assert places == sorted(places)
    lists = [link for link in seen.links if link.startswith("/customers?tier=")]
    assert len(set(lists)) == len(names)


def marked(names: list[str]) -> list[tuple[str, str]]:
    """Each name with the symbol of its tier, which stands before it."""
    symbols = {"High value": "▲", "Potential": "◆", "Medium value": "●", "Low value": "○"}
    return [(symbols[name.partition(" · ")[0]], name) for name in names]


def test_whoever_may_starts_and_pauses_a_playbook(begun_house: House) -> None:
    """The page says what was done, and the API says the same of the playbook."""
    marketer = Browser(begun_house, "marketer")

    seen = marketer.send(marketer.open("/todo"), "/todo/playbooks/L2/pause")
    assert told(begun_house, "/v1/playbooks/L2")["state"] == "paused"
    assert "“Welcome new customers” rests; 0 messages that waited were taken back." in seen.text

    seen = marketer.send(seen, "/todo/playbooks/L2/start")
    assert told(begun_house, "/v1/playbooks/L2")["state"] == "started"
    assert "“Welcome new customers” works from the next run on." in seen.text


def test_an_untried_playbook_leads_to_its_trial(begun_house: House) -> None:
    """Its button opens its own page instead of a refusal; tried, it may be started here."""
    marketer = Browser(begun_house, "marketer")
    seen = marketer.open("/todo")
    assert "/playbooks/T4#acts" in seen.links
    assert "/todo/playbooks/T4/start" not in {form.action for form in seen.forms}

    begun_house.here.try_playbook("T4")

    seen = marketer.open("/todo")
    assert "/playbooks/T4#acts" not in seen.links
    marketer.send(seen, "/todo/playbooks/T4/start")
    assert told(begun_house, "/v1/playbooks/T4")["state"] == "started"


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_who_may_not_start_sees_no_button(visitor: Callable[..., Browser], role: str) -> None:
    """And is refused where a form is sent all the same."""
    browser = visitor(role)
    seen = browser.open("/todo")
    token = seen.forms[-1].fields["csrf"]

    answer = browser.client.post("/todo/playbooks/L2/pause", data={"csrf": token})

    assert not [form for form in seen.forms if form.action.startswith("/todo")]
    assert "Running" in seen.text
    assert answer.status_code == 403


def test_an_unknown_playbook_is_a_page_that_says_so(visitor: Callable[..., Browser]) -> None:
    """Its key may hold anything."""
    marketer = visitor("marketer")
    token = marketer.open("/todo").forms[-1].fields["csrf"]

    answer = marketer.client.post("/todo/playbooks/%3Cb%3E/start", data={"csrf": token})

    assert answer.status_code == 404
    assert "<b>" not in answer.text.partition("<h1>")[2].partition("</h1>")[0]


def test_what_was_earned_is_said_against_untreated_customers(begun_house: House) -> None:
    """The newest day counts; without one, that nothing can be measured yet; of a draft, that it was never started."""
    viewer = Browser(begun_house, "viewer")
    assert "Nothing has been measured yet" in viewer.open("/todo").text
    too_few = replace(
        EARNED, playbook="L5", margin=None, reason="stats.too_few_units", people_treated=3, people_control=1
    )
    old = replace(EARNED, as_of=date(2026, 6, 1), people_treated=77)
    with begun_house.here.ledger.writing() as connection:
        record(connection, [old], 1, begun_house.here.clock.now())
        record(connection, [EARNED, too_few], 2, begun_house.here.clock.now())

    seen = viewer.open("/todo").text

    assert (
        "“Welcome new customers” earned CN¥12.00 a customer (80% interval CN¥4.00 to CN¥20.00); 140 treated against 60 control."
        in seen
    )
    assert "“Ask those who drift away”: nothing can be said yet. 3 treated against 1 control so far." in seen
    assert "77 treated" not in seen
    assert "It has not been started, so it has earned nothing." in seen
    assert [each["as_of"] for each in told(begun_house, "/v1/effects?newest=true")["items"]] == [
        "2026-06-29"
    ] * 2


def test_names_of_playbooks_are_text_and_nothing_else(begun_house: House) -> None:
    """In sentences, in buttons and in questions before them."""
    document = tomllib.loads(files("evergrove.campaigns").joinpath("playbooks/L2.toml").read_text("utf-8"))
    hostile = '"><script>alert(1)</script>{name}'
    own = document | {"key": "X1", "name": hostile, "goal": hostile}
    assert begun_house.client("marketer").post("/v1/playbooks", json={"document": own}).status_code == 201
    begun_house.here.try_playbook("X1")

    marketer = Browser(begun_house, "marketer")
    seen = marketer.open("/todo")
    marketer.send(seen, "/todo/playbooks/X1/start")

    assert marketer.answer is not None
    assert "<script>alert" not in marketer.answer.text
    assert marketer.answer.text.count("&lt;script&gt;alert(1)") >= 4
    assert told(begun_house, "/v1/playbooks/X1")["state"] == "started"


def test_whom_to_look_at_first_is_the_apis_list(begun_house: House) -> None:
    """In its order, each leading to the customer, and the same in the file."""
    first = [each["customer_id"] for each in told(begun_house, "/v1/overview/attention")["look_at_first"]]
    viewer = Browser(begun_house, "viewer")

    links = [link for link in viewer.open("/todo").links if link.startswith("/customers/")]
    file = viewer.client.get("/todo/files/look-first.csv").content.decode("utf-8-sig").splitlines()

    assert links == [f"/customers/{each}" for each in first]
    assert [line.partition(",")[0] for line in file[1:]] == first


def test_playbooks_say_whom_they_take_in_and_what_they_send(begun_house: House) -> None:
    """As their files have it: the API tells it, the page says it."""
    coupon = told(begun_house, "/v1/playbooks/L5")
    taken = coupon["takes_in"]
    assert (taken["kind"], taken["enters"], taken["leaves"], taken["tiers"]) == ("stage", "decline", "", [])
    assert [(step["after_days"], step["coupon"]) for step in coupon["steps"]] == [(0, False), (14, True)]
    assert coupon["coupon"] == {"code": "BACK5", "percent": 5, "valid_days": 14, "redemption": 0.08}
    assert told(begun_house, "/v1/playbooks/T1b")["takes_in"]["tiers"] == ["high", "potential"]

    seen = Browser(begun_house, "viewer").open("/todo").text

    assert "Takes in whoever enters “Declining” from now on." in seen
    assert "14 days after they enter: an e-mail. With 5% off (code BACK5)." in seen
    assert "Takes in customers whose next order is in sight: High value, Potential." in seen
    assert "Takes in whoever answers 9 or 10" in seen


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Step by step"), ("zh-Hans", "一步步怎么做"), ("zh-Hant", "一步步怎麼做")]
)
def test_the_page_of_the_week_speaks_three_languages(
    visitor: Callable[..., Browser], language: str, words: str
) -> None:
    """Steps, playbooks and findings too."""
    assert words in visitor("viewer", language).open("/todo").text
