"""Of whom a night knows better than the one before: who is whom, who may be valued, what a rate makes of an amount."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.ingest.facts.rates import REVALUED
from evergrove.pipeline.left_out import let_in_again
from evergrove.segments.codes import NO_CODE, Cause

if TYPE_CHECKING:
    from evergrove.segments import Roster
    from evergrove.segments.types import Bools, Codes
    from evergrove.warehouse import Engine


def corrections(engine: Engine, roster: Roster, table: str, is_other: Bools | None) -> Codes:
    """
    What changed our picture of each customer of a roster, though neither he nor the clock did anything. Shape (N,).

    Args:
        engine: Holds the roster, and ``REVALUED`` where anything was sold in another currency.
        roster: Of today.
        table: Yesterday's tiers there, under the names of today.
        is_other: Who is other customers than then; None: nobody.

    Returns:
        ``Cause`` codes: IDENTITY before CONSENT before RATES; NO_CODE for all others.
    """
    found = np.full(len(roster), NO_CODE, dtype=np.int8)
    if REVALUED in engine.names:
        rows = engine.arrays(f"select r.row from roster r semi join {REVALUED} using (customer_id)")
        found[rows["row"]] = Cause.RATES
    found[let_in_again(engine, table)] = Cause.CONSENT
    if is_other is not None:
        found[is_other] = Cause.IDENTITY
    return found
