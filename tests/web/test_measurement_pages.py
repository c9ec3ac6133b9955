"""Results: the value ledger, experiments, beliefs, a budget's plan and decisions; the same figures as the API's."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, update
from tests.api.test_decisions import decide_for
from tests.api.test_value_ledger import draw

from evergrove.campaigns import assignment
from evergrove.measurement.tables import value_ledger
from evergrove.testing.browsing import Browser
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.testing.house import House

PAGES = ("/value-ledger", "/experiments?whole=1", "/beliefs", "/budget-plan?budget=100")
WRITTEN = Formats("en", "CNY")


def told(house: House, path: str) -> Any:
    """What the API answers."""
    return house.client("viewer").get(path).json()


def measured(house: House) -> None:
    """60 customers assigned a month ago, and what has come of it."""
    draw(house)
    house.here.measure()


def words(text: str) -> str:
    """Without the joiners that keep a minus on the line of its number."""
    return text.replace("\u2060", "")


def test_before_anything_was_measured_the_pages_teach(begun_house: House) -> None:
    """What is missing, and what brings it."""
    browser = Browser(begun_house, "viewer")
    assert "Nothing has been measured yet" in browser.open("/value-ledger").text
    assert "No experiment runs" in browser.open("/experiments?whole=1").text
    assert "Nothing is believed yet" in browser.open("/beliefs").text


def test_before_the_first_run_the_pages_stand(house: House) -> None:
    """An empty workspace has no figures, and no fault."""
    browser = Browser(house, "viewer")
    for path in PAGES:
        assert browser.client.get(path).status_code == 200, path


@pytest.mark.slow
def test_the_value_ledger_has_the_figures_of_the_api(begun_house: House) -> None:
    """The programme, each playbook with both its interval and its total, every kind of part, and the file."""
    measured(begun_house)
    browser = Browser(begun_house, "marketer")
    seen = words(browser.open("/value-ledger").text)
    (whole,) = [
        each for each in told(begun_house, "/v1/effects?newest=true")["items"] if each["playbook"] == "L2"
    ]
    assert whole["total"]["effect"] == pytest.approx(whole["margin"]["effect"] * whole["people_treated"])
    for figures in (whole["margin"], whole["total"]):
        for name in ("effect", "low", "high"):
            assert WRITTEN.money(figures[name]) in seen, name
    assert "Rows do not add up" in seen
    assert "/v1/value-ledger/file" in browser.open("/value-ledger").links
    assert browser.client.get("/v1/value-ledger/file").text.count("L2") > 1
    for by in ("tier", "stage", "month", "period"):
        parts = told(begun_house, f"/v1/value-ledger?by={by}")["items"]
        assert parts
        page = words(browser.open(f"/value-ledger?by={by}").text)
        for each in parts:
            assert WRITTEN.money(each["figures"]["cost"]) in page
        assert "No rows of this kind" not in page


@pytest.mark.slow
def test_groups_of_wrong_sizes_come_first_and_without_figures(begun_house: House) -> None:
    """Nobody of the control is left: the row is named above all others, and its effect is not shown."""
    draw(begun_house)
    with begun_house.here.ledger.writing() as connection:
        row = assignment.c
        connection.execute(
            delete(assignment).where(row.layer_key == "L2", row.arm == "control", row.customer_id > "C000010")
        )
    begun_house.here.measure()
    (found,) = [
        each for each in told(begun_house, "/v1/effects?newest=true")["items"] if each["playbook"] == "L2"
    ]
    assert not found["trustworthy"]
    seen = words(Browser(begun_house, "viewer").open("/value-ledger").text)
    assert "wrong sizes: not to be trusted" in seen
    assert "do not have the sizes in which they were drawn" in seen
    if found["margin"]:
        assert f"{WRITTEN.money(found['margin']['low'])} to" not in seen.split("Part by part")[1]


@pytest.mark.slow
def test_an_adjusted_figure_says_so(begun_house: House) -> None:
    """On the page and in the file, beside the interval that is narrower for it; the others say nothing of it."""
    measured(begun_house)
    browser = Browser(begun_house, "viewer")
    assert "adjusted:" not in browser.open("/value-ledger").text
    with begun_house.here.ledger.writing() as connection:
        own = update(value_ledger).where(value_ledger.c.playbook == "L2")
        connection.execute(own.values(estimator="cuped", variance_left=0.57))

    assert browser.open("/value-ledger").text.count("adjusted: 57% of the chance is left") == 1
    lines = list(
        csv.DictReader(io.StringIO(browser.client.get("/v1/value-ledger/file").text.lstrip("\ufeff")))
    )
    (row,) = [each for each in lines if each["playbook"] == "L2" and not each["by"]]
    assert (row["estimator"], row["variance_left"]) == ("cuped", "0.57")


@pytest.mark.slow
def test_experiments_are_read_in_one_way_at_a_time(begun_house: House) -> None:
    """At the end there are days and no effects; from day to day there are no days left."""
    measured(begun_house)
    browser = Browser(begun_house, "analyst")
    at_end, watched = (
        words(browser.open(f"/experiments?reading={way}&whole=1").text) for way in ("end", "anytime")
    )
    (one,) = told(begun_house, "/v1/experiments")["items"]
    assert [each["name"] for each in one["arms"]] == ["control", "treated"]
    assert one["compared"][0]["effect"] is None
    assert "looking earlier finds effects" in at_end
    assert "hold however often you look" not in at_end
    assert "hold however often you look" in watched
    assert "looking earlier" not in watched
    assert "planned end reached" not in watched
    for seen in (at_end, watched):
        assert seen.index("sizes as drawn") < seen.index("Profit for each customer"), "sizes come first"
        assert "Unsubscribed" in seen
    part = browser.client.get("/experiments/list?reading=end", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.text


@pytest.mark.slow
def test_the_price_before_a_start_is_that_of_the_api(begun_house: House) -> None:
    """Share, effect, people a month and days; fields left empty are no fault."""
    browser = Browser(begun_house, "marketer")
    asked = "effect=50&per_month=300&days=700"
    (line,) = told(begun_house, f"/v1/control-prices?{asked}&shares=0.2")["prices"]
    seen = browser.open(f"/experiments?share=20&{asked}").text
    assert WRITTEN.number(line["people"]) in seen
    assert WRITTEN.money(line["forgone"]) in seen
    assert WRITTEN.days(line["days"]) in seen
    assert line["smallest_in_time"] > line["smallest"] * 0.5
    assert WRITTEN.money(line["smallest_in_time"]) in seen
    form = browser.client.get("/experiments?share=20&effect=&per_month=&days=")
    assert form.status_code == 200
    assert "needs to know how many enter" in form.text
    assert browser.client.get("/playbooks/L2?effect=&per_month=40").status_code == 200
    assert browser.client.get("/experiments?share=200").status_code == 422


@pytest.mark.slow
def test_beliefs_say_what_is_assumed(begun_house: House) -> None:
    """Every playbook with its mean, and the label; the file has all cells."""
    measured(begun_house)
    browser = Browser(begun_house, "viewer")
    items = told(begun_house, "/v1/treatment-effects")["items"]
    seen = words(browser.open("/beliefs?playbook=L2").text)
    for each in items:
        if not each["tier"]:
            assert WRITTEN.money(each["mean"]) in seen
    assert "assumed" in seen
    file = browser.client.get("/beliefs/files/beliefs.csv").content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(file)))
    assert [float(line["mean"]) for line in lines] == pytest.approx([each["mean"] for each in items])
    assert browser.client.get("/beliefs?playbook=nobody").status_code == 200


@pytest.mark.slow
def test_a_budget_is_planned_with_the_figures_of_the_api(begun_house: House) -> None:
    """Profit, contacts and what the next sum brings; without a budget there is only the form."""
    measured(begun_house)
    browser = Browser(begun_house, "marketer")
    assert "Expected profit" not in browser.open("/budget-plan").text
    plan = told(begun_house, "/v1/decisions/plan?budget=100&extra=50")
    seen = words(browser.open("/budget-plan?budget=100&extra=50").text)
    assert WRITTEN.money(plan["profit"]) in seen
    assert WRITTEN.money(plan["spent"]) in seen
    for each in plan["offers"]:
        assert not each["contacts"] or WRITTEN.money(each["profit"]) in seen
    for each in plan["passed_over"]:
        assert each["message"].split(" ", 1)[0] in seen
    assert browser.client.get("/budget-plan?budget=&extra=").status_code == 200
    assert browser.client.get("/budget-plan?budget=-1").status_code == 422


@pytest.mark.slow
def test_a_decision_is_explained_on_the_page_of_its_customer(begun_house: House) -> None:
    """What was allowed, its chance, and why the other one stayed behind."""
    browser = Browser(begun_house, "viewer")
    names = [each["customer_id"] for each in told(begun_house, "/v1/customers?limit=5")["items"]]
    assert "Nothing was decided yet" in browser.open(f"/customers/{names[0]}?view=decisions").text
    decide_for(begun_house, names)
    for name in names:
        answer = told(begun_house, f"/v1/customers/{name}/decisions")
        seen = words(browser.open(f"/customers/{name}?view=decisions").text)
        (choice,) = answer["choices"]
        for each in choice["actions"]:
            assert WRITTEN.percent(each["probability"], 1) in seen
            assert WRITTEN.money(each["value"]) in seen
        assert "Drawn by chance" in seen if choice["drawn"] else "It was worth most." in seen
        for each in answer["items"]:
            assert not each["message"] or each["message"][:40] in seen


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_the_pages_speak_chinese(begun_house: House, language: str) -> None:
    """No English sentence is left on them."""
    for path, english in (
        ("/value-ledger", "All of outreach"),
        ("/experiments", "What chance"),
        ("/beliefs", "Beliefs"),
    ):
        seen = Browser(begun_house, "viewer", language).open(path).text
        assert english not in seen
