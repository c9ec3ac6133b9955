"""What an import, or a look at a file, has to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.cli.outcome import COLUMNS, matched
from evergrove.core import _
from evergrove.ingest.reasons import REASONS
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evergrove.cli.terminal import Terminal
    from evergrove.ingest import ColumnMatch
    from evergrove.ingest.tables.service import TableIntake
    from evergrove.pipeline.ingest_tables import TableOutcome
    from evergrove.pipeline.preview import Preview

ROWS = _("{file}: {read} {read:row|rows} read = {good} good + {rejected} rejected + {duplicate} duplicate.")
KNOWN = _("{file}: already imported; nothing changed.")
REJECTED = _("Rejected {rows}: {reason}")
UNUSED = _("In {rows} {rows:row|rows}: {reason}")
REJECTS = _("The rejected rows with their reasons: {path}")
SEALED = _(
    "Sealed in the ledger, because it is personal or free text: {cells} {cells:cell|cells} of {column}."
)
DROPPED = _("Not kept, because it is personal or free text: {cells} {cells:cell|cells} of {column}.")
UNREADABLE = _("Left blank, because it cannot be read: {cells} {cells:cell|cells} of {column}.")
IGNORED = _("Columns of which nothing is taken: {columns}.")
FIRST = _("The first rows as they would be stored")
NOTHING_STORED = _("Nothing was stored.")


def print_table(terminal: Terminal, one: TableOutcome) -> None:
    """What became of a file of a declared table."""
    formats = Formats(terminal.language)
    if one.read is None:
        terminal.say(formats.say(KNOWN, file=one.file.name))
        return
    _print_account(terminal, formats, one.file, one.read)
    if one.rejects:
        detail(terminal, formats, REJECTS, path=str(one.rejects))
    for warning in one.read.intake.warnings:
        terminal.warn(warning)


def print_preview(terminal: Terminal, file: Path, seen: Preview) -> None:
    """What would be read from a file."""
    formats = Formats(terminal.language)
    _print_account(terminal, formats, file, seen)
    shown = [tuple("" if cell is None else str(cell) for cell in row) for row in seen.rows]
    terminal.table(formats.say(FIRST), shown, seen.names)
    for warning in seen.intake.warnings:
        terminal.warn(warning)
    terminal.say(formats.say(NOTHING_STORED))


def _print_account(terminal: Terminal, formats: Formats, file: Path, read: TableIntake | Preview) -> None:
    intake = read.intake
    terminal.say(formats.say(ROWS, file=file.name, **vars(intake.rows)))
    encoding = next(iter(intake.encodings.values()), "")
    detail(terminal, formats, COLUMNS, columns=columns_shown(intake.columns, formats), encoding=encoding)
    rejected = {code: what.rows for code, what in intake.rejected.items()}
    print_reasons(terminal, formats, REJECTED, rejected, REASONS)
    for sentence, cells in ((SEALED, read.sealed), (DROPPED, read.dropped), (UNREADABLE, read.unused)):
        for column, count in cells.items():
            detail(terminal, formats, sentence, cells=count, column=column)
    if read.ignored:
        detail(terminal, formats, IGNORED, columns=formats.enumerated(read.ignored))


def columns_shown(matches: Sequence[ColumnMatch], formats: Formats) -> str:
    """The mapping in one line."""
    return formats.enumerated([matched(each.role, each.column, each.confidence) for each in matches])


def print_reasons(
    terminal: Terminal,
    formats: Formats,
    sentence: str,
    rows: Mapping[str, int],
    words: Mapping[str, str],
) -> None:
    """Rows by reason, the most frequent first."""
    for code, count in sorted(rows.items(), key=lambda item: -item[1]):
        detail(terminal, formats, sentence, rows=count, reason=formats.say(words.get(code, code)))


def detail(terminal: Terminal, formats: Formats, sentence: str, **fields: object) -> None:
    """A line that belongs to the one before it."""
    terminal.say("  " + formats.say(sentence, **fields))


def table_figures(one: TableOutcome) -> dict[str, Any]:
    """What became of a file, for machines."""
    read = one.read
    return {
        "file": str(one.file),
        "table": one.table,
        "import": one.seq,
        "new": one.is_new,
        "rows": vars(one.rows),
        "rejected": {code: what.rows for code, what in read.intake.rejected.items()} if read else {},
        "sealed": dict(read.sealed) if read else {},
        "dropped": dict(read.dropped) if read else {},
        "unused": dict(read.unused) if read else {},
        "rejects": str(one.rejects) if one.rejects else None,
    }


def preview_figures(file: Path, seen: Preview) -> dict[str, Any]:
    """What would be read, for machines."""
    return {
        "file": str(file),
        "table": seen.table,
        "preset": next(iter(seen.intake.presets.values()), None),
        "columns": [
            {"column": match.role, "header": match.column, "confidence": match.confidence}
            for match in seen.intake.columns
        ],
        "rows": vars(seen.intake.rows),
        "rejected": {code: what.rows for code, what in seen.intake.rejected.items()},
        "sealed": dict(seen.sealed),
        "dropped": dict(seen.dropped),
        "unused": dict(seen.unused),
        "ignored": list(seen.ignored),
        "first": [dict(zip(seen.names, map(_plain, row), strict=True)) for row in seen.rows],
    }


def _plain(cell: Any) -> Any:
    return cell if cell is None or isinstance(cell, (bool, int)) else str(cell)
