"""The checklist of files alone, which need no workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.checklist import checklist

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.ingest import Intake
    from evergrove.scoring.checklist import Check

NOBODY = "ingest.no_customer"


def readiness_of(intake: Intake, base: CustomerBase) -> tuple[Check, ...]:
    """The checklist of files alone: nothing is known of addresses."""
    if not base.has_amounts:
        return checklist(base)
    nobody = intake.rejected.get(NOBODY)
    unknown = float(nobody.amount) if nobody is not None else 0.0
    return checklist(base, anonymous=share_of_nobody(unknown, float(np.nansum(base.historic_value))))


def share_of_nobody(unknown: float, known: float) -> float | None:
    """Share of the revenue that names no customer; None where there is none to speak of."""
    whole = unknown + known
    return unknown / whole if unknown >= 0 and whole > 0 else None
