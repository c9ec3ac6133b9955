"""Seconds by stage, for jobs of ours and of the peers': nothing but the standard library, which all of them have."""

from __future__ import annotations

import time


class Stages:
    """Seconds by stage, wall and processor."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[str, float]] = {}
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def end(self, name: str) -> None:
        """Close the stage that has been running since the last one ended."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.seconds[name] = {"wall_s": wall - self._wall, "cpu_s": cpu - self._cpu}
        self._wall, self._cpu = time.perf_counter(), time.process_time()
