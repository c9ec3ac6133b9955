"""Budgets: set, changed and ended by forms; the same figures as the API's."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.decisions.budgets import commit, settled
from evergrove.decisions.money import Cost
from evergrove.testing.browsing import Browser

if TYPE_CHECKING:
    from evergrove.testing.house import House


def of_api(house: House) -> list[dict[str, Any]]:
    """What the API answers."""
    found: list[dict[str, Any]] = house.client("viewer").get("/v1/budgets").json()["items"]
    return found


def test_without_budgets_the_page_teaches(begun_house: House) -> None:
    """What one is; who may set one has the form, a viewer has none."""
    seen = Browser(begun_house, "marketer").open("/budgets")
    assert "No budget yet" in seen.text
    assert "/budgets" in {form.action for form in seen.forms}
    assert "/budgets" not in {form.action for form in Browser(begun_house, "viewer").open("/budgets").forms}


def test_a_budget_is_set_changed_and_ended(begun_house: House) -> None:
    """By the form, and then by the form again."""
    browser = Browser(begun_house, "marketer")
    seen = browser.send(browser.open("/budgets"), "/budgets", scope="playbook:L2", amount="120.50")
    assert "Set: what waited" in seen.text
    (told,) = of_api(begun_house)
    assert (told["scope"], told["period"], told["currency"]) == ("playbook:L2", "month", "CNY")
    assert Decimal(told["amount"]) == Decimal("120.5")

    browser.send(seen, "/budgets", scope="playbook:L2", amount="80")
    assert [Decimal(each["amount"]) for each in of_api(begun_house)] == [Decimal(80)]

    ended = browser.send(browser.open("/budgets"), "/budgets/end")
    assert "Ended: it stops nothing" in ended.text
    assert of_api(begun_house) == []


def test_a_budget_of_a_name_is_for_playbooks_that_name_it(begun_house: House) -> None:
    """The name is written beside the choice."""
    browser = Browser(begun_house, "marketer")
    seen = browser.send(
        browser.open("/budgets"), "/budgets", scope="budget:", name="spring", period="total", amount="5"
    )
    assert [(each["scope"], each["period"]) for each in of_api(begun_house)] == [("budget:spring", "total")]
    assert "Playbooks that name “spring”" in seen.text


def test_what_is_committed_spent_and_came_free_is_shown(begun_house: House) -> None:
    """Three messages of 10 each: one waits, one has left, one never did; 20 of 100 are used, 80 left."""
    here, now = begun_house.here, begun_house.here.clock.now()
    begun_house.client("marketer").put("/v1/budgets/everything/month", json={"amount": "100"})
    costs = [Cost(name, "email", "L2", Decimal(10)) for name in ("waits", "left", "never")]
    with here.ledger.writing() as connection:
        assert commit(connection, costs, now) == frozenset()
        settled(connection, {"accepted": ["left"], "failed": ["never"]}, now)

    (told,) = of_api(begun_house)
    seen = Browser(begun_house, "viewer").open("/budgets")

    figures = {name: Decimal(told[name]) for name in ("committed", "spent", "released", "left")}
    assert figures == {"committed": 10, "spent": 10, "released": 10, "left": 80}
    assert "20% used" in seen.text
    assert seen.text.count("¥10.00") == 3


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"amount": "much"}, ""),
        ({"amount": "-1"}, ""),
        ({"amount": ""}, ""),
        ({"scope": "budget:", "name": "no such name!", "amount": "1"}, "is nothing that can have a budget"),
        ({"period": "decade", "amount": "1"}, ""),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(
    begun_house: House, filled: dict[str, str], said: str
) -> None:
    """With the way out; nothing is set."""
    browser = Browser(begun_house, "marketer")
    refused = browser.send(browser.open("/budgets"), "/budgets", 422, **filled)
    assert said in refused.text
    assert of_api(begun_house) == []


def test_a_budget_that_nobody_has_set_is_not_ended(begun_house: House) -> None:
    """A form that was open while somebody else ended it is told so."""
    begun_house.client("marketer").put("/v1/budgets/everything/month", json={"amount": "1"})
    browser = Browser(begun_house, "marketer")
    seen = browser.open("/budgets")
    begun_house.client("admin").delete("/v1/budgets/everything/month")
    assert "There is no budget" in browser.send(seen, "/budgets/end", 422).text
