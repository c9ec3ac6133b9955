"""
Case 42 of the threat model: what people are called must never run.

Forty payloads stand in ids, names, attributes, segments' notes, playbooks and file names; every page is opened with them;
before ``make prove``, every third, and a quarter of the attackers' own.
"""

from __future__ import annotations

import csv
import os
from contextlib import ExitStack
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from evergrove.app.asked import define_segment
from evergrove.app.jobs import queue_job
from evergrove.core import SetClock
from evergrove.ingest import ReadOptions
from evergrove.pipeline.segmented import catalogue_here
from evergrove.segments.language.parsing import parse
from evergrove.testing.house import NOON, new_folder, opened
from evergrove.testing.looking import Look, Reader, chromium, served
from evergrove.testing.pages import paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from evergrove.access import Passwords
    from evergrove.testing.house import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PROVING = "EVERGROVE_PROVE" in os.environ
RUN = "window.ran=1"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"'><script>{RUN}</script>",
    f'"><script>{RUN}</script>',
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<script/x>{RUN}</script>",
    f"<<script>{RUN}//<</script>",
    f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror={RUN}>',
    f"<img/src=x/onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg/onload={RUN}//",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<body onload={RUN}>",
    f"<iframe src=javascript:{RUN}>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>">',
    f"<a href=javascript:{RUN}>x</a>",
    f"javascript:{RUN}",
    f"jAvAsCrIpT:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<textarea autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}>",
    f"<audio src=x onerror={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
    f"<style>@import 'javascript:{RUN}'</style>",
    f"<link rel=stylesheet href=javascript:{RUN}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<base href=javascript:{RUN}//>",
    f"<form action=javascript:{RUN}><button>x",
    f"<div style=width:expression({RUN})>",
    f"x' onmouseover='{RUN}",
    f'x" autofocus onfocus="{RUN}" x="',
    "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
)

REFUSED = "the server responded with a status of 422 (Unprocessable Entity)"
"""What the console says of a question that is none: it was refused, in words."""


def _written(folder: Path) -> tuple[Path, Path]:
    """Orders and customers of a shop whose forty customers attack; ordinary ones beside them, so that models can be fitted."""
    orders = folder / f"{PAYLOADS[8].replace('/', '')}.csv"
    with orders.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["customer_id", "order_id", "order_date", "amount", "product"])
        for k, name in enumerate([*PAYLOADS, *(f"C{n:06}" for n in range(160))]):
            for nth in range(1 + k % 5):
                day = date(2026, 6, 30) - timedelta(days=(k * 37 + nth * 61) % 700)
                rows.writerow([name, f"{k}-{nth}", day, 50 + (k * 13) % 400, PAYLOADS[k % 40]])
    people = folder / "people.csv"
    with people.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["customer_id", "name", "email", "city", "source", "consent"])
        for k, name in enumerate(PAYLOADS):
            rows.writerow([name, PAYLOADS[-k - 1], f"m{k}@mail.example", name, PAYLOADS[(k + 7) % 40], "yes"])
    return orders, people


@pytest.fixture(scope="module")
def attacked(
    browser: str, tmp_path_factory: pytest.TempPathFactory, passwords: Passwords
) -> Iterator[tuple[Browser, str, House, str]]:
    """A browser, a service over the attacked workspace, and an admin's log-in."""
    assert browser
    folder = tmp_path_factory.mktemp("attacked")
    with ExitStack() as open_:
        house = open_.enter_context(opened(new_folder(folder), passwords, SetClock(NOON)))
        here = house.here
        orders, people = _written(folder)
        here.ingest([orders], ReadOptions(keep=("product",)))
        here.ingest_customers([people], ReadOptions())
        here.run(date(2026, 6, 1))
        here.run(date(2026, 6, 30))
        with here.ledger.reading() as connection:
            known = catalogue_here(connection)
        for k, payload in enumerate(PAYLOADS[:5]):
            define_segment(here, f"attack-{k}", parse("orders > 1", known), payload)
        define_segment(here, "looked-at", parse("orders > 2", known), PAYLOADS[0])
        queue_job(here, "night")
        base = open_.enter_context(served(house.app))
        yield open_.enter_context(chromium()), base, house, house.door.sign_in("admin@shop.example").secret


def _complaints(look: Look, asked: list[str]) -> dict[str, list[str]]:
    found = {}
    for path in asked:
        seen = look.visit(path)
        ran = look.page.evaluate("window.ran || 0")
        complaints = [each for each in seen.complaints if not each.endswith(REFUSED)]
        if ran or complaints or seen.status >= 500:
            found[path] = [f"ran: {ran}", str(seen.status), *complaints]
    return found


def test_case_42_no_page_runs_what_people_are_called(attacked: tuple[Browser, str, House, str]) -> None:
    """No script runs, no dialog opens, the policy has nothing to refuse."""
    chrome, base, house, secret = attacked
    look = Look(chrome, base, Reader(secret))

    complaints = _complaints(look, paths(house)[:: 1 if PROVING else 3])
    look.close()

    assert complaints == {}


def test_case_42_no_customers_page_runs_what_they_are_called(
    attacked: tuple[Browser, str, House, str],
) -> None:
    """Each of the forty has a page, under an address that holds the payload."""
    chrome, base, house, secret = attacked
    look = Look(chrome, base, Reader(secret))
    listed = house.client().get("/v1/customers?limit=500").json()["items"]
    names = [each["customer_id"] for each in listed if not each["customer_id"].startswith("C0")]
    assert len(names) == len(PAYLOADS)

    asked = [f"/customers/{quote(name, safe='')}" for name in names[:: 1 if PROVING else 4]]
    complaints = _complaints(look, asked)
    statuses = {look.page.goto(base + path).status for path in asked[:10]}  # type: ignore[union-attr]
    look.close()

    assert complaints == {}
    assert statuses == {200}


def test_case_42_no_question_of_an_address_runs(attacked: tuple[Browser, str, House, str]) -> None:
    """What stands in queries comes back in forms and sentences."""
    chrome, base, _house, secret = attacked
    look = Look(chrome, base, Reader(secret))
    asked = [
        f"{path}={quote(payload, safe='')}"
        for payload in PAYLOADS[:: 4 if PROVING else 12]
        for path in (
            "/customers?where",
            "/customers?columns",
            "/segments/new?where",
            "/settings/audit?act",
            "/sign-in?next",
        )
    ]

    complaints = _complaints(look, asked)
    look.close()

    assert complaints == {}
