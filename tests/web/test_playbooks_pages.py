"""Playbooks: all of them, one with its steps, trial, price and versions, what is done with it, and one's own by its text."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert
from tests.web.test_todo_page import EARNED

from evergrove.campaigns.tables import held_entry, playbook_approval
from evergrove.measurement.service import record
from evergrove.testing.browsing import Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.house import House


def told(house: House, path: str) -> Any:
    """What the API answers somebody who may only read."""
    return house.client("viewer").get(path).json()


def test_the_list_says_of_every_playbook_what_the_api_says(begun_house: House) -> None:
    """Names, states and what is missing, those at work first; the file has the same rows."""
    lines = told(begun_house, "/v1/playbooks")["items"]
    viewer = Browser(begun_house, "viewer")

    seen = viewer.open("/playbooks")

    assert all(line["name"] in seen.text and line["goal"] in seen.text for line in lines)
    assert {f"/playbooks/{line['key']}" for line in lines} <= set(seen.links)
    assert "needs loyalty points" in seen.text
    assert "Medium value × Growing, Mature" in seen.text
    assert seen.text.index("Welcome new customers") < seen.text.index("Invite to the day of points")
    file = viewer.client.get("/playbooks/files/playbooks.csv").content.decode("utf-8-sig").splitlines()
    assert {line.partition(",")[0] for line in file[1:]} == {line["key"] for line in lines}


def test_the_list_is_filtered_by_state(begun_house: House) -> None:
    """Each filter says how many, and shows just these."""
    lines = told(begun_house, "/v1/playbooks")["items"]
    locked = [line for line in lines if line["state"] == "locked"]

    seen = Browser(begun_house, "viewer").open("/playbooks?state=locked")

    assert f"Locked · {len(locked)}" in seen.text
    shown = {link for link in seen.links if link.startswith("/playbooks/") and "files" not in link}
    assert shown == {f"/playbooks/{line['key']}" for line in locked}


def test_the_list_shows_the_effect_with_its_interval(begun_house: House) -> None:
    """As it stands in the value ledger."""
    with begun_house.here.ledger.writing() as connection:
        record(connection, [EARNED], 2, begun_house.here.clock.now())
    viewer = Browser(begun_house, "viewer")

    seen = viewer.open("/playbooks").text
    one = viewer.open("/playbooks/L2").text

    assert "CN¥12.00 a customer 80%: CN¥4.00 to CN¥20.00" in seen
    assert "“Welcome new customers” earned CN¥12.00 a customer" in one


def test_one_playbook_is_told_step_by_step(begun_house: House) -> None:
    """Trigger, conditions, letters, coupon, exits, limits and control share, as its file has them."""
    seen = Browser(begun_house, "viewer").open("/playbooks/L5").text

    for sentence in (
        "Takes in whoever enters “Declining” from now on.",
        "The latest order is 7 days ago or longer.",
        "Nobody enters again within 90 days.",
        "On the day they enter: an e-mail.",
        "14 days after they enter: an e-mail. With 5% off (code BACK5).",
        "It may wait 7 days for its turn; after that it is missed.",
        "The coupon BACK5 takes 5% off and is good for 14 days; about 8% of the messages are expected to be redeemed.",
        "With the first order after they entered.",
        "On leaving Declining.",
        "Rank 20",
        "10% as the settings say",
        "Version 1",
        'key = "L5"',
        "# A customer who drifts away",
    ):
        assert sentence in seen, sentence


@pytest.mark.parametrize("key", ["T3", "E1", "T4h", "L4m", "L4a", "G3d", "T1b", "L1", "L4n", "T3p", "G2"])
def test_every_kind_of_playbook_has_a_page(begun_house: House, key: str) -> None:
    """In three languages."""
    name = told(begun_house, f"/v1/playbooks/{key}")["name"]
    assert name in Browser(begun_house, "viewer").open(f"/playbooks/{key}").text
    for language in ("zh-Hans", "zh-Hant"):
        assert key in Browser(begun_house, "viewer", language).open(f"/playbooks/{key}").text


def test_a_playbook_is_tried_and_then_started(begun_house: House) -> None:
    """Before its trial it has no start; the trial is a job; afterwards the figures stand there, and it starts."""
    marketer = Browser(begun_house, "marketer")
    seen = marketer.open("/playbooks/T4")
    assert "Try it first." in seen.text
    assert "/playbooks/T4/start" not in {form.action for form in seen.forms}

    seen = marketer.send(seen, "/playbooks/T4/try")
    assert "The trial waits for a worker as job" in seen.text
    assert begun_house.client("admin").get("/v1/jobs").json()["items"][0]["kind"] == "try"

    begun_house.here.try_playbook("T4")
    seen = marketer.open("/playbooks/T4")
    figures = told(begun_house, "/v1/playbooks/T4/trial")["figures"]
    assert f"by {figures['messages']} message" in seen.text
    seen = marketer.send(seen, "/playbooks/T4/start")
    assert "works from the next run on." in seen.text
    assert told(begun_house, "/v1/playbooks/T4")["state"] == "started"


def test_a_second_person_approves_and_not_the_one_who_asked(begun_house: House) -> None:
    """Whoever asked sees that somebody else must; the other one sees who asked, and starts it."""
    asked = {
        "key": "T4",
        "version": 1,
        "people": 41,
        "asked_by": f"user:{begun_house.ids['marketer']}",
        "asked_at": begun_house.here.clock.now(),
    }
    with begun_house.here.ledger.writing() as connection:
        connection.execute(insert(playbook_approval), [asked])
    marketer, admin = Browser(begun_house, "marketer"), Browser(begun_house, "admin")

    own = marketer.open("/playbooks/T4")
    other = admin.open("/playbooks/T4")

    assert "somebody else must approve it." in own.text
    assert "/playbooks/T4/approve" not in {form.action for form in own.forms}
    assert "marketer@shop.example asked on" in other.text
    assert "It would reach 41 customers" in other.text
    assert "is approved, and works" in admin.send(other, "/playbooks/T4/approve").text
    assert told(begun_house, "/v1/playbooks/T4")["state"] == "started"


def test_days_that_are_none_are_refused_on_the_page(begun_house: House) -> None:
    """With the page around them."""
    marketer = Browser(begun_house, "marketer")
    marketer.send(marketer.open("/playbooks/T4"), "/playbooks/T4/try", status=422, since="soon")


def test_a_playbook_is_paused_and_goes_on(begun_house: House) -> None:
    """And is stopped at once by its own button."""
    marketer = Browser(begun_house, "marketer")
    seen = marketer.send(marketer.open("/playbooks/L2"), "/playbooks/L2/pause")
    assert told(begun_house, "/v1/playbooks/L2")["state"] == "paused"
    seen = marketer.send(seen, "/playbooks/L2/start")
    assert told(begun_house, "/v1/playbooks/L2")["state"] == "started"

    form = next(each for each in seen.forms if each.fields.get("scope") == ["playbook:L2"])
    marketer.client.post(form.action, data=form.fields)

    assert [each["scope"] for each in told(begun_house, "/v1/outreach/state")["stopped"]] == ["playbook:L2"]


def test_those_who_wait_are_let_in_by_their_cause(begun_house: House) -> None:
    """Only those of the cause that was chosen, and no more than was said."""
    as_of = begun_house.here.warehouse.newest("run").as_of  # type: ignore[union-attr]  # a night was run
    rows = [
        {
            "id": f"{cause}{n}",
            "playbook": "L2",
            "customer_id": f"X{n}",
            "as_of": as_of,
            "cause": cause,
            "run_id": 1,
        }
        for n, cause in enumerate(["policy", "policy", "policy", "model"])
    ]
    with begun_house.here.ledger.writing() as connection:
        connection.execute(insert(held_entry), [{**row, "state": "held"} for row in rows])
    before = {
        each["cause"]: each["customers"] for each in told(begun_house, "/v1/playbooks/L2/held")["items"]
    }
    marketer = Browser(begun_house, "marketer")
    seen = marketer.open("/playbooks/L2")
    form = next(each for each in seen.forms if each.fields.get("cause") == ["policy"])

    answer = marketer.client.post(form.action, data={**form.fields, "most": "2"})

    assert "2 customers enter “Welcome new customers” with the next run." in answer.text
    after = {each["cause"]: each["customers"] for each in told(begun_house, "/v1/playbooks/L2/held")["items"]}
    assert after == {**before, "policy": before["policy"] - 2}


def test_the_price_of_a_control_share_is_the_apis(begun_house: House) -> None:
    """For the stage that the playbook takes in; the part and the whole page say the same."""
    prices = told(begun_house, "/v1/control-prices?stages=decline&effect=50&per_month=30")["prices"]
    viewer = Browser(begun_house, "viewer")

    part = viewer.open("/playbooks/L5/price?effect=50&per_month=30").text
    whole = viewer.open("/playbooks/L5?effect=50&per_month=30&whole=1").text

    for line in prices:
        assert f"{line['people']:,}" in part
    assert "This playbook keeps 10% untreated." in part
    assert "This playbook keeps 10% untreated." in whole


def test_one_of_ones_own_begins_as_a_copy_and_is_changed(begun_house: House) -> None:
    """The copy is a draft with a key of its own; each change is the next version, and the old one is kept."""
    marketer = Browser(begun_house, "marketer")
    assert "/playbooks/new?start=L5" in marketer.open("/playbooks/new").links
    marketer.open("/playbooks/new?start=L5")
    text = _text(marketer)
    assert 'key = "L5-own"' in text

    _send(marketer, "/playbooks/new", text)
    assert marketer.path == "/playbooks/L5-own"
    assert told(begun_house, "/v1/playbooks/L5-own")["state"] == "draft"

    marketer.open("/playbooks/L5-own/edit")
    changed = _text(marketer).replace("percent = 5", "percent = 7")
    assert "version = 2" in changed
    _send(marketer, "/playbooks/L5-own/edit", changed)

    versions = told(begun_house, "/v1/playbooks/L5-own/versions")["items"]
    assert [each["version"] for each in versions] == [2, 1]
    assert "percent = 7" in versions[0]["text"]
    assert "percent = 5" in versions[1]["text"]
    assert "With 5% off" in marketer.open("/playbooks/L5-own?version=1").text


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("percent = 5", "percent = 500", "percent = 500 cannot be used in coupon. It takes 1-100."),
        ("priority = 20", "priority =", "cannot be read as a playbook"),
        ('kind = "stage"', 'kind = "mood"', "cannot be used in trigger"),
        ('key = "L5-own"', 'key = "L5"', "There is a playbook L5 already."),
    ],
)
def test_a_mistake_is_shown_with_its_line_and_the_text_stays(
    begun_house: House, right: str, wrong: str, says: str
) -> None:
    """Nothing is stored."""
    marketer = Browser(begun_house, "marketer")
    marketer.open("/playbooks/new?start=L5")
    text = _text(marketer)
    line = next(n for n, each in enumerate(text.splitlines(), 1) if each == right)

    answer = _send(marketer, "/playbooks/new", text.replace(right, wrong))

    assert answer.status_code in {409, 422}
    assert says in answer.text.replace("&#39;", "'").replace("</b></p><p>", " ")
    assert f"{line}  <mark>{wrong.replace(chr(34), '&#34;')}</mark>" in answer.text
    assert wrong.replace('"', "&#34;") in answer.text.partition("<textarea")[2]
    assert "L5-own" not in {each["key"] for each in told(begun_house, "/v1/playbooks")["items"]}


def test_another_key_is_not_changed_by_the_way(begun_house: House) -> None:
    """The page of one playbook changes that one."""
    marketer = Browser(begun_house, "marketer")
    marketer.open("/playbooks/L5/edit")

    answer = _send(marketer, "/playbooks/L5/edit", _text(marketer).replace('key = "L5"', 'key = "L9"'))

    assert answer.status_code == 422
    assert "this page changes L5" in answer.text


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_who_may_not_write_playbooks_sees_no_button(visitor: Callable[..., Browser], role: str) -> None:
    """And is refused where a form is sent all the same."""
    browser = visitor(role)
    seen = browser.open("/playbooks/L2")
    token = seen.forms[0].fields.get("csrf", [""])

    assert not [form for form in seen.forms if form.method == "post" and form.action.startswith("/playbooks")]
    assert not [link for link in seen.links if link.endswith("/edit")]
    assert browser.client.post("/playbooks/L2/pause", data={"csrf": token}).status_code == 403
    assert browser.client.get("/playbooks/new").status_code == 403


def test_an_unknown_playbook_is_a_page_that_says_so(visitor: Callable[..., Browser]) -> None:
    """And so is an unknown version."""
    viewer = visitor("viewer")
    viewer.open("/playbooks/nothing", status=404)
    assert "L2 has no version 9." in viewer.open("/playbooks/L2?version=9", status=404).text


def _text(browser: Browser) -> str:
    """What stands in the field."""
    field = browser.answer.text.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    return html.unescape(field)


def _send(browser: Browser, action: str, text: str) -> Any:
    token = browser.open(action if action != "/playbooks/new" else "/playbooks/new?start=L5")
    form = next(each for each in token.forms if each.action == action)
    browser.answer = browser.client.post(action, data={**form.fields, "text": text})
    return browser.answer
