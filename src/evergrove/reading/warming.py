"""The newest run brought into memory before anybody asks for it."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from evergrove.core import EvergroveError, watching
from evergrove.pipeline.export import NothingPublished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.reading.shelf import Reader

EVERY_S = 1.0
"""Between two looks: one short question of the ledger each."""
PATIENT = 30
"""Times as long until the next look where one has failed."""


@contextmanager
def kept_warm(reader: Reader, every_s: float = EVERY_S) -> Iterator[None]:
    """
    Keep the newest run in memory for the length of a ``with`` block, by a thread of its own.

    Meanwhile lists are of the run before until the newest is there. Where it cannot be read now (nothing was published
    yet, the ledger is busy), it is tried again; whoever asks then is told why.

    Args:
        reader: Of this process.
        every_s: Between two looks.
    """
    over = Event()

    def look() -> None:
        wait_s = 0.0
        while not over.wait(wait_s):
            wait_s = every_s
            try:
                reader.warm()
            except NothingPublished:
                continue
            except EvergroveError as error:
                watching.said("run not in memory", level="warning", code=error.code)
                wait_s = PATIENT * every_s

    thread = Thread(target=look, name="evergrove-warming", daemon=True)
    reader.is_warmed = True
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        reader.is_warmed = False
