"""Fits at an origin, each made once: a model, its seasonal twin and its season one year before share them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.spend_fits import SpendFits
    from evergrove.scoring.types import Split


@dataclass(frozen=True, eq=False)
class Fits:
    """
    One purchase model at each origin.

    Attributes:
        name: Of the model.
        make: Fits it.
        spend: The spend model beside it.
    """

    name: str
    make: Callable[[Summary], Fit[Any]]
    spend: SpendFits
    _known: dict[date, Fit[Any]] = field(default_factory=dict, init=False, repr=False)

    def process(self, split: Split) -> Fit[TransactionModel]:
        """
        The fit on what was known at an origin.

        Raises:
            EvergroveError: It could not be made.
        """
        if split.origin not in self._known:
            self._known[split.origin] = self.make(split.fitted)
        return self._known[split.origin]

    def spend_per_day(self, split: Split) -> Floats | None:
        """Expected net amount of a purchase day, shape (n,); None without amounts."""
        known = self.spend.known(split)
        return None if known is None else known.expected
