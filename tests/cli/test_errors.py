"""What ends a command, and with which exit status."""

from __future__ import annotations

import pytest
import typer

from evergrove.cli.errors import CANCELLED, reporting
from evergrove.cli.terminal import Terminal


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
