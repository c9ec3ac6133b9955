"""What came in, in words: tables, files, and what became of rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.words import ROLES
from evergrove.web.data.columns import COLUMNS, OF_ONE_TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

TABLES: Mapping[str, str] = {
    "orders": _("Orders"),
    "order_lines": _("Lines of orders"),
    "refunds": _("Refunds"),
    "products": _("Products"),
    "customers": _("Customers"),
    "identities": _("Identities"),
    "consents": _("Consents"),
    "channel_tokens": _("Tokens of channels"),
    "events": _("Events"),
    "tickets": _("Service tickets"),
    "surveys": _("Survey answers"),
    "subscriptions": _("Subscriptions"),
    "costs": _("Costs"),
    "spend": _("Advertising spend"),
    "rates": _("Exchange rates"),
}
BECAME: Mapping[str, str] = {
    "good": _("Taken"),
    "excluded": _("Taken, no purchase"),
    "duplicate": _("Repeated"),
    "rejected": _("Rejected"),
}
OF_ORDERS = ("orders", "refunds")
SIZES = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"))
_STORED = re.compile(r"upload-[0-9a-f]{32}-?")
_SENT = re.compile(r"^(?:\d{8}T\d{6}-(?:\d+-)?)*(?:upload-([0-9a-f]{32})-?)?")


def table_name(table: str, formats: Formats) -> str:
    """What a table is called."""
    return formats.say(TABLES[table]) if table in TABLES else table


def column_name(column: str, table: str, formats: Formats) -> str:
    """What a column of a table is called."""
    of_table = ROLES if table in OF_ORDERS else OF_ONE_TABLE.get(table, {})
    name = of_table.get(column) or COLUMNS.get(column)
    return formats.say(name) if name else column


def file_name(file: str) -> str:
    """A file as whoever sent it calls it, without what the inbox has put before its name."""
    kept = _SENT.sub("", file)
    return kept if kept and not kept.startswith(".") else file


def why(told: str | None, file: str) -> str:
    """Why a file was refused, of all that its note says: the first sentence; what one types at a machine is left out."""
    plainly = _STORED.sub("", (told or "").replace(file, file_name(file)))
    first = re.split(r"(?<=[。])|(?<=\.) ", plainly, maxsplit=1)[0]
    return first.rpartition(" [")[0] or first


def size(of: int, formats: Formats) -> str:
    """A file's size: 12 KB, 3.4 MB."""
    for unit, name in SIZES:
        if of >= unit:
            return f"{formats.number(of / unit, 1 if of < 10 * unit else 0)} {name}"
    return f"{formats.number(of)} B"
