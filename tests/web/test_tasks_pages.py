"""Tasks of staff: the list shows what the API answers, and each button does what it says."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.outbox.tasks import open_task
from evergrove.people.identity.store import take_identifiers
from evergrove.people.identity.types import Identifier
from evergrove.testing.house import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.browsing import Browser
    from evergrove.testing.house import House


@pytest.fixture
def calls(begun_house: House) -> list[str]:
    """Three calls: one overdue, one due tomorrow, one the day after."""
    now = begun_house.here.clock.now()
    with begun_house.here.ledger.writing() as connection:
        return [
            open_task(connection, "call_back", f"C00000{nth}", now + timedelta(days=days), NOON)
            for nth, days in ((1, 2), (2, -1), (3, 1))
        ]


def of_api(house: House, path: str) -> Any:
    """What the API answers."""
    return house.client("marketer").get(path).json()


def test_without_tasks_the_page_teaches(visitor: Callable[..., Browser]) -> None:
    """What one is, and who opens it."""
    assert "A playbook opens a task" in visitor("marketer").open("/tasks").text


def test_what_is_due_first_stands_first(
    visitor: Callable[..., Browser], begun_house: House, calls: list[str]
) -> None:
    """In the order of the API, with those that are overdue counted and marked."""
    assert len(calls) == 3
    seen = visitor("marketer").open("/tasks")
    places = [seen.text.index(each) for each in ("C000002", "C000003", "C000001")]
    assert places == sorted(places)
    assert of_api(begun_house, "/v1/tasks/counts") == {"states": {"open": 3}, "overdue": 1}
    assert seen.text.count(" overdue ") == 1
    overdue = [
        each["customer_id"] for each in of_api(begun_house, "/v1/tasks")["items"] if each["is_overdue"]
    ]
    assert overdue == ["C000002"]


def test_a_task_is_taken_finished_and_counted(
    visitor: Callable[..., Browser], begun_house: House, calls: list[str]
) -> None:
    """The whole way; whoever comes second is told so."""
    one, two, three = calls
    browser = visitor("marketer")
    seen = browser.send(browser.open("/tasks"), f"/tasks/{one}/take")
    assert "The task is yours." in seen.text
    other = visitor("admin")
    before = other.open("/tasks")
    assert not any(form.action == f"/tasks/{one}/take" for form in before.forms)

    seen = browser.send(seen, f"/tasks/{one}/finish", outcome="declined", note="moved_away")
    assert "Noted." in seen.text
    late = other.send(before, f"/tasks/{one}/finish", 409, outcome="reached")
    assert "waits no longer" in late.text
    wrong = browser.send(seen, f"/tasks/{two}/finish", 422, outcome="reached", note="They were out")
    assert "A note is a code" in wrong.text
    browser.send(seen, f"/tasks/{three}/cancel")

    told = of_api(begun_house, "/v1/tasks/counts")
    assert told == {"states": {"open": 1, "done": 1, "cancelled": 1}, "overdue": 1}
    done = of_api(begun_house, "/v1/tasks?state=done")["items"]
    assert [(each["id"], each["outcome"], each["note"]) for each in done] == [(one, "declined", "moved_away")]
    assert "reached, and not interested" in browser.open("/tasks?state=done").text


def test_the_file_holds_what_the_page_lists(
    visitor: Callable[..., Browser], begun_house: House, calls: list[str]
) -> None:
    """Row for row, as filtered."""
    browser = visitor("analyst")
    for query in ("", "?state=done"):
        browser.open(f"/tasks/files/tasks.csv{query}")
        rows = list(csv.DictReader(io.StringIO(browser.answer.text.lstrip("\ufeff"))))
        listed = of_api(begun_house, f"/v1/tasks{query}")["items"]
        assert [row["customer_id"] for row in rows] == [each["customer_id"] for each in listed]
        assert len(rows) == (0 if query else len(calls))


def test_a_telephone_is_shown_by_right_only(visitor: Callable[..., Browser], begun_house: House) -> None:
    """Who may not see personal data sees its ends, on the page, in the file and in the API's answer."""
    admin = begun_house.client("admin")
    here = begun_house.here
    with here.ledger.writing() as connection:
        take_identifiers(connection, here.seal, [Identifier("C000001", "phone", "+8613800138000")], NOON)
        open_task(connection, "call_back", "C000001", NOON, NOON)
    assert admin.get("/v1/tasks").json()["items"][0]["phone"] == "+8613800138000"
    for role in ("marketer", "analyst"):
        browser = visitor(role)
        for path in ("/tasks", "/tasks/files/tasks.csv", "/v1/tasks"):
            text = browser.client.get(path).text
            assert "13800138000" not in text
            assert "+86…00" in text
    assert "+8613800138000" in visitor("admin").open("/tasks").text


def test_who_may_not_act_sees_no_buttons(visitor: Callable[..., Browser], calls: list[str]) -> None:
    """An analyst reads the list, and no form of it acts."""
    seen = visitor("analyst").open("/tasks")
    assert not any(each in form.action for form in seen.forms for each in calls)
    assert visitor("viewer").client.get("/tasks").status_code == 403
