"""``evergrove demo``: the main job on a simulated shop, beside the truth."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from evergrove.app import Evergrove
from evergrove.cli.errors import reporting, speaking
from evergrove.cli.options import Debug, Json, Lang, Quiet
from evergrove.cli.outcome import print_outcome
from evergrove.cli.terminal import Terminal
from evergrove.core import _, fill
from evergrove.settings import Settings, ValueSettings
from evergrove.text import translator


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the demo.")] = Path("evergrove-demo"),
    customers: Annotated[int, typer.Option(help="Customers of the simulated shop.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shop.")] = 7,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Simulate a shop whose truth is known, value its customers, and show how close the estimates came."""
    terminal = speaking(Terminal("en", quiet, machine, debug), lang, "en")
    with reporting(terminal):
        language = terminal.language
        app = Evergrove(Settings(value=ValueSettings(currency="CNY", language=language)), date.today())  # noqa: DTZ011 -- the shop's own calendar
        with terminal.progress() as announce:
            shown = app.demo(out, customers, seed, announce)
        print_outcome(terminal, shown.outcome, app.today)
        translate = translator(language)
        terminal.say()
        terminal.say(translate(_("How close this came to the simulated truth:")))
        for sentence in shown.closeness.sentences:
            terminal.say("  " + sentence.said(translate))
        terminal.say(fill(translate(_("The orders behind it: {file}")), {"file": str(shown.orders)}))
        terminal.result(shown.outcome.figures | {"closeness": asdict(shown.closeness)})
