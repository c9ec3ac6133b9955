"""What reading asks for and what it answers: options in, an account of every row out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from evergrove.core import EvergroveWarning
    from evergrove.ingest.presets.preset import Preset

Grain = Literal["order", "line"]


@dataclass(frozen=True)
class ReadOptions:
    """
    What the reader was told; everything left empty is found out from the files.

    Attributes:
        mapping: Role to header, as ``--map`` gives them, such as ``{"customer": "Buyer"}``. A date may carry
            its order as a suffix (``Paid at:dmy``, ``:mdy``, ``:ymd``), an amount its decimal sign
            (``Betrag:comma``, ``:dot``).
        keep: Headers of columns to carry through to ``known_customers``.
        currency: ISO 4217 code of all amounts; rows in another currency are rejected.
        timezone: IANA name of the zone in which timestamps with an offset become calendar days.
        encoding: Name of the text encoding, instead of a guess.
        as_of: The day up to which orders will count. Rows after it are read all the same.
        today: The clock's day; rows dated more than one day after it are rejected. None: no such check.
        preset: Name of the preset of all files; empty: each file's own is told by its header.
        own_presets: Those that the workspace keeps beside the shipped ones.
        has_rates: Rates are known: rows in other currencies are good, and converted when they are shown.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    currency: str = ""
    timezone: str = ""
    encoding: str = ""
    as_of: date | None = None
    today: date | None = None
    preset: str = ""
    own_presets: tuple[Preset, ...] = ()
    has_rates: bool = False


@dataclass(frozen=True)
class RowCounts:
    """Where the rows went; good + rejected + duplicate = read, always."""

    read: int = 0
    good: int = 0
    rejected: int = 0
    duplicate: int = 0

    def __add__(self, other: RowCounts) -> RowCounts:
        """Counts of two files together."""
        return RowCounts(
            self.read + other.read,
            self.good + other.good,
            self.rejected + other.rejected,
            self.duplicate + other.duplicate,
        )


@dataclass(frozen=True)
class Excluded:
    """Good rows of one class that are no purchase, and what they add up to."""

    rows: int
    amount: Decimal


@dataclass(frozen=True)
class Rejected:
    """Rows refused for one reason, and what their readable amounts add up to."""

    rows: int
    amount: Decimal


@dataclass(frozen=True)
class ColumnMatch:
    """Which column of a file plays which role, how sure that is (0..1), and why, in one line."""

    role: str
    column: str
    confidence: float
    why: str
    file: str = ""


@dataclass(frozen=True)
class Intake:
    """
    The account of one reading.

    Attributes:
        rows: All files together.
        by_file: The same per file, keyed by the path as given.
        excluded: Good rows that are no purchase, by class.
        rejected: Rejected rows, by code.
        columns: The mapping that was used, file by file.
        encodings: Text encoding per file; binary formats state their format.
        grain: Whether a row was an order, or a line of one.
        currency: ISO 4217 code of all amounts, or empty where nothing declares one.
        timezone: The zone that made days of timestamps with an offset.
        first_date, last_date: First and last order day; None without an order.
        has_amounts: False where the files say nothing about money; every amount is then 0.
        kept: Names of the kept columns, as they stand in ``known_customers``.
        warnings: What a reader of the numbers should know.
        presets: The preset of a file, by the path as given; a file of no known export is not among them.
        header: Of a single file: its columns, with what those in use can hold (see ``Column.held``).
    """

    rows: RowCounts
    by_file: Mapping[str, RowCounts]
    excluded: Mapping[str, Excluded]
    rejected: Mapping[str, Rejected]
    columns: tuple[ColumnMatch, ...]
    encodings: Mapping[str, str]
    grain: Grain
    currency: str
    timezone: str
    first_date: date | None
    last_date: date | None
    has_amounts: bool
    kept: tuple[str, ...] = ()
    warnings: tuple[EvergroveWarning, ...] = ()
    presets: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
