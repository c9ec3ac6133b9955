"""Options that several commands share, said once."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from evergrove.core import InputError, _, in_units

Lang = Annotated[str | None, typer.Option("--lang", help="en, zh-Hans or zh-Hant.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]
In = Annotated[
    Path,
    typer.Option(
        "--workspace", "-w", envvar="EVERGROVE_HOME", help="Folder of the workspace; default: this one."
    ),
]
HERE = Path()


class InvalidOption(InputError):
    """An option's value cannot be read."""

    code = "cli.invalid_option"
    message = _("{option} {value} cannot be read.")
    hint = _("Write it like this: {example}")


def mapping_of(options: list[str]) -> dict[str, str]:
    """
    Role -> header from ``--map role=header,role=header``; a header may itself contain a comma.

    An empty header switches its role off.
    """
    pairs: dict[str, str] = {}
    for part in (part for option in options for part in re.split(r",(?=\s*[a-z_]+=)", option)):
        role, equals, header = part.partition("=")
        if not equals:
            raise InvalidOption(
                option="--map", value=part, example="--map customer=Buyer,date=Paid,amount=Total"
            )
        pairs[role.strip()] = header.strip()
    return pairs


def day_of(option: str, text: str) -> date | None:
    """The day that an option names; None where it is left out."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidOption(option=option, value=text, example=f"{option} 2026-03-31") from error


def month_of(option: str, text: str) -> date | None:
    """The first day of the month that an option names, YYYY-MM; None where it is left out."""
    try:
        return date.fromisoformat(f"{text}-01") if text else None
    except ValueError as error:
        raise InvalidOption(option=option, value=text, example=f"{option} 2026-03") from error


def days_of(option: str, text: str) -> int:
    """The length of time that an option names, in days: "90", or "13 weeks"."""
    try:
        return int(text) if text.isdecimal() else round(in_units(text, "day"))
    except InputError as error:
        raise InvalidOption(option=option, value=text, example=f'{option} 90, {option} "13 weeks"') from error
