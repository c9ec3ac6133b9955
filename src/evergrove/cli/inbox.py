"""What lies in the inbox, taken in and told line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove import app
from evergrove.cli.ingested import print_table, table_figures
from evergrove.core import _
from evergrove.text import Formats, say

if TYPE_CHECKING:
    from evergrove.app import Workspace
    from evergrove.app.inbox import Outcome, Taken
    from evergrove.cli.terminal import Terminal

NOTHING = _("Nothing complete lies in the inbox: {folder}")
REFUSED = _("{file} was refused and lies in {path}: {reason}")


def take_and_print(terminal: Terminal, here: Workspace) -> bool:
    """Take the inbox and say what became of each file; whether orders were new."""
    taken = take_quietly(terminal, here)
    if not taken:
        folder = str(here.folder / "inbox")
        terminal.say(Formats(terminal.language).say(NOTHING, folder=folder))
    terminal.result("ingest", {"files": [_figures(one) for one in taken]})
    return any(_is_news(one) for one in taken)


def take_quietly(terminal: Terminal, here: Workspace) -> list[Taken]:
    """Take the inbox; an empty one is not mentioned."""
    with terminal.progress() as announce:
        taken = app.inbox.take_inbox(here, announce)
    for one in taken:
        _print(terminal, one)
    return taken


def _print(terminal: Terminal, one: Taken) -> None:
    from evergrove.cli.ingest import print_file, print_people  # noqa: PLC0415 -- that command calls this one
    from evergrove.ingest.persons.customers import (  # noqa: PLC0415 -- only where something was taken
        PeopleIntake,
    )
    from evergrove.pipeline import FileOutcome  # noqa: PLC0415 -- same

    for outcome in one.outcomes:
        if isinstance(outcome, FileOutcome):
            print_file(terminal, outcome)
        elif isinstance(outcome, PeopleIntake):
            print_people(terminal, outcome)
        else:
            print_table(terminal, outcome)
    if one.refused is not None:
        reason = say(one.refused, terminal.language)
        formats = Formats(terminal.language)
        terminal.say(formats.say(REFUSED, file=one.file, path=str(one.kept), reason=reason))


def _is_news(one: Taken) -> bool:
    from evergrove.pipeline import FileOutcome  # noqa: PLC0415 -- as above

    return any(isinstance(outcome, FileOutcome) and outcome.is_new for outcome in one.outcomes)


def _figures(one: Taken) -> dict[str, Any]:
    refused = one.refused.code if one.refused is not None else None
    tables = [_figures_of(outcome) for outcome in one.outcomes]
    return {
        "file": one.file,
        "kept": str(one.kept) if one.kept else None,
        "refused": refused,
        "tables": tables,
    }


def _figures_of(outcome: Outcome) -> dict[str, Any]:
    from evergrove.cli.ingest import file_figures, people_figures  # noqa: PLC0415 -- as above
    from evergrove.ingest.persons.customers import PeopleIntake  # noqa: PLC0415 -- as above
    from evergrove.pipeline import FileOutcome  # noqa: PLC0415 -- as above

    if isinstance(outcome, FileOutcome):
        return file_figures(outcome)
    return people_figures(outcome) if isinstance(outcome, PeopleIntake) else table_figures(outcome)
