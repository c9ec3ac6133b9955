"""Cohorts as a marketer sees them: what /v1/cohorts answers, in sentences, pictures and files."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.api.overview import Cohorts
from evergrove.testing.browsing import Browser
from evergrove.text import Formats
from evergrove.web.cohorts.blocks import blocks_of
from evergrove.web.cohorts.groups import groups_of
from evergrove.web.cohorts.said import best_answer, newest_answer, path_answer, sources_back_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.house import House
    from evergrove.web.cohorts.groups import Groups

RUN = {
    "snapshot": 2,
    "run": 1,
    "models": 1,
    "model": "pareto-nbd",
    "fitted_at": None,
    "policy": None,
    "tier_names": {},
    "newest_import": 1,
    "published_at": "2026-01-01T00:00:00Z",
}
HOSTILE = "</script><script>alert(1)</script>"


def told(rows: list[dict[str, Any]], **given: Any) -> Cohorts:
    """An answer of GET /v1/cohorts."""
    usual: dict[str, Any] = {
        "as_of": date(2025, 12, 31),
        "by": "month",
        "period": "month",
        "mean_retention": [1.0, 0.2],
        "mean_value": [100.0, 120.0],
        "soon_days": 91,
        "mean_back_soon": 0.27,
        "earlier_customers": 0,
        "lineage": RUN,
    }
    return Cohorts.model_validate({**usual, "rows": rows, **given})


def row(ages: int, **given: Any) -> dict[str, Any]:
    """A group with so many whole periods behind it."""
    return {
        "customers": 50,
        "retention": [1.0, *([0.2] * (ages - 1))],
        "value": [100.0 + 10 * age for age in range(ages)],
        "back_soon": 0.25,
        "value_now": 300.0,
        "forecast": {"months": 12, "value": [300.0 + 10 * month for month in range(1, 13)]},
        "active_share": 0.4,
        **given,
    }


def groups(rows: list[dict[str, Any]], follow: str | None = None, **given: Any) -> Groups:
    """As a page reads them, in English."""
    return groups_of(told(rows, **given), "CNY", "revenue", Formats("en", "CNY"), follow)


def test_the_newest_group_with_three_months_stands_beside_the_mean() -> None:
    """A younger one, of which it is not known yet, does not."""
    found = groups(
        [
            row(10, start="2025-03-01", back_soon=0.31),
            row(2, start="2025-11-01", back_soon=None),
        ]
    )

    assert newest_answer(found) == (
        "Of the customers who came in Mar 2025, 31% bought again within three months; the shop's mean is 27%."
    )
    assert newest_answer(groups([row(2, start="2025-11-01", back_soon=None)])) == ""


def test_groups_are_compared_at_one_age() -> None:
    """The oldest has brought most by now, and not at the age of a year."""
    found = groups(
        [
            row(24, start="2024-01-01", value=[10.0 * age for age in range(24)]),
            row(13, start="2024-12-01", value=[15.0 * age for age in range(13)]),
            row(3, start="2025-10-01", value=[500.0, 600.0, 700.0]),
        ]
    )

    answer = best_answer(found)

    assert (
        answer
        == "At the age of one year, customers of Dec 2024 had brought most, CN¥180 each, those of Jan 2024 least, CN¥120."
    )


def test_a_group_can_be_followed() -> None:
    """The one that is named; else the newest with a year behind it."""
    rows = [row(15, start="2024-09-01"), row(13, start="2024-11-01"), row(3, start="2025-10-01")]

    assert groups(rows).chosen == "2024-11-01"
    assert groups(rows, "2025-10-01").chosen == "2025-10-01"
    assert groups(rows, "1066-01-01").chosen == "2024-11-01"
    assert path_answer(groups(rows, "2025-10-01")) == (
        "A customer who came in Oct 2025 has brought CN¥300 so far; 12 months from now it should be CN¥420."
    )


def test_sources_are_told_apart_and_those_not_told_are_no_source() -> None:
    """The best and the worst are named sources, whatever the others did."""
    rows = [
        row(3, source="fair", retention=[1.0, 0.4, 0.3]),
        row(3, source="search", retention=[1.0, 0.1, 0.1]),
        row(3, source=None, retention=[1.0, 0.9, 0.9]),
    ]

    found = groups(rows, by="source", mean_retention=[], mean_value=[], soon_days=None, mean_back_soon=None)

    assert sources_back_answer(found) == (
        "Of customers from “fair”, 40% order in the month after their first; from “search”, 10%."
    )
    assert (found.chosen, groups_of(found.told, "CNY", "revenue", Formats("en", "CNY"), "").chosen) == (
        "fair",
        "",
    )
    assert "Elsewhere" not in best_answer(found)
    assert found.choices == [("fair", "fair"), ("search", "search"), ("", "Elsewhere, or not told")]


@pytest.mark.parametrize(
    "rows",
    [
        [row(1, start="2025-12-01", back_soon=None)],
        [
            row(
                2,
                start="2025-11-01",
                value=[None, None],
                value_now=None,
                forecast={"months": 12, "value": []},
            )
        ],
        [row(3, start="2025-10-01", retention=[1.0, 0.0, 0.0], value=[0.0, 0.0, 1e9], active_share=None)],
    ],
    ids=["first month", "no amounts", "nothing and very much"],
)
def test_whatever_is_not_known_is_said(rows: list[dict[str, Any]]) -> None:
    """Every block has an answer, or the reason why there is none."""
    for block in blocks_of(groups(rows)):
        assert block.answer or block.missing, block.key
        assert bool(block.missing) != bool(block.table), block.key


def test_the_page_says_what_the_api_answers(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Each group's figures stand in the table, and the files hold the same values unrounded."""
    answer = begun_house.client("viewer").get("/v1/cohorts").json()
    viewer = visitor("viewer")
    seen = viewer.open("/cohorts")
    formats = Formats("en", "CNY")

    for each in answer["rows"]:
        assert formats.money(each["value_now"]) in seen.text
    assert "/cohorts/files/groups.csv" in seen.links
    file = viewer.client.get("/cohorts/files/groups.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [float(each["value_now"]) for each in rows] == [each["value_now"] for each in answer["rows"]]
    assert [int(each["customers"]) for each in rows] == [each["customers"] for each in answer["rows"]]
    for key in ("retention", "value"):
        assert viewer.client.get(f"/cohorts/files/{key}.xlsx").status_code == 200
    assert viewer.client.get("/cohorts/files/nothing.csv").status_code == 404


def test_following_works_without_scripts(visitor: Callable[..., Browser]) -> None:
    """The form is sent as a link would be, and the group that was chosen stays chosen."""
    marketer = visitor("marketer", "zh-Hans")
    seen = marketer.open("/cohorts")

    seen = marketer.send(seen, "/cohorts#value", follow="2024-01-01")

    assert "2024年第1季度首购的客户至今人均带来" in seen.text


def test_without_sources_the_page_says_what_brings_them(visitor: Callable[..., Browser]) -> None:
    """Events that name it, and for those who may bring files in the way there."""
    assert "Events that name a source tell it" in visitor("viewer").open("/cohorts?by=source").text
    assert "/data" in visitor("analyst").open("/cohorts?by=source").links


def test_before_the_first_run_the_page_teaches(house: House) -> None:
    """Nothing was published: neither a fault nor an empty chart."""
    seen = Browser(house).open("/cohorts")

    assert "Nothing has been computed yet." in seen.text
    assert "/begin" in seen.links


def test_names_of_sources_run_no_script(begun_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the table, in the choice and inside the chart's JSON."""
    hostile = told(
        [row(3, source=HOSTILE), row(3, source='"><img src=x onerror=alert(1)>')],
        by="source",
        mean_retention=[],
        mean_value=[],
    )
    monkeypatch.setattr(
        "evergrove.web.cohorts.page.groups_of", lambda _told, *more: groups_of(hostile, *more)
    )
    browser = Browser(begun_house)

    browser.open("/cohorts?by=source")

    assert browser.answer is not None
    assert "<script>alert" not in browser.answer.text
    assert "<img" not in browser.answer.text
