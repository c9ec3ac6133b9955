"""What the report shows of histories: the model's own numbers, of every history and of one customer."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from evergrove.models import MbgNbd
from evergrove.report.render import rendered
from evergrove.report.seen_blocks import alive_matrix_block, history_block
from evergrove.report.seen_figures import days_of_history
from evergrove.text import LANGUAGES, Formats, Language

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.report import Figures


@pytest.fixture
def model(results: Path) -> MbgNbd:
    """The model of the shop, read from the model.json beside its figures."""
    stored = json.loads((results / "model.json").read_text(encoding="utf-8"))["model"]
    return MbgNbd(**stored["parameters"], unit="week")


def test_both_matrices_hold_what_the_stored_model_says(figures: Figures, model: MbgNbd) -> None:
    """Asked again by hand at one cell, and empty where nobody can have such a history."""
    section = figures["frequency_recency"]
    x, t_x, T = 3, section["recency"][-1], section["age_days"] / 7
    alive, expected = section["p_alive"], section["expected_purchases"]

    assert section["age"] == pytest.approx(T, abs=1e-4)
    assert alive[x][-1] == pytest.approx(model.probability_alive([x], [T], [T])[0], abs=1e-4)
    assert expected[x][-1] == pytest.approx(model.expected_purchases("12 months", [x], [T], [T])[0], abs=1e-4)
    assert t_x == pytest.approx(T, abs=0.05)
    assert alive[0][1:] == [None] * (len(section["recency"]) - 1)
    assert [row[0] for row in alive[1:]] == [None] * (len(alive) - 1)
    assert len(alive) == len(section["frequency"]) == len(expected)


def test_the_history_is_of_a_customer_to_look_at_first_and_ends_at_its_score(
    figures: Figures, results: Path
) -> None:
    """Purchases as in the orders, the last chance as in customers.parquet."""
    section = figures["alive_history"]
    to_look_at = {row["customer_id"]: row for row in figures["look_at_first"]["rows"]}
    asked = "select p_alive, first_order_date, last_order_date, frequency from read_parquet($1) where customer_id = $2"
    scored = duckdb.execute(asked, [str(results / "customers.parquet"), section["customer_id"]])
    [(chance, first, last, repeats)] = scored.fetchall()

    assert section["customer_id"] in to_look_at
    assert section["p_alive"][-1] == pytest.approx(chance, abs=1e-4)
    assert len(section["purchases"]) == repeats + 1
    assert (section["purchases"][0], section["purchases"][-1]) == (str(first), str(last))
    assert days_of_history(section)[-1] == figures["as_of"]


def test_the_customer_shown_has_a_rhythm_where_one_of_those_has(figures: Figures) -> None:
    """A customer with four repeats says more than one who bought once."""
    rows = figures["look_at_first"]["rows"]
    shown = next(row for row in rows if row["customer_id"] == figures["alive_history"]["customer_id"])

    assert shown["orders"] > 4 or shown["orders"] == max(row["orders"] for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_before_is_drawn_without_them(golden: Figures, language: Language) -> None:
    """A summary.json that knows nothing of them gives its page all the same, and says why in their place."""
    del golden["frequency_recency"], golden["alive_history"]

    html = rendered(golden, language)

    assert "chart-matrix_p_alive" not in html
    assert "chart-alive_history" not in html
    assert "chart-alive_grid" in html


def test_the_answer_speaks_of_the_cells_behind_it(golden: Figures) -> None:
    """Four repeats: today's last purchase, and one that lies half a life back."""
    section = golden["frequency_recency"]
    block = alive_matrix_block(golden, {}, Formats("en"))
    row = section["p_alive"][4]

    assert f"{row[-1]:.0%}" in block.answer
    assert f"{row[len(row) // 2]:.0%}" in block.answer
    assert block.table is not None
    assert block.table.rows[4][-1] == f"{row[-1]:.0%}"


def test_the_table_of_a_history_shows_what_a_purchase_changed(golden: Figures) -> None:
    """A row a purchase with the chance on the eve and on the day, and today's chance last."""
    section = golden["alive_history"]
    block = history_block(golden, {}, Formats("en"))

    assert block is not None
    assert block.table is not None
    rows = block.table.rows
    assert len(rows) == len(section["purchases"]) + 1
    second = (date.fromisoformat(section["purchases"][1]) - date.fromisoformat(section["first_day"])).days
    assert rows[1][1:] == (f"{section['p_alive'][second - 1]:.0%}", f"{section['p_alive'][second]:.0%}")
    assert rows[-1][1] == f"{section['p_alive'][-1]:.0%}"
