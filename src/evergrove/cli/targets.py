"""``evergrove targets``: where the customer base stands, for any past month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet, month_of
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.measurement.targets import words
from evergrove.text import Formats

if TYPE_CHECKING:
    from typing import Any

    from evergrove.cli.terminal import Terminal

TITLE = _("Targets, {month}")
HEADER = (_("Target"), _("Goal"), _("Now"), _("Interval"), _("Gap"), _("In 3 months"), "")
NOTED = _("{name}: {note}")


def targets(
    month: Annotated[str, typer.Option(help="Which month, YYYY-MM; default: that of the newest run.")] = "",
    past: Annotated[int, typer.Option(min=0, max=60, help="How many months before it to read as well.")] = 3,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """
    Say where the customer base stands: six targets and your own, for any past month.

    Your own stand in targets.toml in the folder of the workspace.
    """
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        with terminal.progress() as announce:
            found = here.targets(month_of("--month", month), past=past, announce=announce).as_json()
        print_targets(terminal, found)
        terminal.result("targets", found)


def print_targets(terminal: Terminal, found: dict[str, Any]) -> None:
    """
    Print a board.

    Args:
        terminal: Where to.
        found: As ``Board.as_json`` gives it.
    """
    formats = Formats(terminal.language)
    terminal.say(words.headline(found, formats))
    terminal.say(words.basis(found, formats))
    rows = [
        (
            words.name_of(each, formats),
            words.goal(each, formats),
            words.figure(each, each["value"], formats),
            words.bounds(each, formats),
            words.gap(each, formats),
            words.moved(each, formats),
            formats.say(words.VERDICTS[each["verdict"]]),
        )
        for each in found["targets"]
    ]
    title = formats.say(TITLE, month=formats.month(found["month"]))
    terminal.table(title, rows, tuple(formats.say(name) if name else "" for name in HEADER))
    notes = [(words.name_of(each, formats), words.note(each, formats)) for each in found["targets"]]
    terminal.say()
    for name, note in notes:
        if note:
            terminal.say(formats.say(NOTED, name=name, note=note))
    terminal.say(formats.say(words.LEVEL, level=formats.percent(found["level"], 0)))
