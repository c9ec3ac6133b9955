"""Named places between two durable writes, at which a test may end the process; they do nothing otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_watcher: list[Callable[[str], None]] = []


def failpoint(name: str) -> None:
    """Say that the process has come to this place; ``name`` is ``<station>.<place>``."""
    for watch in _watcher:
        watch(name)


def watch_failpoints(watch: Callable[[str], None] | None) -> None:
    """Call ``watch`` with the name of each failpoint reached from now on; None: nobody watches."""
    _watcher[:] = [] if watch is None else [watch]
