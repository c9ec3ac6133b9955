"""Which column of a file is which of a declared table, by name, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.ingest.columns.errors import TableColumnMissing, UnknownColumn, UnknownRole
from evergrove.ingest.columns.guess import BY_NAME, BY_PRESET, NAMED
from evergrove.ingest.columns.mapping import SUFFIXES
from evergrove.ingest.sources.headers import column_named
from evergrove.ingest.tables.cells import is_rate
from evergrove.ingest.types import ColumnMatch
from evergrove.ingest.values.consent import is_consent
from evergrove.ingest.values.words import plain_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.ingest.presets.preset import Preset
    from evergrove.ingest.sources.column import Column
    from evergrove.ingest.tables.declared import DeclaredTable, TableColumn

SHOWN = 40
_UNFIT = 0.5
"""By how much a column of dates or amounts is trusted less where it holds something else."""
_STYLES = {"day": SUFFIXES["date"], "moment": SUFFIXES["date"]} | dict.fromkeys(
    ("amount", "number", "rate"), SUFFIXES["amount"]
)


@dataclass(frozen=True)
class Found:
    """
    The columns of one file.

    Attributes:
        positions: Column of the table to its place in the file.
        matches: The same for people.
        styles: How a column is written, as after the colon of ``--map``.
        unused: Headers of which nothing is taken.
    """

    positions: Mapping[str, int]
    matches: tuple[ColumnMatch, ...]
    styles: Mapping[str, str]
    unused: tuple[str, ...]


def match_columns(
    table: DeclaredTable,
    file: str,
    columns: Sequence[Column],
    mapping: Mapping[str, str],
    preset: Preset | None = None,
) -> Found:
    """
    Give each column of a table one of the file: as the user says, as the preset knows, else by its names.

    Args:
        table: The declared table.
        file: Name for messages.
        columns: Of the file, with their samples.
        mapping: Column of the table to header; an empty header: no such column.
        preset: Of the file's export, where it is known.

    Raises:
        UnknownRole, UnknownColumn: The mapping names what does not exist.
        TableColumnMissing: A column that every row needs is not there.
    """
    named, styles = _named(table, columns, mapping)
    if preset is not None and preset.is_exact:
        styles = {**preset.styles, **styles}
    taken = {at for at in named.values() if at is not None}
    positions = {name: at for name, at in named.items() if at is not None}
    sure = dict.fromkeys(positions, (1.0, NAMED))
    known = preset.tables.get(table.name, {}) if preset is not None else {}
    candidates = [
        (score, -order, -at, column.name, why)
        for order, column in enumerate(table.columns)
        if column.name not in named
        for at, cell in enumerate(columns)
        if at not in taken
        for score, why in [_score(column, cell, known.get(column.name, ()))]
        if score
    ]
    for score, _order, at, name, why in sorted(candidates, reverse=True):
        if name not in positions and -at not in taken:
            positions[name] = -at
            sure[name] = (round(min(score, 0.99), 2), why)
            taken.add(-at)
    _check(table, file, columns, positions)
    header = [column.name for column in columns]
    ordered = [column.name for column in table.columns if column.name in positions]
    return Found(
        {name: positions[name] for name in ordered},
        tuple(ColumnMatch(name, header[positions[name]], *sure[name], file) for name in ordered),
        styles,
        tuple(name for at, name in enumerate(header) if at not in taken),
    )


def _named(
    table: DeclaredTable, columns: Sequence[Column], mapping: Mapping[str, str]
) -> tuple[dict[str, int | None], dict[str, str]]:
    """What the user says: column to place, and to how it is written."""
    header = [column.name for column in columns]
    named: dict[str, int | None] = {}
    styles: dict[str, str] = {}
    for name, text in mapping.items():
        column = table.column(name)
        if column is None:
            known = ", ".join(each.name for each in table.columns)
            raise UnknownRole(role=name, near="", roles=known)
        wanted, colon, style = text.rpartition(":")
        if colon and style.strip().lower() in _STYLES.get(column.type, ()):
            styles[name] = style.strip().lower()
        else:
            wanted = text
        at = column_named(header, wanted) if wanted.strip() else None
        if wanted.strip() and at is None:
            shown = ", ".join(header[:SHOWN])
            raise UnknownColumn(
                option=f"--map {name}={wanted}", column=wanted.strip(), near="", columns=shown
            )
        named[name] = at
    return named, styles


def _score(column: TableColumn, cell: Column, known: Sequence[str]) -> tuple[float, str]:
    """How well a column of the file suits one of the table, 0..1, and why."""
    compared = plain_header(cell.name)
    for place, header in enumerate(known):
        if plain_header(header) == compared:
            return 1.0 - 0.01 * place, BY_PRESET
    rank = column.ranks.get(compared)
    if rank is None:
        return 0.0, BY_NAME
    return (0.9 + 0.09 * rank) * (1.0 if _fits(column, cell) else _UNFIT), BY_NAME


def _fits(column: TableColumn, cell: Column) -> bool:
    if not cell.texts and cell.kind == "text":
        return True
    if column.type in ("day", "moment"):
        return cell.dates >= _UNFIT
    if column.type in ("amount", "number", "count"):
        return cell.amounts >= _UNFIT
    if column.type == "rate":
        return cell.kind != "text" or cell.share(is_rate) >= _UNFIT
    if column.type == "consent":
        return cell.kind != "text" or cell.share(is_consent) >= _UNFIT
    return True


def _check(table: DeclaredTable, file: str, columns: Sequence[Column], positions: Mapping[str, int]) -> None:
    groups = [(column.name,) for column in table.columns if column.is_required]
    for group in (*groups, *table.one_of):
        if not any(name in positions for name in group):
            shown = ", ".join(column.name for column in columns[:SHOWN])
            raise TableColumnMissing(
                file=file,
                table=table.name,
                column=" / ".join(group),
                columns=shown,
                example=f"{group[0]}={columns[0].name}",
            )
