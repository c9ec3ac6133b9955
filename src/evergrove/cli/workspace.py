"""What every command in a workspace begins with."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from evergrove import app
from evergrove.cli.errors import reporting, speaking
from evergrove.cli.options import HERE
from evergrove.cli.terminal import Terminal
from evergrove.core import EvergroveError, _, fill
from evergrove.settings import load_settings
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

NEXT = _("Next: {command}")


@contextmanager
def at_work(
    folder: Path, lang: str | None, *, machine: bool = False, quiet: bool = False, debug: bool = False
) -> Iterator[tuple[Workspace, Terminal]]:
    """
    Open the workspace for a command's body, and speak its language.

    Args:
        folder: Of the workspace.
        lang: As asked for on the command line; None: the workspace's own.
        machine: Results as JSON.
        quiet: Only errors.
        debug: Tracebacks instead of sentences.
    """
    terminal = speaking(Terminal("en", quiet, machine, debug), lang, _language_of(folder))
    with reporting(terminal), app.open_workspace(folder) as workspace:
        yield workspace, terminal


@contextmanager
def beside_work(
    folder: Path, lang: str | None, *, machine: bool = False, quiet: bool = False, debug: bool = False
) -> Iterator[Terminal]:
    """
    Begin a command that does not open the workspace as others do: what it is about may be lost, or older.

    Args:
        folder: Whose language is spoken, where there is a workspace.
        lang: As asked for on the command line.
        machine: Results as JSON.
        quiet: Only errors.
        debug: Tracebacks instead of sentences.
    """
    terminal = speaking(Terminal("en", quiet, machine, debug), lang, _language_of(folder))
    with reporting(terminal):
        yield terminal


def _language_of(folder: Path) -> str:
    """The workspace's own language, also for saying why it cannot be opened."""
    with suppress(EvergroveError):
        return load_settings(folder / app.SETTINGS_FILE).value.language
    return "en"


def say_next(terminal: Terminal, folder: Path, command: str, sentence: str = NEXT) -> None:
    """Name the command that comes next, as it is typed from here."""
    where = "" if folder == HERE else f" -w {folder}"
    says = translator(terminal.language)(sentence)
    terminal.say(fill(says, {"command": f"evergrove {command}{where}"}))
