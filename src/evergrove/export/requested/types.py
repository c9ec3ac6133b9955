"""What somebody wants as a file, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from evergrove.core import EvergroveError, InputError, _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

FORMAT = "evergrove.export_request/1"
Format = Literal["csv", "xlsx", "parquet", "jsonl"]
FORMATS: tuple[Format, ...] = get_args(Format)
CUSTOMERS = "customers"
"""What is no published table: the customers, with columns of several."""
KEPT = timedelta(hours=24)
"""After which a file is deleted."""
LINK_LASTS = timedelta(minutes=15)
MOST_OPEN = 3
"""Exports of one person that wait or run; more would only stand in the way of others'."""
WORKBOOK_MOST = 100_000
"""Rows of a workbook: it is put together in memory."""


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """
    What somebody wants.

    Attributes:
        table: A published table, or ``customers``.
        format: Of the file.
        condition: Of customers only: in the language of segments; empty: all.
        columns: Which, in which order; empty: the usual ones.
    """

    table: str = CUSTOMERS
    format: Format = "csv"
    condition: str = field(default="", repr=False)
    columns: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The request as it is stored."""
        return {
            "format": FORMAT,
            "table": self.table,
            "ending": self.format,
            "condition": self.condition,
            "columns": list(self.columns),
        }


def request_of(document: Mapping[str, Any]) -> ExportRequest:
    """A request from what was stored."""
    return ExportRequest(
        table=document["table"],
        format=document["ending"],
        condition=document["condition"],
        columns=tuple(document["columns"]),
    )


@dataclass(frozen=True)
class Export:
    """
    An export as it stands.

    Attributes:
        id: Random; also the file's name.
        job: Number of the job that makes it.
        account_id: Whose it is: nobody else can see or fetch it.
        key: Prefix of the key through which it was asked for; empty: a log-in.
        rows, bytes: Of the file; None until it is made.
        expires_at: When the file is deleted.
    """

    id: str
    job: int
    account_id: str
    key: str
    request: ExportRequest
    asked_at: datetime
    made_at: datetime | None
    rows: int | None
    bytes: int | None
    expires_at: datetime | None
    removed_at: datetime | None

    @property
    def file(self) -> str:
        """Its name below the folder of exports."""
        return f"{self.id}.{self.request.format}"


class UnknownExport(InputError):
    """There is no such export, or it is somebody else's: which of the two is not told."""

    code = "export.unknown"
    message = _("There is no such export.")
    hint = _("Exports and their files are kept for 24 hours; ask for it again.")


class TooManyExports(InputError):
    """Somebody has as many exports waiting as one may have."""

    code = "export.too_many"
    message = _("{count} of your exports wait or run already.")
    hint = _("Wait until one is done, or cancel its job.")


class NotMadeYet(InputError):
    """A link is wanted for a file that is not there yet, or no longer."""

    code = "export.not_made"
    message = _("There is no file of this export.")
    hint = _("Its job says how far it is; a file is kept for 24 hours.")


class PersonGone(EvergroveError):
    """Somebody was erased while a file was made, and may stand in it."""

    code = "export.person_gone"
    message = _("Somebody was erased while the file was made.")
    hint = _("It is made again by itself.")


class LinkSpent(InputError):
    """A link to a file was used, is over, or is somebody else's."""

    code = "export.link_spent"
    message = _("This link was used already, has expired, or is not yours.")
    hint = _("Ask for a new one: each opens once, for 15 minutes.")


class UnknownColumn(InputError):
    """A column is wanted that there is not."""

    code = "export.unknown_column"
    message = _("There is no column {column} in {table}.")
    hint = _("There are: {known}.")


class NoCondition(InputError):
    """A condition is given for a table that none can be asked of."""

    code = "export.no_condition"
    message = _("A condition is for customers; {table} is written as it is.")
    hint = _("Leave the condition out, or export customers.")


class TooManyRows(InputError):
    """A workbook cannot hold them."""

    code = "export.too_many_rows"
    message = _("A workbook cannot hold so many rows: there are {rows}, and {most} is the most.")
    hint = _("Choose csv or parquet, or name a condition.")
