"""What is known of the facts as a whole without reading them, and what an import adds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from evergrove.ingest.types import Intake
    from evergrove.warehouse import Snapshot


@dataclass(frozen=True)
class FactsNoted:
    """
    What holds for the facts as a whole; noted with the table of orders.

    Attributes:
        seq: Number of the newest import.
        currency: ISO 4217 code of all amounts; empty where no file declared one.
        timezone: The zone that made days of timestamps.
        has_amounts: False where no file says anything about money.
        has_versions: Whether any order stands in the history more than once; where none does, none is
            looked for.
        first_date, last_date: First and last day of an order in any file; None without one.
        idle: Rows of orders that said nothing new, since the table was last written anew.
    """

    seq: int = 0
    currency: str = ""
    timezone: str = ""
    has_amounts: bool = False
    has_versions: bool = False
    first_date: date | None = None
    last_date: date | None = None
    idle: int = 0

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        days = {"first_date": self.first_date, "last_date": self.last_date}
        return vars(self) | {name: day.isoformat() if day else None for name, day in days.items()}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> FactsNoted:
        """From what was kept."""
        days = {name: document[name] for name in ("first_date", "last_date")}
        return cls(
            **{**document, **{name: date.fromisoformat(day) if day else None for name, day in days.items()}}
        )

    def after(self, intake: Intake, seq: int, *, has_versions: bool, idle: int) -> FactsNoted:
        """The same with one more import; ``idle`` as it is then."""
        days = [day for day in (self.first_date, self.last_date, intake.first_date, intake.last_date) if day]
        return FactsNoted(
            seq=seq,
            currency=self.currency or intake.currency,
            timezone=intake.timezone,
            has_amounts=self.has_amounts or intake.has_amounts,
            has_versions=has_versions,
            first_date=min(days, default=None),
            last_date=max(days, default=None),
            idle=idle,
        )


def facts_noted(seen: Snapshot | None) -> FactsNoted:
    """What holds for the facts of a snapshot; all empty without any."""
    if seen is None or "orders" not in seen.tables:
        return FactsNoted()
    return FactsNoted.read(seen.tables["orders"].facts)


@dataclass(frozen=True)
class Import:
    """
    One import, on top of those before it.

    Attributes:
        seq: Its number, which each of its rows carries.
        exported_at: When the source wrote the file, in UTC; decides between versions that carry no
            updated_at of their own.
        before: What was there before; None for the first import.
    """

    seq: int
    exported_at: datetime
    before: Snapshot | None
