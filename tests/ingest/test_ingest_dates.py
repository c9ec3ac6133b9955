"""Dates: the shop-local day, or a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.ingest.values.dates import DateReading, Day, read_day, read_moment, weigh_orders

SHANGHAI = DateReading(zone=ZoneInfo("Asia/Shanghai"), today=date(2026, 6, 30))
DAY = date(2024, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05",
        "2024/3/5",
        "2024.03.05",
        "20240305",
        "20240305101112",
        "2024-03-05 10:22",
        "2024-03-05T10:22:11.123456",
        "2024年3月5日",
        "2024年3月5日 下午3:20",
        "2024年3月5日 10时22分",
        "２０２４年３月５日",
        "113/03/05",
        "113.3.5",
        "1130305",
        "民國113年3月5日",
        "中華民國113年3月5日",
        "05-Mar-2024",
        "5 March 2024",
        "Mar 5, 2024",
        "March 5th, 2024 10:00 am",
        "Tue, 5 Mar 2024 10:00:00 GMT",
        "45356",
        "45356.75",
        "1709600000",
        "1709600000000",
        "1709600000000000",
        "'2024-03-05",
        "2024-03-05 00:30:00+08:00",
        "2024-03-04T16:30:00Z",
        "2024-03-04 16:30:00 UTC",
        "2024-03-04 17:30:00 +0100",
    ],
)
def test_a_day_in_many_spellings(text: str) -> None:
    """ISO, Chinese, 民國, month names, Excel serials, seconds to microseconds since 1970, offsets."""
    assert read_day(text, SHANGHAI) == Day(DAY)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("yesterday", "ingest.bad_date"),
        ("2024-02-30", "ingest.bad_date"),
        ("2024-13-01", "ingest.bad_date"),
        ("2024-03-05 25:00:00", "ingest.bad_date"),
        ("2024-03-05 10:61", "ingest.bad_date"),
        ("2024-03", "ingest.bad_date"),
        ("1900-01-01", "ingest.date_placeholder"),
        ("9999-12-31", "ingest.date_placeholder"),
        ("9999-12-31 23:59:59Z", "ingest.date_placeholder"),
        ("1970-01-01", "ingest.date_placeholder"),
        ("0000-00-00", "ingest.date_placeholder"),
        ("0000-00-00 00:00:00", "ingest.date_placeholder"),
        ("1969-12-30", "ingest.date_too_early"),
        ("2026-07-02", "ingest.date_in_future"),
    ],
)
def test_what_is_no_day_is_refused(text: str, fault: str) -> None:
    """Impossible, placeholders, before 1971, more than a day ahead."""
    assert read_day(text, SHANGHAI) == Day(fault=fault)


def test_tomorrow_is_still_believed() -> None:
    """A shop east of the clock is a day ahead."""
    assert read_day("2026-07-01", SHANGHAI).value == date(2026, 7, 1)


def test_the_order_of_digits_follows_the_column() -> None:
    """The same digits are another day where the month comes first."""
    assert read_day("5/3/2024", replace(SHANGHAI, order="dmy")).value == DAY
    assert read_day("3/5/2024 8:26", replace(SHANGHAI, order="mdy")).value == DAY
    assert read_day("05.03.24", replace(SHANGHAI, order="dmy")).value == DAY
    assert read_day("24-03-05", SHANGHAI).value == DAY


def test_an_order_is_proved_by_a_number_beyond_twelve() -> None:
    """13 is no month; 1/2 proves nothing; 3/3 needs no proof."""
    assert set(weigh_orders(["1/2/2024", "13/2/2024"]).proofs) == {"dmy"}
    assert set(weigh_orders(["1/2/2024", "2/13/2024"]).proofs) == {"mdy"}
    assert set(weigh_orders(["13/2/2024", "2/13/2024"]).proofs) == {"dmy", "mdy"}
    assert weigh_orders(["1/2/2024"]).open_example == "1/2/2024"
    assert weigh_orders(["3/3/2024", "2024-05-06"]).open_example == ""


def test_two_digit_years_are_settled_by_what_has_not_come_yet() -> None:
    """31/12/24 could be 2031, which no order of 2026 can be dated."""
    today = date(2026, 6, 30)
    assert set(weigh_orders(["31/12/24"], today).proofs) == {"dmy"}
    assert weigh_orders(["25/12/24"], today).open_example == "25/12/24"


def test_republic_years_below_a_hundred_follow_those_above() -> None:
    """99/12/31 is 2010 in a column that also holds 100/01/01."""
    texts = ["99/12/31", "100/01/01"]
    reading = replace(SHANGHAI, is_roc=weigh_orders(texts).is_roc)

    assert [read_day(text, reading).value for text in texts] == [date(2010, 12, 31), date(2011, 1, 1)]


def test_a_header_may_say_utc() -> None:
    """A time without an offset under "Created (UTC)" is brought into the shop's zone."""
    assert read_day("2024-03-04 16:30", replace(SHANGHAI, is_utc=True)).value == DAY
    assert read_day("2024-03-04 16:30", SHANGHAI).value == date(2024, 3, 4)


def test_clocks_that_change_make_no_second_day() -> None:
    """The hour that is skipped and the one that comes twice belong to their day."""
    berlin = DateReading(zone=ZoneInfo("Europe/Berlin"))
    assert read_day("2025-03-30 02:30", berlin).value == date(2025, 3, 30)
    assert read_day("2025-10-26T00:30:00Z", berlin).value == date(2025, 10, 26)
    assert read_day("2025-10-26T22:59:59Z", berlin).value == date(2025, 10, 26)
    assert read_day("2025-10-26T23:00:00Z", berlin).value == date(2025, 10, 27)


def test_moments_sort_by_time() -> None:
    """Versions are told apart by moment, whatever their spelling."""
    spelled = ["2024-03-05T10:00:00Z", "2024-03-05 19:00", "2024/3/5 20:00:00"]
    moments = [read_moment(text, SHANGHAI) for text in spelled]
    assert moments == ["2024-03-05 18:00:00", "2024-03-05 19:00:00", "2024-03-05 20:00:00"]
    assert read_moment("soon", SHANGHAI) is None


@given(
    st.datetimes(min_value=datetime(1972, 1, 1), max_value=datetime(2026, 6, 1)),  # noqa: DTZ001 -- local by intent
    st.sampled_from(
        ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S", "%d-%b-%Y %H:%M", "%b %d, %Y %I:%M %p"]
    ),
)
def test_local_times_keep_their_day(moment: datetime, pattern: str) -> None:
    """Without an offset the day is as written."""
    assert read_day(moment.strftime(pattern), SHANGHAI).value == moment.date()


@given(
    st.datetimes(min_value=datetime(1972, 1, 2), max_value=datetime(2026, 6, 1)),  # noqa: DTZ001 -- made aware below
    st.integers(-12 * 4, 14 * 4),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_instants_fall_on_the_shops_day(moment: datetime, quarters: int, zone: str) -> None:
    """With an offset the day is the shop's, by the standard library's own arithmetic."""
    offset = timedelta(minutes=15 * quarters)
    aware = (moment - offset).replace(tzinfo=UTC)
    sign, minutes = "+" if quarters >= 0 else "-", abs(15 * quarters)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}{sign}{minutes // 60:02d}:{minutes % 60:02d}"

    expected = aware.astimezone(ZoneInfo(zone)).date()
    assert read_day(text, DateReading(zone=ZoneInfo(zone))).value == expected


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands in a cell gives a day, a fault or a blank, and never two of them."""
    for order in ("ymd", "dmy", "mdy"):
        found = read_day(text, replace(SHANGHAI, order=order))
        assert found.value is None or not found.fault
    weigh_orders([text])
    read_moment(text, SHANGHAI)
