"""``evergrove backtest``: who is to be trusted for what, by what would have been said in the past."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evergrove.cli.errors import reporting, speaking
from evergrove.cli.files import (
    AsOf,
    Columns,
    Currency,
    Encoding,
    ModelUnit,
    Seed,
    SettingsFile,
    Timezone,
    evergrove_with,
    reading,
    speaker_of,
)
from evergrove.cli.judgement import print_backtest
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet, day_of, days_of
from evergrove.cli.terminal import Terminal, preferred_language
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.pipeline import BacktestRequest
from evergrove.pipeline.champions import FOLDER
from evergrove.pipeline.learned import check_ml
from evergrove.scoring.rolling import Options
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.pipeline import Announce, BacktestOutcome
    from evergrove.scoring.rolling import Contender

DEFAULT_OUT = Path(FOLDER)
DEFAULTS = Options()
HEARD = _("The runs of this workspace hear the champions from now on.")


Files = Annotated[list[Path], typer.Argument(help="Order files; without any, the orders of the workspace.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")]
Origins = Annotated[int, typer.Option(help="From how many days of the past to look ahead, at most.")]
Window = Annotated[str, typer.Option(help='How far to look ahead from each: days, or "13 weeks".')]
Models = Annotated[
    str,
    typer.Option(
        help="Models to judge, with commas between them; default: those that evergrove value chooses from."
    ),
]
NoSeason = Annotated[bool, typer.Option("--no-season", help="Leave out seasonal factors.")]
AlsoLearned = Annotated[
    bool,
    typer.Option("--learned", help="Judge a model learned from earlier windows too; takes the extra ml."),
]


def backtest(
    files: Files = [],  # noqa: B006 - typer's way to declare arguments that may be left out
    out: Out = DEFAULT_OUT,
    origins: Origins = DEFAULTS.origins,
    window: Window = str(DEFAULTS.window_days),
    models: Models = "",
    no_season: NoSeason = False,
    learned: AlsoLearned = False,
    columns: Columns = [],  # noqa: B006 - typer's way to declare a repeatable option
    currency: Currency = "",
    timezone: Timezone = "",
    encoding: Encoding = "",
    unit: ModelUnit = None,
    as_of: AsOf = "",
    seed: Seed = 1,
    settings_file: SettingsFile = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """
    Judge models and naive rules by the past: who is to be trusted for what.

    From several days of the past every contender forecasts the window after it, knowing nothing later. What
    it said is compared with what came: ranking, totals, dates of next orders, who leaves.

    evergrove value hears the champions when it writes beside them, evergrove run those of its workspace.
    """
    terminal = speaking(Terminal(preferred_language(None, "en"), quiet, machine, debug), lang, "en")
    with reporting(terminal):
        options = Options(
            origins=origins,
            window_days=days_of("--window", window),
            models=tuple(name.strip() for name in models.split(",") if name.strip()) or None,
            season=not no_season,
            seed=seed,
            also=(_learned(),) if learned else (),
        )
        request = BacktestRequest(out=out, options=options, as_of=day_of("--as-of", as_of))
    if not files:
        with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, speaker):
            _looked_back(here.backtest, request, speaker)
            speaker.say(translator(speaker.language)(HEARD))
        return
    terminal, settings = speaker_of(lang, settings_file, machine=machine, quiet=quiet, debug=debug)
    with reporting(terminal):
        given = {
            "currency": currency.upper(),
            "timezone": timezone,
            "unit": unit,
            "language": terminal.language,
        }
        app = evergrove_with(settings, given)
        read = reading(app, columns, encoding)
        _looked_back(app.backtest, replace(request, files=tuple(files), read=read), terminal)


def _looked_back(
    look: Callable[[BacktestRequest, Announce], BacktestOutcome], request: BacktestRequest, terminal: Terminal
) -> None:
    """Do it, and print what came of it."""
    with terminal.progress() as announce:
        outcome = look(request, announce)
    print_backtest(terminal, outcome)


def _learned() -> Contender:
    """The learned contender; without its extra the command ends with how to get it."""
    check_ml()
    from evergrove.scoring.learned import LearnedContender  # noqa: PLC0415 - who does not ask for it pays nothing

    return LearnedContender()
