"""Days, weeks and months of a zone, and the days on which a country rests. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.core import get_global

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from evergrove.settings import Holiday

LONGEST_REST = 400
"""Days after which it is no rest any more but a mistake."""


@cache
def zone_named(name: str | None) -> ZoneInfo | None:
    """The zone of a name; None when there is none such."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown; a folder of zones; a path out of the folder
        return None


@cache
def country_of(zone: str) -> str:
    """The country that a zone belongs to, such as TW; empty where it belongs to none."""
    return str(get_global("zone_territories").get(zone, ""))


def starts(moment: datetime, zone: ZoneInfo) -> dict[str, datetime]:
    """
    When the calendar day, week (from Monday on) and month began in which a moment lies.

    Args:
        moment: Aware.
        zone: Whose calendar counts.
    """
    today = moment.astimezone(zone).date()
    begun = {"day": today, "week": today - timedelta(days=today.weekday()), "month": today.replace(day=1)}
    return {name: _midnight(first, zone) for name, first in begun.items()}


def month_after(moment: datetime, zone: ZoneInfo) -> datetime:
    """When the month after that of a moment begins in a zone."""
    first = moment.astimezone(zone).date().replace(day=1)
    return _midnight((first + timedelta(days=32)).replace(day=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def is_rest(day: date, country: str, holidays: Iterable[Holiday]) -> bool:
    """
    Whether nothing is sent on a day.

    Args:
        day: In the customer's zone.
        country: Of the customer; empty: not known.
        holidays: As the settings name them; one without a country is everybody's.
    """
    return any(each.first <= day <= each.last and each.country in {"", country} for each in holidays)


def next_working_day(day: date, country: str, holidays: Iterable[Holiday]) -> date:
    """The first day, not before the one given, that is no holiday."""
    kept = tuple(holidays)
    for _each in range(LONGEST_REST):
        if not is_rest(day, country, kept):
            return day
        day += timedelta(days=1)
    return day
