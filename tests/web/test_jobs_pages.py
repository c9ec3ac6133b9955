"""Pages of jobs: what is done is shown as /v1 tells it, and who may have it done, stopped, or done again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from evergrove.app.jobs import Listener, do_jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.browsing import Browser
    from evergrove.testing.house import House

PATH = "/settings/jobs"


def test_who_orders_a_job_sees_it(visitor: Callable[..., Browser]) -> None:
    """The button queues it, and its page tells that it waits, and by whom it was ordered."""
    admin = visitor("admin")

    seen = admin.send(admin.open(PATH), PATH, kind="night")

    number = admin.client.get("/v1/jobs?limit=1").json()["items"][0]["number"]
    assert admin.path == f"{PATH}/{number}"
    assert "Waiting" in seen.text
    assert "Ordered by You" in seen.text


def test_each_role_is_offered_what_it_may_have_done(visitor: Callable[..., Browser]) -> None:
    """The kinds that /v1/jobs/kinds allows, and no other; a kind without the right is refused all the same."""
    for role in ("marketer", "analyst", "admin"):
        browser = visitor(role)
        page = browser.open(PATH)
        offered = {form.fields["kind"][0] for form in page.forms if "kind" in form.fields}
        told = browser.client.get("/v1/jobs/kinds").json()["items"]
        assert offered == {each["kind"] for each in told if each["is_allowed"]} - {"trial"}
        assert offered
    marketer = visitor("marketer")
    assert marketer.client.get("/v1/jobs/kinds").status_code == 200
    page = marketer.open(PATH)
    marketer.send(page, PATH, status=403, kind="backup")
    assert all(each["kind"] != "backup" for each in marketer.client.get("/v1/jobs").json()["items"])


def test_a_job_is_stopped_and_done_again(visitor: Callable[..., Browser]) -> None:
    """Stopped where it waits, it can be run again; whoever may not do that sees no button for it."""
    analyst, marketer = visitor("analyst"), visitor("marketer")
    page = analyst.send(analyst.open(PATH), PATH, kind="measure")
    path = analyst.path
    assert not any(form.action.startswith(path) for form in marketer.open(path).forms)

    stopped = analyst.send(page, f"{path}/cancel")
    assert "Cancelled" in stopped.text
    assert not any(form.action == f"{path}/cancel" for form in stopped.forms)
    again = analyst.send(stopped, f"{path}/retry")

    assert "Waiting" in again.text
    assert analyst.client.get(f"/v1/jobs/{path.rpartition('/')[2]}").json()["state"] == "queued"


def test_what_cannot_be_stopped_is_told(visitor: Callable[..., Browser]) -> None:
    """Stopping twice is an error with its sentence, on the job's own page."""
    analyst = visitor("analyst")
    page = analyst.send(analyst.open(PATH), PATH, kind="measure")
    path = analyst.path
    analyst.send(page, f"{path}/cancel")

    seen = analyst.send(page, f"{path}/cancel", status=409)

    assert "Measuring effects" in seen.text


def test_progress_asks_again_only_while_it_goes_on(
    begun_house: House, visitor: Callable[..., Browser]
) -> None:
    """A part of a page that replaces itself every two seconds, and rests once the job has ended."""
    admin = visitor("admin")
    admin.send(admin.open(PATH), PATH, kind="tidy")
    path = admin.path

    before = admin.client.get(f"{path}/progress").text
    do_jobs(
        begun_house.here,
        threading.Event(),
        Listener(lambda _: None, lambda *_: None, lambda *_: None),
        drain=True,
    )
    after = admin.client.get(f"{path}/progress").text

    assert f'hx-get="{path}/progress"' in before
    assert "hx-get" not in after
    assert "Done" in after
    assert "<html" not in after
    assert "deleted" in admin.open(path).text


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_schedules_are_those_of_the_api(visitor: Callable[..., Browser], language: str) -> None:
    """Each with its next moment in the workspace's zone."""
    marketer = visitor("marketer", language)
    told = marketer.client.get("/v1/schedules").json()["items"]

    seen = marketer.open(PATH)

    for each in told:
        assert each["title"] in seen.text


def test_a_state_that_is_none_shows_all(visitor: Callable[..., Browser]) -> None:
    """An address that somebody mistyped is no error page."""
    assert "All jobs" in visitor("admin").open(f"{PATH}?state=<script>").text


def test_a_job_that_is_not_there_is_told(visitor: Callable[..., Browser]) -> None:
    """Not a fault of ours."""
    visitor("admin").open(f"{PATH}/4711", 404)
