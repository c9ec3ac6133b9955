"""A job's page in a real browser: it is told how the job goes on, and asks where nobody tells."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from evergrove.app.jobs import Listener, do_jobs, queue_job
from evergrove.testing.looking import Look, Reader, chromium, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.testing.house import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIVE = "**/settings/jobs/1/live"
EVENTS = "**/v1/jobs/events"
UNDER_WAY, OVER = '#state[data-job="1"]', "#state:not([data-job])"


def work(house: House) -> None:
    """All jobs that wait are done."""
    nobody = Listener(lambda _: None, lambda *_: None, lambda *_: None)
    do_jobs(house.here, threading.Event(), nobody, drain=True)


@pytest.fixture
def look(house: House, browser: str) -> Iterator[Look]:
    """Somebody who will open the page of a job that waits."""
    assert browser
    queue_job(house.here, "tidy")
    _client, opened = house.signed_in("analyst")
    with served(house.app) as base, chromium() as window:
        look = Look(window, base, Reader(opened.secret))
        look.page.set_default_timeout(20_000)
        yield look
        look.close()


def test_a_page_is_told_without_asking(house: House, look: Look) -> None:
    """Its own questions, of which it asks one after the other, are held up; the first that an event brings is not."""
    looked = look.page
    looked.route(LIVE, lambda route: route.abort())
    with looked.expect_response(EVENTS), looked.expect_event("requestfailed"):
        looked.goto(f"{look.base}/settings/jobs/1")
    looked.wait_for_selector(UNDER_WAY)
    looked.unroute(LIVE)

    work(house)

    looked.wait_for_selector(OVER)
    assert "Done" in looked.inner_text("#state")


def test_a_page_that_nobody_tells_asks_by_itself(house: House, look: Look) -> None:
    """As where too many pages listen already, or something between does not let streams through."""
    looked = look.page
    looked.route(EVENTS, lambda route: route.abort())
    looked.goto(f"{look.base}/settings/jobs/1")
    looked.wait_for_selector(UNDER_WAY)

    work(house)

    looked.wait_for_selector(OVER)
    assert "Done" in looked.inner_text("#state")
