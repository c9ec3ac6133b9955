"""``evergrove ingest``: files into the workspace."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evergrove.cli.options import HERE, Debug, In, InvalidOption, Json, Lang, Quiet, mapping_of
from evergrove.cli.workspace import at_work
from evergrove.core import _, fill
from evergrove.ingest import ReadOptions
from evergrove.ingest.errors import REASONS
from evergrove.people import REASONS as PEOPLE_REASONS
from evergrove.text import translator

if TYPE_CHECKING:
    from evergrove.cli.terminal import Terminal
    from evergrove.ingest.customers_file import PeopleIntake
    from evergrove.pipeline import FileOutcome

ROWS = _("{file}: {read} {read:row|rows} read = {good} good + {rejected} rejected + {duplicate} duplicate.")
KNOWN = _("{file}: already imported; nothing changed.")
REJECTED = _("  rejected {rows}: {reason}")
REJECTS = _("  The rejected rows with their reasons: {path}")
PEOPLE = _(
    "  {people} {people:person|persons} added or changed, {consents} new {consents:word|words} on consent."
)


def ingest(
    files: Annotated[list[Path], typer.Argument(help="CSV, TSV, Parquet, JSON or XLSX.")],
    table: Annotated[
        Literal["orders", "customers"], typer.Option("--as", help="What the files hold.")
    ] = "orders",
    columns: Annotated[
        list[str], typer.Option("--map", help="Which column is what, as for evergrove value.")
    ] = [],  # noqa: B006 - typer's way to declare a repeatable option
    currency: Annotated[str, typer.Option(help="ISO 4217 code of all amounts, such as CNY.")] = "",
    timezone: Annotated[str, typer.Option(help="Zone of the shop, such as Asia/Taipei.")] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of text files; found by trial without it.")] = "",
    exported_at: Annotated[
        str, typer.Option(help="When the shop wrote the files; default: when they were last changed.")
    ] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Add orders or customers to the workspace; what is in already changes nothing."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        options = ReadOptions(
            mapping=mapping_of(columns),
            currency=currency.upper(),
            timezone=timezone,
            encoding=encoding,
            today=here.clock.now().date(),
        )
        if table == "customers":
            taken = here.ingest_customers(files, options)
            for one in taken:
                _print_people(terminal, one)
            terminal.result({"files": [_people_figures(one) for one in taken]})
            return
        with terminal.progress() as announce:
            outcome = here.ingest(files, options, exported_at=_moment(exported_at), announce=announce)
        for file in outcome.files:
            _print_file(terminal, file)
        terminal.result({"files": [_file_figures(file) for file in outcome.files]})


def _moment(text: str) -> datetime | None:
    """The moment that ``--exported-at`` names; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidOption(
            option="--exported-at", value=text, example="--exported-at 2026-03-31T08:00+08:00"
        ) from error
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _print_file(terminal: Terminal, one: FileOutcome) -> None:
    translate = translator(terminal.language)
    if not one.is_new:
        terminal.say(fill(translate(KNOWN), {"file": one.file.name}))
        return
    terminal.say(fill(translate(ROWS), {"file": one.file.name, **vars(one.rows)}))
    rejected = one.intake.rejected if one.intake else {}
    for code, what in rejected.items():
        reason = translate(REASONS.get(code, code))
        terminal.say(fill(translate(REJECTED), {"rows": what.rows, "reason": reason}))
    if one.rejects:
        terminal.say(fill(translate(REJECTS), {"path": str(one.rejects)}))
    for warning in one.warnings:
        terminal.warn(warning)


def _print_people(terminal: Terminal, one: PeopleIntake) -> None:
    translate = translator(terminal.language)
    if not one.is_new:
        terminal.say(fill(translate(KNOWN), {"file": one.file}))
        return
    terminal.say(fill(translate(ROWS), {"file": one.file, **vars(one.rows)}))
    words = {**REASONS, **PEOPLE_REASONS}
    for code, rows in one.rejected.items():
        terminal.say(fill(translate(REJECTED), {"rows": rows, "reason": translate(words.get(code, code))}))
    terminal.say(fill(translate(PEOPLE), {"people": one.people, "consents": one.consents}))
    for warning in one.warnings:
        terminal.warn(warning)


def _file_figures(one: FileOutcome) -> dict[str, Any]:
    return {
        "file": str(one.file),
        "import": one.seq,
        "new": one.is_new,
        "rows": vars(one.rows),
        "rejects": str(one.rejects) if one.rejects else None,
    }


def _people_figures(one: PeopleIntake) -> dict[str, Any]:
    return {
        "file": one.file,
        "new": one.is_new,
        "rows": vars(one.rows),
        "rejected": dict(one.rejected),
        "people": one.people,
        "consents": one.consents,
    }
