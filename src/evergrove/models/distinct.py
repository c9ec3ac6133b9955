"""Distinct values, rows and cells: what is equal is worked out once."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

WHOLE = 1e-7  # of a day, 9 ms: what rounding leaves of a whole number of days
CHUNK = 16_384  # values whose temporaries stay in the processor's cache
HALF_WORD = 2**31  # keys below sort in two thirds of the time
WIDEST_TABLE = 1 << 22  # entries up to which a table beats sorting


def levels(values: Floats, per_day: float = 1.0) -> tuple[Floats, Codes]:
    """
    The distinct values in order, and which of them each row has.

    Whole days are counted in a table, in time proportional to the rows; anything else is sorted.

    Args:
        values: Counts or times, >= 0. Shape (n,).
        per_day: Days in one unit of the values: 1 for days, and for counts; 7 for weeks.

    Returns:
        Levels (m,), ascending, and codes (n,) with ``levels[codes] == values``, but for values closer
        than 1e-7 days, which count as one.
    """
    at = _whole_days(values, per_day)
    if at is None:
        distinct, codes = np.unique(values, return_inverse=True)
        return distinct, codes
    table = np.full(int(at.max(initial=-1)) + 1, np.nan)
    table[at] = values
    present = ~np.isnan(table)
    return table[present], (np.cumsum(present) - 1)[at]


def _whole_days(values: Floats, per_day: float) -> Codes | None:
    """Values in whole days, or None where they are not, or too far apart for a table."""
    at = np.empty(len(values), dtype=np.int64)
    for start in range(0, len(values), CHUNK):
        rows = slice(start, start + CHUNK)
        days = values[rows] * per_day
        whole = np.rint(days)
        if not (whole.max() < WIDEST_TABLE and np.abs(days - whole).max() < WHOLE):
            return None
        at[rows] = whole
    return at


def distinct_rows(columns: tuple[tuple[Floats, Codes], ...], weights: Floats | None) -> tuple[Floats, ...]:
    """
    Distinct rows of columns given as levels and codes, in lexicographic order, then how often each occurs.

    The codes of a row are packed into one integer: its range holds 10,000 counts x 10,000,000 ages squared.

    Args:
        columns: Levels (m_i,) and codes (n,) of each column, as from ``levels``.
        weights: What a row counts, shape (n,); None means 1 each.
    """
    key = _packed(columns)
    if weights is None:
        key.sort()
        first = np.flatnonzero(np.diff(key, prepend=-1))
        occurs = np.diff(first, append=len(key)).astype(np.float64)
    else:
        order = np.argsort(key)
        key = key[order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        occurs = np.add.reduceat(weights[order], first) if len(first) else np.zeros(0)
    rest = key[first].astype(np.int64)
    found: list[Floats] = []
    for values, _codes in reversed(columns):
        rest, codes = np.divmod(rest, max(len(values), 1))
        found.append(values[codes])
    return (*reversed(found), occurs)


def _packed(columns: tuple[tuple[Floats, Codes], ...]) -> NDArray[np.int32] | Codes:
    """One integer per row, the first column most significant; in half a word where that holds all."""
    key = np.zeros(len(columns[0][1]), dtype=np.int64)
    for values, codes in columns:
        key = key * len(values) + codes
    return key.astype(np.int32) if prod(len(values) for values, _codes in columns) < HALF_WORD else key


def on_cells(form: Callable[[Floats, Floats], Floats], x: Floats, T: Floats, per_day: float = 1.0) -> Floats:
    """
    Evaluate ``form(x, T)`` once per distinct pair and hand each row its cell's value.

    A million customers stand in some ten thousand cells: special functions cost nothing this way.

    Args:
        form: Arrays (m,), (m,) -> values (m,) or (k, m).
        x: Shape (n,).
        T: Shape (n,).
        per_day: Days in the unit of T.
    """
    if len(x) < 2:
        return form(x, T)
    counts, count_of = levels(x)
    ages, age_of = levels(T, per_day)
    cells, cell_of = levels((count_of * len(ages) + age_of).astype(np.float64))
    if len(cells) == len(x):
        return form(x, T)
    count, age = np.divmod(cells.astype(np.int64), len(ages))
    return form(counts[count], ages[age])[..., cell_of]
