"""Answers that take a look through all orders: one at a time."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from evergrove.reading.errors import StillCounting

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNTING = Lock()


@contextmanager
def alone() -> Iterator[None]:
    """
    Count for one request at a time.

    Raises:
        StillCounting: Another one is at it.
    """
    if not _COUNTING.acquire(blocking=False):
        raise StillCounting
    try:
        yield
    finally:
        _COUNTING.release()
