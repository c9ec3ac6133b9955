"""``evergrove replay``: a past day anew."""

from __future__ import annotations

from typing import Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, InvalidOption, Json, Lang, Quiet, day_of
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.text import Formats

EQUAL = _("{as_of}: computed anew from what was known then, every table says what was published.")
DIFFERENT = _(
    "{as_of}: computed anew, {tables} {count:does|do} not say what was published. Have settings changed since, or the version of Evergrove?"
)
UNEQUAL = 1


def replay(
    as_of: Annotated[str, typer.Argument(help="Day of a run, YYYY-MM-DD.")],
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compute a past day anew from what was known then, and compare it with what was published."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        day = day_of("evergrove replay", as_of)
        if day is None:
            raise InvalidOption(option="evergrove replay", value='""', example="evergrove replay 2026-03-31")
        with terminal.progress() as announce:
            found = here.replay(day, announce)
        differ = [name for name, kept in found.published.items() if found.replayed.get(name) != kept]
        formats = Formats(terminal.language)
        words = {"as_of": day, "tables": formats.enumerated(differ), "count": len(differ)}
        terminal.say(formats.say(DIFFERENT if differ else EQUAL, **words))
        terminal.result("replay", {"as_of": day.isoformat(), "equal": found.is_equal, "different": differ})
        if differ:
            raise typer.Exit(UNEQUAL)
