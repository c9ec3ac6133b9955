"""What every command in a workspace begins with."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.app import open_workspace
from evergrove.cli.errors import reporting
from evergrove.cli.terminal import Terminal, preferred_language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace


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
    terminal = Terminal(preferred_language(lang, "en"), quiet, machine, debug)
    with reporting(terminal), open_workspace(folder) as workspace:
        language = preferred_language(lang, workspace.settings.value.language)
        spoken = replace(terminal, language=language)
        with reporting(spoken):
            yield workspace, spoken
