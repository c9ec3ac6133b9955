"""The first steps: from an empty workspace to everybody valued, with a demo shop or one's own orders."""

from __future__ import annotations

import csv
import os
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.app import jobs, trial
from evergrove.app.jobs import Listener
from evergrove.app.trial import SEED, NotEmpty
from evergrove.simulation import LivingOptions, LivingShop
from evergrove.testing.browsing import Browser

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.testing.house import House

ORDERS = "customer_id,order_id,order_date,amount\n" + "".join(
    f"C{n % 40},{n},2026-0{1 + n % 6}-{1 + n % 27:02},{20 + n % 90}.50\n" for n in range(200)
)


def worked(house: House) -> None:
    """All jobs that wait are done."""
    quiet = Listener(lambda _ticked: None, lambda _hold: None, lambda _hold, _ending: None)
    jobs.do_jobs(house.here, threading.Event(), quiet, drain=True)


def test_ones_own_orders_lead_to_everybody_valued(house: House) -> None:
    """A file, what was made of it, and the run that follows; each step by its form."""
    browser = Browser(house, "analyst")
    taken = browser.client.post("/v1/imports", content=ORDERS, headers=_token(browser))
    assert taken.status_code == 202
    waiting = browser.open(f"/begin/wait?job={taken.json()['job']}&then=check")
    assert "You may leave this page" in waiting.text
    worked(house)

    checked = browser.open(f"/begin/wait?job={taken.json()['job']}&then=check")
    assert browser.path == "/begin/check"
    assert "Rows read 200" in checked.text
    assert "Orders from 1 Jan 2026" in checked.text
    looked = browser.open(next(link for link in checked.links if link.endswith("/list")))
    assert "lines are not met" in looked.text
    assert "Export orders from as far back as the shop can" in looked.text
    browser.send(checked, "/begin/value")
    assert browser.path.startswith("/begin/wait?job=")
    worked(house)

    assert browser.client.get("/v1/tiers").json()["items"]


def test_a_file_that_nobody_understands_is_not_lost(house: House) -> None:
    """The check tells why it was refused, and leads to where one says which column is what."""
    browser = Browser(house, "analyst")
    sent = "wer,wann,wieviel\nK-1,02/06/2026,10.50\n"
    taken = browser.client.post("/v1/imports?name=mine.csv", content=sent, headers=_token(browser)).json()
    worked(house)

    checked = browser.open(f"/begin/wait?job={taken['job']}&then=check")

    assert browser.path == "/begin/check"
    assert "mine.csv" in checked.text
    assert "Nothing has come in yet" not in checked.text
    (onward,) = (link for link in checked.links if link.startswith("/data/waiting/"))
    assert "Which column is what?" in browser.open(onward).text
    assert "/begin" in checked.links


@pytest.mark.slow
def test_the_demo_shop_is_there_in_one_step(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8,000 customers (800 before ``make prove``) are valued twice, so that moves are to be seen; a second shop is refused."""
    if "EVERGROVE_PROVE" not in os.environ:
        monkeypatch.setattr(trial, "CUSTOMERS", 800)
    browser = Browser(house, "admin")

    browser.send(browser.open("/begin"), "/begin/demo")
    assert browser.path.startswith("/begin/wait?job=")
    worked(house)

    assert browser.client.get("/v1/customer-count").json()["customers"] == _everybody_told(tmp_path, house)
    assert len(browser.client.get("/v1/runs").json()["items"]) == 2
    number = browser.client.post("/v1/jobs", json={"kind": "trial"}, headers=_token(browser)).json()["number"]
    worked(house)
    assert browser.client.get(f"/v1/jobs/{number}").json()["reason"]["code"] == NotEmpty.code


def test_work_that_failed_says_so_and_leads_on(house: House) -> None:
    """The reason stands there in words, with the way back."""
    browser = Browser(house, "analyst")
    taken = browser.client.post("/v1/imports", content=ORDERS, headers=_token(browser)).json()
    worked(house)
    number = browser.client.post("/v1/jobs", json={"kind": "trial"}, headers=_token(browser)).json()["number"]
    worked(house)

    seen = browser.open(f"/begin/wait?job={number}")

    assert taken["job"]
    assert "holds orders already" in seen.text
    assert "/begin" in seen.links


def test_a_part_of_the_page_sends_the_whole_page_on(house: House) -> None:
    """While it waits only a part is fetched; the end leads on."""
    browser = Browser(house, "analyst")
    number = browser.client.post("/v1/imports", content=ORDERS, headers=_token(browser)).json()["job"]
    part = browser.client.get(f"/begin/wait?job={number}&then=check", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.text
    worked(house)

    ended = browser.client.get(f"/begin/wait?job={number}&then=check", headers={"HX-Request": "true"})

    assert (ended.status_code, ended.headers["hx-redirect"]) == (204, "/begin/check")


def _everybody_told(folder: Path, house: House) -> int:
    """How many the shop's own files name: those who bought, and some who never did."""
    until = house.here.clock.now().astimezone(house.here.settings.value.zone).date() - timedelta(days=1)
    shop = LivingShop(LivingOptions(customers=trial.CUSTOMERS, seed=SEED, as_of=until))
    shop.write_history(folder / "orders.csv")
    shop.write_customers(folder / "people.csv")
    named: set[str] = set()
    for file, column in (("orders.csv", "customer_id"), ("people.csv", "customer")):
        with (folder / file).open(newline="", encoding="utf-8") as rows:
            named |= {row[column] for row in csv.DictReader(rows)}
    return len(named)


def _token(browser: Browser) -> dict[str, str]:
    return {
        "X-CSRF-Token": browser.client.get("/v1/log-in").json()["csrf"],
    }
