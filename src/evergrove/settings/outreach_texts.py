"""Settings of outreach that are lists: caps of channels, speeds of providers, holidays; each one line of text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from evergrove.settings.errors import NotACap, NotAHoliday, NotARate

if TYPE_CHECKING:
    from collections.abc import Mapping

Span = Literal["day", "week", "month"]
_CAP = re.compile(r"([a-z][a-z0-9_.-]*) (\d{1,4})/(day|week|month)")
_RATE = re.compile(r"([a-z][a-z0-9_.-]*) (\d{1,6})/(second|minute|hour)")
_HOLIDAY = re.compile(r"(?:([A-Z]{2}) )?(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?")
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}


@dataclass(frozen=True)
class Cap:
    """
    The most messages in a span of time.

    Attributes:
        channel: Name; empty: all channels together.
        span: Day, week or month; both as 1, 7 or 30 days back and by the calendar.
        most: Messages.
    """

    channel: str
    span: Span
    most: int


@dataclass(frozen=True)
class Holiday:
    """Days, the last one included, on which nothing is sent; of one country (ISO 3166), or, "", of all."""

    country: str
    first: date
    last: date


@dataclass(frozen=True)
class Rate:
    """
    How fast a provider takes messages: so many in so many seconds, at once or spread.

    Attributes:
        messages: At least 1.
        seconds: 1, 60 or 3600.
    """

    messages: int
    seconds: float


def _items(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


@cache
def caps_in(text: str) -> tuple[Cap, ...]:
    """
    Caps of channels, such as "sms 1/week, sms 3/month".

    Raises:
        NotACap: A part is not written so.
    """
    spans = dict(zip(get_args(Span), get_args(Span), strict=True))
    found = []
    for each in _items(text):
        told = _CAP.fullmatch(each)
        if told is None:
            raise NotACap(value=each)
        found.append(Cap(told[1], spans[told[3]], int(told[2])))
    return tuple(found)


@cache
def rates_in(text: str) -> Mapping[str, Rate]:
    """
    How fast the provider of each channel takes messages, such as "email 20/second, sms 100/minute".

    Raises:
        NotARate: A part is not written so, or lets nothing through.
    """
    found = {}
    for each in _items(text):
        told = _RATE.fullmatch(each)
        if told is None or int(told[2]) == 0:
            raise NotARate(value=each)
        found[told[1]] = Rate(int(told[2]), _SECONDS[told[3]])
    return MappingProxyType(found)


@cache
def holidays_in(text: str) -> tuple[Holiday, ...]:
    """
    Holidays, such as "2026-01-01, CN 2026-02-16..2026-02-22".

    Raises:
        NotAHoliday: A part is not written so, or ends before it begins.
    """
    return tuple(_holiday(each) for each in _items(text))


def _holiday(text: str) -> Holiday:
    told = _HOLIDAY.fullmatch(text)
    if told is None:
        raise NotAHoliday(value=text)
    try:
        first, last = date.fromisoformat(told[2]), date.fromisoformat(told[3] or told[2])
    except ValueError as error:  # 30 February
        raise NotAHoliday(value=text) from error
    if last < first:
        raise NotAHoliday(value=text)
    return Holiday(told[1] or "", first, last)
