"""A published table declares its columns once: name, kind, unit, what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evergrove.core import InputError, _

Kind = Literal["id", "text", "word", "date", "count", "days", "money", "estimate", "probability", "score"]


@dataclass(frozen=True)
class Column:
    """
    One column of a published table.

    Attributes:
        name: As in the file.
        kind: What the value is, which decides type and format; a word is one of our own, a text is foreign.
        sql: Where the value comes from, over the tables ``c`` (customer_summary) and ``s`` (scored).
        type: DuckDB type of the published value.
        unit: Unit of the value; empty for names and shares.
        sentence: What it says, in one sentence.
    """

    name: str
    kind: Kind
    sql: str
    type: str
    sentence: str
    unit: str = ""


class ForeignFiles(InputError):
    """The folder to write to holds files that no earlier run wrote."""

    code = "export.foreign_files"
    message = _(
        "{folder} holds {count} {count:file|files} that no earlier run wrote (first: {example}); nothing was changed."
    )
    hint = _("Name another folder with -o, or move these files away.")


class FolderNotWritable(InputError):
    """The folder to write to cannot be written."""

    code = "export.not_writable"
    message = _("{folder} cannot be written: {reason}.")
    hint = _("Name another folder with -o; what stood there before is unchanged.")
