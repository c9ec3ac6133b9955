"""A bell between two processes: who has written an event rings, and the live loop need not wait for its next look."""

from __future__ import annotations

import os
import select
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MOUTHFUL = 65536


class Ring:
    """The end that is rung. Nothing depends on it: a bell that nobody hears any more is silent."""

    def __init__(self, end: Connection) -> None:
        self._end = end
        self._lock = Lock()  # a number that is closed may be another file's a moment later
        os.set_blocking(end.fileno(), False)

    def ring(self) -> None:
        """Wake the loop; never waits for it."""
        with self._lock, suppress(OSError):  # full: it is awake already; closed: it looks by itself soon
            os.write(self._end.fileno(), b"\x01")

    def close(self) -> None:
        """Be silent from now on."""
        with self._lock:
            self._end.close()


class Ear:
    """The end that is listened at."""

    def __init__(self, end: Connection) -> None:
        self._end = end
        self._is_deaf = False
        os.set_blocking(end.fileno(), False)

    def wait(self, seconds: float) -> bool:
        """Wait until somebody rings, so long at most; whether somebody did."""
        found, _, _ = select.select([] if self._is_deaf else [self._end.fileno()], [], [], seconds)
        if found:
            self._is_deaf = not os.read(self._end.fileno(), MOUTHFUL)  # the other end is gone: always ready
        return bool(found) and not self._is_deaf
