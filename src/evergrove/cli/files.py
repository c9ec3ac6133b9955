"""What the commands on order files share: their settings, how files are read, and the options that say so."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evergrove.app import Evergrove
from evergrove.cli.errors import reporting, speaking
from evergrove.cli.options import InvalidOption, mapping_of
from evergrove.cli.terminal import Terminal, preferred_language
from evergrove.core import _
from evergrove.ingest import ReadOptions
from evergrove.settings import Settings, load_settings, updated

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS_FILE = Path("evergrove.toml")

Columns = Annotated[
    list[str],
    typer.Option(
        "--map",
        help="Which column is what: customer=Buyer,date=Paid; evergrove value --help lists all roles.",
    ),
]
Currency = Annotated[str, typer.Option(help="ISO 4217 code of all amounts, such as CNY.")]
Timezone = Annotated[str, typer.Option(help="Zone of the shop, such as Asia/Taipei.")]
Encoding = Annotated[str, typer.Option(help="Encoding of text files; found by trial without it.")]
ModelUnit = Annotated[
    Literal["day", "week", "month"] | None, typer.Option(help="Unit of the models' parameters.")
]
AsOf = Annotated[str, typer.Option(help="Observation end, YYYY-MM-DD; default: the last order day.")]
Seed = Annotated[int, typer.Option(help="Seed of all draws.")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="TOML file with thresholds; default: ./evergrove.toml.")
]


def settings_of(given: Path | None) -> Settings:
    """Settings of the file given, else of ./evergrove.toml where there is one."""
    return load_settings(given or (SETTINGS_FILE if SETTINGS_FILE.exists() else None))


def speaker_of(
    lang: str | None, settings_file: Path | None, *, machine: bool, quiet: bool, debug: bool
) -> tuple[Terminal, Settings]:
    """
    The terminal in the reader's language, and the settings, one of which names a language.

    Args:
        lang: As ``--lang`` takes it; it overrules the settings.
        settings_file: As ``--settings`` takes it.
        machine: Print JSON.
        quiet: Print errors only.
        debug: Show tracebacks.
    """
    terminal = speaking(Terminal(preferred_language(None, "en"), quiet, machine, debug), lang, "en")
    with reporting(terminal):
        settings = settings_of(settings_file)
    return speaking(terminal, lang, settings.value.language), settings


def evergrove_with(settings: Settings, options: Mapping[str, object]) -> Evergrove:
    """
    What the faces call, with settings that the command line may overrule.

    Args:
        settings: Of a file.
        options: Names and values of the section "value"; what was left out is None or "".

    Raises:
        InputError: A value cannot be used.
    """
    given = {name: value for name, value in options.items() if value not in {None, ""}}
    return Evergrove(
        settings=updated(settings, "value", given, origin=_("command line")),
        today=date.today(),  # noqa: DTZ011 - the shop's own calendar decides what lies in the future
    )


def tables_of(options: list[str]) -> tuple[tuple[str, Path], ...]:
    """
    Table and file of each ``--as TABLE=FILE``.

    Raises:
        InvalidOption: One of them names no file.
    """
    found = []
    for text in options:
        table, equals, file = text.partition("=")
        if not equals or not file.strip():
            raise InvalidOption(option="--as", value=text, example="--as costs=costs.csv")
        found.append((table.strip(), Path(file.strip())))
    return tuple(found)


def reading(
    app: Evergrove, columns: list[str], encoding: str, keep: str = "", preset: str = ""
) -> ReadOptions:
    """
    How to read the files.

    Args:
        app: Holds currency and zone.
        columns: As ``--map`` takes them.
        encoding: Of text files; "" to find out.
        keep: Columns to carry through, with commas between them.
        preset: Name of the preset that the files are read by; "" to tell it by their headers.

    Raises:
        InvalidOption: A mapping cannot be read.
    """
    return ReadOptions(
        mapping=mapping_of(columns),
        keep=tuple(name.strip() for name in keep.split(",") if name.strip()),
        currency=app.settings.value.currency,
        timezone=app.settings.value.timezone,
        encoding=encoding,
        today=app.today,
        preset=preset,
    )
