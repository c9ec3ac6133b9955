"""Whoever serves listens: figures are counted, events and slow statements become lines of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from evergrove.server.logs.statements import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.core.watching import Level
    from evergrove.server.metrics import OwnFigures

SLOW = "statements.slow"
REQUEST = "http.request"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ServiceWatcher:
    """
    Listens for a process of the service.

    Args:
        figures: Where things are counted.
        slow_ms: Statements that take longer are told.
    """

    def __init__(self, figures: OwnFigures, slow_ms: int) -> None:
        self._figures = figures
        self._slow_s = slow_ms / 1000
        self._log = structlog.get_logger()

    def ran(self, store: str, sql: str, seconds: float) -> None:
        """A slow statement is a line, by its shape."""
        if seconds >= self._slow_s:
            self._figures.count(SLOW, (store,), 1)
            self._log.warning(
                "slow statement", store=store, statement=fingerprint(sql), ms=round(1000 * seconds)
            )

    def counted(self, what: str, labels: tuple[str, ...], number: float) -> None:
        """Add to a counter."""
        self._figures.count(what, labels, number)

    def took(self, what: str, labels: tuple[str, ...], seconds: float) -> None:
        """Add to a histogram; of a request nothing counts that its sender could make up."""
        if what == REQUEST:
            method, route, status = labels
            labels = (method if method in METHODS else "other", route or "none", status)
        self._figures.time(what, labels, seconds)

    def said(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        """A line of the log."""
        getattr(self._log, level)(event, **fields)
