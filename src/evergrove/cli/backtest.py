"""``evergrove backtest``: who is to be trusted for what, by what would have been said in the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evergrove.app import Evergrove
from evergrove.cli.errors import reporting, speaking
from evergrove.cli.judgement import print_backtest
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet, day_of, days_of, mapping_of
from evergrove.cli.terminal import Terminal, preferred_language
from evergrove.cli.value import settings_of
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.ingest import ReadOptions
from evergrove.pipeline import BacktestRequest
from evergrove.pipeline.champions import FOLDER
from evergrove.scoring.rolling import Options
from evergrove.settings import updated

if TYPE_CHECKING:
    from evergrove.scoring.rolling import Contender

DEFAULT_OUT = Path(FOLDER)
DEFAULTS = Options()


def backtest(
    files: Annotated[
        list[Path], typer.Argument(help="Order files; without any, the orders of the workspace.")
    ] = [],  # noqa: B006 - typer's way to declare arguments that may be left out
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = DEFAULT_OUT,
    origins: Annotated[
        int, typer.Option(help="From how many days of the past to look ahead, at most.")
    ] = DEFAULTS.origins,
    window: Annotated[str, typer.Option(help='How far to look ahead from each: days, or "13 weeks".')] = str(
        DEFAULTS.window_days
    ),
    models: Annotated[
        str,
        typer.Option(
            help="Models to judge, with commas between them; default: those that evergrove value chooses from."
        ),
    ] = "",
    no_season: Annotated[bool, typer.Option("--no-season", help="Leave out seasonal factors.")] = False,
    learned: Annotated[
        bool,
        typer.Option("--learned", help="Judge a model learned from earlier windows too; takes the extra ml."),
    ] = False,
    columns: Annotated[
        list[str], typer.Option("--map", help="Which column is what; see evergrove value --help.")
    ] = [],  # noqa: B006 - typer's way to declare a repeatable option
    currency: Annotated[str, typer.Option(help="ISO 4217 code of all amounts, such as CNY.")] = "",
    timezone: Annotated[str, typer.Option(help="Zone of the shop, such as Asia/Taipei.")] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of text files; found by trial without it.")] = "",
    unit: Annotated[
        Literal["day", "week", "month"] | None, typer.Option(help="Unit of the models' parameters.")
    ] = None,
    as_of: Annotated[
        str, typer.Option(help="Observation end, YYYY-MM-DD; default: the last order day.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of all draws.")] = 1,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", help="TOML file with thresholds; default: ./evergrove.toml.")
    ] = None,
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
            with speaker.progress() as announce:
                outcome = here.backtest(request, announce)
            print_backtest(speaker, outcome)
        return
    with reporting(terminal):
        settings = settings_of(settings_file)
    terminal = speaking(terminal, lang, settings.value.language)
    given = {
        "currency": currency.upper() or None,
        "timezone": timezone or None,
        "unit": unit,
        "language": terminal.language,
    }
    with reporting(terminal):
        known = {name: option for name, option in given.items() if option is not None}
        app = Evergrove(
            settings=updated(settings, "value", known, origin=_("command line")),
            today=date.today(),  # noqa: DTZ011 - the shop's own calendar decides what lies in the future
        )
        read = ReadOptions(
            mapping=mapping_of(columns),
            currency=app.settings.value.currency,
            timezone=app.settings.value.timezone,
            encoding=encoding,
            today=app.today,
        )
        with terminal.progress() as announce:
            outcome = app.backtest(replace(request, files=tuple(files), read=read), announce)
        print_backtest(terminal, outcome)


def _learned() -> Contender:
    """The learned contender; without its extra the command ends with how to get it."""
    from evergrove.models.learned import NeedsMl, ml_here  # noqa: PLC0415 - who does not ask for it pays nothing
    from evergrove.scoring.learned import LearnedContender  # noqa: PLC0415 - as above

    if not ml_here():
        raise NeedsMl
    return LearnedContender()
