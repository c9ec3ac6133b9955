"""The page on live value: its example runs, and what it says of columns and moves is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.live.conftest import Seen, run_before, seen

from evergrove.live.types import WAITS
from evergrove.segments.codes import CAUSES

if TYPE_CHECKING:
    import pytest

__all__ = ["run_before", "seen"]
PAGE = Path(__file__).parents[2] / "docs" / "live.md"


def test_the_example_reads_a_live_row(seen: Seen, capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands on the page, with a workspace in which something has just come in."""
    (example,) = re.findall(r"```py\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    seen.tell("order", "c003", "e1", 350)
    seen.catch_up()

    names: dict[str, object] = {"workspace": seen.here}
    exec(compile(example, str(PAGE), "exec"), names)  # noqa: S102 - our own page

    row = seen.live("c003")["c003"]
    assert capsys.readouterr().out.split()[:3] == ["2026-06-30", row.tiers["tier"], row.tiers["stage"]]
    assert names["caught_up"] is True


def test_the_page_names_what_waits_and_why_customers_move() -> None:
    """Columns that wait begin as the page says; every cause that it names is one."""
    text = PAGE.read_text(encoding="utf-8")

    assert "`rfm_*`" in text
    assert all(name.startswith("rfm_") for name in WAITS)
    (named,) = re.findall(r"that of a run: (.*?)\. Only", text, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", named)) <= set(CAUSES)
