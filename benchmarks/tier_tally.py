"""How often tiers change and flap over many nights, and how often they are the true ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.segments.codes import NO_CODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.segments.types import Codes

FLAP_DAYS = 90
"""A return to the previous tier within so many days is a flap."""


@dataclass
class Tally:
    """
    How often tiers of one rule changed.

    Attributes:
        moves: In all.
        flaps: Of these, back to the previous tier within 90 days.
        agreement: Share of customers whose tier is the true one, of each day that was looked at.
        shares: Mean share of each tier on these days.
    """

    moves: int = 0
    flaps: int = 0
    agreement: list[float] = field(default_factory=list)
    shares: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nobody has moved yet."""
        self._previous: NDArray[Any] = np.zeros(0)
        self._moved_on: NDArray[Any] = np.zeros(0)
        self._tier: Codes = np.zeros(0, dtype=np.int8)

    def see(self, tier: Codes, day: int) -> None:
        """Count who moved since the night before."""
        new = len(tier) - len(self._tier)
        before = np.concatenate([self._tier, tier[len(self._tier) :]])
        self._previous = np.concatenate([self._previous, np.full(new, NO_CODE)])
        self._moved_on = np.concatenate([self._moved_on, np.full(new, -1000)])
        moved = tier != before
        back = moved & (tier == self._previous) & (day - self._moved_on <= FLAP_DAYS)
        self.moves += int(moved.sum())
        self.flaps += int(back.sum())
        self._previous[moved], self._moved_on[moved] = before[moved], day
        self._tier = tier.copy()

    def judge(self, truth: Codes, tiers: int) -> None:
        """Compare with the true tiers of today."""
        self.agreement.append(float((self._tier == truth).mean()))
        self.shares.append((np.bincount(self._tier, minlength=tiers) / len(self._tier)).tolist())


@dataclass
class Compared:
    """Both rules over the same nights, with the true shares beside."""

    held: Tally
    naive: Tally
    true_shares: list[list[float]]
    customer_years: float = 0.0

    def figures(self) -> dict[str, Any]:
        """For a table."""
        years = self.customer_years
        return {
            rule: {
                "moves_per_customer_year": round(tally.moves / years, 4),
                "flaps_per_customer_year": round(tally.flaps / years, 5),
                "agreement": round(float(np.mean(tally.agreement)), 4) if tally.agreement else None,
                "shares": np.round(np.mean(tally.shares, axis=0), 4).tolist() if tally.shares else None,
            }
            for rule, tally in (("held", self.held), ("naive", self.naive))
        } | {
            "flap_ratio": round(self.held.flaps / max(1, self.naive.flaps), 4),
            "true_shares": np.round(np.mean(self.true_shares, axis=0), 4).tolist()
            if self.true_shares
            else None,
            "customer_years": round(years),
        }
