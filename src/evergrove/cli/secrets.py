"""What encrypts a backup and opens it again: a file, or a passphrase that is typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evergrove import app
from evergrove.core import _
from evergrove.text import translator

if TYPE_CHECKING:
    from evergrove.backup import Secret
    from evergrove.cli.terminal import Terminal

Asked = Annotated[
    bool, typer.Option("--passphrase", help="Encrypted: ask for the passphrase, which is not shown.")
]
FromFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="Encrypted: file with the passphrase or key, for scripts."),
]
PROMPT = _("Passphrase of the backup")


def given(terminal: Terminal, *, asked: bool, file: Path | None, twice: bool = False) -> Secret | None:
    """
    The passphrase or key that a command was given; None where none was.

    Args:
        terminal: Whose language the question is in.
        asked: Whether to ask for it.
        file: Where it stands.
        twice: Ask again, as a slip would lock a new backup for good.
    """
    if file is not None:
        return app.backups.secret_from(file)
    if not asked:
        return None
    words = translator(terminal.language)(PROMPT)
    typed: str = typer.prompt(words, hide_input=True, confirmation_prompt=twice, err=True)
    return app.backups.secret_of(typed, "--passphrase")
