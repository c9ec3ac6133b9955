"""Figures add up, agree with the published table, and are what JSON can hold."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from evergrove.report.definitions import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.report import Figures


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every dict of a document, however deep."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each)


def numbers(value: Any) -> Iterator[float]:
    """Every number of a document, however deep."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from numbers(each)
    elif isinstance(value, float | int):
        yield value


@pytest.fixture(scope="module")
def table(results: Path) -> duckdb.DuckDBPyConnection:
    """The published customers with at least one paid order, asked without our own code."""
    connection = duckdb.connect()
    path = results / "customers.parquet"
    connection.execute(f"create view customers as from read_parquet('{path}') where frequency is not null")
    return connection


def test_all_numbers_are_finite(figures: Figures) -> None:
    """JSON has no word for what is not a number."""
    json.dumps(figures, allow_nan=False)
    assert all(isfinite(number) for number in numbers(figures))


def test_every_figure_names_a_known_definition(figures: Figures) -> None:
    """And the definitions travel with the figures."""
    used = {node["definition"] for node in nodes(figures) if "definition" in node}

    assert {*figures["headline"], "tier", "stage", "grid", "concentration", "methods", "model"} <= used
    assert used <= set(DEFINITIONS)
    assert figures["definitions"] == {key: d._asdict() for key, d in DEFINITIONS.items()}


def test_every_figure_has_a_window_with_its_days(figures: Figures) -> None:
    """Each headline figure and each section says of which days it speaks."""
    for figure in figures["headline"].values():
        assert figure["window"] == figures["windows"][figure["window"]["name"]]
    for section in (
        "tiers",
        "stages",
        "grid",
        "look_at_first",
        "methods",
        "cohorts",
        "newer_customers",
        "alive_grid",
        "frequency_recency",
        "alive_history",
        "tracking",
    ):
        assert figures[section]["window"] in figures["windows"].values()


def test_every_headline_figure_has_a_value_or_a_reason(figures: Figures) -> None:
    """Nothing is unknown without saying why."""
    for name, figure in figures["headline"].items():
        assert (figure["value"] is None) == (figure["reason"] is not None), name


def test_twelve_months_back_are_365_days(figures: Figures) -> None:
    """They end with as_of; the next ones begin the day after."""
    windows = figures["windows"]

    assert windows["last_12_months"] == {"name": "last_12_months", "from": "2025-07-01", "to": "2026-06-30"}
    assert windows["next_12_months"]["from"] == "2026-07-01"


def test_every_row_is_accounted_for(figures: Figures) -> None:
    """Good + rejected + duplicate = read."""
    rows = figures["rows"]

    assert rows["good"] + rows["rejected"] + rows["duplicate"] == rows["read"] > 0


def test_headline_figures_agree_with_the_published_table(
    figures: Figures, table: duckdb.DuckDBPyConnection
) -> None:
    """Sums and shares, computed by SQL over customers.parquet."""
    row = table.execute(
        """
        select count(*), sum(orders), sum(clv_12m), avg(clv_12m), avg(clv_total), sum(historic_value),
               sum(spend_12m) / sum(orders_12m), sum(orders_12m) / count(*) filter (where orders_12m > 0),
               avg(cast(frequency = 0 as double)), sum(p_active_180d),
               sum(clv_12m / p_alive * (1 - p_alive)) filter (where p_alive > 0)
        from customers
        """
    ).fetchone()
    assert row is not None
    names = (
        "customers", "orders", "value_at_stake", "average_clv_12m", "average_clv_total", "historic_value",
        "average_order", "orders_per_year", "one_time_share", "expected_active", "value_likely_lost",
    )  # fmt: skip
    expected = dict(zip(names, map(float, row), strict=True))
    found = {name: figure["value"] for name, figure in figures["headline"].items()} | {
        "orders": figures["orders"]
    }

    for name, value in expected.items():
        # Money is rounded to the cent, counts of people to a tenth, the rate to three digits.
        assert found[name] == pytest.approx(
            value, rel=1e-6, abs=0.05 if name == "expected_active" else 0.005
        ), name
    assert float(figures["net_amount"]) == pytest.approx(expected["historic_value"], abs=0.01)


def test_the_repeat_rate_counts_customers_who_came_back_in_the_year(
    figures: Figures, table: duckdb.DuckDBPyConnection
) -> None:
    """An order is not the first ever where the first one is older, or where there are two in the window."""
    row = table.execute(
        """
        select avg(cast(orders_12m > 1 or orders > orders_12m as double)) from customers where orders_12m > 0
        """
    ).fetchone()

    assert row is not None
    assert figures["headline"]["repeat_rate"]["value"] == pytest.approx(row[0], abs=1e-6)


def test_tiers_stages_and_grid_are_the_same_customers(
    figures: Figures, table: duckdb.DuckDBPyConnection
) -> None:
    """Both edges add up to the total, and every cell is the table's group."""
    for axis in ("tier", "stage"):
        rows = figures[f"{axis}s"]["rows"]
        assert sum(row["customers"] for row in rows) == figures["customers"]
        assert sum(row["clv_12m_share"] for row in rows) == pytest.approx(1, abs=1e-5)
    cells = {(row["tier"], row["stage"]): row for row in figures["grid"]["rows"]}
    groups = table.execute(
        "select tier, stage, count(*), sum(clv_12m) from customers group by all"
    ).fetchall()

    assert {(tier, stage): count for tier, stage, count, _value in groups} == {
        key: row["customers"] for key, row in cells.items()
    }
    for tier, stage, _count, value in groups:
        assert cells[tier, stage]["clv_12m"] == pytest.approx(value, abs=0.01)


def test_who_to_look_at_first_follows_the_definition(
    figures: Figures, table: duckdb.DuckDBPyConnection
) -> None:
    """Largest (clv_12m if alive) x (1 - p_alive) with p_alive between .2 and .8, asked in SQL."""
    wanted = table.execute(
        """
        select customer_id from customers where p_alive between 0.2 and 0.8
        order by clv_12m / p_alive * (1 - p_alive) desc, customer_id limit 20
        """
    ).fetchall()

    found = [row["customer_id"] for row in figures["look_at_first"]["rows"]]

    assert found == [name for (name,) in wanted]
    for row in figures["look_at_first"]["rows"]:
        assert (row["usual_gap_days"] is None) == (row["why"] == "once") == (row["orders"] == 1)


def test_the_groups_of_rfm_are_everybody(figures: Figures) -> None:
    """Shares of the groups add up to one."""
    rows = figures["methods"]["rfm"]["rows"]

    assert sum(row["customers"] for row in rows) == figures["customers"]
    assert sum(row["customer_share"] for row in rows) == pytest.approx(1, abs=1e-5)


def test_realised_money_is_exact_decimals_in_a_text(figures: Figures) -> None:
    """Estimates are numbers; what was paid is not rounded through a float."""
    realised = [figures["net_amount"], *(each["amount"] for each in figures["excluded"])]
    realised += [row["spend_12m"] for row in figures["tiers"]["rows"]]

    assert all(isinstance(amount, str) for amount in realised)


def test_the_format_says_what_the_file_is(figures: Figures, golden: Figures) -> None:
    """Format 1 keeps its keys: a reader of the first file finds all of them in today's."""
    assert figures["format"] == golden["format"] == "evergrove.summary/1"
    assert set(golden) <= set(figures)
    assert set(golden["headline"]) <= set(figures["headline"])
    for section in ("grid", "look_at_first", "tiers", "stages"):
        assert set(golden[section]["rows"][0]) <= set(figures[section]["rows"][0]), section
