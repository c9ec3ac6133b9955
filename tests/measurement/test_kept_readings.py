"""Readings of targets as the ledger keeps them."""

from __future__ import annotations

import json
from datetime import date
from math import inf, isnan, nan

from evergrove.measurement.targets.kept import document_of, reading_of
from evergrove.measurement.targets.types import Reading
from evergrove.stats import Estimate


def test_bounds_that_nobody_knows_are_kept_too() -> None:
    """A shop with one customer has shares without an interval; JSON of a database knows neither NaN nor infinity."""
    days = date(2026, 6, 1), date(2026, 6, 30)
    reading = Reading("mature_share", *days, 1, Estimate(1 / 3, nan, inf, 0.8), "bootstrap", None, None)

    back = reading_of(json.loads(json.dumps(document_of(reading), allow_nan=False)))

    assert back.estimate is not None
    assert isnan(back.estimate.low)
    assert (back.estimate.value, back.estimate.high, back.customers) == (1 / 3, inf, 1)
