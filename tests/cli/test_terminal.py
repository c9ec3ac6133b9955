"""What a person sees while a command runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from evergrove.cli.terminal import Terminal
from evergrove.core import EvergroveWarning
from evergrove.ledger import UnknownLedgerUrl

if TYPE_CHECKING:
    import pytest


class Shown(EvergroveWarning):
    """A warning that repeats what it was given."""

    code = "cli.test"
    message = "First: {example}."


def test_a_table_stays_aligned_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    """A Chinese character takes two cells of a terminal."""
    Terminal("zh-Hans").table("层级", [("高价值", "6"), ("Low", "1,234")])

    assert capsys.readouterr().out.splitlines() == ["", "层级", "  高价值      6", "  Low     1,234"]


HOSTILE = "a\x1b]0;owned\x07\x9b31m\rAll is well.\nAll is well.\u202eb"


def test_nothing_that_is_shown_acts_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A file's name, a header or a customer's id is shown as what it is, on the line where it belongs."""
    terminal = Terminal("en")
    terminal.say(HOSTILE)
    terminal.table("", [(HOSTILE,)])
    terminal.refuse(UnknownLedgerUrl(url=HOSTILE))
    terminal.warn(Shown(example=HOSTILE))

    out, err = capsys.readouterr()
    assert "a\\u001b]0;owned\\u0007\\u009b31m\\u000dAll is well.\\u000aAll is well.\\u202eb" in out
    assert (len(out.splitlines()), len(err.splitlines())) == (4, 2)
    assert [hidden for hidden in "\x1b\x07\x9b\r\u202e" if hidden in out + err] == []


def test_json_says_the_same_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    """Spelt out, and read back as it was."""
    Terminal("en", machine=True).result("test", {"name": HOSTILE, "also": "王"})

    out = capsys.readouterr().out
    assert json.loads(out) == {"format": "evergrove.test/1", "name": HOSTILE, "also": "王"}
    assert [hidden for hidden in "\x1b\x07\x9b\r\u202e" if hidden in out] == []
