"""``evergrove measure``: what playbooks have earned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, InvalidOption, Json, Lang, Quiet, day_of
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.measurement.types import DIMENSIONS
from evergrove.measurement.words import said, what
from evergrove.text import Formats, translator

if TYPE_CHECKING:
    from evergrove.app.workspace import Workspace
    from evergrove.cli.terminal import Terminal
    from evergrove.measurement.keeping import KeptPart
    from evergrove.measurement.types import By

NOBODY = _(
    "There is nothing to measure yet: nobody has been in a playbook for a whole day whose orders have come in."
)
TITLE = _("Part by part; rows do not add up")
HEADER = (
    _("playbook"),
    _("part"),
    _("treated"),
    _("control"),
    _("a customer"),
    _("interval"),
    _("messages"),
    _("cost"),
    _("window"),
)
COMPLETE, INCOMPLETE, NOT_TRUSTED = _("complete"), _("incomplete"), _("not to be trusted")


def measure(
    as_of: Annotated[
        str, typer.Option(help="The last day whose orders count; default: that of the last run.")
    ] = "",
    by: Annotated[
        str,
        typer.Option(
            help="Show parts too: by tier, stage, month (of assignment), coupon, or period (of the global control)."
        ),
    ] = "",
    csv: Annotated[
        Path | None, typer.Option(help="Write the value ledger to this file, whole and part by part.")
    ] = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Tell what each playbook earned: customers treated against customers kept untreated."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        chosen = _by(by)
        results = here.measure(day_of("--as-of", as_of))
        formats = Formats(terminal.language, here.settings.value.currency)
        names = {one.playbook.key: one.playbook.name for one in here.playbooks()}
        told = [said(each.as_json(), names.get(each.playbook, each.playbook), formats) for each in results]
        for words in told:
            terminal.say(words.answer)
            for note in words.own_notes:
                terminal.say(f"  {note}")
        if caution := next((words.caution for words in told if words.caution), ""):
            terminal.say(caution)
        if not results:
            terminal.say(translator(terminal.language)(NOBODY))
        parts = _parts(here, terminal, chosen, names, formats) if chosen and results else []
        if csv is not None:
            from evergrove.app.measuring import ledger_as_csv  # noqa: PLC0415 - help is said without it

            csv.write_text("".join(ledger_as_csv(here)), encoding="utf-8", newline="")
        terminal.result(
            "measure",
            {
                "results": [result.as_json() for result in results],
                **(
                    {"parts": [{"by": each.by, "part": each.name, **each.document} for each in parts]}
                    if chosen
                    else {}
                ),
            },
        )


def _by(name: str) -> By | None:
    """
    In what the parts are to differ; None where nobody asked for parts.

    Raises:
        InvalidOption: There are none such.
    """
    known: dict[str, By] = {each: each for each in DIMENSIONS}
    if name and name not in known:
        raise InvalidOption(option="--by", value=name, example=f"--by {DIMENSIONS[0]}")
    return known.get(name)


def _parts(
    here: Workspace, terminal: Terminal, by: By, names: dict[str, str], formats: Formats
) -> list[KeptPart]:
    from evergrove.app.measuring import parts  # noqa: PLC0415 - help is said without it

    found = parts(here, by)
    rows = [_row(each, names, formats) for each in found]
    terminal.table(formats.say(TITLE), rows, tuple(map(formats.say, HEADER)))
    return found


def _row(each: KeptPart, names: dict[str, str], formats: Formats) -> tuple[str, ...]:
    figures = each.document
    margin, key = figures["margin"], figures["playbook"]
    window = NOT_TRUSTED if not figures["trustworthy"] else COMPLETE if figures["complete"] else INCOMPLETE
    bounds = ("", "") if margin is None else (formats.money(margin["low"]), formats.money(margin["high"]))
    return (
        what(figures, names.get(key, ""), formats) if key else "",
        each.name,
        formats.number(figures["people_treated"]),
        formats.number(figures["people_control"]),
        "" if margin is None else formats.money(margin["effect"]),
        "" if margin is None else formats.between(*bounds),
        formats.number(figures["messages"]),
        formats.money(figures["cost"]),
        formats.say(window),
    )
