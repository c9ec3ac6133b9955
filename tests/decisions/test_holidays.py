"""Hours over holidays, changes of clocks and zones at both ends of the day: tables worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.decisions.calendars import country_of, month_after, starts
from evergrove.decisions.hours import hours_of, opening
from evergrove.settings import NotACap, NotAHoliday, NotARate, OutreachSettings
from evergrove.settings.outreach_texts import caps_in, holidays_in, rates_in

SPRING = OutreachSettings(holidays="2026-01-01, CN 2026-02-16..2026-02-22, DE 2026-04-03")


def utc(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("due", "zone", "leaves"),
    [
        ("2026-02-15", "Asia/Shanghai", "2026-02-15T02:00"),  # the day before
        ("2026-02-16", "Asia/Shanghai", "2026-02-23T02:00"),  # the first of seven: 10:00 after the last
        ("2026-02-22", "Asia/Shanghai", "2026-02-23T02:00"),
        ("2026-02-16", "Asia/Urumqi", "2026-02-23T04:00"),  # the same country, two hours behind
        ("2026-02-16", "Asia/Taipei", "2026-02-16T02:00"),  # another country
        ("2026-01-01", "Asia/Taipei", "2026-01-02T02:00"),  # everybody's
        ("2026-01-01", "UTC", "2026-01-02T10:00"),  # a zone of no country has everybody's holidays
        ("2026-04-03", "Europe/Berlin", "2026-04-04T08:00"),
    ],
)
def test_what_is_due_on_a_holiday_leaves_at_its_hour_on_the_next_day_that_is_none(
    due: str, zone: str, leaves: str
) -> None:
    """Of the customer's country, or of everybody."""
    day = date.fromisoformat(due)
    hours = hours_of(day, date(2026, 12, 31), zone, "Asia/Shanghai", SPRING)
    assert hours.not_before == utc(leaves)
    assert hours.is_holiday == (hours.not_before.astimezone(ZoneInfo(zone)).date() != day)


@pytest.mark.parametrize(
    ("now", "zone", "leaves"),
    [
        (
            "2026-02-15T13:30",
            "Asia/Shanghai",
            "2026-02-23T02:00",
        ),  # 21:30 before the holiday: not 09:00 in it
        ("2026-02-16T04:00", "Asia/Shanghai", "2026-02-23T02:00"),  # noon of a holiday
        ("2026-02-22T16:30", "Asia/Shanghai", "2026-02-23T01:00"),  # half past midnight after it: 09:00
        (
            "2026-03-29T00:30",
            "Europe/Berlin",
            "2026-03-29T07:00",
        ),  # 01:30, before the gap: 09:00 is 07:00 UTC
        ("2026-10-25T00:30", "Europe/Berlin", "2026-10-25T08:00"),  # in the hour that comes twice: 09:00 once
        ("2026-10-25T01:30", "Europe/Berlin", "2026-10-25T08:00"),
        ("2026-07-01T06:59", "Pacific/Kiritimati", "2026-07-01T06:59"),  # UTC+14: 20:59
        ("2026-07-01T07:00", "Pacific/Kiritimati", "2026-07-01T19:00"),  # 21:00: 09:00 of the 2nd there
        ("2026-07-01T08:59", "Etc/GMT+12", "2026-07-01T08:59"),  # UTC-12: 20:59 of 30 June there
        ("2026-07-01T09:00", "Etc/GMT+12", "2026-07-01T21:00"),  # 21:00: 09:00 of the 1st there
        ("2026-07-01T21:00", "Etc/GMT+12", "2026-07-01T21:00"),
    ],
)
def test_before_the_wire_the_next_allowed_moment_is_found(now: str, zone: str, leaves: str) -> None:
    """Over nights, holidays, and days of 23 and 25 hours."""
    assert opening(utc(now), ZoneInfo(zone), SPRING) == utc(leaves)


@pytest.mark.parametrize(
    ("own", "leaves"),
    [
        ((), "2026-03-02T02:00"),  # 10:00
        ((19, 20), "2026-03-02T11:00"),  # 19:00
        ((23, 2, 12), "2026-03-02T04:00"),  # the best of those that are not quiet
        ((22, 3), "2026-03-02T02:00"),  # none is: the usual hour
    ],
)
def test_own_hours_choose_within_the_allowed_ones(own: tuple[int, ...], leaves: str) -> None:
    """And never in the night, however active somebody is then."""
    day = date(2026, 3, 2)
    hours = hours_of(day, day, "Asia/Shanghai", "", OutreachSettings(), own)
    assert hours.not_before == utc(leaves)
    assert hours.is_own_hour == (leaves != "2026-03-02T02:00")
    off = hours_of(day, day, "Asia/Shanghai", "", OutreachSettings(own_hours="off"), own)
    assert off.not_before == utc("2026-03-02T02:00")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - beside it
    st.sampled_from(
        ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Etc/GMT+12"]
    ),
)
def test_no_opening_lies_in_the_night_or_on_a_holiday(moment: datetime, zone: str) -> None:
    """Nor before the moment; and looking again from there finds the same."""
    kept = ZoneInfo(zone)
    found = opening(moment, kept, SPRING)
    local = found.astimezone(kept)
    assert found >= moment
    assert 9 <= local.hour < 21
    ours = {date(2026, 1, 1)} | (
        {date(2026, 2, k) for k in range(16, 23)} if country_of(zone) == "CN" else set()
    )
    assert local.date() not in ours
    assert opening(found, kept, SPRING) == found


def test_days_weeks_and_months_begin_at_the_zone_s_midnight() -> None:
    """1 March 2026 is a Sunday: its week began on Monday 23 February; Berlin's clocks change on 29 March."""
    moment = utc("2026-03-01T12:00")
    assert starts(moment, ZoneInfo("Asia/Shanghai")) == {
        "day": utc("2026-02-28T16:00"),
        "week": utc("2026-02-22T16:00"),
        "month": utc("2026-02-28T16:00"),
    }
    assert starts(utc("2026-03-31T12:00"), ZoneInfo("Europe/Berlin"))["month"] == utc("2026-02-28T23:00")
    assert month_after(utc("2026-03-31T12:00"), ZoneInfo("Europe/Berlin")) == utc("2026-03-31T22:00")
    assert month_after(utc("2026-12-31T20:00"), ZoneInfo("Asia/Shanghai")) == utc("2027-01-31T16:00")


@pytest.mark.parametrize(
    "text", ["sms", "sms 1/year", "sms -1/day", "sms 1 / day", "1/day", "sms 1/day; x 2/day"]
)
def test_a_cap_that_cannot_be_read_is_refused(text: str) -> None:
    """At the reading of the settings, with the way out."""
    with pytest.raises(NotACap):
        OutreachSettings(channel_caps=text)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-2-1", "China 2026-02-01", "2026-02-03..2026-02-01", "tomorrow"]
)
def test_a_holiday_that_is_none_is_refused(text: str) -> None:
    """The same."""
    with pytest.raises(NotAHoliday):
        OutreachSettings(holidays=text)


@pytest.mark.parametrize("text", ["email", "email 0/second", "email 5/day", "email 5"])
def test_a_speed_that_is_none_is_refused(text: str) -> None:
    """The same."""
    with pytest.raises(NotARate):
        OutreachSettings(channel_rates=text)


def test_lists_are_read_as_they_are_written() -> None:
    """Spaces and empty parts do no harm."""
    assert [(each.channel, each.span, each.most) for each in caps_in("sms 1/week,, line 2/day ")] == [
        ("sms", "week", 1),
        ("line", "day", 2),
    ]
    assert rates_in("email 20/second, sms 90/minute")["sms"].messages == 90
    (one, two) = holidays_in("2026-01-01, CN 2026-02-16..2026-02-22")
    assert (one.country, one.first, one.last) == ("", date(2026, 1, 1), date(2026, 1, 1))
    assert (two.country, two.first, two.last) == ("CN", date(2026, 2, 16), date(2026, 2, 22))
