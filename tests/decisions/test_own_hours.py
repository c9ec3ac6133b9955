"""Hours at which customers are active: worked by hand, in zones on both sides of the day, and nothing said of too little."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.decisions.own_hours import own_hours
from evergrove.people.tables import person
from evergrove.settings import OutreachSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine

AS_OF = date(2026, 3, 1)  # a Sunday: messages leave on a Monday
MONDAY, TUESDAY = date(2026, 2, 23), date(2026, 2, 24)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine without events."""
    with open_engine() as opened:
        yield opened


def hours(
    engine: Engine, ledger: Ledger, events: Sequence[tuple[str, str]], zones: dict[str, str] | None = None
) -> dict[str, tuple[int, ...]]:
    """Of customers a and b, on Monday 2 March."""
    told = [(name, np.datetime64(moment, "us")) for name, moment in events]
    engine.register(
        "events",
        {
            "customer_id": np.array([name for name, _ in told], dtype=object),
            "happened_at": np.array([moment for _, moment in told], dtype="datetime64[us]"),
        },
    )
    rows = [
        {
            "customer_id": name,
            "zone": zone,
            "status": "active",
            "recorded_at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        for name, zone in (zones or {}).items()
    ]
    with ledger.writing() as connection:
        if rows:
            connection.execute(person.insert(), rows)
        return own_hours(engine, connection, {"a", "b"}, "Asia/Shanghai", OutreachSettings(), AS_OF)


def at(day: date, hour: int, count: int, name: str = "a") -> list[tuple[str, str]]:
    """So many events at an hour of a day on the shop's clock."""
    return [(name, f"{day}T{hour:02}:{10 + k:02}:00") for k in range(count)]


def test_the_best_three_hours_begin_an_hour_before_the_one_of_all_events(
    engine: Engine, ledger: Ledger
) -> None:
    """All at eight in the evening: 19 to 21 first, then the blocks beside it, of equals the earlier."""
    found = hours(engine, ledger, at(MONDAY, 20, 5))
    assert found == {"a": (19, 18, 20, 17, 21, 16, 22)}


def test_four_events_say_nothing(engine: Engine, ledger: Ledger) -> None:
    """Nor do days without a time, events of more than half a year ago, or of days to come."""
    old, ahead = AS_OF - timedelta(days=182), AS_OF + timedelta(days=1)
    events = [*at(MONDAY, 20, 4), ("a", f"{MONDAY}T00:00:00"), *at(old, 20, 5), *at(ahead, 20, 5)]
    assert hours(engine, ledger, events) == {}


def test_the_day_of_the_week_counts_and_others_a_quarter(engine: Engine, ledger: Ledger) -> None:
    """Two Mondays at noon weigh eight Tuesdays in the evening: one more on Monday decides."""
    few, many = at(MONDAY, 12, 2), at(TUESDAY, 20, 9)
    assert hours(engine, ledger, [*few, *many])["a"][0] == 19
    assert hours(engine, ledger, [*few, *at(MONDAY, 12, 3)[2:], *many])["a"][0] == 11


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Asia/Shanghai", 19),
        ("UTC", 11),  # eight hours behind
        ("Pacific/Kiritimati", 1),  # UTC+14: 20:10 in Shanghai is 02:10 of the next day
        ("Etc/GMT+12", 23),  # UTC-12: it is 00:10 of the same day
        ("America/New_York", 6),  # UTC-5 in winter: 07:10
        ("Mars/Olympus", 19),  # none: the shop's
    ],
)
def test_hours_are_those_of_the_customer_s_own_clock(
    engine: Engine, ledger: Ledger, zone: str, first: int
) -> None:
    """And go round midnight."""
    assert hours(engine, ledger, at(MONDAY, 20, 5), {"a": zone})["a"][0] == first
