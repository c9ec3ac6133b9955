"""The text that Prometheus reads: what this process counts, and what the workspace knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from evergrove.server.metrics.families import FAMILIES
from evergrove.server.metrics.shared import samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from evergrove.server.metrics.families import Family
    from evergrove.server.metrics.own import OwnFigures

CONTENT_TYPE = CONTENT_TYPE_LATEST
_PARTS = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("",), "gauge": ("",)}


def exposed(own: OwnFigures, workspace: Mapping[tuple[str, str], float]) -> bytes:
    """
    All families, each with its sentence.

    Args:
        own: What this process counts.
        workspace: Figures of ``workspace_figures``.
    """
    found = dict(workspace)
    for key, value in samples(own).items():
        found[key] = found.get(key, 0.0) + value
    return generate_latest(_Shown(found))


class _Shown(Collector):
    """Figures in the order of their families."""

    def __init__(self, found: Mapping[tuple[str, str], float]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """One metric a family."""
        return [self._metric(family) for family in FAMILIES]

    def _metric(self, family: Family) -> Metric:
        base = family.name.removesuffix("_total") if family.kind == "counter" else family.name
        metric = Metric(base, family.sentence, family.kind)
        for name, labels, value in self._rows(family):
            metric.add_sample(name, labels, value)
        return metric

    def _rows(self, family: Family) -> Iterator[tuple[str, dict[str, str], float]]:
        names = {family.name + part for part in _PARTS[family.kind]}
        rows = [
            (name, json.loads(labels), value)
            for (name, labels), value in self._found.items()
            if name in names
        ]
        return iter(sorted(rows, key=_order))


def _order(row: tuple[str, dict[str, str], float]) -> tuple[object, ...]:
    """Of one histogram the buckets from the smallest to the largest, then count and sum."""
    name, labels, _value = row
    rest = sorted(item for item in labels.items() if item[0] != "le")
    return rest, name, float(labels.get("le", "inf"))
