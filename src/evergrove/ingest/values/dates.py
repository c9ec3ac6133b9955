"""What a date in text says: the shop-local day, or why it is refused."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Literal

from evergrove.ingest.values.words import is_blank

if TYPE_CHECKING:
    from collections.abc import Iterable

DateOrder = Literal["ymd", "dmy", "mdy"]
EARLIEST = date(1971, 1, 1)
PLACEHOLDERS = frozenset(
    map(date.fromisoformat, ("0001-01-01", "1899-12-30", "1900-01-01", "1970-01-01", "9999-12-31"))
)
LONGEST = 64  # no date is longer; patterns need not look at what is
EXCEL_EPOCH = date(1899, 12, 30)
_ROC_OFFSET = 1911  # year 1 of the Republic of China is 1912

_TIME = re.compile(
    r"(?P<before>上午|下午|[AaPp][Mm])?\s*(?P<h>\d{1,2})[:时時点點](?P<m>\d{1,2})(?:[:分](?P<s>\d{1,2})(?:[.,]\d+)?)?[分秒]?"
    r"\s*(?P<after>[AaPp]\.?[Mm]\.?|上午|下午)?\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?\s*[+-]\d{1,2}(?::?\d{2})?)?$"
)
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_ROC_NAMED = re.compile(
    r"(?:中華民國|民國|民国|ROC)\s*(\d{1,3})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
)
_ROC_BARE = re.compile(r"(\d{3})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_ROC_COMPACT = re.compile(r"(0[6-9]\d|1\d\d)(\d{2})(\d{2})")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_SHORT_YEAR = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:[.]\d+)?")
_EPOCH = re.compile(r"(\d{9,10})(?:[.]\d+)?|(\d{13})|(\d{16})")
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_MONTH_NAME = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/. ,]*([A-Za-z]{3,9})\.?[-/. ,]*(\d{4}|\d{2})")
_MONTH_NAME_DAY = re.compile(r"([A-Za-z]{3,9})\.?[-/. ]*(\d{1,2})(?:st|nd|rd|th)?[-/. ,]+(\d{4})")


@dataclass(frozen=True)
class Day:
    """A shop-local day, or a reject code; both empty = blank."""

    value: date | None = None
    fault: str = ""


@dataclass(frozen=True)
class DateReading:
    """
    How one column is read.

    Attributes:
        order: Order of day, month and year where digits alone do not tell.
        zone: The shop's zone, into which moments with an offset are converted.
        is_utc: Whether timestamps without an offset are UTC, as the header says.
        is_roc: Whether years count from 1912, as three-digit years elsewhere in the column prove.
        today: The clock's day, for what lies in the future; None: no such check.
    """

    order: DateOrder = "ymd"
    zone: tzinfo = UTC
    is_utc: bool = False
    is_roc: bool = False
    today: date | None = None


@dataclass(frozen=True)
class _Time:
    hour: int
    minute: int
    second: int
    offset: timedelta | None


def _split_time(text: str) -> tuple[str, _Time | None, bool]:
    """Cut the time of day; returns the date's text, the time, and whether the time is possible."""
    if len(text) > LONGEST:
        return "", None, False
    if ":" not in text and not re.search("[时時点點]", text):
        return text, None, True
    match = re.search(r"(?:[T\s]|(?<=日))\s*" + _TIME.pattern, text)
    if match is None:
        return text, None, False
    hour, minute, second = int(match["h"]), int(match["m"]), int(match["s"] or 0)
    half = (match["before"] or match["after"] or "").replace(".", "").lower()
    if half:
        if not 1 <= hour <= 12:
            return text, None, False
        hour = hour % 12 + (12 if half in ("pm", "下午") else 0)
    possible = hour < 24 and minute < 60 and second <= 60
    return text[: match.start()].strip(), _Time(hour, minute, second, _offset(match["zone"])), possible


def _offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    match = re.search(r"([+-])(\d{1,2})(?::?(\d{2}))?$", zone)
    if match is None:
        return timedelta(0)
    span = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -span if match[1] == "-" else span


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _full_year(two_digits: int) -> int:
    return 2000 + two_digits if two_digits < 70 else 1900 + two_digits


def _arranged(a: int, b: int, c: int, order: DateOrder) -> date | None:
    year, month, day = {"ymd": (a, b, c), "dmy": (c, b, a), "mdy": (c, a, b)}[order]
    return _date(_full_year(year) if year < 100 else year, month, day)


def _unambiguous(text: str) -> date | Literal["unmatched"] | None:
    """Read the forms whose digits or words say what is year, month and day."""
    for pattern, base in (
        (_YEAR_FIRST, 0),
        (_ROC_NAMED, _ROC_OFFSET),
        (_ROC_BARE, _ROC_OFFSET),
        (_ROC_COMPACT, _ROC_OFFSET),
    ):
        if match := pattern.fullmatch(text):
            return _date(int(match[1]) + base, int(match[2]), int(match[3]))
    if match := _COMPACT.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    named = _WEEKDAY.sub("", text)
    if match := _DAY_MONTH_NAME.fullmatch(named):
        day, month, year = match.groups()
    elif match := _MONTH_NAME_DAY.fullmatch(named):
        month, day, year = match.groups()
    else:
        return "unmatched"
    short = month[:3].lower()
    number = _MONTHS.index(short) + 1 if short in _MONTHS else 0
    return _date(_full_year(int(year)) if len(year) == 2 else int(year), number, int(day))


def _calendar_day(text: str, reading: DateReading) -> date | None:
    order = reading.order
    found = _unambiguous(text)
    if found != "unmatched":
        return found
    if match := _YEAR_LAST.fullmatch(text):
        a, b, year = map(int, match.groups())
        return _date(year, a, b) if order == "mdy" else _date(year, b, a) if order == "dmy" else None
    if match := _SHORT_YEAR.fullmatch(text):
        a, b, c = map(int, match.groups())
        return (
            _date(a + _ROC_OFFSET, b, c) if reading.is_roc and order == "ymd" else _arranged(a, b, c, order)
        )
    if match := _SERIAL.fullmatch(text):
        return EXCEL_EPOCH + timedelta(days=int(match[1]))
    return None


def _moment(text: str) -> datetime | None:
    """Seconds, milliseconds or microseconds since 1970, as an instant."""
    match = _EPOCH.fullmatch(text)
    if match is None:
        return None
    seconds, millis, micros = match.groups()
    since = int(seconds) if seconds else int(millis) / 1e3 if millis else int(micros) / 1e6
    return datetime.fromtimestamp(since, UTC)


def read_day(text: str, reading: DateReading) -> Day:
    """
    The shop-local day of one date or timestamp.

    Understood: year-first dates, 民國 years, Chinese dates, month names, day or month first as the column's
    order says, Excel serial numbers, seconds to microseconds since 1970; a time of day with an offset is an
    instant and is converted, one without is local.
    """
    if is_blank(text):
        return Day()
    folded = unicodedata.normalize("NFKC", text).strip(" \t\r\n\u00a0'")
    if instant := _moment(folded):
        return _checked(instant.astimezone(reading.zone).date(), reading)
    day_text, time, possible = _split_time(folded)
    day = _calendar_day(day_text, reading) if possible else None
    if day is None:
        is_zero = bool(re.fullmatch(r"0{1,4}[-/.]0{1,2}[-/.]0{1,4}", day_text))
        return Day(fault="ingest.date_placeholder" if is_zero else "ingest.bad_date")
    if time is not None and day.year not in (1, 9999) and (time.offset is not None or reading.is_utc):
        at = datetime(
            day.year, day.month, day.day, time.hour, time.minute, tzinfo=timezone(time.offset or timedelta(0))
        )
        day = at.astimezone(reading.zone).date()
    return _checked(day, reading)


def _checked(day: date, reading: DateReading) -> Day:
    if day in PLACEHOLDERS:
        return Day(fault="ingest.date_placeholder")
    if day < EARLIEST:
        return Day(fault="ingest.date_too_early")
    if reading.today is not None and day > reading.today + timedelta(days=1):
        return Day(fault="ingest.date_in_future")
    return Day(value=day)


def read_moment(text: str, reading: DateReading) -> str | None:
    """A timestamp as text that sorts by time, in the shop's zone; None when it cannot be read."""
    folded = unicodedata.normalize("NFKC", text).strip(" \t\r\n\u00a0'")
    instant = _moment(folded)
    if instant is None:
        day_text, time, possible = _split_time(folded)
        day = _calendar_day(day_text, reading) if possible else None
        if day is None:
            return None
        clock = (time.hour, time.minute, min(time.second, 59)) if time else (0, 0, 0)
        offset = time.offset if time else None
        instant = datetime(day.year, day.month, day.day, *clock, tzinfo=_zone_of(offset, reading))
    if instant.year in (1, 9999):
        return instant.date().isoformat()
    return instant.astimezone(reading.zone).strftime("%Y-%m-%d %H:%M:%S")


def _zone_of(offset: timedelta | None, reading: DateReading) -> tzinfo:
    if offset is not None:
        return timezone(offset)
    return UTC if reading.is_utc else reading.zone


@dataclass(frozen=True)
class OrderEvidence:
    """For each order an example that proves it; an example that several fit; whether years are 民國 years."""

    proofs: dict[DateOrder, str]
    open_example: str = ""
    is_roc: bool = False


def weigh_orders(texts: Iterable[str], today: date | None = None) -> OrderEvidence:
    """
    Collect what the dates of one column prove about their order.

    Only dates whose digits leave a choice count; a number beyond 12 is no month, beyond 31 no day, and a
    two-digit year does not lie after ``today``.
    """
    proofs: dict[DateOrder, str] = {}
    open_example = ""
    is_roc = False
    for text in texts:
        folded = unicodedata.normalize("NFKC", text).strip()
        day_text = _split_time(folded)[0]
        is_roc = is_roc or bool(_ROC_BARE.fullmatch(day_text) or _ROC_NAMED.fullmatch(day_text))
        match = _YEAR_LAST.fullmatch(day_text) or _SHORT_YEAR.fullmatch(day_text)
        if match is None or _unambiguous(day_text) != "unmatched":
            continue
        a, b, c = map(int, match.groups())
        orders: tuple[DateOrder, ...] = ("dmy", "mdy") if len(match[3]) == 4 else ("dmy", "mdy", "ymd")
        readings = {order: _arranged(a, b, c, order) for order in orders}
        possible = {o: day for o, day in readings.items() if day and not (today and day.year > today.year)}
        if len(possible) == 1:
            proofs.setdefault(next(iter(possible)), folded)
        elif len(set(possible.values())) > 1 and not open_example:
            open_example = folded
    return OrderEvidence(proofs, open_example, is_roc)
