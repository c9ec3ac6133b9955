"""Which table a file's rows belong to, told by its headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import EvergroveError
from evergrove.ingest.columns.customer_roles import all_headers, guess_roles
from evergrove.ingest.columns.errors import ColumnNotFound, NoKnownTable, TableUnclear
from evergrove.ingest.columns.files import open_file
from evergrove.ingest.columns.guess import guess_columns
from evergrove.ingest.columns.mapped import preset_for
from evergrove.ingest.columns.mapping import positions_of, read_wishes
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.matching import SHOWN, match_columns
from evergrove.ingest.types import ReadOptions
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.ingest.columns.files import OpenFile
    from evergrove.ingest.presets.preset import Preset

ORDERS, LINES, CUSTOMERS = "orders", "order_lines", "customers"
_CLOSE = 0.1
"""Two tables that fit that much alike are not told apart by headers."""
_SURE = 0.6
"""A name match says at least that; what is guessed from content says less."""
_ONLY_CUSTOMERS = {"name", "language", "timezone", "consent", "email"}
"""Roles of customers; a file with none of them tells only under which names somebody is known."""
_MONEY = ({"amount"}, {"quantity", "price"}, {"refund"})


@dataclass(frozen=True)
class Recognised:
    """
    The table of a file.

    Attributes:
        table: Its name.
        known: Columns of the file that the table knows by their names; 0 where nothing fits.
        columns: All columns of the file.
        preset: The preset that told it; None: the headers did.
    """

    table: str
    known: int
    columns: int
    preset: Preset | None = None

    @property
    def confidence(self) -> float:
        """Share of the file's columns that the table knows, 0..1; 1 where a preset told it."""
        return 1.0 if self.preset is not None and not self.preset.by_alias else self.known / self.columns


def recognise(path: Path, options: ReadOptions) -> Recognised:
    """
    Tell the table that a file's rows belong to.

    A preset tells it; else the table that knows most of the file's columns, if it has all that its rows need.
    Orders come before the lines of orders, which stand in the same file. What fits nothing is taken for orders
    where customer and day can be told all the same, or the user has named columns or a preset.

    Raises:
        TableUnclear: Two tables fit alike.
        NoKnownTable: None fits.
        InputError: The file cannot be read.
    """
    headers = tuple(name for table in declared_tables().values() for name in table.headers)
    helped = ReadOptions(
        mapping=options.mapping,
        keep=(*headers, *all_headers()),
        encoding=options.encoding,
        preset=options.preset,
        own_presets=options.own_presets,
    )
    with open_engine() as engine:
        opened = open_file(engine, 0, str(path), path, helped)
    preset, columns = preset_for(opened.header, options), len(opened.columns)
    if preset is not None and not preset.by_alias:
        return Recognised(preset.table, columns, columns, preset)
    fits = sorted(_fits(opened, options, preset), reverse=True)
    if not fits:
        if preset is None and not options.mapping:
            _check_orders(opened)
        return Recognised(ORDERS, 0, columns, preset)
    best, table = fits[0]
    for known, other in fits[1:]:
        if best - known < _CLOSE * columns and {table, other} != {ORDERS, LINES}:
            raise TableUnclear(file=opened.name, first=table, second=other)
    near = {name: known for known, name in fits if best - known < _CLOSE * columns}
    told = ORDERS if ORDERS in near else table
    return Recognised(told, near[told], columns, preset)


def _check_orders(opened: OpenFile) -> None:
    """Refuse a file in which neither names nor contents tell who bought when: a day alone may be that of anything."""
    try:
        found = guess_columns(opened.name, opened.columns, {}).matches
    except ColumnNotFound:
        found = {}
    has_money = any(money <= found.keys() for money in _MONEY)
    if "date" not in found or not (has_money or found["date"].confidence >= _SURE):
        columns = ", ".join(column.name for column in opened.columns[:SHOWN])
        raise NoKnownTable(file=opened.name, columns=columns)


def _fits(opened: OpenFile, options: ReadOptions, preset: Preset | None) -> Iterator[tuple[int, str]]:
    """Every table that has all its rows need, with the number of the file's columns that it knows."""
    roles = _order_roles(opened, options, preset)
    if roles:
        yield len(roles), ORDERS
    for name, table in declared_tables().items():
        try:
            found = match_columns(table, opened.name, opened.columns, options.mapping, preset)
        except EvergroveError:
            continue
        sure = [match for match in found.matches if match.confidence >= _SURE]
        if all(c.name in {m.role for m in sure} for c in table.columns if c.is_required):
            yield len(sure), name
    try:
        people, _matches = guess_roles(opened.name, opened.columns, options.mapping)
    except EvergroveError:
        return
    if set(people) & _ONLY_CUSTOMERS:
        yield len(set(people.values())), CUSTOMERS


def _order_roles(opened: OpenFile, options: ReadOptions, preset: Preset | None) -> set[int]:
    """Places of the columns that orders know by their names; empty where customer, day or money is missing."""
    try:
        wishes = positions_of(read_wishes(options.mapping), opened.header)
        guess = guess_columns(opened.name, opened.columns, wishes, preset)
    except EvergroveError:
        return set()
    sure = {role: match for role, match in guess.matches.items() if match.confidence >= _SURE}
    if not {"customer", "date"} <= sure.keys() or not any(money <= sure.keys() for money in _MONEY):
        return set()
    return {match.position for match in sure.values()}
