"""Why a file is refused, why a row is rejected, and what a reader of the numbers should know."""

from __future__ import annotations

from evergrove.core import EvergroveWarning, InputError, _


class NoFiles(InputError):
    """Nothing to read was named."""

    code = "ingest.no_files"
    message = _("No file was given.")
    hint = _("Name one or more order files: CSV, TSV, Parquet, JSON or XLSX.")


class FileMissing(InputError):
    """There is no such file."""

    code = "ingest.file_missing"
    message = _("{file} does not exist.")
    hint = _("Check the path.")


class IsFolder(InputError):
    """A folder was named, not a file."""

    code = "ingest.is_folder"
    message = _("{file} is a folder.")
    hint = _("Name the files in it, one by one or with *.")


class CannotOpen(InputError):
    """A file is there but not readable."""

    code = "ingest.cannot_open"
    message = _("{file} cannot be opened: {reason}.")
    hint = _("Check the permission to read it.")


class UnknownFormat(InputError):
    """The content is none of the formats that are read."""

    code = "ingest.unknown_format"
    message = _("{file} is not a table of orders: its content is {found}.")
    hint = _(
        "Export the orders as CSV, TSV, Parquet, XLSX or JSON (one object a line, or one array of objects)."
    )


class PackedFile(InputError):
    """Tables of orders in an archive."""

    code = "ingest.packed_file"
    message = _("{file} is packed as {format}, which is not opened here.")
    hint = _("Unpack it and give what is in it, for example {example}.")


class BrokenArray(InputError):
    """A JSON array is cut off, or something else follows it."""

    code = "ingest.broken_array"
    message = _("{file}: its JSON array breaks off or goes wrong after element {element}.")
    hint = _("Export or download it again, or write one object a line (JSON lines).")


class DamagedFile(InputError):
    """A Parquet, XLSX or GZ file is cut off or broken."""

    code = "ingest.damaged_file"
    message = _("{file} says it is {format}, but it is damaged: {reason}.")
    hint = _("Export or download it again.")


class ArchiveTooLarge(InputError):
    """A packed file unpacks to more than any order file would."""

    code = "ingest.archive_too_large"
    message = _("{file} unpacks to more than {limit}, or grows more than {ratio}-fold.")
    hint = _("If it really holds orders, unpack it yourself and give the parts.")


class EmptyFile(InputError):
    """There is no row to read."""

    code = "ingest.empty_file"
    message = _("{file} holds no orders.")
    hint = _("Export again, with a header and at least one order below it.")


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


class UnknownPreset(InputError):
    """``--preset`` names none."""

    code = "ingest.unknown_preset"
    message = _("There is no preset {preset}.")
    hint = _("Known: {presets}.")


class PresetUnreadable(InputError):
    """A file among the workspace's presets is none."""

    code = "ingest.preset_unreadable"
    message = _("{file} is no preset: {reason}.")
    hint = _("Mend it, or delete it and save the mapping again with --save-preset.")


class BadPresetName(InputError):
    """A name that is no file name."""

    code = "ingest.bad_preset_name"
    message = _("{name} cannot be the name of a preset.")
    hint = _("Up to 64 letters, digits, - and _, for example till_2026.")


class OnlyByAlias(EvergroveWarning):
    """A shop system of which no real export is known."""

    code = "ingest.only_by_alias"
    message = _(
        "{file}: no header list of a real export of {title} is known; its columns were found by their names alone."
    )
    hint = _(
        "Look at the mapping with --preview, correct it with --map, and keep it with --save-preset NAME."
    )


class TableColumnMissing(InputError):
    """A declared table lacks a column that every row needs."""

    code = "ingest.table_column_missing"
    message = _("{file}: no column tells {column}, which every row of {table} needs. Its columns: {columns}.")
    hint = _("Say which column it is, for example --map {example}; or name another table with --as.")


class TableUnclear(InputError):
    """A file may hold rows of several tables."""

    code = "ingest.table_unclear"
    message = _("{file} may hold {first} or {second}: its columns fit both.")
    hint = _(
        "Say which: --as {first} or --as {second}. --preview shows what would be read, and stores nothing."
    )


class MissingHeader(InputError):
    """The first row holds data, not names."""

    code = "ingest.missing_header"
    message = _("{file} has no header row; its first row reads: {first}.")
    hint = _("Add a first line with the names of the columns, such as customer_id,order_date,amount.")


class TooManyColumns(InputError):
    """More columns than an order file has."""

    code = "ingest.too_many_columns"
    message = _("{file} has {columns} columns; up to {limit} are read.")
    hint = _("Export only the columns that tell customer, order, date and amount.")


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


class AmbiguousDates(InputError):
    """Nothing in a column tells the day from the month."""

    code = "ingest.ambiguous_dates"
    message = _("{file}: the column {column} can be read in several ways, for example {example}.")
    hint = _(
        "Say the order with --map {role}={column}:dmy (day first), --map {role}={column}:mdy (month first)"
        " or --map {role}={column}:ymd (year first)."
    )


class MixedDates(InputError):
    """One column holds dates in two orders."""

    code = "ingest.mixed_dates"
    message = _("{file}: the column {column} mixes orders: {first} and {second} cannot both be dates.")
    hint = _(
        "Split the file, or say the order with --map {role}={column}:dmy, :mdy or :ymd;"
        " rows that do not follow it are then rejected."
    )


class AmbiguousAmounts(InputError):
    """Nothing in a column tells a decimal sign from a grouping sign."""

    code = "ingest.ambiguous_amounts"
    message = _("{file}: in the column {column}, {example} may be a thousand or one and a bit.")
    hint = _("Say the decimal sign with --map {role}={column}:dot or --map {role}={column}:comma.")


class FutureDates(InputError):
    """So many dates lie in the future that the format must be wrong."""

    code = "ingest.future_dates"
    message = _(
        "{file}: of {rows} {rows:row|rows}, {future} {future:is|are} dated after {today}; such dates are not believable."
    )
    hint = _("Is {column} the day of the order? Name the right column with --map date=HEADER.")


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


class UnknownEncoding(InputError):
    """``--encoding`` is none that Python knows."""

    code = "ingest.unknown_encoding"
    message = _("{encoding} is not the name of a text encoding.")
    hint = _("Examples: utf-8, gb18030, big5, utf-16, cp1252.")


class UnknownCurrency(InputError):
    """``--currency`` is no ISO 4217 code."""

    code = "ingest.unknown_currency"
    message = _("{currency} is not an ISO 4217 currency code.")
    hint = _("Examples: CNY, TWD, USD, EUR.")


class CurrenciesUnclear(InputError):
    """Several currencies are frequent, or whole files differ: which one counts is for the user to say."""

    code = "ingest.currencies_unclear"
    message = _(
        "{file}: amounts are in several currencies, which are never added up; rows found: {currencies}."
    )
    hint = _(
        "Say which one counts with --currency {first} or --currency {second};"
        " rows in another are then rejected and counted."
    )


class OtherCurrency(InputError):
    """No row is in the currency that ``--currency`` names."""

    code = "ingest.other_currency"
    message = _("{file}: no usable row is in {named}; rows found: {currencies}.")
    hint = _("Say --currency {first} to value these orders, or leave --currency out.")


class UnknownTimezone(InputError):
    """``--timezone`` is no IANA name."""

    code = "ingest.unknown_timezone"
    message = _("{timezone} is not a time zone.")
    hint = _("Give an IANA name, for example Asia/Shanghai, Asia/Taipei, Europe/London or UTC.")


class RepeatsKept(EvergroveWarning):
    """Rows without an order id repeat inside one file."""

    code = "ingest.repeats_kept"
    message = _(
        "{file}: rows that repeat an earlier one in customer, time and amount: {repeats}. All were kept."
    )
    hint = _("Without an order id a second purchase looks like a repeated row. Export the order id too.")


class RepeatsAcrossFiles(EvergroveWarning):
    """Rows without an order id stand in several files."""

    code = "ingest.repeats_across_files"
    message = _("Rows that stand in an earlier file too and count as duplicates: {repeats}.")
    hint = _("Without an order id, rows equal in customer, time and amount are taken for the same purchase.")


class UnknownStatuses(EvergroveWarning):
    """Statuses that nobody has explained count as paid."""

    code = "ingest.unknown_status"
    message = _("{file}: rows with a status that is not known, counted as paid: {rows} ({examples}).")
    hint = _("If these orders were not paid, take them out of the file.")


class EncodingAssumed(EvergroveWarning):
    """Western European text is what is left when nothing else fits."""

    code = "ingest.encoding_assumed"
    message = _("{file} is neither UTF-8 nor Chinese text; it was read as {encoding}.")
    hint = _("If names look wrong, say the encoding with --encoding.")


class SheetChosen(EvergroveWarning):
    """A workbook has several sheets, and one was read."""

    code = "ingest.sheet_chosen"
    message = _("{file} has several sheets; the orders were read from {sheet}, not from {others}.")
    hint = _("If that is wrong, save the right sheet as a file of its own.")


class LinesAboveHeader(EvergroveWarning):
    """Text above the header was passed over."""

    code = "ingest.lines_above_header"
    message = _("{file}: the header stands on line {line}; what is above it was passed over.")


class TotalsCountedOnce(EvergroveWarning):
    """An order's total is repeated on each of its lines."""

    code = "ingest.totals_counted_once"
    message = _("{file}: {column} is the same on every line of an order; it was taken as the order's total.")
    hint = _("If it is the amount of each line, map quantity and price instead.")


class NoAmounts(EvergroveWarning):
    """Nothing in the files says what was paid."""

    code = "ingest.no_amounts"
    message = _("{file} says nothing about money: purchases are counted, not valued.")
    hint = _("Name the column that tells what was paid with --map amount=HEADER.")


class CurrenciesMixed(EvergroveWarning):
    """One currency was kept, others were rejected."""

    code = "ingest.currencies_mixed"
    message = _("Amounts are in {currencies}; {kept} was kept. Rows rejected for another currency: {rows}.")
    hint = _("Choose another with --currency, or give one file for each currency.")


class RepeatedOrders(EvergroveWarning):
    """One order id stands for several contents."""

    code = "ingest.conflicts"
    message = _("Rows rejected because an earlier row has their order id with other content: {rows}.")
    hint = _("If these rows are the lines of an order, map the product with --map product=HEADER.")


REASONS: dict[str, str] = {
    "ingest.ragged_row": _("The row has more or fewer cells than the header."),
    "ingest.unclosed_quote": _("A quotation mark is never closed."),
    "ingest.stray_quote": _("A quotation mark stands where none can be."),
    "ingest.cell_too_large": _("A cell has more than 131,072 characters."),
    "ingest.line_too_long": _("The line has more than 4,000,000 characters."),
    "ingest.undecodable": _("Some bytes are no text in the file's encoding."),
    "ingest.control_character": _("A cell holds a NUL or another control character."),
    "ingest.not_an_object": _("The line or element is not one JSON object."),
    "ingest.repeated_key": _("The JSON object has one key twice."),
    "ingest.nested_too_deep": _("The JSON object is nested too deeply."),
    "ingest.repeated_header": _("The row repeats the header."),
    "ingest.total_row": _("The row adds up other rows."),
    "ingest.no_customer": _("The row names no customer."),
    "ingest.bad_customer": _("The customer is not usable as an id."),
    "ingest.bad_order_id": _("The order id is not usable as an id."),
    "ingest.damaged_id": _("A spreadsheet has damaged the id: digits are lost."),
    "ingest.no_date": _("The row has no date."),
    "ingest.bad_date": _("The date cannot be read."),
    "ingest.date_placeholder": _("The date is a placeholder, such as 1900-01-01 or 9999-12-31."),
    "ingest.date_too_early": _("The date lies before 1971."),
    "ingest.date_in_future": _("The date lies more than a day in the future."),
    "ingest.no_amount": _("The row has no amount."),
    "ingest.bad_amount": _("The amount cannot be read as a number."),
    "ingest.amount_too_large": _("The amount is beyond a trillion."),
    "ingest.amount_too_precise": _("The amount has more than four decimals."),
    "ingest.bad_currency": _("The currency is not an ISO 4217 code."),
    "ingest.missing_cell": _("A cell that every row needs is empty."),
    "ingest.bad_id": _("A number that tells the row is not usable as one."),
    "ingest.bad_number": _("A number cannot be read."),
    "ingest.bad_word": _("A word is none of those that are known there."),
    "ingest.bad_identity": _("No cell holds a usable identifier of its kind."),
    "ingest.repeated_row": _("An earlier row of the file tells the same thing with other content."),
    "currency.mixed": _("The amount is in another currency than the rest."),
    "ingest.conflict": _("An earlier row has the same order id with other content."),
    "ingest.changed_order": _("An earlier import has this order for another customer or another day."),
}
"""Reject code to the sentence that stands beside it, English; faces translate it."""
