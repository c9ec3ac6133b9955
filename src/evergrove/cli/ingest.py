"""``evergrove ingest``: files into the workspace."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evergrove.cli.options import HERE, Debug, In, InvalidOption, Json, Lang, Quiet, mapping_of
from evergrove.cli.outcome import COLUMNS, matched
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import _
from evergrove.ingest import ReadOptions
from evergrove.ingest.errors import REASONS
from evergrove.people import ROWS as PEOPLE_ROWS
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.app import Workspace
    from evergrove.cli.terminal import Terminal
    from evergrove.ingest import ColumnMatch
    from evergrove.ingest.customers_file import PeopleIntake
    from evergrove.pipeline import FileOutcome

ROWS = _("{file}: {read} {read:row|rows} read = {good} good + {rejected} rejected + {duplicate} duplicate.")
KNOWN = _("{file}: already imported; nothing changed.")
REJECTED = _("Rejected {rows}: {reason}")
UNUSED = _("In {rows} {rows:row|rows}: {reason}")
REJECTS = _("The rejected rows with their reasons: {path}")
PEOPLE = _(
    "{people} {people:customer|customers} added or changed, {consents} new {consents:answer|answers} on consent."
)
NO_CONSENT = _(
    "No column tells who agreed to be written to, and nobody is written to without it: --map consent=COLUMN."
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
        written_at = _moment(exported_at)
        if table == "customers":
            _customers(terminal, here, files, options, written_at)
        elif _orders(terminal, here, files, options, written_at):
            say_next(terminal, workspace, "run")


def _orders(
    terminal: Terminal, here: Workspace, files: list[Path], options: ReadOptions, exported_at: datetime | None
) -> bool:
    """File by file, so that what is in is said even where a later one is refused; whether any was new."""
    taken: list[FileOutcome] = []
    for file in files:
        with terminal.progress() as announce:
            outcome = here.ingest([file], options, exported_at=exported_at, announce=announce)
        for one in outcome.files:
            _print_file(terminal, one)
        taken += outcome.files
    terminal.result("ingest", {"files": [_file_figures(one) for one in taken]})
    return any(one.is_new for one in taken)


def _customers(
    terminal: Terminal, here: Workspace, files: list[Path], options: ReadOptions, exported_at: datetime | None
) -> None:
    taken: list[PeopleIntake] = []
    for file in files:
        for one in here.ingest_customers([file], options, exported_at=exported_at):
            _print_people(terminal, one)
            taken.append(one)
    terminal.result("customers", {"files": [_people_figures(one) for one in taken]})


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
    formats = Formats(terminal.language)
    if one.intake is None:
        terminal.say(formats.say(KNOWN, file=one.file.name))
        return
    terminal.say(formats.say(ROWS, file=one.file.name, **vars(one.rows)))
    encoding = next(iter(one.intake.encodings.values()), "")
    _detail(terminal, formats, COLUMNS, columns=_columns(one.intake.columns, formats), encoding=encoding)
    rejected = {code: what.rows for code, what in one.intake.rejected.items()}
    _print_reasons(terminal, formats, REJECTED, rejected, REASONS)
    if one.rejects:
        _detail(terminal, formats, REJECTS, path=str(one.rejects))
    for warning in one.warnings:
        terminal.warn(warning)


def _print_people(terminal: Terminal, one: PeopleIntake) -> None:
    formats = Formats(terminal.language)
    if not one.is_new:
        terminal.say(formats.say(KNOWN, file=one.file))
        return
    terminal.say(formats.say(ROWS, file=one.file, **vars(one.rows)))
    _detail(terminal, formats, COLUMNS, columns=_columns(one.columns, formats), encoding=one.encoding)
    words = {**REASONS, **PEOPLE_ROWS}
    _print_reasons(terminal, formats, REJECTED, one.rejected, words)
    _print_reasons(terminal, formats, UNUSED, one.unused, words)
    _detail(terminal, formats, PEOPLE, people=one.people, consents=one.consents)
    if all(match.role != "consent" for match in one.columns):
        _detail(terminal, formats, NO_CONSENT)
    for warning in one.warnings:
        terminal.warn(warning)


def _columns(matches: tuple[ColumnMatch, ...], formats: Formats) -> str:
    return formats.enumerated([matched(each.role, each.column, each.confidence) for each in matches])


def _print_reasons(
    terminal: Terminal,
    formats: Formats,
    sentence: str,
    rows: Mapping[str, int],
    words: Mapping[str, str],
) -> None:
    """Rows by reason, the most frequent first."""
    for code, count in sorted(rows.items(), key=lambda item: -item[1]):
        _detail(terminal, formats, sentence, rows=count, reason=formats.say(words.get(code, code)))


def _detail(terminal: Terminal, formats: Formats, sentence: str, **fields: object) -> None:
    """A line that belongs to the one before it."""
    terminal.say("  " + formats.say(sentence, **fields))


def _file_figures(one: FileOutcome) -> dict[str, Any]:
    return {
        "file": str(one.file),
        "import": one.seq,
        "new": one.is_new,
        "rows": vars(one.rows),
        "rejected": {code: what.rows for code, what in one.intake.rejected.items()} if one.intake else {},
        "rejects": str(one.rejects) if one.rejects else None,
    }


def _people_figures(one: PeopleIntake) -> dict[str, Any]:
    return {
        "file": one.file,
        "new": one.is_new,
        "rows": vars(one.rows),
        "rejected": dict(one.rejected),
        "unused": dict(one.unused),
        "people": one.people,
        "consents": one.consents,
    }
