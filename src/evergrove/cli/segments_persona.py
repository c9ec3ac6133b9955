"""``evergrove segments persona``: what sets a group of customers apart."""

from __future__ import annotations

from typing import Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.pipeline.personas import persona_of
from evergrove.segments.personas import words
from evergrove.text import Formats


def persona(
    group: Annotated[
        str, typer.Argument(help='Such as "tier=high", "stage=churned", "action=T4h" or "segment=KEY".')
    ],
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what sets a tier, a stage or a segment apart from everybody else."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        found = persona_of(here.warehouse, group)
        formats = Formats(terminal.language, here.settings.value.currency)
        terminal.say(words.title(found["axis"], found["value"], formats))
        for sentence in words.sentences(found, formats):
            terminal.say(f"  {sentence}")
        terminal.result("persona", found)
