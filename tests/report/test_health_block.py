"""The block about health: figures by stage counted by hand, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evergrove.report.health_block import WORDS, health_block, health_figures
from evergrove.segments.health.types import PARTS
from evergrove.text import Formats
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.warehouse import Engine

STAGES = {"growth": "Growth", "decline": "Decline"}
ROWS = [
    # customer, stage, health, reason, leave in 30 days, in 90
    ("A", "growth", 80.0, "nps", 0.25, 0.5),
    ("B", "growth", 30.0, "login", 0.5, 0.5),
    ("C", "growth", 20.0, "complaints", 0.5, 0.75),
    ("D", "growth", 10.0, "complaints", 0.75, 1.0),
    ("E", "decline", 35.0, "purchase_gap", None, None),
]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A night's tables of five customers, and a sixth who never bought."""
    with open_engine() as opened:
        rows = ", ".join(
            f"('{c}', '{s}', {h}, '{r}', {a or 'null'}, {b or 'null'})" for c, s, h, r, a, b in ROWS
        )
        names = "customer_id, stage, health, health_reason, p_leave_stage_30d, p_leave_stage_90d"
        opened.create("drawn", f"select * from (values {rows}) as t({names})")
        opened.create("tiers", "select customer_id, stage from drawn union all select 'F', 'prospect'")
        opened.create("health", "select * exclude (stage) from drawn")
        yield opened


def test_figures_are_counted_by_stage(engine: Engine) -> None:
    """Median, number below 40, sums of chances, and the reason that most of those below 40 have."""
    decline, growth = health_figures(engine)

    assert growth == {
        "stage": "growth", "customers": 4, "median_health": 25.0, "below": 3, "leaving": 2.0, "leaving_90": 2.75,
        "reason": "complaints",
    }  # fmt: skip
    assert decline == {
        "stage": "decline", "customers": 1, "median_health": 35.0, "below": 1, "leaving": None, "leaving_90": None,
        "reason": "purchase_gap",
    }  # fmt: skip


def test_the_block_says_how_many_are_unwell_and_how_many_will_leave(engine: Engine) -> None:
    """In the order of the life cycle; what is not known is a dash."""
    formats = Formats("en")

    block = health_block({"health": health_figures(engine)}, STAGES, formats)

    assert block is not None
    assert block.answer == (
        "4 of 5 customers who bought have a health below 40. "
        "2 will probably slip into decline or churn within 30 days, if nothing is done."
    )
    assert block.table is not None
    assert [row[0] for row in block.table.rows] == ["Growth", "Decline"]
    assert block.table.rows[0][4] == "complaints"
    assert block.table.stacked  # seven columns are too many for a phone


def test_without_health_there_is_no_block() -> None:
    """Neither for figures of an earlier version nor before any night has published it."""
    section: dict[str, Any] = {}
    with open_engine() as empty:
        section["health"] = health_figures(empty)

    assert health_block({}, STAGES, Formats("en")) is None
    assert health_block(section, STAGES, Formats("en")) is None


def test_every_component_has_words() -> None:
    """A reason that health can name is never a bare code."""
    assert set(WORDS) == set(PARTS)
