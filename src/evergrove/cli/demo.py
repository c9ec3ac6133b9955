"""``evergrove demo``: a simulated shop lives four weeks with Evergrove, beside the truth."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evergrove import app
from evergrove.cli.errors import reporting, speaking
from evergrove.cli.options import Debug, Json, Lang, Quiet
from evergrove.cli.outcome import print_outcome
from evergrove.cli.terminal import Terminal
from evergrove.core import _
from evergrove.measurement.words import said
from evergrove.text import Formats, translator

if TYPE_CHECKING:
    from evergrove.app import DemoOutcome

MAILS = _(
    "{mails} {mails:mail|mails} arrived at a receiver on this machine. Workspace, shop and results: {folder}"
)


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the demo.")] = Path("evergrove-demo"),
    days: Annotated[int, typer.Option(help="Days that the shop lives with Evergrove.")] = 28,
    customers: Annotated[int, typer.Option(help="Customers of the simulated shop.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shop.")] = 7,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Simulate a shop whose truth is known, let it live four weeks with Evergrove, and show what that earned."""
    terminal = speaking(Terminal("en", quiet, machine, debug), lang, "en")
    with reporting(terminal):
        with terminal.progress() as announce:
            shown = app.run_demo(out, customers, seed, terminal.language, announce, days=days)
        print_outcome(terminal, shown.outcome, date.today())  # noqa: DTZ011 -- the reader's own calendar
        _print_closeness(terminal, shown)
        _print_effects(terminal, shown)
        terminal.result(
            "demo",
            shown.outcome.figures
            | {"closeness": asdict(shown.closeness)}
            | {
                "measured": [
                    each.as_json() | {"true_effect": shown.truth[each.playbook]} for each in shown.measured
                ]
            },
        )


def _print_closeness(terminal: Terminal, shown: DemoOutcome) -> None:
    translate = translator(terminal.language)
    terminal.say()
    terminal.say(translate(_("How close the first night came to the simulated truth:")))
    for sentence in shown.closeness.sentences:
        terminal.say("  " + sentence.said(translate))


def _print_effects(terminal: Terminal, shown: DemoOutcome) -> None:
    """What each playbook earned, beside the truth."""
    formats = Formats(terminal.language, "CNY")
    names = shown.outcome.figures["outreach"]["playbooks"]
    terminal.say()
    terminal.say(formats.say(_("What four weeks of playbooks earned, against untreated customers:")))
    for each in shown.measured:
        result = each.as_json() | {"true_effect": shown.truth[each.playbook]}
        words = said(result, names[each.playbook]["name"], formats)
        terminal.say("  " + words.answer)
        terminal.say("    " + words.truth)
    terminal.say(formats.say(MAILS, mails=shown.mails, folder=str(shown.folder)))
