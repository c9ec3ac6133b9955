"""Figures that stand alone, worked out once more from the published table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.report import Figures


@pytest.fixture(scope="module")
def customers(results: Path) -> list[dict[str, Any]]:
    """The published rows of customers with a score."""
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select * from read_parquet('{results / 'customers.parquet'}') where frequency is not null"
        )
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_all_value_still_to_come_leaves_out_what_was_earned(
    figures: Figures, customers: list[dict[str, Any]]
) -> None:
    """The sum of clv; with the value so far it is the sum of clv_total."""
    to_come = figures["headline"]["residual_value"]["value"]
    so_far = figures["headline"]["historic_value"]["value"]

    assert to_come == pytest.approx(sum(row["clv"] for row in customers), abs=0.01)
    assert so_far + to_come == pytest.approx(sum(row["clv_total"] for row in customers), abs=0.02)


def test_whom_to_look_at_first_is_the_largest_loss_that_is_undecided(
    figures: Figures, customers: list[dict[str, Any]]
) -> None:
    """P(alive) from .2 to .8; value if alive x the chance of having left; the usual gap is recency / frequency."""
    unsure = [row for row in customers if 0.2 <= row["p_alive"] <= 0.8]
    unsure.sort(key=lambda row: -row["clv_12m"] / row["p_alive"] * (1 - row["p_alive"]))
    shown = figures["look_at_first"]["rows"]

    assert [row["customer_id"] for row in shown] == [row["customer_id"] for row in unsure[: len(shown)]]
    for found, row in zip(shown, unsure, strict=False):
        if_alive = row["clv_12m"] / row["p_alive"]
        assert found["value_if_alive"] == pytest.approx(if_alive, abs=0.006)
        assert found["likely_lost"] == pytest.approx(if_alive * (1 - row["p_alive"]), abs=0.006)
        assert found["silence_days"] == row["T"] - row["recency"]
        if row["frequency"]:
            assert found["usual_gap_days"] == pytest.approx(row["recency"] / row["frequency"], abs=0.006)
        else:
            assert (found["usual_gap_days"], found["why"]) == (None, "once")


def test_concentration_is_the_mean_difference_of_two_customers(
    figures: Figures, customers: list[dict[str, Any]]
) -> None:
    """Gini: mean difference of all pairs over twice the mean; the top tenth by adding up the first rows."""
    for curve in figures["concentration"]["curves"]:
        values = np.sort([max(float(row[curve["of"]]), 0.0) for row in customers])[::-1]
        pairs = np.abs(values[:, None] - values[None, :]).mean()
        assert curve["gini"] == pytest.approx(pairs / (2 * values.mean()), abs=2e-6)
        tenth, part = divmod(len(values), 10)
        top = values[:tenth].sum() + part / 10 * values[tenth]
        assert curve["top_share"] == pytest.approx(top / values.sum(), abs=2e-6)
