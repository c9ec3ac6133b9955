"""The spend model at each origin of the past, in the form that foretold the window before it best."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergrove.scoring.spend import SpendEvidence, evidence
from evergrove.scoring.spend_choice import choose_spend

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from evergrove.models.types import Fit
    from evergrove.scoring.types import SpendConvention, Split


def nothing_before(_split: Split) -> None:
    """No earlier origin."""


@dataclass(frozen=True, eq=False)
class SpendFits:
    """
    The spend model at each origin: one for all purchase models, in the form that foretold the window before best.

    Attributes:
        convention: Which days it reads.
        before: Origin -> the one whose window ended on it, by which the form is chosen; None where there is none:
            then it is Gamma-Gamma on means.
    """

    convention: SpendConvention = "all_days"
    before: Callable[[Split], Split | None] = nothing_before
    _known: dict[date, Fit[Any] | None] = field(default_factory=dict, init=False, repr=False)

    def at(self, split: Split) -> Fit[Any] | None:
        """The fit; None where none could be made (then each customer's own mean stands in)."""
        if split.origin not in self._known:
            chosen = choose_spend(split.fitted, self.before(split), self.convention)
            self._known[split.origin] = chosen.fit
        return self._known[split.origin]

    def known(self, split: Split) -> SpendEvidence | None:
        """What is known of each customer's spend at the origin; None without amounts."""
        if split.calibration.mean_day_spend is None:
            return None
        return evidence(self.at(split), split.calibration, self.convention)
