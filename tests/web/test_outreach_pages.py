"""The red button: it stops everything, a channel or a playbook from every room, and lets it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.web.test_outbox_pages import put

from evergrove.testing.browsing import Browser

if TYPE_CHECKING:
    from evergrove.testing.house import House

ROOMS = ("/outbox", "/guards", "/budgets")


def stops(house: House) -> dict[str, str]:
    """Scopes that are stopped, and why."""
    found = house.client("viewer").get("/v1/outreach/state").json()["stopped"]
    return {each["scope"]: each["reason"] for each in found}


@pytest.mark.parametrize("room", ROOMS)
def test_everything_is_stopped_from_every_room_and_goes_on(begun_house: House, room: str) -> None:
    """With a reason for the others; one comes back to where one was."""
    browser = Browser(begun_house, "marketer")
    seen = browser.send(browser.open(room), "/outreach/stop", reason="Wrong price")

    assert stops(begun_house) == {"everything": "Wrong price"}
    assert browser.path == room
    assert "Everything is stopped since" in seen.text
    assert "Wrong price" in seen.text
    assert "Stop everything now" not in seen.text

    after = browser.send(seen, "/outreach/resume")
    assert stops(begun_house) == {}
    assert "It goes on." in after.text
    assert "Stop everything now" in after.text


def test_a_channel_is_stopped_in_its_row(begun_house: House) -> None:
    """Only that one, and the row says so; its own button lets it go on."""
    put(begun_house, "C1", "accepted")
    browser = Browser(begun_house, "marketer")
    seen = browser.open("/outbox")
    (form,) = [form for form in seen.forms if form.fields.get("scope") == ["channel:email"]]
    assert form.action == "/outreach/stop"
    browser.client.post(form.action, data=form.fields)
    assert stops(begun_house) == {"channel:email": ""}

    seen = browser.open("/outbox")
    assert "Channel email is stopped since" in seen.text
    forms = [each for each in seen.forms if each.fields.get("scope") == ["channel:email"]]
    assert {each.action for each in forms} == {"/outreach/resume"}
    browser.client.post("/outreach/resume", data=forms[-1].fields)
    assert stops(begun_house) == {}


def test_a_playbook_that_is_stopped_stands_in_every_room(begun_house: House) -> None:
    """Until somebody lets it go on."""
    begun_house.client("marketer").post("/v1/outreach/stop", json={"scope": "playbook:L2"})
    browser = Browser(begun_house, "marketer")
    for room in ROOMS:
        seen = browser.open(room)
        assert "Playbook L2 is stopped since" in seen.text
    browser.send(seen, "/outreach/resume")
    assert stops(begun_house) == {}


def test_a_reason_is_written_as_words(begun_house: House) -> None:
    """Nothing of it becomes part of the page."""
    browser = Browser(begun_house, "marketer")
    browser.send(browser.open("/outbox"), "/outreach/stop", reason="<script>alert(1)</script>")
    assert "<script>alert(1)" not in browser.answer.text
    assert "&lt;script&gt;alert(1)" in browser.answer.text


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_a_forged_way_back_leads_nowhere_else(begun_house: House, back: str) -> None:
    """It is stopped, and one stays on this site."""
    browser = Browser(begun_house, "marketer")
    form = next(each for each in browser.open("/outbox").forms if each.action == "/outreach/stop")
    browser.client.follow_redirects = False
    answer = browser.client.post("/outreach/stop", data={**form.fields, "back": back})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "everything" in stops(begun_house)


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_who_may_not_stop_sees_no_button_and_is_refused(begun_house: House, role: str) -> None:
    """What is stopped is told to everybody; a forged form changes nothing."""
    begun_house.client("marketer").post("/v1/outreach/stop", json={"scope": "channel:sms"})
    browser = Browser(begun_house, role)  # type: ignore[arg-type]  # one of the roles
    seen = browser.open("/guards")
    assert "is stopped since" in seen.text
    assert not [form for form in seen.forms if form.action.startswith("/outreach/")]
    csrf = next(form.fields["csrf"] for form in seen.forms if "csrf" in form.fields)
    for act in ("stop", "resume"):
        answer = browser.client.post(f"/outreach/{act}", data={"csrf": csrf, "scope": "channel:sms"})
        assert answer.status_code == 403
    assert set(stops(begun_house)) == {"channel:sms"}


def test_nobody_stops_anything_without_the_page_s_token(begun_house: House) -> None:
    """Another site's form does nothing."""
    browser = Browser(begun_house, "marketer")
    browser.open("/outbox")
    assert browser.client.post("/outreach/stop", data={"scope": "everything"}).status_code == 403
    assert stops(begun_house) == {}


def test_what_cannot_be_stopped_is_said_with_the_way_out(begun_house: House) -> None:
    """A scope that is none, and one that is not stopped."""
    browser = Browser(begun_house, "marketer")
    seen = browser.open("/outbox")
    form = next(each for each in seen.forms if each.action == "/outreach/stop")
    wrong = browser.client.post("/outreach/stop", data={**form.fields, "scope": "the moon"})
    assert wrong.status_code == 422
    assert "the moon is nothing that can be stopped" in wrong.text
    early = browser.client.post("/outreach/resume", data={**form.fields, "scope": "everything"})
    assert early.status_code == 422
    assert "everything is not stopped" in early.text
