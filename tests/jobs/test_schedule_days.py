"""When a schedule is due, against an oracle that looks at every minute of the clocks on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evergrove.jobs.schedule import Daily, Every, due, read, written

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "America/Havana",
    "Pacific/Apia",
)
# Days around which clocks change in some of these zones; Shanghai did so until 1991, Apia left out a day.
CHANGES = (
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 3, 8),
    date(2026, 11, 1),
    date(1991, 4, 14),
    date(1991, 9, 15),
    date(2026, 4, 5),
    date(2026, 10, 4),
    date(2011, 12, 30),
)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def oracle(at: time, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """
    Moments in (start, end] at which somebody who never looks away first sees a clock at or past each day's time.

    Walks minute by minute and knows nothing of offsets; all clocks of these zones change on whole minutes.
    """
    moment = start - 2 * DAY
    seen = moment.astimezone(zone).replace(tzinfo=None)
    found = []
    while (moment := moment + MINUTE) <= end:
        wall = moment.astimezone(zone).replace(tzinfo=None)
        if wall > seen:  # a clock that was set back tells nothing new until it is past
            next_day = (seen + DAY if seen.time() >= at else seen).date()
            if datetime.combine(next_day, at) <= wall and moment > start:
                found.append(moment)
            seen = wall
    return found


@pytest.mark.slow
@given(
    zone=st.sampled_from(ZONES),
    day=st.sampled_from(CHANGES),
    offset=st.integers(-2, 1),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    minutes=st.integers(0, 1439),
)
@example(zone="Europe/Berlin", day=date(2026, 3, 29), offset=-1, at=time(2, 30), minutes=0)
@example(zone="Europe/Berlin", day=date(2026, 10, 25), offset=-1, at=time(2, 30), minutes=0)
@example(zone="America/New_York", day=date(2026, 3, 8), offset=-1, at=time(2, 0), minutes=0)
@example(zone="America/New_York", day=date(2026, 11, 1), offset=0, at=time(1, 30), minutes=350)
@example(zone="Australia/Lord_Howe", day=date(2026, 10, 4), offset=-1, at=time(2, 15), minutes=0)
@example(zone="Australia/Lord_Howe", day=date(2026, 4, 5), offset=-1, at=time(1, 45), minutes=0)
@example(zone="Asia/Shanghai", day=date(1991, 4, 14), offset=-1, at=time(2, 30), minutes=0)
@example(zone="America/Havana", day=date(2026, 3, 8), offset=-1, at=time(0, 30), minutes=0)
@example(zone="America/Havana", day=date(2026, 11, 1), offset=-1, at=time(0, 30), minutes=0)
@example(zone="Pacific/Apia", day=date(2011, 12, 30), offset=-1, at=time(9, 0), minutes=0)
def test_a_daily_time_is_due_as_one_sees_it_on_the_wall(
    zone: str, day: date, offset: int, at: time, minutes: int
) -> None:
    """Once a day; behind the gap where it is left out, the first time where it is shown twice."""
    here = ZoneInfo(zone)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + offset * DAY + minutes * MINUTE
    end = start + 3 * DAY
    rule, found, moment = Daily(at), [], start
    while (moment := rule.next_after(moment, here)) <= end:
        found.append(moment)

    assert found == oracle(at, here, start, end)
    newest, count = rule.newest_until(start, end, here)
    assert (newest, count) == ((found[-1], len(found)) if found else (None, 0))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(0, 0), time(1, 30), time(2, 15), time(2, 30), time(9, 0)])
def test_a_year_has_a_moment_for_each_of_its_days(zone: str, at: time) -> None:
    """365 of them in 2027, each in order, never less than 22 hours apart nor more than 26."""
    here, rule = ZoneInfo(zone), Daily(at)
    moment = datetime(2027, 1, 1, tzinfo=here) - timedelta(seconds=1)
    end = datetime(2028, 1, 1, tzinfo=here) - timedelta(seconds=1)
    found = []
    while (moment := rule.next_after(moment, here)) <= end:
        found.append(moment)

    assert len({one.astimezone(here).date() for one in found}) == len(found) == 365
    assert all(22 * HOUR < b - a < 26 * HOUR for a, b in pairwise(found))


START = datetime(2026, 3, 2, 3, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


@given(
    seconds=st.integers(60, 86_400 * 3),
    late=st.integers(0, 86_400 * 2),
    passed=st.integers(0, 86_400 * 10),
)
def test_missed_moments_are_caught_up_once_or_counted(seconds: int, late: int, passed: int) -> None:
    """Of all moments since the last look: one job where the newest is inside the window; those outside are counted."""
    rule, window, now = Every(seconds), timedelta(seconds=late), START + timedelta(seconds=passed)
    moments = [START + n * rule.period for n in range(1, passed // seconds + 1)]
    inside = [each for each in moments if now - each <= window]
    outside = [each for each in moments if now - each > window]

    found = due(rule, ZONE, window, START, now)

    assert found.moment == (inside[-1] if inside else None)
    assert (found.missed, found.last_missed) == (len(outside), outside[-1] if outside else None)
    assert found.until == (moments[-1] if moments else START)
    assert due(rule, ZONE, window, found.until, now).moment is None


def test_a_server_that_was_down_over_the_hour_catches_up_within_the_window() -> None:
    """Down from before 03:00: at 04:30 it runs, at 05:30 it is missed and said; a year's backlog is one job at most."""
    rule, window = Daily(time(3)), 2 * HOUR
    last = START - DAY

    assert due(rule, ZONE, window, last, START + 90 * MINUTE).moment == START
    missed = due(rule, ZONE, window, last, START + 150 * MINUTE)
    assert (missed.moment, missed.missed, missed.last_missed) == (None, 1, START)
    year = due(rule, ZONE, window, last, START + 365 * DAY + MINUTE)
    assert (year.moment, year.missed) == (START + 365 * DAY, 365)


def test_a_clock_set_back_repeats_nothing() -> None:
    """Back by an hour: nothing until the next day. Back by a year: it begins anew at once, not in a year."""
    rule, window = Daily(time(3)), 2 * HOUR

    assert due(rule, ZONE, window, START, START - HOUR).moment is None
    assert due(rule, ZONE, window, START, START - HOUR).until == START
    ran_ahead = due(rule, ZONE, window, START + 365 * DAY, START - HOUR)
    assert (ran_ahead.moment, ran_ahead.until) == (None, START - HOUR)
    assert due(rule, ZONE, window, ran_ahead.until, START).moment == START


@pytest.mark.parametrize("rule", [Every(600), Daily(time(3)), Daily(time(23, 59))])
def test_a_rule_is_read_as_it_was_written(rule: Every | Daily) -> None:
    """Through the document that is stored."""
    assert read(written(rule)) == rule
