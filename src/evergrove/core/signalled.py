"""An event that a signal sets, without the handler waiting for anything."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event


@contextmanager
def set_from_handlers(event: Event) -> Iterator[Callable[[], None]]:
    """
    Let handlers of signals set an event, for the length of a ``with`` block.

    ``Event.set`` takes a lock. A handler runs between any two steps of the main thread; where that has just taken the same
    lock, in ``wait`` say, the handler would wait for ever for what it stands in the way of itself. It only writes a byte
    into a pipe, and a thread at the other end sets the event.

    Args:
        event: To be set.

    Yields:
        What a handler calls; it never waits and never fails.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def listen() -> None:
        if os.read(reading, 1):
            event.set()

    def ring() -> None:
        with suppress(BlockingIOError):  # the pipe is full: it was rung often enough
            os.write(writing, b"!")

    thread = Thread(target=listen, name="evergrove-signals", daemon=True)
    thread.start()
    try:
        yield ring
    finally:
        os.close(writing)
        thread.join()
        os.close(reading)
