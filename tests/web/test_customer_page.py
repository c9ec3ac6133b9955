"""One customer: what the page says is what /v1 says, and what is done there is done by whoever may."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from evergrove.live import Base, Steps
from evergrove.live.lease import hold
from evergrove.testing.browsing import Seen
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.browsing import Browser
    from evergrove.testing.house import House

VIEWS = ("", "timeline", "past", "lineage", "person")
STRANGE = ('a/b"><script>alert(1)</script>', "C-1?x=1&y#z", "李/😀 100%", "a b+c;d")


def person(customer_id: str) -> str:
    """The person's view of a customer's page."""
    return f"/customers/{quote(customer_id, safe='')}?view=person"


def test_the_first_view_says_what_v1_says(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Value with its interval, chance, tier and stage with what decided, in the reader's language."""
    client = begun_house.client("viewer")
    formats = Formats("zh-Hant", begun_house.here.settings.value.currency)
    viewer = visitor("viewer", "zh-Hant")

    for name in ("C000002", "C000009", "C000031"):
        told = client.get(f"/v1/customers/{name}?full=true", headers={"Accept-Language": "zh-Hant"}).json()
        seen = viewer.open(f"/customers/{name}")
        value = told["value"]
        for expected in (
            formats.money(value["clv_12m"]),
            formats.money(value["clv_12m_high"]),
            formats.money(value["historic_value"]),
            formats.percent(value["p_alive"]),
            told["tier"]["because"]["sentence"],
            told["stage"]["because"]["sentence"],  # null where the first night kept no numbers
            told["action"]["name"],
        ):
            assert expected is None or " ".join(expected.split()) in seen.text


def test_what_was_heard_since_the_run_is_said(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Once a pass has worked out what an order changed, the page shows the new figures and says that they are."""
    here, viewer = begun_house.here, visitor("viewer")
    quiet = viewer.open("/customers/C000041").text
    order = {
        "order_id": "L-1",
        "customer_id": "C000041",
        "ordered_at": "2026-06-30T17:00:00Z",
        "amount": "5000",
    }
    assert (
        begun_house.client("admin").post("/v1/orders", json={**order, "currency": "CNY"}).status_code == 200
    )
    with here.ledger.writing() as connection:
        hold(connection, "test")
    with Base(here.warehouse, here.settings) as base:
        Steps(base, here.ledger, here.clock).once()

    seen = viewer.open("/customers/C000041").text

    told = begun_house.client("viewer").get("/v1/customers/C000041").json()
    assert told["lineage"]["live_at"]
    assert "Something was heard since the run" in seen
    assert "Something was heard since the run" not in quiet
    assert Formats("en", here.settings.value.currency).money(told["value"]["clv_12m"]) in seen
    timeline = viewer.open("/customers/C000041?view=timeline").text
    assert "since the run" in timeline
    assert "L-1" in timeline


def test_the_timeline_is_that_of_v1(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Every order stands there with its day; a kind can be chosen; the part without a frame has the newest."""
    viewer = visitor("viewer")
    client = begun_house.client("viewer")
    items = client.get("/v1/customers/C000002/timeline?limit=500").json()["items"]

    seen = viewer.open("/customers/C000002?view=timeline")
    only = viewer.open("/customers/C000002?view=timeline&kind=move")
    part = viewer.client.get("/customers/C000002", headers={"HX-Request": "true"}).text

    orders = [each["told"]["order_id"] for each in items if each["kind"] == "order"]
    assert orders
    assert all(each in seen.text for each in orders)
    assert not any(each in only.text for each in orders)
    assert "<html" not in part
    assert part.count("<li>") == min(len(items), 8)


def test_changes_over_time_come_with_their_tables(visitor: Callable[..., Browser]) -> None:
    """Both charts stand under a sentence with the number in it, and each table is a file too."""
    viewer = visitor("viewer")

    first = viewer.open("/customers/C000002?view=past")
    onward = next(link for link in first.links if "only=alive" in link)
    second = viewer.open(onward)
    part = viewer.client.get(onward, headers={"HX-Request": "true"}).text

    for seen in (first, second):
        files = [link for link in seen.links if "/files/" in link]
        assert len(files) == 2
        assert all(viewer.client.get(link).status_code == 200 for link in files)
    assert re.search(r"On .+ 2026 the chance that this customer is still one was \d+%", second.text)
    assert part.count("data-chart") == 1
    assert "<html" not in part


def test_numbers_say_where_they_come_from(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Model, parameters and the SQL itself, as /v1 tells them."""
    behind = begun_house.client("viewer").get("/v1/customer-lineage").json()

    seen = visitor("viewer").open("/customers/C000002?view=lineage")

    assert behind["purchases"]["name"] in seen.text
    assert " ".join(behind["sql"]["customer_summary"].split()) in seen.text
    assert all(
        f"{name} = {value:.4g}" in seen.text for name, value in behind["purchases"]["parameters"].items()
    )


def test_personal_data_are_masked_by_right(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """A marketer sees enough to tell two persons apart, an administrator all; a viewer has no such view."""
    contact = begun_house.client("admin").get("/v1/customers/C000009").json()["contacts"][0]

    for view in ("", "person"):
        path = f"/customers/C000009?view={view}"
        assert contact["email"] in visitor("admin").open(path).text
        masked = visitor("marketer").open(path).text
        assert contact["email"] not in masked
        assert contact["email"].partition("@")[2] in masked
    viewer = visitor("viewer")
    assert not any("view=person" in link for link in viewer.open("/customers/C000009").links)
    viewer.open(person("C000009"), 403)


def test_consent_is_recorded(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """And holds from then on, with where it was said; what cannot be recorded says why."""
    marketer = visitor("marketer")
    form = next(form for form in marketer.open(person("C000009")).forms if form.action == "/customer/consent")
    said = {"purpose": "survey", "channel": "phone", "status": "denied", "reference": "She rang."}

    seen = Seen(marketer.client.post(form.action, data={**form.fields, **said}).text)

    assert "Recorded. It is heard before the next message." in seen.text
    rows = begun_house.client("admin").get("/v1/persons/C000009").json()["tables"]["consent_event"]
    newest = next(row for row in rows if row["purpose"] == "survey")
    assert (newest["status"], newest["channel"], newest["source"]) == ("denied", "phone", "web_page")
    assert newest["reference"] == "She rang."
    assert "She rang." not in seen.text


def test_ids_are_joined_and_parted(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """By those who may; a joining can be undone, and one that makes no sense says why and keeps what was typed."""
    analyst = visitor("analyst")
    page = analyst.open(person("C000009"))

    wrong = analyst.send(page, "/customer/join", 409, other="C000009")
    joined = analyst.send(page, "/customer/join", other="C000017")
    assert begun_house.client("admin").get("/v1/persons/C000009").json()["customer_ids"] == [
        "C000009",
        "C000017",
    ]
    parted = analyst.send(joined, "/customer/part")

    form = next(form for form in wrong.forms if form.action == "/customer/join")
    assert form.fields["other"] == ["C000009"]
    assert "the next run counts them together" in joined.text
    assert "the next run counts them apart" in parted.text
    assert begun_house.client("admin").get("/v1/persons/C000009").json()["customer_ids"] == ["C000009"]
    marketer = visitor("marketer").open(person("C000009"))
    assert not any(form.action == "/customer/join" for form in marketer.forms)


def test_everything_of_a_person_is_a_file(visitor: Callable[..., Browser]) -> None:
    """Without an id in its name, and kept by no cache."""
    admin = visitor("admin")

    admin.send(admin.open(person("C000009")), "/customer/keep")

    assert admin.answer is not None
    assert admin.answer.headers["content-disposition"] == 'attachment; filename="person.json"'
    assert admin.answer.headers["cache-control"] == "no-store"
    document = json.loads(admin.answer.text)
    assert document["customer_ids"] == ["C000009"]
    assert document["tables"]["orders"]


def test_erasing_asks_for_the_id(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Nothing happens before it was typed; then the person is gone, and what that means was said before."""
    admin = visitor("admin")
    page = admin.open(person("C000009"))
    assert "It cannot be undone." in page.text

    refused = admin.send(page, "/customer/erase", 422, typed="C000008")
    status = begun_house.client("admin").get("/v1/persons/C000009").json()["status"]
    gone = admin.send(page, "/customer/erase", typed="C000009")

    assert "Type the customer id exactly" in refused.text
    assert status == "active"
    assert "Erased for good." in gone.text
    assert "C000009" not in admin.path
    assert begun_house.client("admin").get("/v1/persons/C000009").json()["status"] == "erased"
    after = admin.open(person("C000009"))
    assert not any(form.action in ("/customer/erase", "/customer/consent") for form in after.forms)


@pytest.mark.parametrize("name", STRANGE)
def test_ids_of_any_characters_open(begun_house: House, visitor: Callable[..., Browser], name: str) -> None:
    """Slashes, quotes, scripts and emoji: each view opens under its link, and nothing of an id is taken for markup."""
    admin = visitor("admin")
    joined = begun_house.client("admin").post("/v1/persons/C000009/merge", json={"customer_id": name})
    assert joined.status_code == 200

    for view in VIEWS:
        seen = admin.open(f"/customers/{quote(name, safe='')}?view={view}")
        assert admin.answer is not None
        assert "<script>alert" not in admin.answer.text
    assert " ".join(name.split()) in seen.text
    admin.send(admin.open("/customers"), "/customer/search", text=name)
    assert admin.path.startswith("/customers/C000009")


def test_whoever_is_not_known_is_not_found(visitor: Callable[..., Browser]) -> None:
    """With a sentence, the way back, and nothing of the id taken for markup."""
    viewer = visitor("viewer")

    seen = viewer.open(f"/customers/{quote('<img src=x onerror=alert(1)>', safe='')}", 404)

    assert viewer.answer is not None
    assert "<img" not in viewer.answer.text
    assert "/customers" in seen.links
    assert "knows no customer" in seen.text
