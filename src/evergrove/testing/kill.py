"""Killing a process at each of its durable writes, one after the other, and looking at what it left."""

from __future__ import annotations

import os
import signal
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from evergrove.core.failpoints import watch_failpoints
from evergrove.testing.processes import TIMEOUT_S, forked

if TYPE_CHECKING:
    from collections.abc import Callable

DURABLE = ("fsync", "fdatasync", "replace", "rename", "link", "unlink", "remove", "rmdir")
"""Calls of ``os`` after which something is on the disk that was not there, or is no longer."""


def kill_points(
    run: Callable[[], object],
    verify: Callable[[], object],
    every: int = 1,
    *,
    prepare: Callable[[], object] = lambda: None,
    timeout_s: int = TIMEOUT_S,
) -> int:
    """
    Run a function in a child again and again, killed one durable write later each time, until it survives.

    A kill point lies before each call of ``DURABLE`` and at each failpoint; the ledger has one before and one
    behind every commit. What happens between two points and is not durable (a mail on the wire, say) has
    happened at the second and not at the first.

    Args:
        run: What is swept, in the child; it opens its own ledger and engines.
        verify: Called in the parent after each kill and after the survival: restarts what must be restarted
            and raises when something is lost, doubled or half done.
        every: Try only each n-th point, beginning with the first.
        prepare: Called in the parent before each child: puts everything back to the beginning. Without it
            each child goes on from what the one before it left.
        timeout_s: Whole seconds that one child may take.

    Returns:
        How many kills there were.

    Raises:
        ChildFailed: The function raised by itself, or hung.
    """
    for kills in count():
        prepare()
        child = forked(partial(_run_until, 1 + kills * every, run), timeout_s)
        killed = child.was_killed()
        verify()
        if not killed:
            return kills
    raise AssertionError  # pragma: no cover - count() does not end


def _run_until(nth: int, run: Callable[[], object]) -> None:
    """Run, but for the n-th durable write."""
    left = count(nth - 1, -1)

    def point(_name: str) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    watch_failpoints(point)
    for name in DURABLE:
        _guard(name, point)
    run()


def _guard(name: str, point: Callable[[str], None]) -> None:
    call = getattr(os, name)

    def guarded(*arguments: Any, **options: Any) -> Any:
        point(name)
        return call(*arguments, **options)

    setattr(os, name, guarded)
