"""The account of a reading: every row good, rejected or duplicate, and what each class adds up to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date  # noqa: TC003 -- the engine's rows are unpacked into fields of this type
from decimal import Decimal
from typing import TYPE_CHECKING

from evergrove.ingest.columns.errors import NothingUsable
from evergrove.ingest.orders.errors import FutureDates
from evergrove.ingest.types import Excluded, Rejected, RowCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from evergrove.ingest.columns.mapped import MappedFile

FUTURE_LIMIT = 0.2
CHANGED_ORDER = "ingest.changed_order"
PURCHASES = ("purchase", "refunded")


@dataclass(frozen=True)
class Entry:
    """Rows of one file with one verdict, code and class; see ``sql/account.sql``."""

    file: int
    verdict: str
    code: str
    kind: str
    rows: int
    amount: Decimal = Decimal(0)
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Account:
    """All entries of a run."""

    entries: Sequence[Entry]

    def rows_of(self, file: int | None = None) -> RowCounts:
        """Good, rejected and duplicate rows of one file, or of all."""
        mine = [e for e in self.entries if file is None or e.file == file]
        counts = {v: sum(e.rows for e in mine if e.verdict == v) for v in ("good", "rejected", "duplicate")}
        return RowCounts(read=sum(e.rows for e in mine), **counts)

    def of(self, file: int) -> Account:
        """The account of one file."""
        return Account([e for e in self.entries if e.file == file])

    @property
    def is_useless(self) -> bool:
        """Whether every row was rejected, and not only for what an earlier import said of its order."""
        return all(e.verdict == "rejected" and e.code != CHANGED_ORDER for e in self.entries)

    @property
    def commonest_reject(self) -> str:
        """The code for which most rows were rejected; empty when none was."""
        rejected = self.rejected
        return max(rejected, key=lambda code: rejected[code].rows, default="")

    @property
    def excluded(self) -> dict[str, Excluded]:
        """Good rows by class, purchases left out; an order refunded as a whole is counted here too."""
        good = [e for e in self.entries if e.verdict == "good" and e.kind != "purchase"]
        return {kind: Excluded(*total) for kind, total in _totals((e.kind, e) for e in good).items()}

    @property
    def rejected(self) -> dict[str, Rejected]:
        """Rejected rows by code."""
        bad = [e for e in self.entries if e.verdict == "rejected"]
        return {code: Rejected(*total) for code, total in _totals((e.code, e) for e in bad).items()}

    @property
    def first_day(self) -> date | None:
        """The first order day."""
        return min((e.first_day for e in self.entries if e.first_day), default=None)

    @property
    def last_day(self) -> date | None:
        """The last order day."""
        return max((e.last_day for e in self.entries if e.last_day), default=None)


def _totals(pairs: Iterable[tuple[str, Entry]]) -> Mapping[str, tuple[int, Decimal]]:
    totals: dict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for key, entry in pairs:
        rows, amount = totals[key]
        totals[key] = (rows + entry.rows, amount + entry.amount)
    return dict(sorted(totals.items()))


def check_file(account: Account, mapped: MappedFile, today: date | None) -> None:
    """
    Refuse a file of which nothing is usable, or whose dates lie in the future.

    Raises:
        FutureDates: More than a fifth of its rows.
        NothingUsable: No row is good or a duplicate.
    """
    mine = account.of(mapped.file.number)
    counts = mine.rows_of()
    future = mine.rejected.get("ingest.date_in_future")
    if future is not None and today is not None and future.rows > FUTURE_LIMIT * counts.read:
        column = mapped.name_of("date")
        raise FutureDates(
            file=mapped.file.name, future=future.rows, rows=counts.read, today=today, column=column
        )
    if mine.is_useless:
        used = ", ".join(f"{match.role}={match.column}" for match in mapped.matches)
        raise NothingUsable(
            file=mapped.file.name, rows=counts.read, columns=used, reason=mine.commonest_reject
        )
