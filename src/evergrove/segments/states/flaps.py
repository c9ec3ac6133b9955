"""How often tiers flap, over any period, from the moves that were stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.segments.codes import AXES, Axis
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.warehouse import Engine

FLAP_DAYS = 90
"""A return to the previous tier within so many days is a flap."""
LONG_DAYS = 365
"""Over which flaps are counted beside these."""


@dataclass(frozen=True)
class Flaps:
    """
    Moves between tiers in a period.

    Attributes:
        after: The day before its first.
        until: Its last day.
        moves: In all.
        flaps: Of these, returns to the previous tier within ``FLAP_DAYS``.
    """

    after: date
    until: date
    moves: int
    flaps: int

    @property
    def rate(self) -> float | None:
        """Share of the moves that are flaps; None without a move."""
        return self.flaps / self.moves if self.moves else None

    def as_json(self) -> dict[str, Any]:
        """For documents of a night and of a month."""
        return {
            "after": self.after.isoformat(),
            "until": self.until.isoformat(),
            "moves": self.moves,
            "flaps": self.flaps,
            "rate": self.rate,
        }


def flaps_between(engine: Engine, after: date, until: date, axis: str = AXES[Axis.TIER]) -> Flaps:
    """
    Count the moves of a period, and the flaps among them.

    Args:
        engine: Holds the table ``transitions``.
        after: The day before the first that counts; a flap may have begun earlier.
        until: The last day that counts.
        axis: "tier", or "own_tier" (``axis_of``).
    """
    wanted = {"axis": axis, "after": after, "until": until, "within": FLAP_DAYS}
    ((moves, flaps),) = engine.run(statement("evergrove.segments", "flaps"), **wanted)
    return Flaps(after, until, int(moves), int(flaps))


def axis_of(rules: TierPolicy) -> str:
    """On which axis the tiers of a policy move."""
    return AXES[Axis.TIER if rules.is_usual else Axis.OWN_TIER]
