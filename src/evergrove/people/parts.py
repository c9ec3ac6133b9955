"""Long lists in portions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

CHUNK = 500
"""Customers that are asked for, or written, at once: some 30 ms of writing."""

Each = TypeVar("Each")


def in_parts(values: Collection[Each]) -> Iterator[Sequence[Each]]:
    """Values in portions that both databases take as parameters of one statement, or as one short transaction."""
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
