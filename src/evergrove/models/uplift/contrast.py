"""One offer against nothing, each arm weighted to stand for everybody who could be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.models.uplift.trial import Trial


@dataclass(frozen=True, eq=False)
class Contrast:
    """
    One offer against nothing: what an order of customers is judged by.

    Attributes:
        outcome: Shape (n,), as the next three.
        treated: Whether the offer was drawn, else nothing.
        weight: One over the chance of what was drawn: each arm stands for everybody eligible.
        unit: Whose row it is.
    """

    outcome: Floats
    treated: NDArray[np.bool_]
    weight: Floats
    unit: NDArray[np.int64]


def contrast(trial: Trial, offer: int) -> tuple[Contrast, NDArray[np.bool_]]:
    """
    Rows with one offer or nothing, where either could be drawn, and which rows of the log they are.

    Args:
        trial: The log.
        offer: From 1 on.
    """
    here = trial.eligible(offer) & ((trial.arm == 0) | (trial.arm == offer))
    rows = trial.rows(here)
    return Contrast(rows.outcome, rows.arm == offer, 1.0 / rows.taken, rows.unit), here


def columns(seen: Contrast) -> tuple[Floats, ...]:
    """Weight untreated, weight treated, weighted outcome untreated, treated. Shape (n,) each."""
    off, on = np.where(seen.treated, 0.0, seen.weight), np.where(seen.treated, seen.weight, 0.0)
    return off, on, off * seen.outcome, on * seen.outcome
