"""One place turns an error into a sentence and an exit status."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from evergrove.cli.terminal import preferred_language
from evergrove.core import EvergroveError, _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.cli.terminal import Terminal

CANCELLED = 130


class OurMistake(EvergroveError):
    """An error that nobody foresaw."""

    code = "cli.our_mistake"
    message = _("Evergrove made a mistake of its own: {kind}: {text}.")
    hint = _("What is stored is whole. Run the command again with --debug and send us what it prints.")


@contextmanager
def reporting(terminal: Terminal) -> Iterator[None]:
    """
    Run a command's body: deliberate errors become a sentence, others become our mistake.

    Exit status: 0 done, 1 ours, 2 input, 3 refused by a guard, 130 cancelled.
    """
    try:
        yield
    except EvergroveError as error:
        if terminal.debug:
            raise
        terminal.refuse(error)
        raise typer.Exit(error.exit_status) from error
    except BrokenPipeError:
        # Whoever read our output has seen enough (evergrove ... | head); the rest goes nowhere, silently.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt as error:
        raise typer.Exit(CANCELLED) from error
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if _stopped_by_hand(error):
            raise typer.Exit(CANCELLED) from error
        if terminal.debug:
            raise
        terminal.refuse(OurMistake(kind=type(error).__name__, text=str(error)))
        raise typer.Exit(OurMistake.exit_status) from error


def speaking(terminal: Terminal, option: str | None, setting: str) -> Terminal:
    """The terminal in the reader's language, so that what is refused from here on is refused in it."""
    with reporting(terminal):
        return replace(terminal, language=preferred_language(option, setting))
    return terminal


def _stopped_by_hand(error: Exception) -> bool:
    """Ctrl-C during a query: DuckDB takes the signal and raises an error of no class of its own."""
    return isinstance(error, RuntimeError) and str(error) == "Query interrupted"
