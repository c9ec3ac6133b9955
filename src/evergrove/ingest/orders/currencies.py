"""The one currency of a run: named by the user, or clear from the rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.ingest.orders.errors import CurrenciesUnclear, OtherCurrency

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.ingest.columns.files import OpenFile
    from evergrove.ingest.orders.account import Account

OTHERS_LIMIT = 0.1
"""Share of rows in other currencies from which nobody but the user can say which one counts."""
_NAMED_FILES = 3


@dataclass(frozen=True)
class Currencies:
    """
    The currencies that rows name.

    Attributes:
        rows: Rows by number of the file and code; rows that name none are not counted.
    """

    rows: Mapping[tuple[int, str], int]

    @property
    def by_code(self) -> dict[str, int]:
        """Rows of all files by code, the most frequent first."""
        total: Counter[str] = Counter()
        for (_file, code), rows in self.rows.items():
            total[code] += rows
        return dict(sorted(total.items(), key=lambda entry: (-entry[1], entry[0])))

    @property
    def shown(self) -> str:
        """The counts as they stand in a sentence: CNY 1,200, USD 34."""
        return ", ".join(f"{code} {rows:,}" for code, rows in self.by_code.items())

    @property
    def files(self) -> list[int]:
        """Numbers of the files with such rows."""
        return sorted({file for file, _code in self.rows})


def choose_currency(found: Currencies, named: str, names: Mapping[int, str]) -> str:
    """
    The code of the run's currency; empty where neither the user nor any row names one.

    Args:
        found: What the rows say.
        named: What the user says.
        names: Number of a file to its name.

    Raises:
        CurrenciesUnclear: The user says nothing, and a tenth of the rows or the whole of a file would be
            rejected for being in another currency than the most frequent one.
    """
    codes = found.by_code
    if named or not codes:
        return named
    kept = next(iter(codes))
    is_split = sum(codes.values()) - codes[kept] >= OTHERS_LIMIT * sum(codes.values())
    if is_split or any((file, kept) not in found.rows for file in found.files):
        files = [names[file] for file in found.files]
        shown = ", ".join(files[:_NAMED_FILES]) + ("…" if len(files) > _NAMED_FILES else "")
        first, second = list(codes)[:2]
        raise CurrenciesUnclear(file=shown, currencies=found.shown, first=first, second=second)
    return kept


def is_set_aside(account: Account, found: Currencies, file: OpenFile, named: str) -> bool:
    """
    Whether no row of a file counts because the user chose another currency: that was said, and is counted.

    Raises:
        OtherCurrency: Nothing else counts either.
    """
    mine = account.of(file.number)
    if not named or not mine.is_useless or mine.commonest_reject != "currency.mixed":
        return False
    if account.is_useless:
        first = next(code for code in found.by_code if code != named)
        raise OtherCurrency(file=file.name, named=named, currencies=found.shown, first=first)
    return True
