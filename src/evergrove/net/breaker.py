"""Leaving a host alone that fails again and again: it needs the rest, and others should not wait for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

FAILURES = 5
REST_S, LONGEST_REST_S = 30.0, 600.0


@dataclass
class _State:
    failures: int = 0
    rests_until: float = 0.0


@dataclass
class Breaker:
    """
    Counts failures in a row by host; after the fifth it rests for 30 s, after each further one twice as long.

    When a rest is over one call is let through to try; others wait for what becomes of it. Times are of a monotonic
    clock, in seconds; kept in memory, by process.
    """

    _hosts: dict[str, _State] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def rest_of(self, host: str, now: float) -> tuple[int, float]:
        """How often a host has failed in a row, and for how many seconds more it rests; 0: it may be called."""
        with self._lock:
            state = self._hosts.get(host)
            if state is None or state.failures < FAILURES:
                return (0 if state is None else state.failures), 0.0
            rest = max(state.rests_until - now, 0.0)
            if (
                rest == 0.0
            ):  # this call is the trial: until it has ended, or for as long as a rest, nobody else
                state.rests_until = now + REST_S
            return state.failures, rest

    def failed(self, host: str, now: float) -> None:
        """A call got no answer, or the server's own error."""
        with self._lock:
            state = self._hosts.setdefault(host, _State())
            state.failures += 1
            rest = REST_S * 2.0 ** min(state.failures - FAILURES, 10)
            state.rests_until = now + min(rest, LONGEST_REST_S)

    def answered(self, host: str) -> None:
        """The host is well: what it failed before is forgotten."""
        with self._lock:
            self._hosts.pop(host, None)
