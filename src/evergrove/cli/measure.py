"""``evergrove measure``: what playbooks have earned."""

from __future__ import annotations

from typing import Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet, day_of
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.measurement.words import said
from evergrove.text import Formats, translator

NOBODY = _(
    "There is nothing to measure yet: nobody has been in a playbook for a whole day whose orders have come in."
)


def measure(
    as_of: Annotated[
        str, typer.Option(help="The last day whose orders count; default: that of the last run.")
    ] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Tell what each playbook earned: customers treated against customers kept untreated."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        results = here.measure(day_of("--as-of", as_of))
        formats = Formats(terminal.language, here.settings.value.currency)
        names = {one.playbook.key: one.playbook.name for one in here.playbooks()}
        for result in results:
            words = said(result.as_json(), names.get(result.playbook, result.playbook), formats)
            terminal.say(words.answer)
            for note in words.notes:
                terminal.say(f"  {note}")
        if not results:
            terminal.say(translator(terminal.language)(NOBODY))
        terminal.result("measure", {"results": [result.as_json() for result in results]})
