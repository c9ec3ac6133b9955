"""The list of customers: what it shows is what /v1 answers; found, filtered, sorted, paged, taken along."""

from __future__ import annotations

import csv
import io
import re
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from evergrove.app import jobs as workspace_jobs
from evergrove.testing.browsing import Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.house import House

ROW = re.compile(r'<th scope="row"[^>]*><a href="/customers/([^"]+)">')


def work(house: House) -> None:
    """A worker does what is due."""
    told = workspace_jobs.Listener(lambda _: None, lambda _: None, lambda _hold, _ending: None)
    workspace_jobs.do_jobs(house.here, Event(), told, drain=True)


def shown(browser: Browser) -> list[str]:
    """Ids of the customers in the table, in its order."""
    assert browser.answer is not None
    return ROW.findall(browser.answer.text)


def listed(house: House, query: str) -> list[str]:
    """Ids that /v1 lists."""
    items = house.client("viewer").get(f"/v1/customers?{query}").json()["items"]
    return [each["customer_id"] for each in items]


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        ("", "sort=clv_12m&order=desc"),
        ("tier=low", "sort=clv_12m&order=desc&where=tier%20%3D%20'low'"),
        ("tier=low&stage=churned", "sort=clv_12m&order=desc&where=tier='low' and stage='churned'"),
        ("where=orders%20%3E%202", "sort=clv_12m&order=desc&where=orders > 2"),
        (
            "tier=low&where=orders=1 or orders=2",
            "sort=clv_12m&order=desc&where=(orders=1 or orders=2) and tier='low'",
        ),
        ("sort=last_order_date&order=asc", "sort=last_order_date&order=asc"),
    ],
)
def test_the_list_is_what_v1_lists(
    begun_house: House, visitor: Callable[..., Browser], page: str, asked: str
) -> None:
    """By tier, stage, condition and order; and the number above it is that of the count."""
    viewer = visitor("viewer")

    seen = viewer.open(f"/customers?{page}")

    assert shown(viewer) == listed(begun_house, asked)
    where = asked.partition("where=")[2]
    count = begun_house.client("viewer").get(f"/v1/customer-count?where={where}").json()["customers"]
    assert f"{count} " in seen.text


def test_pages_follow_each_other(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """By the link below the table, until everybody was shown once; sorting stays."""
    viewer, found = visitor("viewer"), list[str]()
    path: str | None = "/customers?sort=orders&order=desc"
    while path:
        seen = viewer.open(path)
        found += shown(viewer)
        path = next((link for link in seen.links if "cursor=" in link), None)

    assert len(found) == len(set(found))
    total = begun_house.client("viewer").get("/v1/customer-count").json()["customers"]
    assert len(found) == total


def test_headings_sort(visitor: Callable[..., Browser]) -> None:
    """The first click brings the greatest first, the second the least; the heading says which."""
    viewer = visitor("viewer")
    seen = viewer.open("/customers?tier=low&columns=orders,clv_12m")
    by_orders = next(link for link in seen.links if "sort=orders" in link)
    assert "order=desc" in by_orders
    assert "tier=low" in by_orders

    again = viewer.open(by_orders)

    assert viewer.answer is not None
    assert 'aria-sort="descending"' in viewer.answer.text
    assert any("sort=orders" in link and "order=asc" in link for link in again.links)


def test_columns_are_chosen(visitor: Callable[..., Browser]) -> None:
    """In the address, one by one as a form sends them or together; the customer always stands first."""
    viewer = visitor("viewer")

    for query in ("columns=health,orders", "columns=orders&columns=health", "columns=orders,health,nonsense"):
        viewer.open(f"/customers?{query}")
        assert viewer.answer is not None
        headings = re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', viewer.answer.text)
        assert headings == ["Customer", "Health", "Orders"]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("where=tier = 'hgih'", "At character 8: tier is never hgih."),
        ("where=tier = 'hgih'&stage=churned", "At character 8: tier is never hgih."),
        ("where=orders >", "At character "),
    ],
)
def test_a_condition_that_cannot_be_used_says_where(
    visitor: Callable[..., Browser], query: str, place: str
) -> None:
    """By its place in what was written, however the other filters stand; what was written stays."""
    viewer = visitor("viewer")

    seen = viewer.open(f"/customers?{query}", 422)

    assert place in seen.text
    assert viewer.answer is not None
    assert "aria-invalid" in viewer.answer.text
    assert shown(viewer) == []


def test_nobody_is_like_this(visitor: Callable[..., Browser]) -> None:
    """An empty list says so, and leads back to everybody."""
    seen = visitor("viewer").open("/customers?where=orders > 100000")

    assert "Nobody is like this." in seen.text
    assert "/customers" in seen.links


def test_an_empty_workspace_says_what_to_do(house: House) -> None:
    """Before the first run."""
    seen = Browser(house, "admin").open("/customers")

    assert "Nothing has been computed yet." in seen.text
    assert "/begin" in seen.links


def test_somebody_is_found_by_id(visitor: Callable[..., Browser]) -> None:
    """And the page of that customer opens."""
    viewer = visitor("viewer")

    viewer.send(viewer.open("/customers"), "/customer/search", text="C000009")

    assert viewer.path == "/customers/C000009"


def test_somebody_is_found_by_address_which_stands_nowhere(
    begun_house: House, visitor: Callable[..., Browser]
) -> None:
    """By those who may see addresses; for others nobody is known under it. The address is in no address."""
    email = begun_house.client("admin").get("/v1/customers/C000009").json()["contacts"][0]["email"]
    admin, marketer = visitor("admin"), visitor("marketer")

    admin.send(admin.open("/customers"), "/customer/search", text=email.upper())
    seen = marketer.send(marketer.open("/customers"), "/customer/search", text=email)

    assert admin.path == "/customers/C000009"
    assert marketer.path == "/customer/search"
    assert "Nobody is known under exactly this." in seen.text
    assert not any(quote(email) in link or email in link for link in seen.links)


def test_the_count_while_one_writes(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """The part that is fetched says of how many a condition is true, or what is wrong with it."""
    marketer = visitor("marketer")
    forms = marketer.open("/customers").forms
    token = next(form.fields["csrf"][0] for form in forms if "csrf" in form.fields)

    def counted(**fields: str) -> str:
        return marketer.client.post("/customer/count", data={"csrf": token, **fields}).text

    low = begun_house.client("viewer").get("/v1/customer-count?where=tier = 'low' and orders > 1").json()
    assert f"{low['customers']} customers" in counted(where="orders > 1", tier="low")
    assert "At character 8" in counted(where="tier = 'hgih'", stage="churned")


def test_a_list_becomes_a_file(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Of the same condition and columns, made by a job, fetched by a link that opens once."""
    marketer = visitor("marketer")
    page = marketer.open("/customers?where=orders > 2&columns=orders,interval")

    waiting = marketer.send(page, "/customer-files", format="csv")
    assert "It waits for a worker." in waiting.text
    work(begun_house)
    ready = marketer.open(marketer.path)
    action = next(form.action for form in ready.forms if form.action.startswith("/customer-files/"))
    marketer.send(ready, action)

    assert marketer.answer is not None
    rows = list(csv.DictReader(io.StringIO(marketer.answer.content.decode("utf-8-sig"))))
    assert list(rows[0]) == ["customer_id", "clv_12m_low", "clv_12m_high", "orders"]
    where = "where=orders > 2&limit=500"
    assert {row["customer_id"] for row in rows} == set(listed(begun_house, where))
    marketer.open(marketer.path, 400)  # the link was used up


def test_a_viewer_takes_nothing_along(visitor: Callable[..., Browser]) -> None:
    """Neither files nor segments are offered to those who may not have them."""
    viewer = visitor("viewer")

    seen = viewer.open("/customers?tier=low")

    assert not any("/segments/new" in link or "/customer-files" in link for link in seen.links)
    assert not any(form.action == "/customer-files" for form in seen.forms)
    assert "/segments/new?where=tier+%3D+%27low%27" in visitor("marketer").open("/customers?tier=low").links
