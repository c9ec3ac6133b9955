"""Customers a page at a time, by any of some columns, from one snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergrove.reading.columns import COLUMNS, CUSTOMERS, ID, LISTED, SORTED
from evergrove.reading.errors import UnknownColumn
from evergrove.reading.filters import ask, wanted
from evergrove.segments.language.catalogue import catalogue as shipped
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.reading.shelf import View
    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition

Key = tuple[str | None, str]
"""Where a page ends: the value of the column that it is sorted by, as text, and the customer's id."""


@dataclass(frozen=True)
class Asked:
    """
    Which customers, and in which order.

    Attributes:
        limit: Rows at most.
        sort: A column of ``SORTED``; ties go by id.
        is_descending: The greatest first. What is unknown comes last either way.
        after: Where the page before ended; None: the first page.
        where: Only those of whom it is true; None: everybody.
        catalogue: That ``where`` was held against.
    """

    limit: int = 50
    sort: str = ID
    is_descending: bool = False
    after: Key | None = None
    where: Condition | None = None
    catalogue: Catalogue = field(default_factory=shipped)


@dataclass(frozen=True)
class CustomersPage:
    """
    Some customers.

    Attributes:
        rows: Column to value; realised money is Decimal, days are dates.
        after: Where it ends, if there are more.
    """

    rows: Sequence[Mapping[str, Any]]
    after: Key | None


def customers_page(view: View, asked: Asked) -> CustomersPage:
    """
    A page of customers.

    Raises:
        UnknownColumn: They cannot be sorted by that.
        TooSlow, NoSegment: The condition cannot be asked.
    """
    if asked.sort not in SORTED:
        raise UnknownColumn(column=asked.sort[:60], known=", ".join(SORTED))
    condition, values = wanted(view, asked.where, asked.catalogue)
    later, keys = _after(asked)
    by, direction = identifier(asked.sort), "desc" if asked.is_descending else "asc"
    order = ID if asked.sort == ID else f"{by} is null, {by} {direction}, {ID}"
    order = f"{ID} {direction}" if asked.sort == ID else order
    # The rows of a page are few: looked up by their numbers, all others are read in the columns of the order alone.
    chosen = f"select rowid from {CUSTOMERS} where ({condition}) and ({later}) order by {order} limit {asked.limit + 1}"
    columns = ", ".join(map(identifier, LISTED))
    key = f"cast({by} as varchar) as sort_key"
    sql = f"select {columns}, {key} from {CUSTOMERS} where rowid in ({chosen}) order by {order}"
    rows = ask(view, sql, **values, **keys)
    return _page(rows, asked.limit)


def count_customers(view: View, where: Condition | None = None, catalogue: Catalogue | None = None) -> int:
    """How many there are of whom a condition is true."""
    condition, values = wanted(view, where, catalogue or shipped())
    found = ask(view, f"select count(*) as customers from {CUSTOMERS} where {condition}", **values)
    return int(found[0]["customers"])


def _after(asked: Asked) -> tuple[str, dict[str, Any]]:
    """What comes after the page before, and the values bound to it."""
    if asked.after is None:
        return "true", {}
    value, customer = asked.after
    by, than = identifier(asked.sort), "<" if asked.is_descending else ">"
    if asked.sort == ID:
        return f"{ID} {than} $after_id", {"after_id": customer}
    if value is None:
        return f"{by} is null and {ID} > $after_id", {"after_id": customer}
    bound = f"cast($after_value as {COLUMNS[asked.sort].type})"
    later = f"{by} {than} {bound} or ({by} = {bound} and {ID} > $after_id) or {by} is null"
    return later, {"after_id": customer, "after_value": value}


def _page(rows: list[dict[str, Any]], limit: int) -> CustomersPage:
    keys = [(row.pop("sort_key"), row[ID]) for row in rows]
    more = len(rows) > limit
    return CustomersPage(rows[:limit], keys[limit - 1] if more else None)
