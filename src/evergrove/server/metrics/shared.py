"""
What a worker and the live process count, added to the workspace's figures every ten seconds.

They answer nobody, so nobody could scrape them. Files that several processes map, which the library offers, are tied to
one host and to a setting of the whole interpreter made before its import; a table adds up over hosts and restarts, and
is one small write. What a process had not added when it was killed, ten seconds of it, is missing.
"""

from __future__ import annotations

import json
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Self

from evergrove.core import EvergroveError
from evergrove.ledger.figures import add_figures
from evergrove.server.metrics.workspace import labelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.server.metrics.own import OwnFigures

EVERY_S = 10.0
SEEN = "evergrove_process_seen_timestamp_seconds"
CREATED = "_created"


def samples(own: OwnFigures) -> dict[tuple[str, str], float]:
    """What a process has counted so far, as rows of figures."""
    return {
        (each.name, json.dumps(dict(each.labels), sort_keys=True)): each.value
        for metric in own.registry.collect()
        for each in metric.samples
        if not each.name.endswith(CREATED)
    }


class Sharing:
    """Adds what a process counts to the workspace's figures, in a thread of its own, until it is left."""

    def __init__(self, own: OwnFigures, ledger: Ledger, clock: Clock, every_s: float = EVERY_S) -> None:
        self._own, self._ledger, self._clock, self._every_s = own, ledger, clock, every_s
        self._told: Mapping[tuple[str, str], float] = {}
        self._ended, self._lock = Event(), Lock()
        self._thread = Thread(target=self._keep_telling, name="figures", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()
        self.tell()

    def tell(self) -> None:
        """Add what has come since the last time; a ledger that is busy gets it the next time."""
        with self._lock:
            self._add()

    def _add(self) -> None:
        now = samples(self._own)
        # What is new is told as nothing too: a histogram without its empty buckets would be read wrongly.
        more = {
            key: value - self._told.get(key, 0.0)
            for key, value in now.items()
            if value != self._told.get(key)
        }
        seen = {(SEEN, labelled(process=self._own.process)): self._clock.now().timestamp()}
        try:
            with self._ledger.writing() as connection:
                add_figures(connection, more, seen)
        except EvergroveError:
            return
        self._told = now

    def _keep_telling(self) -> None:
        self.tell()
        while not self._ended.wait(self._every_s):
            self.tell()
