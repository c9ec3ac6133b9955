"""Limits: guards in their order with what is set, addresses that are released, matters that are opened and closed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from tests.web.test_outbox_pages import message

from evergrove.api.guards import SETTINGS
from evergrove.core import SetClock
from evergrove.decisions.guards import ORDER
from evergrove.decisions.held_back import OF_CODE, guard_of
from evergrove.decisions.tables import decision
from evergrove.decisions.words import REASON_WORDS
from evergrove.outbox import OUTBOX, enqueue
from evergrove.people import suppress
from evergrove.people.reasons import REASONS as PEOPLE_REASONS
from evergrove.testing.browsing import Browser
from evergrove.testing.house import NOON, new_folder, opened
from evergrove.web.guards.words import GUARDS

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.access import Passwords
    from evergrove.testing.house import House

NO_GUARDS = {
    "decisions.told_already",
    "decisions.two_arms",
    "decisions.outranked",
    "decisions.outranked_by_value",
    "decisions.no_value",
    "decisions.drawn",
    "decisions.drawn_nothing",
}
"""What comes after the guards: nothing was wrong with the message."""


def test_every_reason_of_a_decision_is_some_guard_s() -> None:
    """But those that say that another message, or none, was chosen."""
    assert {code for code in REASON_WORDS if guard_of(code) is None} == NO_GUARDS
    assert {guard_of(code) for code in REASON_WORDS} - {None} <= {each.__name__ for each in ORDER}
    assert set(OF_CODE.values()) < {each.__name__ for each in ORDER}
    assert guard_of("people.consent_revoked") == "person"
    assert guard_of("people.profiling_refused") == "profiling"
    assert {code for code in PEOPLE_REASONS if guard_of(code) is None} == set()


def test_guards_stand_in_the_order_in_which_they_are_asked(begun_house: House) -> None:
    """The page's order is that of the code."""
    text = Browser(begun_house, "viewer").open("/guards").text
    told = begun_house.client("viewer").get("/v1/guards").json()
    names = [each.__name__ for each in ORDER]

    assert [each["name"] for each in told["items"]] == names == list(GUARDS)
    assert set(SETTINGS) < set(names)
    places = [text.index(f"{nth}. {GUARDS[name].name}") for nth, name in enumerate(names, 1)]
    assert places == sorted(places)


def test_what_is_set_is_said_in_sentences(tmp_path: Path, passwords: Passwords) -> None:
    """Caps, quiet hours, holidays, speed and age, as the file has them."""
    own = {
        "per_day": 2,
        "per_week": 5,
        "per_month": 9,
        "low_tier_share": 0.25,
        "quiet_from": 20,
        "quiet_until": 8,
        "holidays": "2026-10-01",
        "on_holidays": "drop",
        "channel_rates": "email 20/second",
        "least_age": 0,
    }
    with opened(new_folder(tmp_path, outreach=own), passwords, SetClock(NOON)) as house:
        text = Browser(house, "viewer").open("/guards").text
    for said in (
        "2 a day, 5 a week, 9 a month",
        "for the low tier 25% of each",
        "nothing leaves from 20:00 to 8:00",
        "holidays: 2026-10-01; what is due does not leave at all",
        "at most email 20/second",
        "ages are not looked at",
    ):
        assert said in text


def test_what_was_held_back_is_counted_where_and_when_it_was(begun_house: House) -> None:
    """At the wire within thirty days, or waiting now; controls and older ones are none of it."""
    now, client = begun_house.here.clock.now(), begun_house.client("viewer")
    before = {each["name"]: each for each in client.get("/v1/guards").json()["items"]}
    rows = (
        ("A", "skipped", "delivery.capped", now),
        ("B", "skipped", "delivery.capped", now - timedelta(days=31)),
        ("C", "skipped", "campaigns.control", now),
        ("D", "queued", "decisions.open_case", None),
        ("E", "skipped", "people.bounced", now - timedelta(days=29)),
    )
    for customer, state, reason, settled in rows:
        sent = message(begun_house, customer)
        with begun_house.here.ledger.writing() as connection:
            enqueue(connection, [sent], now)
            values = {"state": state, "reason": reason, "settled_at": settled}
            connection.execute(OUTBOX.update().where(OUTBOX.c.id == sent.id).values(**values))

    after = {each["name"]: each for each in client.get("/v1/guards").json()["items"]}

    gained = {
        (name, kind): after[name][kind] - before[name][kind]
        for name in after
        for kind in ("decided", "before_wire", "waiting")
        if after[name][kind] != before[name][kind]
    }
    assert gained == {("caps", "before_wire"): 1, ("person", "before_wire"): 1, ("case", "waiting"): 1}
    reasons = after["caps"]["reasons"]
    assert [each["before_wire"] for each in reasons if each["reason"] == "delivery.capped"] == [1]


def test_decisions_against_messages_are_counted(begun_house: House) -> None:
    """As often as the ledger holds decisions of the last thirty days with such a reason."""
    begun_house.later(days=1)
    begun_house.here.run()
    with begun_house.here.ledger.reading() as connection:
        rows = connection.execute(
            select(decision.c.reason, func.count()).where(decision.c.outcome == "blocked").group_by("reason")
        ).all()
    told = begun_house.client("viewer").get("/v1/guards").json()["items"]

    assert {
        each["reason"]: each["decided"] for line in told for each in line["reasons"] if each["decided"]
    } == {reason: count for reason, count in rows if guard_of(reason)}


def test_a_matter_is_opened_and_closed_by_forms(begun_house: House) -> None:
    """From the page into the API and back; the end is that of the day in the shop's zone."""
    browser, client = Browser(begun_house, "marketer"), begun_house.client("analyst")
    seen = browser.open("/guards")
    assert "Nothing is open" in seen.text

    after = browser.send(
        seen, "/guards/cases", customer_id="C000001", kind="return", ref="T-1", until="2026-07-20"
    )

    assert "Goods on the way back" in after.text
    (case,) = client.get("/v1/cases").json()["items"]
    assert (case["customer_id"], case["kind"], case["until"]) == (
        "C000001",
        "return",
        "2026-07-20T16:00:00Z",
    )
    closed = browser.send(after, f"/guards/cases/{case['id']}/close")
    assert "Closed: what waited" in closed.text
    assert client.get("/v1/cases").json()["items"] == []


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"customer_id": ""}, None),
        ({"customer_id": "C1", "until": "soon"}, "soon is no day"),
        ({"customer_id": "C1", "kind": "quarrel"}, None),
    ],
)
def test_a_matter_that_cannot_be_used_is_refused(
    begun_house: House, filled: dict[str, str], said: str | None
) -> None:
    """With the form as it was filled; nothing is opened."""
    browser = Browser(begun_house, "marketer")
    refused = browser.send(browser.open("/guards"), "/guards/cases", 422, **filled)
    assert said is None or said in refused.text
    assert begun_house.client("analyst").get("/v1/cases").json()["items"] == []


def test_an_address_is_released_by_its_button(begun_house: House) -> None:
    """It leaves the list; who may only look has no button."""
    now, here = begun_house.here.clock.now(), begun_house.here
    with here.ledger.writing() as connection:
        suppress(connection, "0" * 64, "people.complained", now, channel="email")
    looking = Browser(begun_house, "analyst").open("/guards")
    assert "The person reported a message as unwanted." in looking.text
    assert not [form for form in looking.forms if "release" in form.action]
    browser = Browser(begun_house, "marketer")
    seen = browser.open("/guards")
    (action,) = {form.action for form in seen.forms if "release" in form.action}
    assert re.fullmatch(r"/guards/suppressions/\d+/release", action)

    after = browser.send(seen, action)

    assert "Released:" in after.text
    assert begun_house.client("analyst").get("/v1/suppressions").json()["items"] == []


def test_a_viewer_sees_the_limits_and_nobody_s_matters(begun_house: House) -> None:
    """Neither addresses nor cases, nor forms."""
    seen = Browser(begun_house, "viewer").open("/guards")
    assert "Open one" not in seen.text
    assert not [form for form in seen.forms if form.action.startswith(("/guards", "/outreach"))]
