"""What a person sees while a command runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.cli.terminal import Terminal

if TYPE_CHECKING:
    import pytest


def test_a_table_stays_aligned_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    """A Chinese character takes two cells of a terminal."""
    Terminal("zh-Hans").table("层级", [("高价值", "6"), ("Low", "1,234")])

    assert capsys.readouterr().out.splitlines() == ["", "层级", "  高价值      6", "  Low     1,234"]
