"""``evergrove init``: make a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evergrove import app
from evergrove.cli.errors import reporting, speaking
from evergrove.cli.options import Debug, Json, Lang, Quiet
from evergrove.cli.terminal import Terminal
from evergrove.cli.workspace import say_next
from evergrove.core import _, fill
from evergrove.ingest.orders.context import checked_currency, checked_zone
from evergrove.settings import Settings, updated
from evergrove.text import Formats, translator

MADE = _("Workspace made in {folder}.")
UNDECLARED = _("Not declared yet: {names}. Set that under [value] in {file} before the first orders come in.")
KEY = _(
    "Personal data are sealed with the key in {key}. Keep a copy of it elsewhere: without it they are lost."
)
IN_THE_BROWSER = _("Next, in the browser: {command}")
OR_HERE = _("Or here: {command}")


def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new workspace: empty or not there yet.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code of all amounts, such as CNY.")] = "",
    timezone: Annotated[str, typer.Option(help="Zone of the shop, such as Asia/Taipei.")] = "",
    ledger: Annotated[str, typer.Option(help="URL of a PostgreSQL database; default: SQLite here.")] = "",
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="Where the key to personal data goes: outside the folder; default: your configuration folder."
        ),
    ] = None,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a workspace: a folder in which the other commands work day by day."""
    terminal = speaking(Terminal("en", quiet, machine, debug), lang, "en")
    with reporting(terminal):
        value = {
            "currency": checked_currency(currency),
            "timezone": checked_zone(timezone),
            "language": terminal.language,
        }
        given = {name: text for name, text in value.items() if text}
        updated(Settings(), "value", given, origin="evergrove init")
        chosen = {"value": given} | ({"workspace": {"ledger": ledger}} if ledger else {})
        key = app.create_workspace(folder, chosen=chosen, key_file=key_file)
        translate = translator(terminal.language)
        terminal.say(fill(translate(MADE), {"folder": str(folder)}))
        terminal.say(fill(translate(KEY), {"key": str(key)}))
        if open_points := [name for name in ("currency", "timezone") if not value[name]]:
            names = Formats(terminal.language).enumerated(open_points)
            terminal.say(
                fill(translate(UNDECLARED), {"names": names, "file": str(folder / "evergrove.toml")})
            )
        say_next(terminal, folder, "serve", IN_THE_BROWSER)
        say_next(terminal, folder, "ingest FILE", OR_HERE)
        terminal.result("init", {"folder": str(folder), "key_file": str(key)})
