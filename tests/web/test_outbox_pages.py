"""Messages: the figures are the API's, what was lost stands first, and what people find out is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.core import SetClock
from evergrove.outbox import OUTBOX, Message, begin_all, claim, enqueue, settle
from evergrove.outbox.types import STATES
from evergrove.testing.browsing import Browser
from evergrove.testing.house import opened
from evergrove.testing.workspaces import copy_of
from evergrove.web.outbox.words import GROUPS, group_of

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.access import Passwords
    from evergrove.outbox import Outcome
    from evergrove.testing.house import House


def message(house: House, customer: str, **said: Any) -> Message:
    """A message that is due now."""
    now = house.here.clock.now()
    usual = Message(
        playbook="L2",
        version=1,
        customer_id=customer,
        occasion="o",
        step=0,
        channel="email",
        arm="treated",
        template="new-thanks",
        decision_id="d",
        run_id=1,
        not_before=now,
        valid_until=now + timedelta(days=3),
        cost=Decimal("0.25"),
    )
    return replace(usual, **said)


def put(house: House, customer: str, state: Outcome, reason: str = "delivery.no_answer", **said: Any) -> str:
    """A message that was attempted and ended so."""
    sent, now, ledger = message(house, customer, **said), house.here.clock.now(), house.here.ledger
    with ledger.writing() as connection:
        enqueue(connection, [sent], now)
    held = next(each for each in claim(ledger, "test", now) if each.id == sent.id)
    with ledger.writing() as connection:
        begin_all(connection, [(held, None)], now)
        settle(connection, held, state, now, reason=reason)
    return sent.id


def state_of(house: House, outbox_id: str) -> tuple[str, str | None]:
    """Where a message stands."""
    query = select(OUTBOX.c.state, OUTBOX.c.reason).where(OUTBOX.c.id == outbox_id)
    with house.here.ledger.reading() as connection:
        return tuple(connection.execute(query).one())


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("is_control", [False, True])
def test_every_state_is_of_one_kind(state: str, is_control: bool) -> None:  # noqa: FBT001 - a case
    """So that figures add up to all messages."""
    found = [key for key, group in GROUPS.items() if group.holds(state, is_control=is_control)]
    assert found == [group_of(state, is_control=is_control)]


def test_without_messages_the_page_teaches(begun_house: House) -> None:
    """What comes here, and where it begins."""
    seen = Browser(begun_house, "marketer").open("/outbox")
    assert "No message yet" in seen.text
    assert "/playbooks" in seen.links


def test_figures_are_those_of_the_api_and_lead_to_their_messages(begun_house: House) -> None:
    """Each figure is the number of rows behind its link."""
    for nth in range(3):
        put(begun_house, f"A{nth}", "accepted")
    put(begun_house, "F", "failed", "delivery.address_refused", channel="sms")
    control = message(begun_house, "K", arm="control", playbook="L3")
    with begun_house.here.ledger.writing() as connection:
        enqueue(connection, [control, message(begun_house, "Q")], begun_house.here.clock.now())
    client, browser = begun_house.client("analyst"), Browser(begun_house, "analyst")

    told = client.get("/v1/outbox-counts").json()
    assert Counter({each["state"]: each["messages"] for each in told["items"]}) == {
        "accepted": 3,
        "failed": 1,
        "skipped": 1,
        "queued": 1,
    }
    assert (told["messages"], told["playbooks"], told["channels"]) == (6, ["L2", "L3"], ["email", "sms"])
    for state, customers in {
        "accepted": {"A0", "A1", "A2"},
        "failed": {"F"},
        "withheld": {"K"},
        "queued": {"Q"},
        "suppressed": set[str](),
    }.items():
        seen = browser.open(f"/outbox?state={state}")
        shown = {link for link in seen.links if link.startswith("/outbox/")}
        assert len(shown) == len(customers), state
        assert all(name in seen.text for name in customers)
    assert "The server refused the address." in browser.open("/outbox?channel=sms").text
    assert client.get("/v1/outbox-counts", params={"channel": "sms"}).json()["messages"] == 1
    assert client.get("/v1/outbox-counts", params={"playbook": "L3"}).json()["items"][0]["reason"] == (
        "campaigns.control"
    )


def test_what_was_lost_stands_first_with_its_warning(begun_house: House) -> None:
    """Before messages that are newer; elsewhere it does not stand in the way."""
    lost = put(begun_house, "LOST", "unknown")
    begun_house.later(hours=1)
    newer = put(begun_house, "NEWER", "accepted")
    browser = Browser(begun_house, "marketer", "zh-Hant")

    links = [link for link in browser.open("/outbox").links if link.startswith("/outbox/")]
    assert links == [f"/outbox/{lost}", f"/outbox/{newer}", f"/outbox/{lost}"]
    english = Browser(begun_house, "marketer")
    warning = "They are never sent again by themselves."
    assert warning in english.open("/outbox").text
    assert warning in english.open("/outbox?state=unknown").text
    assert warning not in english.open("/outbox?state=accepted").text


def test_a_list_goes_on_where_its_page_ended(begun_house: House) -> None:
    """Sixty messages, fifty a page: each is met once."""
    names = {put(begun_house, f"C{nth:02}", "accepted") for nth in range(60)}
    browser, path, met = Browser(begun_house, "analyst"), "/outbox?state=accepted", list[str]()
    while path:
        links = browser.open(path).links
        met += [link.rpartition("/")[2] for link in links if link.startswith("/outbox/")]
        path = next((link for link in links if "cursor=" in link), "")
    assert sorted(met) == sorted(names)


def test_somebody_says_that_it_left(begun_house: House) -> None:
    """It counts as taken over, and there is nothing more to say."""
    lost, browser = put(begun_house, "C1", "unknown"), Browser(begun_house, "marketer")
    seen = browser.open(f"/outbox/{lost}")
    assert "Its answer was lost" in seen.text

    after = browser.send(seen, f"/outbox/{lost}/settle", did_leave="yes")

    assert state_of(begun_house, lost) == ("accepted", "outbox.did_leave")
    assert "Kept: it left." in after.text
    assert not [form for form in after.forms if form.action.startswith("/outbox/")]


def test_what_did_not_leave_is_sent_again_until_a_day_of_ones_own(begun_house: House) -> None:
    """Only after somebody has said that it did not; a day that is over is refused with the way out."""
    lost, browser = put(begun_house, "C1", "unknown"), Browser(begun_house, "marketer")
    path = f"/outbox/{lost}"
    first = browser.open(path)
    assert f"{path}/retry" not in {form.action for form in first.forms}
    browser.client.post(f"{path}/settle", data={"csrf": first.forms[-1].fields["csrf"], "did_leave": "no"})
    assert state_of(begun_house, lost) == ("failed", "outbox.did_not_leave")

    refused = browser.send(browser.open(path), f"{path}/retry", 422, until="tomorrow")
    assert "tomorrow is no day" in refused.text
    late = browser.send(browser.open(path), f"{path}/retry", 422, until="2026-06-01")
    assert "Give a later end" in late.text
    assert state_of(begun_house, lost)[0] == "failed"

    sent = browser.send(browser.open(path), f"{path}/retry", until="2026-07-20")
    assert "It waits to leave once more" in sent.text
    told = begun_house.client("analyst").get(f"/v1/outbox/{lost}").json()
    assert (told["state"], told["valid_until"]) == ("queued", "2026-07-20T16:00:00Z")  # midnight in Shanghai


def test_what_is_known_is_not_settled_twice(begun_house: House) -> None:
    """A form that was open meanwhile is refused, and changes nothing."""
    lost, browser = put(begun_house, "C1", "unknown"), Browser(begun_house, "marketer")
    seen = browser.open(f"/outbox/{lost}")
    browser.send(seen, f"/outbox/{lost}/settle")

    again = browser.send(seen, f"/outbox/{lost}/settle", 409)

    assert "is known" in again.text
    assert state_of(begun_house, lost) == ("accepted", "outbox.did_leave")


def test_who_may_only_look_sees_no_forms(begun_house: House) -> None:
    """The forms are not there, and a forged one is refused."""
    lost, browser = put(begun_house, "C1", "unknown"), Browser(begun_house, "analyst")
    assert not [form for form in browser.open(f"/outbox/{lost}").forms if "settle" in form.action]
    csrf = browser.open("/outbox").forms[0].fields.get("csrf", [""])
    answer = browser.client.post(f"/outbox/{lost}/settle", data={"csrf": csrf, "did_leave": "yes"})
    assert answer.status_code == 403
    assert state_of(begun_house, lost)[0] == "unknown"


def test_a_message_tells_of_its_decision(
    decided_workspace: Path, tmp_path: Path, passwords: Passwords
) -> None:
    """A night's own message: arm, chance and the day that was known, as the API has them."""
    folder, now = copy_of(decided_workspace, tmp_path / "workspace"), datetime(2026, 7, 1, 20, tzinfo=UTC)
    with opened(folder, passwords, SetClock(now)) as house:
        client, browser = house.client("analyst"), Browser(house, "analyst")
        items = client.get("/v1/outbox", params={"arm": "treated"}).json()["items"]
        told = client.get(f"/v1/outbox/{items[0]['id']}").json()
        made = told["decision"]
        assert (made["arm"], made["outcome"], made["as_of"]) == ("treated", "send", "2026-07-01")

        seen = browser.open(f"/outbox/{told['id']}")

        assert f"chance of being written to: {made['probability']:.0%}" in seen.text
        assert "1 Jul 2026" in seen.text
        assert "Nothing spoke against it" in seen.text


def test_no_such_message_is_no_page(begun_house: House) -> None:
    """404, with the page's own frame."""
    seen = Browser(begun_house, "analyst").open(f"/outbox/{'0' * 32}", 404)
    assert "There is no message" in seen.text
