"""Why the columns of a file are not understood."""

from __future__ import annotations

from evergrove.core import InputError, _
from evergrove.ingest.reasons import REASONS


class TooManyCells(InputError):
    """Most rows have more cells than the header: nobody knows which cell belongs to which column."""

    code = "ingest.too_many_cells"
    message = _(
        "{file}: of {rows} {rows:row|rows}, {ragged} {ragged:has|have} more cells than the header,"
        " which names {columns} {columns:column|columns} (first: line {line})."
    )
    hint = _(
        "A separator inside a cell, such as the comma in 1,234.50, must stand in quotation marks: export again"
        " with quoted cells, or with another separator, such as a tab or a semicolon."
    )


class TooFewCells(InputError):
    """Most rows have fewer cells than the header."""

    code = "ingest.too_few_cells"
    message = _(
        "{file}: of {rows} {rows:row|rows}, {ragged} {ragged:has|have} fewer cells than the header,"
        " which names {columns} {columns:column|columns} (first: line {line})."
    )
    hint = _("Export again so that every row has a cell, if need be an empty one, for each column.")


class NoBuyer(InputError):
    """An export that names nobody who bought."""

    code = "ingest.no_buyer"
    message = _(
        "{file} looks like an export of {title}, which names no buyer: nobody's value can be told from it."
    )
    hint = _(
        "Its lines still tell of articles and months: evergrove ingest --as order_lines. If a column does name"
        " the buyer, say which: --map customer=HEADER."
    )


class TableColumnMissing(InputError):
    """A declared table lacks a column that every row needs."""

    code = "ingest.table_column_missing"
    message = _("{file}: no column tells {column}, which every row of {table} needs. Its columns: {columns}.")
    hint = _("Say which column it is, for example --map {example}; or name another table with --as.")


class NoKnownTable(InputError):
    """A file's columns are those of no table."""

    code = "ingest.no_known_table"
    message = _("{file}: its columns are those of no table that is known here: {columns}.")
    hint = _(
        "If it is one, say which, and which column is what: --as orders --map customer=HEADER,date=HEADER,amount=HEADER;"
        " docs/reference/tables.md lists all. Sums a customer, cohort or campaign are no history: bring in the orders,"
        " contacts or events that they were counted from."
    )


class TableUnclear(InputError):
    """A file may hold rows of several tables."""

    code = "ingest.table_unclear"
    message = _("{file} may hold {first} or {second}: its columns fit both.")
    hint = _(
        "Say which: --as {first} or --as {second}. --preview shows what would be read, and stores nothing."
    )


class ColumnNotFound(InputError):
    """No column, or more than one, could play a role that is needed."""

    code = "ingest.column_not_found"
    message = _("{file}: which column tells the {role} is not clear. Columns found: {columns}.")
    hint = _("Name it, for example with --map {role}={example}.")


class UnknownRole(InputError):
    """``--map`` names a role that does not exist."""

    code = "ingest.unknown_role"
    message = _("--map {role}=...: there is no such role.")
    hint = _("Roles are: {roles}.")
    near_hint = _("Did you mean {near}? Roles are: {roles}.")

    def __init__(self, *, role: str, near: str, roles: str) -> None:
        if near:
            vars(self)["hint"] = self.near_hint
        super().__init__(role=role, near=near, roles=roles)


class UnknownColumn(InputError):
    """``--map`` or ``--keep`` names a header that no file has."""

    code = "ingest.unknown_column"
    message = _("{option}: no column is called {column}.")
    hint = _("Columns found: {columns}.")
    near_hint = _("Did you mean {near}? Columns found: {columns}.")

    def __init__(self, *, option: str, column: str, near: str, columns: str) -> None:
        if near:
            vars(self)["hint"] = self.near_hint
        super().__init__(option=option, column=column, near=near, columns=columns)


class NothingUsable(InputError):
    """Every row of a file was rejected."""

    code = "ingest.nothing_usable"
    message = _(
        "{file}: of its {rows} {rows:row|rows} none can be used with these columns: {columns}."
        " --map ROLE=HEADER names others. Most often:"
    )
    hint = _("The rows cannot be read in this way.")

    def __init__(self, *, file: str, rows: int, columns: str, reason: str) -> None:
        vars(self)["hint"] = REASONS.get(
            reason, self.hint
        )  # a sentence of its own, so that faces translate it
        super().__init__(file=file, rows=rows, columns=columns, reason=reason)
