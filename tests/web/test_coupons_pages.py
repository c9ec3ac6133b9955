"""Coupons: campaigns, one of them and the form of a new one show what the API answers, and do what they say."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.programs.conftest import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.browsing import Browser
    from evergrove.testing.house import House

CAMPAIGN = "/v1/coupon-campaigns/welcome"


def put(house: House, **changes: Any) -> None:
    """A campaign that a program has put in place."""
    told = document(**changes)
    answer = house.client("marketer").put(f"/v1/coupon-campaigns/{told['key']}", json={"document": told})
    assert answer.status_code == 200, answer.text


def of_api(house: House, path: str) -> Any:
    """What the API answers."""
    answer = house.client("marketer").get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_without_campaigns_the_page_teaches(visitor: Callable[..., Browser]) -> None:
    """What one is, and where to begin; who may not make one sees no button."""
    assert "/coupons/new" in visitor("marketer").open("/coupons").links
    seen = visitor("analyst").open("/coupons")
    assert "No coupon campaign yet" in seen.text
    assert "/coupons/new" not in seen.links
    assert visitor("viewer").client.get("/coupons").status_code == 403


def test_the_figures_are_those_of_the_api(visitor: Callable[..., Browser], begun_house: House) -> None:
    """What codes cost stands against the budget, on the page and in the file."""
    put(begun_house, budget="100", redemption="0.5", valid_until="2026-12-31")
    client = begun_house.client("marketer")
    codes = [
        client.post(f"{CAMPAIGN}/issue", json={"customer_id": f"C-{n}", "ref": f"r-{n}"}).json()["code"]
        for n in range(2)
    ]
    order = {"order_id": "A-1", "amount": "300.00", "customer_id": "C-0"}
    assert client.post(f"/v1/coupons/{codes[0]}/redeem", json=order).status_code == 200
    told = of_api(begun_house, f"{CAMPAIGN}/figures")
    cost = sum(Decimal(told[name]) for name in ("spent", "held", "expected"))
    assert cost == Decimal(45)  # 30 used, and one more that is used half of the times

    browser = visitor("marketer")
    listed = browser.open("/coupons").text
    assert "45.00 CNY / 100.00 CNY 45%" in listed
    assert "until Dec 31, 2026" in listed or "until 31 Dec 2026" in listed
    seen = browser.open("/coupons/welcome")
    assert "55.00 CNY" in seen.text
    browser.open("/coupons/files/coupons.csv")
    (row,) = csv.DictReader(io.StringIO(browser.answer.text.lstrip("\ufeff")))
    assert {name: Decimal(row[name]) for name in ("spent", "held", "expected", "budget", "redeemed")} == {
        name: Decimal(told[name]) for name in ("spent", "held", "expected", "budget", "redeemed")
    }


def test_a_campaign_rests_and_goes_on(visitor: Callable[..., Browser], begun_house: House) -> None:
    """While it rests nobody is given a code, and the page says why."""
    put(begun_house)
    browser = visitor("marketer")
    seen = browser.send(browser.open("/coupons/welcome"), "/coupons/welcome/pause")
    assert of_api(begun_house, CAMPAIGN)["state"] == "paused"
    refused = browser.send(seen, "/coupons/welcome/issue", 409, customer_id="C-1", ref="r-1")
    assert "the campaign is paused" in refused.text
    seen = browser.send(seen, "/coupons/welcome/resume")
    assert of_api(begun_house, CAMPAIGN)["state"] == "active"
    given = browser.send(seen, "/coupons/welcome/issue", customer_id="C-1", ref="r-1")
    again = browser.send(seen, "/coupons/welcome/issue", customer_id="C-1", ref="r-1")
    assert "This is the code of C-1." in given.text
    assert "was given for this occasion before" in again.text
    assert of_api(begun_house, f"{CAMPAIGN}/figures")["issued"] == 1


def test_codes_are_drawn_in_a_batch_once(visitor: Callable[..., Browser], begun_house: House) -> None:
    """The same name draws nothing more; a number that is none is refused beside its field."""
    put(begun_house)
    browser = visitor("marketer")
    seen = browser.open("/coupons/welcome")
    for _twice in range(2):
        assert (
            "5 codes are there" in browser.send(seen, "/coupons/welcome/draw", count="5", batch="flyer").text
        )
        assert of_api(begun_house, f"{CAMPAIGN}/figures")["issued"] == 5
    assert browser.send(seen, "/coupons/welcome/draw", 422, count="many", batch="x").text
    csv_file = browser.client.get("/v1/coupon-campaigns/welcome/codes")
    assert (csv_file.status_code, len(csv_file.text.strip().splitlines())) == (200, 6)


def test_one_code_is_looked_up_and_taken_back(visitor: Callable[..., Browser], begun_house: House) -> None:
    """However it was typed; taken back it can be used no more. Who has no till's right is not offered the field."""
    put(begun_house)
    asked = {"customer_id": "C-1", "ref": "r-1"}
    code = begun_house.client("marketer").post(f"{CAMPAIGN}/issue", json=asked).json()["code"]
    browser = visitor("marketer")
    seen = browser.send(browser.open("/coupons"), "/coupons", code=code.lower().replace("-", " "))
    assert code in seen.text
    seen = browser.send(seen, "/coupons/void")
    assert "taken back" in seen.text
    assert of_api(begun_house, f"/v1/coupons/{code}")["state"] == "void"
    seen = browser.open(f"/coupons?code={code}")
    assert not any(form.action == "/coupons/void" for form in seen.forms)
    assert "There is no such code." in browser.open("/coupons?code=WEL-NONE").text
    assert not any("code" in form.fields for form in visitor("analyst").open("/coupons").forms)


@pytest.mark.parametrize(
    ("filled", "terms"),
    [
        ({"kind": "amount", "value": "30.00"}, {"value": "30.00"}),
        ({"kind": "percent", "value": "12.5", "max_discount": "50"}, {"value": "12.5", "max_discount": "50"}),
        (
            {"kind": "threshold", "steps": "300 : 30\n500:60", "value": "9"},
            {"steps": [["300", "30"], ["500", "60"]]},
        ),
        ({"kind": "gift", "value": "8", "gift": "a bag", "limit_per_person": "1"}, {"gift": "a bag"}),
    ],
)
def test_every_kind_is_made_from_the_form(
    visitor: Callable[..., Browser], begun_house: House, filled: dict[str, str], terms: dict[str, Any]
) -> None:
    """What was filled in is what the API holds."""
    browser = visitor("marketer")
    form = browser.open("/coupons/new")
    more: dict[str, Any] = {
        "key": "spring",
        "name": "Spring",
        "currency": "CNY",
        "budget": "1000",
        "expected_discount": "20",
    }
    browser.send(form, "/coupons/new", **{**more, **filled})
    assert browser.path == "/coupons/spring"
    told = of_api(begun_house, "/v1/coupon-campaigns/spring")
    assert (told["kind"], told["version"], told["name"]) == (filled["kind"], 1, "Spring")
    held = told["document"]
    assert {name: _plain(held[name]) for name in terms} == {
        name: _plain(value) for name, value in terms.items()
    }
    assert (
        "There is a campaign spring already"
        in browser.send(form, "/coupons/new", 409, **{**more, **filled}).text
    )


def _plain(value: Any) -> Any:
    """Amounts as numbers, however they are written."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return value


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"kind": "amount", "value": ""}, "value"),
        ({"kind": "threshold", "steps": "300"}, "steps"),
        ({"kind": "threshold", "steps": "500:60\n300:30"}, "steps"),
        ({"kind": "amount", "value": "3", "limit_total": "-1"}, "limit_total"),
        ({"kind": "percent", "value": "5", "budget": "10"}, "expected_discount"),
        ({"kind": "amount", "value": "3", "currency": "yuan"}, "currency"),
        ({"kind": "amount", "value": "3", "key": "../x"}, ""),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_kept(
    visitor: Callable[..., Browser], begun_house: House, filled: dict[str, str], said: str
) -> None:
    """The field is named, and what was typed stays in the form."""
    browser = visitor("marketer")
    more = {"key": "spring", "name": "Spring <b>", "currency": "CNY"}
    seen = browser.send(browser.open("/coupons/new"), "/coupons/new", 422, **{**more, **filled})
    assert said in seen.text
    assert of_api(begun_house, "/v1/coupon-campaigns")["items"] == []
    assert 'value="Spring &lt;b&gt;"' in browser.answer.text


def test_a_file_of_the_shops_own_codes_is_taken_on_the_page(
    visitor: Callable[..., Browser], begun_house: House
) -> None:
    """Its rows are accounted for; the page shows what waits, and why the subsidy rate is not known."""
    put(begun_house, stock=True, prefix=None)
    browser = visitor("marketer")
    page = browser.open("/coupons/welcome")
    assert "Not known yet. No playbook has given out its codes" in page.text
    form = next(each for each in page.forms if each.action == "/coupons/welcome/stock")
    fields = {name: values[0] for name, values in form.fields.items() if name != "file"}

    def send(rows: str) -> str:
        part = {"file": ("codes.csv", rows.encode(), "text/csv")}
        answer = browser.client.post(form.action, data=fields, files=part)
        assert answer.status_code == 200, answer.text
        return answer.text

    assert "2 codes were taken, 0 were there before." in send("AAAA-1\nAAAA-2\n")
    assert "Line 2: x cannot be a code." in send("AAAA-1\nx\n")
    assert of_api(begun_house, f"{CAMPAIGN}/figures")["stock"] == 2
    assert "Codes in stock" in browser.open("/coupons/welcome").text
