"""What the page says where the data are small, silent or without amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evergrove.report import answers
from evergrove.report.compose import composed, together, why
from evergrove.report.grid_page import axes, grid_cells, grid_texts
from evergrove.report.html import _flags
from evergrove.report.page import Block, table
from evergrove.report.render import rendered
from evergrove.report.words import figure_name, names, spoken
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.report import Figures

ENGLISH = Formats("en", "CNY")


def test_one_customer_is_not_spoken_of_as_many(golden: Figures) -> None:
    """Singular where there is one."""
    golden["customers"] = golden["orders"] = 1
    golden["rows"] = {"read": 1, "good": 1, "rejected": 0, "duplicate": 0}
    golden["headline"]["value_at_stake"] |= {"value": None, "low": None, "high": None}

    assert answers.headline_answer(golden, ENGLISH) == "1 customer, 1 order so far."
    assert answers.rows_answer(golden, ENGLISH) == "1 row: 1 good, 0 rejected, 0 repeated."


def test_churned_customers_of_high_value_are_called_back(figures: Figures) -> None:
    """Everybody in that cell has the playbook T4h; in the other churned cells some have, and are counted."""
    words = names(ENGLISH)
    rows = [row for row in figures["grid"]["rows"] if row["stage"] == "churned"]

    for row in rows:
        everybody = row["call_back"] == row["customers"]
        assert row["action"] == ("T4h" if everybody else "L6")
        assert everybody or row["tier"] != "high"
    # The shop is small: where it has no such cell, the page is asked about one all the same.
    rows[0] |= {"call_back": 3, "customers": 10, "action": "L6"}
    cell = grid_cells(figures, words, ENGLISH)[rows[0]["tier"], "churned"]
    assert cell.also == "3 to call back"


def test_stages_without_customers_have_no_column(golden: Figures) -> None:
    """And a sentence says so; a chart has no legend for them either."""
    golden["grid"]["rows"] = [row for row in golden["grid"]["rows"] if row["stage"] != "churned"]
    for row in golden["stages"]["rows"]:
        if row["stage"] == "churned":
            row |= {"customers": 0, "customer_share": 0.0, "clv_12m_share": 0.0, "likely_lost_share": 0.0}

    assert "churned" not in axes(golden)[1]
    reading = grid_texts(golden, names(ENGLISH), ENGLISH).reading
    assert reading.endswith("Nobody is at these stages: Churned.")
    series = composed(golden, ENGLISH).charts["stages"]["series"]
    assert "Churned" not in {each["name"] for each in series}


@pytest.mark.parametrize(
    ("declining", "churned", "said"),
    [
        (0.42, 0.0, "42% of customers are declining; nobody can be said to have churned."),
        (0.0, 0.61, "61% of customers have churned; nobody is declining."),
        (0.0, 0.0, "Nobody is declining, and nobody can be said to have churned."),
    ],
)
def test_nobody_is_a_word(declining: float, churned: float, said: str) -> None:
    """To say that 0% have churned would be a claim; that nobody can be said to have churned is what is known."""
    shares = (("decline", declining), ("churned", churned))
    section = {"rows": [{"stage": stage, "customer_share": share} for stage, share in shares]}

    assert answers.stages_answer(section, ENGLISH) == said


def _judged(name: str, bias: float, mae: float) -> dict[str, Any]:
    return {"name": name, "naive": name in {"last_period", "average_rate"}, "bias": bias, "mae": mae}


@pytest.mark.parametrize(
    ("bias", "mae", "begins", "ends"),
    [
        (0.067, 1.0, "Yes: ", "43%."),
        (-0.31, 1.0, "Not in total: ", "Customer by customer it came closer than both."),
        (-0.31, 9.0, "Not in total: ", "43%."),
    ],
)
def test_the_back_test_is_answered_with_yes_or_no(bias: float, mae: float, begins: str, ends: str) -> None:
    """The question is whether the model beats both rules of thumb."""
    judged = [
        _judged("mbg-nbd", bias, mae),
        _judged("last_period", 0.27, 1.2),
        _judged("average_rate", 0.43, 1.3),
    ]

    said = answers.back_test_answer({"judged": judged}, ENGLISH)

    assert said.startswith(begins)
    assert said.endswith(ends)


def test_a_model_without_leaving_is_owned_up_to(golden: Figures) -> None:
    """Where nobody ever leaves, a lifetime value is an upper bound, and nobody can be named to look at first."""
    golden["model"]["name"] = "nbd"
    golden["headline"]["value_likely_lost"] |= {"value": None, "share": None}
    golden["look_at_first"] |= {"rows": [], "likely_lost": None}
    golden["limits"] = [
        {
            "reason": {
                "code": "scoring.nobody_leaves",
                "message": "Nobody leaves, say {models}.",
                "hint": "",
                "params": {"models": "mbg-nbd, pareto-nbd"},
                "text": "",
            },
            "missing": ["value_likely_lost"],
            "instead": [],
        }
    ]

    page = composed(golden, ENGLISH)

    assert "at most: this model lets nobody leave" in {card.note for card in page.cards}
    assert page.nobody == "Nobody leaves, say MBG/NBD, Pareto/NBD."
    assert page.cards[-1].value == "–"


def test_a_code_that_is_no_model_is_left_alone() -> None:
    """Only known codes become names."""
    worded = {"message": "{what}", "hint": "", "params": {"what": "nbd, something"}}

    assert spoken(worded, ENGLISH) == "nbd, something"


def test_questions_that_one_reason_leaves_open_stand_together() -> None:
    """One box instead of three alike."""
    blocks = [
        Block("a", "A?", "", missing="too short"),
        Block("b", "B?", "", missing="too short"),
        Block("c", "C?", "Yes."),
        Block("d", "D?", "", missing="too short"),
    ]

    joined = together(blocks)

    assert [(block.key, block.also) for block in joined] == [("a", ("B?",)), ("c", ()), ("d", ())]


def test_a_column_without_anything_in_it_is_left_out() -> None:
    """Words stay, numbers that are all unknown go; an empty table keeps its headings."""
    assert table(["a", "b", "c"], [["x", "–", "1"], ["y", "", "–"]]).columns == ("a", "c")
    assert table(["a", "b"], [], words=2).columns == ("a", "b")


def test_the_error_of_past_forecasts_is_not_taken_for_the_interval() -> None:
    """The interval is shown without it, so it must not be listed as missing."""
    assert figure_name("log_spread", ENGLISH) == figure_name("back_test", ENGLISH)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"why": "once", "silence_days": 0, "orders": 1}, "Bought once, on the last day of these data."),
        (
            {"why": "rhythm", "silence_days": 60, "orders": 2, "usual_gap_days": 13.0},
            "Bought twice, 13 days apart; silent for 60 days.",
        ),
    ],
)
def test_why_somebody_is_to_be_looked_at(row: dict[str, Any], said: str) -> None:
    """Two orders make one gap, not a rhythm; no silence is no silence of 0 days."""
    assert why(row, ENGLISH) == said


def test_options_of_the_command_line_are_set_apart(golden: Figures) -> None:
    """They must not be torn at a line's end, and words from outside stay escaped."""
    html = rendered(golden, "en")

    assert "<code>--map</code>" in html


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "lines: evergrove ingest FILE --as order_lines.",
            "lines: [evergrove ingest FILE --as order_lines].",
        ),
        ("（evergrove ingest FILE --as events）。", "（[evergrove ingest FILE --as events]）。"),
        ("Run it with --as-of and see.", "Run it with [--as-of] and see."),
        ("evergrove value FILE --margin states <one>", "evergrove value FILE [--margin] states &lt;one&gt;"),
    ],
)
def test_a_command_stands_apart_as_a_whole(said: str, shown: str) -> None:
    """Where it ends with its sentence; elsewhere nobody can tell a value from the next word, and the option alone does."""
    page = _flags(said)

    assert page.replace("<code>", "[").replace("</code>", "]") == shown
