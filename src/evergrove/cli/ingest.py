"""``evergrove ingest``: files into the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evergrove import app
from evergrove.cli.inbox import take_and_print
from evergrove.cli.ingested import (
    KNOWN,
    REJECTED,
    REJECTS,
    ROWS,
    UNUSED,
    columns_shown,
    detail,
    preview_figures,
    print_preview,
    print_reasons,
    print_table,
    table_figures,
)
from evergrove.cli.options import HERE, Debug, In, InvalidOption, Json, Lang, Quiet, mapping_of
from evergrove.cli.outcome import COLUMNS
from evergrove.cli.queried import take_query
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import EvergroveWarning, _
from evergrove.ingest import ReadOptions
from evergrove.ingest.reasons import REASONS
from evergrove.ingest.sources.database_errors import is_database
from evergrove.people import ROWS as PEOPLE_ROWS
from evergrove.report.accounting import notes
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.app import Workspace
    from evergrove.cli.terminal import Terminal
    from evergrove.ingest.persons.customers import PeopleIntake
    from evergrove.pipeline import FileOutcome

Table = Literal[
    "orders",
    "order_lines",
    "refunds",
    "products",
    "customers",
    "identities",
    "consents",
    "channel_tokens",
    "events",
    "tickets",
    "surveys",
    "subscriptions",
    "costs",
    "spend",
    "rates",
]
ORDERS, REFUNDS, CUSTOMERS, IDENTITIES = "orders", "refunds", "customers", "identities"
TOKENS = "channel_tokens"
PEOPLE_TABLES = (CUSTOMERS, IDENTITIES, "consents", TOKENS)

BY_HEADERS = _(
    "{file}: its headers are those of {table} ({known} of {columns} {columns:column|columns} known); --as says otherwise."
)
BY_PRESET = _("{file}: an export of {title}, read as {table}.")
SAVED = _("The mapping is kept: {path}")
PEOPLE = _(
    "{people} {people:customer|customers} added or changed, {consents} new {consents:answer|answers} on consent."
)
NAMES = _("{identifiers} new {identifiers:identifier|identifiers}.")
GRANTED = _("{tokens} new {tokens:message|messages} that customers have agreed to.")
LINES = _("Its {lines} {lines:line is|lines are} kept too, each with its article.")
NO_CONSENT = _(
    "No column tells who agreed to be written to, and nobody is written to without it: --map consent=COLUMN."
)


class MappingNotKept(EvergroveWarning):
    """Files of persons are read by their own headers."""

    code = "cli.mapping_not_kept"
    message = _("{file}: mappings of {table} are not kept as a preset.")
    hint = _("Say --map again with the next such file.")


def ingest(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="[FILE|URL]...",
            help="CSV, TSV, Parquet, JSON or XLSX; or a database's URL; without any: what lies in the inbox.",
        ),
    ] = [],  # noqa: B006 - typer's way to declare a repeatable argument
    query: Annotated[str, typer.Option(help="Of a database: which rows, as a SELECT.")] = "",
    table: Annotated[
        Table | None, typer.Option("--as", help="What the files hold; told by their headers without it.")
    ] = None,
    columns: Annotated[
        list[str], typer.Option("--map", help="Which column is what: COLUMN=HEADER, see the list of tables.")
    ] = [],  # noqa: B006 - typer's way to declare a repeatable option
    preset: Annotated[str, typer.Option(help="Which shop system wrote the files.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be read; store nothing.")
    ] = False,
    save_preset: Annotated[
        str, typer.Option("--save-preset", help="Keep the mapping under this name for the next such file.")
    ] = "",
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
    """Add orders, customers or another table to the workspace; what is in already changes nothing."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        options = ReadOptions(
            mapping=mapping_of(columns),
            currency=currency.upper(),
            timezone=timezone,
            encoding=encoding,
            today=here.clock.now().date(),
            preset=preset,
        )
        asked = Asked(table, options, _moment(exported_at), preview=preview, save_preset=save_preset)
        if not files and not query:
            has_news = take_and_print(terminal, here)
        elif query or any(map(is_database, files)):
            has_news = take_query(files, query, partial(_take, terminal, here), here, asked)
        else:
            with app.incoming.unpacked(here, [Path(file) for file in files]) as tables:
                has_news = _take(terminal, here, tables, asked)
        if has_news and not preview:
            say_next(terminal, workspace, "run")


@dataclass(frozen=True)
class Asked:
    """What the command was asked to do with each file."""

    table: Table | None
    options: ReadOptions
    exported_at: datetime | None
    preview: bool
    save_preset: str


def _take(terminal: Terminal, here: Workspace, files: list[Path], asked: Asked) -> bool:
    """File by file, so that what is in is said even where a later one is refused; whether orders were new."""
    taken: list[dict[str, Any]] = []
    tables: set[str] = set()
    has_news = False
    for file in files:
        table = asked.table or _told(terminal, here, file, asked.options)
        tables.add(table)
        if asked.preview:
            taken.append(_looked(terminal, here, file, table, asked))
            continue
        if asked.save_preset:
            _keep(terminal, here, file, table, asked)
        if table in PEOPLE_TABLES:
            taken += _people(terminal, here, file, table, asked)
        elif table in (ORDERS, REFUNDS):
            for one in _orders(terminal, here, file, table, asked):
                taken.append(file_figures(one))
                has_news |= one.is_new
        else:
            taken.append(_table(terminal, here, file, table, asked))
    kind = "preview" if asked.preview else CUSTOMERS if tables == {CUSTOMERS} else "ingest"
    terminal.result(kind, {"files": taken})
    return has_news


def _told(terminal: Terminal, here: Workspace, file: Path, options: ReadOptions) -> str:
    """The table by the file's headers, and that it was told by them."""
    found = app.imports.table_of(here, file, options)
    formats = Formats(terminal.language)
    if found.preset is not None:
        terminal.say(formats.say(BY_PRESET, file=file.name, table=found.table, title=found.preset.title))
    elif found.known:
        shown = {"table": found.table, "known": found.known, "columns": found.columns}
        terminal.say(formats.say(BY_HEADERS, file=file.name, **shown))
    return found.table


def _looked(terminal: Terminal, here: Workspace, file: Path, table: str, asked: Asked) -> dict[str, Any]:
    """Show what would be read, and keep its mapping if that was asked for, too."""
    if table in PEOPLE_TABLES:
        people = app.imports.look_at_people(here, file, table, asked.options)
        print_people(terminal, people, is_stored=False)
        return people_figures(people)
    seen = app.imports.look(here, file, table, asked.options)
    print_preview(terminal, file, seen)
    if asked.save_preset:
        _keep(terminal, here, file, table, asked)
    return preview_figures(file, seen)


def _keep(terminal: Terminal, here: Workspace, file: Path, table: str, asked: Asked) -> None:
    """Keep the mapping of a file for the next one like it."""
    if table in PEOPLE_TABLES:
        terminal.warn(MappingNotKept(file=file.name, table=table))
        return
    seen = app.imports.look(here, file, table, asked.options)
    path = app.imports.keep_mapping(here, asked.save_preset, seen, asked.options)
    terminal.say(Formats(terminal.language).say(SAVED, path=str(path)))


def _table(terminal: Terminal, here: Workspace, file: Path, table: str, asked: Asked) -> dict[str, Any]:
    with terminal.progress() as announce:
        one = app.imports.add_table(
            here, file, table, asked.options, exported_at=asked.exported_at, announce=announce
        )
    print_table(terminal, one)
    return table_figures(one)


def _orders(
    terminal: Terminal, here: Workspace, file: Path, table: str, asked: Asked
) -> tuple[FileOutcome, ...]:
    options = asked.options
    if table == REFUNDS:
        options = app.imports.refunds_as_orders(here, file, options)
    with terminal.progress() as announce:
        outcome = here.ingest([file], options, exported_at=asked.exported_at, announce=announce)
    for one in outcome.files:
        print_file(terminal, one)
    return outcome.files


def _people(
    terminal: Terminal, here: Workspace, file: Path, table: str, asked: Asked
) -> list[dict[str, Any]]:
    if table == CUSTOMERS:
        taken = here.ingest_customers([file], asked.options, exported_at=asked.exported_at)
    else:
        taken = [app.imports.add_people(here, file, table, asked.options, exported_at=asked.exported_at)]
    for one in taken:
        print_people(terminal, one)
    return [people_figures(one) for one in taken]


def _moment(text: str) -> datetime | None:
    """The moment that ``--exported-at`` names; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidOption(
            option="--exported-at", value=text, example="--exported-at 2026-03-31T08:00+08:00"
        ) from error
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def print_file(terminal: Terminal, one: FileOutcome) -> None:
    """What became of a file of orders."""
    formats = Formats(terminal.language)
    if one.intake is None:
        terminal.say(formats.say(KNOWN, file=one.file.name))
        return
    terminal.say(formats.say(ROWS, file=one.file.name, **vars(one.rows)))
    encoding = next(iter(one.intake.encodings.values()), "")
    detail(terminal, formats, COLUMNS, columns=columns_shown(one.intake.columns, formats), encoding=encoding)
    rejected = {code: what.rows for code, what in one.intake.rejected.items()}
    print_reasons(terminal, formats, REJECTED, rejected, REASONS)
    if one.rejects:
        detail(terminal, formats, REJECTS, path=str(one.rejects))
    if one.lines:
        detail(terminal, formats, LINES, lines=one.lines.good)
    for warning in one.warnings:
        terminal.warn(warning)


def print_people(terminal: Terminal, one: PeopleIntake, *, is_stored: bool = True) -> None:
    """What became of a file of persons, or would."""
    formats = Formats(terminal.language)
    if is_stored and not one.is_new:
        terminal.say(formats.say(KNOWN, file=one.file))
        return
    terminal.say(formats.say(ROWS, file=one.file, **vars(one.rows)))
    detail(terminal, formats, COLUMNS, columns=columns_shown(one.columns, formats), encoding=one.encoding)
    words = {**REASONS, **PEOPLE_ROWS}
    print_reasons(terminal, formats, REJECTED, one.rejected, words)
    print_reasons(terminal, formats, UNUSED, one.unused, words)
    if is_stored and one.table == IDENTITIES:
        detail(terminal, formats, NAMES, identifiers=one.identifiers)
    elif is_stored and one.table == TOKENS:
        detail(terminal, formats, GRANTED, tokens=one.tokens)
    elif is_stored:
        detail(terminal, formats, PEOPLE, people=one.people, consents=one.consents)
    if one.table == CUSTOMERS and all(match.role != "consent" for match in one.columns):
        detail(terminal, formats, NO_CONSENT)
    for warning in one.warnings:
        terminal.warn(warning)


def file_figures(one: FileOutcome) -> dict[str, Any]:
    """What became of a file of orders, for machines."""
    return {
        "file": str(one.file),
        "import": one.seq,
        "new": one.is_new,
        "rows": vars(one.rows),
        "rejected": {code: what.rows for code, what in one.intake.rejected.items()} if one.intake else {},
        "lines": vars(one.lines) if one.lines else None,
        "rejects": str(one.rejects) if one.rejects else None,
        "warnings": notes(one.warnings),
    }


def people_figures(one: PeopleIntake) -> dict[str, Any]:
    """What became of a file of persons, for machines."""
    return {
        "file": one.file,
        "table": one.table,
        "new": one.is_new,
        "rows": vars(one.rows),
        "rejected": dict(one.rejected),
        "unused": dict(one.unused),
        "people": one.people,
        "identifiers": one.identifiers,
        "consents": one.consents,
        "tokens": one.tokens,
    }
