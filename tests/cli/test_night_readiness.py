"""The checklist of a night: one line where all is well, the table where something suffers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from evergrove.cli.night import print_night
from evergrove.cli.terminal import Terminal
from evergrove.pipeline import RunOutcome
from evergrove.scoring.checklist import Check

if TYPE_CHECKING:
    import pytest

WELL = {
    "buyers": 900.0,
    "history": 800.0,
    "last_order": 2.0,
    "loyal": 40.0,
    "contactable": 0.9,
    "anonymous": 0.0,
}
NIGHT = RunOutcome(date(2026, 7, 1), snapshot_id=1, customers=900, model="mbg-nbd", basis="revenue")


def said(capsys: pytest.CaptureFixture[str], **figures: float | None) -> str:
    """What the terminal shows of a night with these figures."""
    ready = tuple(Check(name, figure) for name, figure in (WELL | figures).items())
    print_night(Terminal("en"), replace(NIGHT, readiness=ready), "CNY", "UTC")
    return capsys.readouterr().out


def test_a_line_where_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    """What is not known is no fault."""
    for out in (said(capsys), said(capsys, contactable=None)):
        assert "The data carry everything that is asked of them." in out
        assert "Are the data ready?" not in out


def test_the_table_where_something_suffers(capsys: pytest.CaptureFixture[str]) -> None:
    """All lines of it, with what suffers."""
    out = said(capsys, last_order=45.0)
    assert "Are the data ready?" in out
    assert "at most 30" in out
    assert "at least 500" in out
