"""What one process counts by itself, in a registry of its own."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from evergrove.server.metrics.families import BY_TOLD, FAMILIES

if TYPE_CHECKING:
    from evergrove.server.metrics.families import Family

MOST_SERIES = 500
"""Of one family: a slip in a label must not fill the memory of whoever scrapes."""
OTHER = "other"
HELD = ("evergrove_requests_in_flight", "evergrove_streams")
"""Gauges that the process that answers holds itself."""


class OwnFigures:
    """
    Counts of this process.

    Args:
        process: What it is: serve, worker, live.
    """

    def __init__(self, process: str) -> None:
        self.process = process
        self.registry = CollectorRegistry()
        self._metrics = {
            family.name: _metric(family, self.registry)
            for family in FAMILIES
            if family.told or (family.name in HELD and process == "serve")
        }
        self._seen: dict[str, set[tuple[str, ...]]] = {name: set() for name in self._metrics}
        self._lock = Lock()

    def count(self, told: str, labels: tuple[str, ...], number: float) -> None:
        """Add to a counter; a name that no family tells of is nobody's."""
        if (family := BY_TOLD.get(told)) is not None and family.kind == "counter":
            self._child(family, labels).inc(number)

    def time(self, told: str, labels: tuple[str, ...], seconds: float) -> None:
        """Add to a histogram."""
        if (family := BY_TOLD.get(told)) is not None and family.kind == "histogram":
            self._child(family, labels).observe(seconds)

    def gauge(self, name: str) -> Gauge:
        """A gauge of this process, without labels."""
        found: Gauge = self._metrics[name]
        return found

    def _child(self, family: Family, labels: tuple[str, ...]) -> Any:
        metric = self._metrics[family.name]
        if not family.labels:
            return metric
        given = (*labels, self.process) if "process" in family.labels else labels
        return metric.labels(*self._bounded(family, given))

    def _bounded(self, family: Family, given: tuple[str, ...]) -> tuple[str, ...]:
        seen = self._seen[family.name]
        if given in seen:
            return given
        with self._lock:
            if len(given) != len(family.labels) or len(seen) >= MOST_SERIES:
                return (OTHER,) * len(family.labels)
            seen.add(given)
        return given


def _metric(family: Family, registry: CollectorRegistry) -> Any:
    if family.kind == "histogram":
        return Histogram(
            family.name, family.sentence, family.labels, registry=registry, buckets=family.buckets
        )
    made = Counter if family.kind == "counter" else Gauge
    return made(family.name, family.sentence, family.labels, registry=registry)
