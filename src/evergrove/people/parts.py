"""Long lists in portions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import bindparam

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import ColumnElement

CHUNK = 500
"""Customers that are asked for, or written, at once: some 30 ms of writing."""

Each = TypeVar("Each")


def among(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of those bound as ``some``: a statement is composed once, which takes longer than to run it."""
    return column.in_(bindparam("some", expanding=True))


def in_parts(values: Collection[Each]) -> Iterator[Sequence[Each]]:
    """Values in portions that both databases take as parameters of one statement, or as one short transaction."""
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
