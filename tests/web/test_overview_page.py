"""The overview: its figures are those of the API, its cells lead to their lists, and it says what needs somebody."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.api.overview import Overview
from evergrove.campaigns.starting import keep_trial
from evergrove.report.amounts import short
from evergrove.testing.browsing import Browser
from evergrove.text import Formats
from evergrove.web.overview.blocks import flows_block
from evergrove.web.overview.cells import grid_of, page_of
from evergrove.web.overview.standing import Standing
from evergrove.web.overview.stats import stats

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.core import SetClock
    from evergrove.testing.house import House


def told(house: House, path: str = "/v1/overview") -> dict[str, Any]:
    """What the API answers somebody who may only read."""
    answer: dict[str, Any] = house.client("viewer").get(path).json()
    return answer


def in_short(amount: float) -> str:
    """Thousands, below 100 with a tenth: 34.5K, 148K."""
    thousands = amount / 1000
    return f"{thousands:.1f}K" if thousands < 99.95 else f"{thousands:.0f}K"


def rows_of(browser: Browser, path: str) -> list[dict[str, str]]:
    """A table that was downloaded."""
    answer = browser.client.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_figures_are_those_of_the_api(begun_house: House) -> None:
    """Customers in full, amounts in short with the interval, shares in per cent."""
    figures = told(begun_house)["figures"]
    at_stake, lost = figures["value_at_stake"], figures["value_likely_lost"]

    seen = Browser(begun_house, "viewer").open("/").text

    assert f"Customers {figures['customers']['value']:,} have bought" in seen
    for amount in (at_stake["value"], at_stake["low"], at_stake["high"], lost["value"]):
        assert f"CN¥{in_short(amount)}" in seen
    assert f"{lost['share']:.0%} of what would come if nobody had left" in seen
    assert f"{figures['expected_active']['value']:.0f} are expected to order within 180 days" in seen


def test_customers_and_overview_say_how_their_counts_differ(begun_house: House) -> None:
    """Who has bought, who has not and who is not valued add up to everybody, as /v1 counts them; both pages name the parts."""
    client, browser = begun_house.client("viewer"), Browser(begun_house, "viewer")
    everybody, bought, prospects, unvalued = (
        client.get("/v1/customer-count", params={"where": where}).json()["customers"]
        for where in ("", "orders > 0", "stage = 'prospect'", "stage is null")
    )
    assert min(prospects, unvalued) > 0
    assert bought + prospects + unvalued == everybody
    assert bought == told(begun_house)["figures"]["customers"]["value"]

    overview, customers = browser.open("/").text, browser.open("/customers").text

    assert (
        f"Customers {bought:,} have bought at least once; Customers also counts {prospects:,} who ha"
        in overview
    )
    assert f"{everybody:,} customers as of" in customers
    assert f"{bought:,} have bought, as the overview counts them. {prospects:,} ha" in customers
    assert f"{unvalued:,} {'is' if unvalued == 1 else 'are'} not valued." in customers
    assert "as the overview counts them" not in browser.open("/customers?tier=high").text


def test_the_grid_adds_up_and_its_cells_lead_to_their_lists(begun_house: House) -> None:
    """Everybody who has bought stands in one cell; each cell opens the list of its tier and stage."""
    answer, browser = told(begun_house), Browser(begun_house, "viewer")
    cells = [row for row in answer["grid"]["rows"] if row["customers"] and row["stage"] != "prospect"]

    links = set(browser.open("/").links)
    rows = rows_of(browser, "/overview/files/grid.csv")

    assert {f"/customers?tier={row['tier']}&stage={row['stage']}" for row in cells} <= links
    bought = [row for row in rows if row["stage"] != "prospect"]
    assert sum(int(row["customers"]) for row in bought) == answer["figures"]["customers"]["value"]
    value = sum(float(row["clv_12m"]) for row in bought)
    assert value == pytest.approx(answer["figures"]["value_at_stake"]["value"], rel=1e-3)


def test_what_is_not_decided_adds_up_over_the_cells(begun_house: House) -> None:
    """The parts of the grid are all of whom it is open whether they stay."""
    answer = told(begun_house)
    parts = [row["undecided"] for row in answer["grid"]["rows"]]

    assert sum(part["customers"] for part in parts) == answer["leaving"]["customers"] > 0
    assert sum(part["likely_lost"] for part in parts) == pytest.approx(
        answer["leaving"]["likely_lost"], abs=0.01 * len(parts)
    )
    assert all(
        part["customers"] <= row["customers"] for part, row in zip(parts, answer["grid"]["rows"], strict=True)
    )


def base_of(house: House, before: dict[str, Any] | None, cell: dict[str, Any] | None = None) -> Standing:
    """The house's overview beside another month, as an English reader has it; its first cell changed."""
    answer = told(house)
    rows = answer["grid"]["rows"]
    changed = {**answer, "before": before, "grid": {"rows": [rows[0] | (cell or {}), *rows[1:]]}}
    from evergrove.report.words import names

    formats = Formats("en", "CNY")
    return Standing(Overview.model_validate(changed), formats, names(formats))


def test_each_figure_says_what_has_changed_within_a_month(begun_house: House) -> None:
    """Customers by number, shares in points, money in per cent; nothing where it rounds to nothing."""
    now = {name: each["value"] for name, each in told(begun_house)["figures"].items()}
    then = {
        "customers": now["customers"] - 7,
        "active_share": now["active_share"] + 0.012,
        "value_at_stake": now["value_at_stake"] / 1.5,
        "value_likely_lost": now["value_likely_lost"],
    }

    shown = {
        each.key: each.change
        for each in stats(base_of(begun_house, {"as_of": "2026-05-31", "figures": then}))
    }

    assert shown == {
        "customers": "+7 since 31 May 2026",
        "active_share": "-1.2 points since 31 May 2026",
        "value_at_stake": "+50.0% since 31 May 2026",
        "value_likely_lost": "Unchanged since 31 May 2026",
    }
    assert {each.change for each in stats(base_of(begun_house, None))} == {""}


def test_a_cell_that_everybody_has_left_still_says_so(begun_house: House) -> None:
    """It had customers a month ago: it leads to its empty list and says how many are gone."""
    left = {"customers": 0, "clv_12m": 0.0, "action": None, "before": {"customers": 4, "clv_12m": 10.0}}
    base = base_of(begun_house, {"as_of": "2026-05-31", "figures": {}}, left)
    first = base.told.grid["rows"][0]

    cell = grid_of(base).cells[first["tier"], first["stage"]]

    assert (cell.customers, cell.change, cell.rises, cell.depth) == ("0", "-4", False, 0)


def test_without_amounts_there_are_customers_and_no_invented_values(begun_house: House) -> None:
    """Figures that the data do not carry are dashes with the reason, and cells hold counts alone."""
    answer = told(begun_house)
    for name in ("value_at_stake", "value_likely_lost"):
        answer["figures"][name] |= {"value": None, "low": None, "high": None, "share": None}
    for row in answer["grid"]["rows"]:
        row |= {"tier": None, "clv_12m": None, "likely_lost": None}
    from evergrove.report.words import names

    formats = Formats("zh-Hans")
    base = Standing(Overview.model_validate(answer), formats, names(formats))

    assert [each.value for each in stats(base) if each.key.startswith("value")] == ["–", "–"]
    assert {cell.value for cell in grid_of(base).cells.values()} == {""}


def test_needs_attention_says_what_the_api_says(begun_house: House) -> None:
    """Each line of it; the button only for those who may go where it leads."""
    clock: SetClock = begun_house.here.clock  # type: ignore[assignment]  # a house's clock is one that is set
    clock.moment += timedelta(days=5)
    items = told(begun_house, "/v1/overview/attention")["items"]
    assert {"leaving", "stale_run"} <= {item["kind"] for item in items}

    marketer, viewer = (Browser(begun_house, role).open("/") for role in ("marketer", "viewer"))

    for item in items:
        assert item["sentence"] in marketer.text
    assert "/settings/jobs" in marketer.links
    assert "/settings/jobs" not in viewer.links
    first = told(begun_house, "/v1/overview/attention")["look_at_first"][0]["customer_id"]
    assert page_of(first) in viewer.links


def test_playbooks_that_rest_are_named_until_they_work(begun_house: House) -> None:
    """With what is not decided of the customers whom nothing else takes in."""
    client = begun_house.client("marketer")
    for each in told(begun_house, "/v1/playbooks")["items"]:
        if each["state"] not in {"started", "locked"}:
            now = begun_house.here.clock.now()
            with begun_house.here.ledger.writing() as connection:
                keep_trial(connection, each["key"], each["version"], 0, {}, "cli", now)
            assert client.post(f"/v1/playbooks/{each['key']}/start").json()["state"] == "started"
    viewer = Browser(begun_house, "viewer")
    assert "not at work" not in viewer.open("/").text

    client.post("/v1/playbooks/L2/pause")

    rows = told(begun_house)["grid"]["rows"]
    # Those new of high value and potential are taken in by the coupon before the next order as well.
    lost = sum(
        row["undecided"]["likely_lost"]
        for row in rows
        if row["stage"] == "new" and row["tier"] in {"medium", "low"}
    )
    assert lost > 0
    seen = viewer.open("/")
    assert "1 playbook is not at work" in seen.text
    written = short(lost, Formats("en", "CNY"))
    assert f"with the customers they are made for, {written} of the next 12 months is still open" in seen.text
    assert "/todo#playbooks" in seen.links


def test_who_moved_within_a_month_stands_in_the_table_too(begun_house: House) -> None:
    """Ups, downs and newcomers in the sentence; every stream a row, under the policy's own names."""
    flows = {
        "since": "2026-05-31",
        "until": "2026-06-30",
        "same_policy": False,
        "tier": [
            {"from": "low", "to": "high", "customers": 3, "clv_12m": 10.0},
            {"from": "high", "to": "medium", "customers": 2, "clv_12m": None},
            {"from": "newcomer", "to": "low", "customers": 5, "clv_12m": 1.5},
        ],
        "stage": [],
    }
    base = base_of(begun_house, None)
    base = replace(base, told=base.told.model_copy(update={"flows": flows}))

    block = flows_block(base)

    assert block.answer == "3 customers rose to a higher tier, 2 fell to a lower one, and 5 are new."
    assert "The rules for tiers were changed in between" in block.note
    assert block.table is not None
    assert block.table.rows[2] == ("Came since", "Low value", 5, 1.5)
    assert flows_block(base_of(begun_house, None)).missing


def test_an_id_with_signs_is_one_part_of_its_address() -> None:
    """Slashes, quotes and tags cannot lead elsewhere."""
    assert page_of('../a/"<b>?#') == "/customers/..%2Fa%2F%22%3Cb%3E%3F%23"


def test_a_fresh_workspace_is_told_what_comes_next(house: House) -> None:
    """Who may bring orders in finds the button; who may not is told whom to ask."""
    for path in ("/", "/todo"):
        admin, viewer = Browser(house, "admin").open(path), Browser(house, "viewer").open(path)
        assert "Nothing has been computed yet." in admin.text
        assert "/begin" in admin.links
        assert "/begin" not in viewer.links


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Needs attention"), ("zh-Hans", "需要关注"), ("zh-Hant", "需要關注")]
)
def test_the_page_speaks_three_languages(visitor: Callable[..., Browser], language: str, words: str) -> None:
    """Headings and sentences, also those that the API gives."""
    assert words in visitor("viewer", language).open("/").text


def test_tables_behind_charts_are_had_as_files(visitor: Callable[..., Browser]) -> None:
    """Shares of one that add up to all of it at the end; nothing under another name."""
    viewer = visitor("viewer")

    rows = rows_of(viewer, "/overview/files/concentration.csv")

    assert [float(row["customers"]) for row in rows] == [tenth / 10 for tenth in range(1, 11)]
    assert float(rows[-1]["clv_12m"]) == pytest.approx(1.0)
    assert viewer.client.get("/overview/files/nothing.csv").status_code == 404
    assert viewer.client.get("/overview/files/grid.xlsx").content[:2] == b"PK"


@pytest.mark.slow
def test_targets_are_those_that_the_night_has_kept(begun_house: House) -> None:
    """Before that they can be counted by hand; then the same verdicts as the API's, on the page and in the file."""
    viewer = Browser(begun_house, "viewer")
    assert "/overview/targets?count=true" in viewer.open("/").links
    assert viewer.client.get("/overview/targets/files/targets.csv").status_code == 404
    begun_house.here.keep_targets()

    seen = viewer.open("/")

    assert "/overview/targets?count=true" not in seen.links
    found = told(begun_house, "/v1/targets?kept=true")["targets"]
    verdicts = {"met": "reached", "missed": "missed", "open": "not certain", "unknown": "not known"}
    rows = rows_of(viewer, "/overview/targets/files/targets.csv")
    assert [row["column_3"] for row in rows] == [verdicts[each["verdict"]] for each in found]
    met = sum(each["verdict"] == "met" for each in found)
    known = sum(each["verdict"] != "unknown" for each in found)
    assert f"{met} of {known} known targets" in seen.text
