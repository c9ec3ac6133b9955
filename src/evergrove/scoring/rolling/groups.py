"""Who was forecast well: customers by cohort, by what they had spent, by how often they had come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.accuracy import frequency_bins, midranks
from evergrove.scoring.back_test import past_spend
from evergrove.scoring.rolling.types import GroupRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.scoring.rolling.types import Forecast, Labels
    from evergrove.scoring.types import Split

BANDS = ("lowest_quarter", "second_quarter", "third_quarter", "top_quarter")
"""Of realised spend at the origin; without amounts, of purchase days so far."""


def by_cohort(split: Split) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Quarter of the first purchase: "2026-Q1"."""
    if split.first_order_date is None:
        return ("",), np.zeros(len(split.purchases), dtype=np.intp)
    quarter = split.first_order_date.astype("datetime64[M]").astype(np.int64) // 3
    present, of = np.unique(quarter, return_inverse=True)
    return tuple(f"{1970 + q // 4}-Q{q % 4 + 1}" for q in present.tolist()), of.astype(np.intp)


def by_band(split: Split) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Quarters of the customers by what they had spent; equals stand in one."""
    so_far = past_spend(split.calibration)
    ranks = midranks(split.calibration.frequency if so_far is None else so_far)
    return BANDS, np.minimum((ranks - 0.5) / max(len(ranks), 1) * 4, 3).astype(np.intp)


def by_frequency(split: Split) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Repeat purchases so far, "7+" the most."""
    return frequency_bins(split.calibration.frequency)


DIVISIONS: dict[str, Labels] = {"cohort": by_cohort, "band": by_band, "frequency": by_frequency}


def group_rows(
    judged: Sequence[tuple[Split, Forecast]], divisions: Mapping[str, Labels]
) -> tuple[GroupRow, ...]:
    """
    One contender over every group of every division, all origins together.

    Args:
        judged: Origins and what it said at them.
        divisions: By name.
    """
    money = bool(judged) and all(s.spend is not None and f.spend is not None for s, f in judged)
    rows: list[GroupRow] = []
    for by, labels_of in divisions.items():
        sums: dict[str, Floats] = {}
        for split, said in judged:
            labels, of = labels_of(split)
            for name, added in zip(labels, _sums(split, said, of, len(labels), money=money), strict=True):
                sums[name] = sums.get(name, 0.0) + added
        names = sorted(sums) if by == "cohort" else list(sums)
        rows += [_row(by, name, sums[name], money=money) for name in names if sums[name][0]]
    return tuple(rows)


def _sums(split: Split, said: Forecast, of: NDArray[np.intp], groups: int, *, money: bool) -> Floats:
    """Per group: customers, then purchases and money that came, were said, and were missed by. Shape (groups, 7)."""

    def of_group(values: Floats) -> Floats:
        return np.bincount(of, weights=values, minlength=groups).astype(np.float64)

    nothing = np.zeros(len(of))
    came, spent = split.purchases, split.spend if money and split.spend is not None else nothing
    worth = said.spend if money and said.spend is not None else nothing
    columns = (
        nothing + 1,
        came,
        said.purchases,
        np.abs(said.purchases - came),
        spent,
        worth,
        np.abs(worth - spent),
    )
    return np.stack([of_group(values) for values in columns], axis=1)


def _row(by: str, label: str, sums: Floats, *, money: bool) -> GroupRow:
    came, said, off, spent, worth, spend_off = map(float, sums[1:] / sums[0])
    row = GroupRow(by, label, customers=round(float(sums[0])), actual_purchases=came, purchases=said, mae=off)
    return replace(row, actual_spend=spent, spend=worth, spend_mae=spend_off) if money else row
