"""At what hour a message leaves: the customer's clock counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.decisions.calendars import zone_named
from evergrove.decisions.hours import hours_of, is_quiet, next_allowed
from evergrove.settings import OutreachSettings

SETTINGS = OutreachSettings()
DAY = date(2026, 3, 2)
ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "UTC")


def test_a_message_leaves_at_ten_where_the_customer_lives() -> None:
    """And is of no use from the midnight after its last day on."""
    hours = hours_of(DAY, date(2026, 3, 4), "America/New_York", "Asia/Shanghai", SETTINGS)
    assert hours.not_before == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert hours.valid_until == datetime(2026, 3, 5, 5, tzinfo=UTC)
    assert (hours.zone, hours.known_zone) == ("America/New_York", True)


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "Asia", "../etc/passwd", "/etc/passwd", "\0"])
def test_without_a_zone_the_shop_s_counts(zone: str | None) -> None:
    """A zone that does not exist is as good as none, and is counted."""
    hours = hours_of(DAY, DAY, zone, "Asia/Shanghai", SETTINGS)
    assert hours.not_before == datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert not hours.known_zone


def test_without_any_zone_it_is_utc() -> None:
    """A shop that has declared none."""
    assert hours_of(DAY, DAY, None, "", SETTINGS).not_before == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_an_hour_of_sending_inside_the_quiet_ones_is_moved() -> None:
    """To the first hour that is not quiet."""
    early = OutreachSettings(send_hour=6)
    assert hours_of(DAY, DAY, "UTC", "", early).not_before == datetime(2026, 3, 2, 9, tzinfo=UTC)
    late = OutreachSettings(send_hour=22)
    assert hours_of(DAY, DAY, "UTC", "", late).not_before == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_ten_o_clock_stays_ten_when_the_clocks_change() -> None:
    """29 March 2026 has 23 hours in Berlin."""
    hours = hours_of(date(2026, 3, 29), date(2026, 3, 29), "Europe/Berlin", "", SETTINGS)
    assert hours.not_before == datetime(2026, 3, 29, 8, tzinfo=UTC)
    assert hours.valid_until - hours.not_before == timedelta(hours=14)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is given beside
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.integers(0, 23),
)
def test_the_next_allowed_moment_is_the_first_one(
    moment: datetime, zone: str, quiet_from: int, quiet_until: int
) -> None:
    """Never before, never quiet, and every quarter of an hour in between is quiet."""
    where = ZoneInfo(zone)
    found = next_allowed(moment, where, quiet_from, quiet_until)
    assert found >= moment
    assert not is_quiet(found.astimezone(where).hour, quiet_from, quiet_until)
    between = moment
    while between < found:
        assert is_quiet(between.astimezone(where).hour, quiet_from, quiet_until)
        between += timedelta(minutes=15)


@pytest.mark.parametrize(("quiet_from", "quiet_until", "quiet"), [(13, 15, [13, 14]), (22, 1, [0, 22, 23])])
def test_the_first_quiet_hour_is_quiet_and_the_last_named_is_not(
    quiet_from: int, quiet_until: int, quiet: list[int]
) -> None:
    """At noon as over midnight."""
    assert [hour for hour in range(24) if is_quiet(hour, quiet_from, quiet_until)] == quiet


def test_equal_hours_mean_no_quiet_time() -> None:
    """Not a day that is quiet throughout, on which nothing could ever leave."""
    assert not any(is_quiet(hour, 9, 9) for hour in range(24))


def test_zones_are_looked_up_once() -> None:
    """Thousands of customers share a few."""
    assert zone_named("Asia/Shanghai") is zone_named("Asia/Shanghai")
