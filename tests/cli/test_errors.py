"""What ends a command, and with which exit status."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import typer

from evergrove.cli.errors import CANCELLED, reporting
from evergrove.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Done

    Command = Callable[..., Done]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("Query interrupted")])
def test_stopped_by_hand_is_no_mistake_of_ours(
    stop: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB tells of Ctrl-C during a query in its own words."""
    with pytest.raises(typer.Exit) as ended, reporting(Terminal("en")):
        raise stop

    assert ended.value.exit_code == CANCELLED == 130
    assert capsys.readouterr().err == ""


def test_another_error_of_the_same_class_is_our_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """It is not swallowed."""
    with pytest.raises(typer.Exit) as ended, reporting(Terminal("en")):
        raise RuntimeError("something else")

    assert ended.value.exit_code == 1
    assert "[cli.our_mistake]" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["value", "explain"])
def test_what_is_refused_is_refused_in_the_language_asked_for(evergrove: Command, command: str) -> None:
    """Before the settings are read, and after."""
    unread = evergrove(command, "x", "--settings", "none.toml", "--lang", "zh-Hans")
    unfound = evergrove(command, "x", "--lang", "zh-Hant")

    assert "没有这个文件或文件夹" in unread.err
    assert re.search("[\u4e00-\u9fff]", unfound.err)
    assert unread.status == unfound.status == 2
