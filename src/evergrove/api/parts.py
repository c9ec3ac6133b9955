"""A page of a list that is small enough to be held at once: accounts, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.http.paging import Paging

T = TypeVar("T")


def part_of(
    found: Sequence[T], page: Paging, order: Callable[[T], tuple[str, ...]]
) -> tuple[list[T], str | None]:
    """
    The rows of a page, and the cursor for what follows.

    Args:
        found: All rows that whoever asks may see.
        page: Which part of them.
        order: What they are sorted by, different for each: what came or went meanwhile moves no other row.
    """
    rows = sorted(found, key=order)
    if page.after is not None:
        rows = [row for row in rows if order(row) > tuple(page.after)]
    shown = rows[: page.limit]
    return shown, page.next(order(shown[-1]) if len(rows) > len(shown) else None)
