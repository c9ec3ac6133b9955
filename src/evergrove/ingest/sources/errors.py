"""Why a file cannot be opened, and what a reader should know about how it was."""

from __future__ import annotations

from evergrove.core import EvergroveWarning, InputError, _


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


class UnknownEncoding(InputError):
    """``--encoding`` is none that Python knows."""

    code = "ingest.unknown_encoding"
    message = _("{encoding} is not the name of a text encoding.")
    hint = _("Examples: utf-8, gb18030, big5, utf-16, cp1252.")


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
