"""Beliefs in either database: they come back as they were, and a day that is believed again is replaced."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import evergrove.decisions.effects.tables  # noqa: F401 - its table is in the ledger
from evergrove.decisions.effects import Effect, read, store
from evergrove.decisions.effects.keeping import read_kept

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

NOW = datetime(2026, 6, 2, 5, tzinfo=UTC)
FIRST, SECOND = date(2026, 6, 1), date(2026, 6, 2)


def belief(mean: float, day: date, tier: str = "") -> Effect:
    """Of L2."""
    return Effect("L2", tier, "new" if tier else "", mean, 0.1, 90, 10, 0.3, day)


def test_beliefs_come_back_by_day_and_are_replaced_as_a_whole(ledger: Ledger) -> None:
    """The newest, those of a day, and those last before one; cost and what they rest on beside them."""
    about = {"L2": {"window_days": 40, "assumed": None}}
    days = [
        [belief(1.0, FIRST), belief(2.0, FIRST, "high")],
        [belief(3.0, SECOND), belief(4.0, SECOND, "high"), belief(5.0, SECOND, "low")],
        [belief(6.0, SECOND), belief(1 / 3, SECOND, "low")],
    ]
    with ledger.reading() as connection:
        assert read(connection) == []
    for effects in days:
        with ledger.writing() as connection:
            store(connection, effects, {"L2": Decimal("0.0150")}, about, run_id=1, now=NOW)

    with ledger.reading() as connection:
        assert read(connection) == read(connection, date(2026, 7, 1)) == days[2]
        assert read(connection, FIRST) == days[0]
        assert read(connection, date(2026, 5, 31)) == []
        kept = read_kept(connection)
    assert [(cost, rests_on) for _effect, cost, rests_on in kept] == [(Decimal("0.0150"), about["L2"])] * 2
