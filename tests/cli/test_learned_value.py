"""``evergrove value --learned``: what learned models say, beside the scores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest
from tests.conftest import absent

from evergrove.models.learned import ml_here
from evergrove.simulation import ShopOptions, simulate_shop, write_orders

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.test_value import Command

LEAN = ("--learned", "--no-report", "--no-xlsx", "--no-intervals", "--model", "mbg-nbd")


def test_without_the_extra_nothing_is_read(evergrove: Command, tmp_path: Path) -> None:
    """The sentence names the extra, and the command that installs it."""
    away = tmp_path / "absent"
    away.mkdir()
    (away / "sklearn.py").write_text("raise ImportError\n", encoding="utf-8")

    done = evergrove("value", tmp_path / "none.csv", "--learned", PYTHONPATH=str(away))

    assert done.status == 2
    assert "evergrove[ml]" in done.err
    assert "none.csv" not in done.err


def test_too_little_past_is_said_and_the_rest_stands(
    evergrove: Command, orders: Path, tmp_path: Path
) -> None:
    """60 customers teach no trees: a note for each forecast, and the scores as ever."""
    if not ml_here():
        absent("ml", "scikit-learn is not installed")

    done = evergrove("value", orders, *LEAN)

    assert done.status == 0, done.err
    assert "cannot be learned" in done.out + done.err
    out = tmp_path / "evergrove-out"
    assert (out / "customers.parquet").exists()
    assert not (out / "learned.parquet").exists()
    figures = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert figures["learned"] == {"horizons": None, "early": None}


@pytest.mark.slow
def test_both_tables_stand_beside_the_scores(evergrove: Command, tmp_path: Path) -> None:
    """Everybody in the one, the new in the other; the sums are those that are printed and kept."""
    if not ml_here():
        absent("ml", "scikit-learn is not installed")
    write_orders(simulate_shop(ShopOptions(customers=1500, seed=5)), tmp_path / "orders.parquet")

    done = evergrove("value", "orders.parquet", *LEAN)

    assert done.status == 0, done.err
    out = tmp_path / "evergrove-out"
    figures = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    learned, early = (
        duckdb.execute(f"select count(*), sum({column}) from read_parquet($1)", [str(out / file)]).fetchall()[
            0
        ]
        for file, column in (("learned.parquet", "spend_3m"), ("early_value.parquet", "to_come"))
    )
    assert learned == (
        figures["customers"],
        pytest.approx(figures["learned"]["horizons"]["totals"]["spend_3m"]),
    )
    assert early == (
        figures["learned"]["early"]["customers"],
        pytest.approx(figures["learned"]["early"]["to_come"]),
    )
    assert 0 < early[0] < learned[0]
    assert "Learned from earlier windows, customers bring CNY" in done.out
    assert {"learned.csv", "early_value.csv"} <= set(figures["files"])
