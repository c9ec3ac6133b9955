"""
Who is told how a process fares: statements and how long they took, things counted, things that took time, events.

Nobody, unless a service listens: that costs one look at an empty list. Rooms below the service tell what they do
here and not by a logger, which would print on a command's own output.
"""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Level = Literal["debug", "info", "warning", "error"]


class Watcher(Protocol):
    """One who wants to know. Called in the midst of the work: it must be quick, and must not raise."""

    def ran(self, store: str, sql: str, seconds: float) -> None:
        """A statement ran; its text holds places for values, never the values."""
        ...

    def counted(self, what: str, labels: tuple[str, ...], number: float) -> None:
        """Something happened, so many times."""
        ...

    def took(self, what: str, labels: tuple[str, ...], seconds: float) -> None:
        """Something took so long."""
        ...

    def said(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        """Something is worth a line in the log."""
        ...


_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> Callable[[], None]:
    """Tell somebody of everything from now on, until what is returned is called."""
    _watchers.append(watcher)
    return lambda: _watchers.remove(watcher)


def is_watched() -> bool:
    """Whether anybody listens: only then time needs to be taken."""
    return bool(_watchers)


def ran(store: str, sql: str, seconds: float) -> None:
    """
    Say that a statement ran.

    Args:
        store: ``ledger`` or ``warehouse``.
        sql: Its text, values not among it.
        seconds: How long it took.
    """
    for each in _watchers:
        each.ran(store, sql, seconds)


def counted(what: str, *labels: str, number: float = 1) -> None:
    """
    Say that something happened.

    Args:
        what: ``<station>.<thing>``, such as ``events.taken``.
        labels: Codes of a few kinds each; never ids, nothing personal.
        number: How many times.
    """
    for each in _watchers:
        each.counted(what, labels, number)


def took(what: str, seconds: float, *labels: str) -> None:
    """Say how long something took; names and labels as in ``counted``."""
    for each in _watchers:
        each.took(what, labels, seconds)


def said(event: str, *, level: Level = "info", **fields: object) -> None:
    """
    Say something that is worth a line in the log of a service.

    Args:
        event: What happened, in constant words: "snapshot published".
        level: How much it matters.
        fields: Codes, numbers and keys of ``server.logs.FIELDS``; others are left out, and nothing personal is let in.
    """
    for each in _watchers:
        each.said(level, event, fields)


@contextmanager
def timed(what: str, *labels: str) -> Iterator[None]:
    """Say how long a block took, also where it raises."""
    if not _watchers:
        yield
        return
    begun = perf_counter()
    try:
        yield
    finally:
        took(what, perf_counter() - begun, *labels)
