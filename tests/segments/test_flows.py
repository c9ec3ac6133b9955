"""Who went where between two days, from moves written down by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.warehouse import Engine

START, END = date(2026, 5, 31), date(2026, 6, 30)
MOVES = [
    # customer, axis, from, to, cause, day, run
    ("stays", "tier", None, "low", "initial", "2026-05-01", 1),
    ("rises", "tier", None, "low", "initial", "2026-05-01", 1),
    (
        "rises",
        "tier",
        "low",
        "medium",
        "evidence",
        "2026-05-31",
        2,
    ),  # before: that day still counts as the start
    ("rises", "tier", "medium", "high", "evidence", "2026-06-10", 3),
    ("returns", "tier", None, "high", "initial", "2026-05-01", 1),
    ("returns", "tier", "high", "low", "clock", "2026-06-05", 3),
    ("returns", "tier", "low", "high", "evidence", "2026-06-30", 4),  # the last day counts
    ("comes", "tier", None, "medium", "evidence", "2026-06-15", 4),
    ("comes_later", "tier", None, "medium", "evidence", "2026-07-01", 5),
    ("falls_later", "tier", None, "high", "initial", "2026-05-01", 1),
    ("falls_later", "tier", "high", "low", "clock", "2026-07-02", 6),
    ("joined", "tier", None, "high", "initial", "2026-05-01", 1),  # another id of "stays" since: not in tiers
    ("stays", "stage", None, "new", "initial", "2026-05-01", 1),
    ("stays", "stage", "new", "churned", "clock", "2026-06-20", 4),
]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """The tables that a run publishes."""
    with open_engine(threads=1) as opened:
        rows = ", ".join(
            "(" + ", ".join("null" if each is None else f"'{each}'" for each in move) + ")" for move in MOVES
        )
        opened.create(
            "transitions",
            "select customer_id, axis, from_, to_, cause, cast(as_of as date) as as_of, cast(run_seq as bigint) as"
            f" run_seq from (values {rows}) as t(customer_id, axis, from_, to_, cause, as_of, run_seq)",
        )
        opened.create("tiers", "select distinct customer_id from transitions where customer_id <> 'joined'")
        yield opened


def test_streams_lead_from_the_end_of_one_day_to_the_end_of_another(engine: Engine) -> None:
    """Who went and returned has stayed; who came since is a newcomer; later days are not seen; a person counts once."""
    rows = engine.run(statement("evergrove.segments", "flows"), axis="tier", start=START, end=END)
    assert set(rows) == {
        ("low", "low", 1),
        ("medium", "high", 1),
        ("high", "high", 2),
        ("newcomer", "medium", 1),
    }
    stages = engine.run(statement("evergrove.segments", "flows"), axis="stage", start=START, end=END)
    assert stages == [("new", "churned", 1)]


def test_every_move_of_the_days_counts_by_its_cause(engine: Engine) -> None:
    """There and back are two; to be placed for the first time is none."""
    rows = engine.run(statement("evergrove.segments", "moves_by_cause"), axis="tier", start=START, end=END)
    assert rows == [("evidence", 2), ("clock", 1)]
