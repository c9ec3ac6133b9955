"""Time is passed in: one clock of the machine, and one that is set by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


@dataclass
class SetClock:
    """A clock that stands still until it is set: for simulated days and for tests."""

    moment: datetime

    def now(self) -> datetime:
        """The moment it was last set to, in UTC."""
        return self.moment.astimezone(UTC)
