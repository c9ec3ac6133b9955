"""When a message may leave: quiet hours in three zones over clock changes, caps, waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.core import stable_id
from evergrove.decisions import next_allowed
from evergrove.delivery.rules import (
    FIRST_WAIT,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    is_capped,
    retry_at,
)
from evergrove.outbox import Counts
from evergrove.settings import OutreachSettings

ZONES = ("Asia/Taipei", "Europe/London", "America/New_York")
HOURS = st.integers(0, 23)


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "allowed"),
    [
        ("2026-07-01T02:00", "Asia/Taipei", "2026-07-01T02:00"),  # 10:00 local: at once
        ("2026-07-01T12:59", "Asia/Taipei", "2026-07-01T12:59"),  # 20:59
        ("2026-07-01T13:00", "Asia/Taipei", "2026-07-02T01:00"),  # 21:00: tomorrow 09:00
        ("2026-07-01T22:30", "Asia/Taipei", "2026-07-02T01:00"),  # 06:30: today 09:00
        ("2026-07-02T01:00", "Asia/Taipei", "2026-07-02T01:00"),  # 09:00 sharp
        # London leaves winter time on 29 March 2026 at 01:00 UTC and comes back on 25 October.
        ("2026-03-28T22:00", "Europe/London", "2026-03-29T08:00"),  # 09:00 is then an hour earlier
        ("2026-10-24T21:00", "Europe/London", "2026-10-25T09:00"),  # and here an hour later
        ("2026-03-08T03:00", "America/New_York", "2026-03-08T13:00"),  # 22:00 before, 09:00 in summer time
        ("2026-11-01T03:00", "America/New_York", "2026-11-01T14:00"),
    ],
)
def test_nine_in_the_morning_is_local_on_every_day(now: str, zone: str, allowed: str) -> None:
    """From 21:00 to 09:00 nothing leaves, also in the nights in which clocks change."""
    assert next_allowed(at(now), ZoneInfo(zone), 21, 9) == at(allowed)


def test_quiet_hours_need_not_span_midnight() -> None:
    """A rest at noon; and the same hour twice is no rest at all."""
    taipei = ZoneInfo("Asia/Taipei")

    assert next_allowed(at("2026-07-01T05:00"), taipei, 12, 14) == at("2026-07-01T06:00")
    assert next_allowed(at("2026-07-01T07:00"), taipei, 12, 14) == at("2026-07-01T07:00")
    assert next_allowed(at("2026-07-01T05:00"), taipei, 9, 9) == at("2026-07-01T05:00")


@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is beside it
    zone=st.sampled_from(ZONES),
    quiet_from=HOURS,
    quiet_until=HOURS,
)
def test_the_next_allowed_moment_is_allowed_and_never_in_the_past(
    moment: datetime, zone: str, quiet_from: int, quiet_until: int
) -> None:
    """Asking again at the moment that was given gives that moment; at most a day and a clock change away."""
    found = next_allowed(moment, ZoneInfo(zone), quiet_from, quiet_until)

    assert found == next_allowed(found, ZoneInfo(zone), quiet_from, quiet_until)
    assert timedelta(0) <= found - moment <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("counts", "is_full"),
    [
        (Counts(0, 2, 7), False),
        (Counts(1, 1, 1), True),
        (Counts(0, 3, 3), True),
        (Counts(0, 0, 8), True),
    ],
)
def test_one_more_is_too_many_by_any_window(counts: Counts, *, is_full: bool) -> None:
    """1 a day, 3 a week, 8 a month."""
    assert is_capped(counts, OutreachSettings()) == is_full
    assert not is_capped(counts, replace(OutreachSettings(), per_day=2, per_week=4, per_month=9))


def test_waits_grow_and_spread_and_end_after_a_day() -> None:
    """A quarter of an hour at first, four hours at most; two messages do not come back at the same moment."""
    now = at("2026-07-01T00:00")
    names = [stable_id("outbox", i) for i in range(200)]
    firsts = {retry_at(now, 1, name) - now for name in names}
    everything = [
        sum((retry_at(now, n, name) - now for n in range(1, MOST_ATTEMPTS)), timedelta()) for name in names
    ]

    assert FIRST_WAIT / 2 <= min(firsts) <= max(firsts) <= FIRST_WAIT
    assert len(firsts) == 200
    assert max(retry_at(now, 9, name) - now for name in names) <= LONGEST_WAIT
    assert timedelta(hours=11) < min(everything) < max(everything) < timedelta(hours=24)
