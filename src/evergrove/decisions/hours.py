"""At what hour a message leaves, in the customer's own zone, and when it is too late for it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from evergrove.decisions.calendars import country_of, is_rest, next_working_day, zone_named
from evergrove.decisions.types import Hours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.settings import OutreachSettings

NIGHTS = 10
"""From one allowed moment to the next it takes a night and a holiday; what goes round longer is a mistake."""


def hours_of(
    due: date,
    until: date,
    own_zone: str | None,
    shop_zone: str,
    settings: OutreachSettings,
    own_hours: Sequence[int] = (),
) -> Hours:
    """
    The hours between which a message may leave.

    Args:
        due: The day on which it is to leave.
        until: The last day on which it may.
        own_zone: The customer's zone; not known or not a zone: the shop's is taken.
        shop_zone: The workspace's; empty or not a zone: UTC.
        settings: The hour of sending, the quiet hours, the holidays.
        own_hours: At which the customer is active, the best first; the first that is not quiet is taken.
    """
    own = zone_named(own_zone)
    zone = own or zone_named(shop_zone) or ZoneInfo("UTC")
    loud = [each for each in own_hours if not is_quiet(each, settings.quiet_from, settings.quiet_until)]
    hour = loud[0] if loud and settings.own_hours == "on" else settings.send_hour
    planned = datetime.combine(due, time(hour), zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone)
    start = opening(planned, zone, settings, hour=hour)
    return Hours(
        start,
        end.astimezone(UTC),
        zone.key,
        known_zone=own is not None,
        is_holiday=is_rest(due, country_of(zone.key), settings.days_off),
        is_own_hour=bool(loud) and settings.own_hours == "on",
    )


def opening(
    moment: datetime,
    zone: ZoneInfo,
    settings: OutreachSettings,
    *,
    hour: int | None = None,
    with_holidays: bool = True,
) -> datetime:
    """
    The first moment, not before the one given, that is neither a quiet hour nor on a holiday of the zone's country.

    Args:
        moment: Aware.
        zone: Whose clocks and calendar count.
        settings: Quiet hours and holidays.
        hour: At which messages leave on the day after a holiday; None: ``settings.send_hour``.
        with_holidays: Whether holidays count; they do not for what somebody has asked for.

    Returns:
        The moment itself if it is allowed; in UTC.
    """
    at = settings.send_hour if hour is None else hour
    days_off = settings.days_off if with_holidays else ()
    for _each in range(NIGHTS):
        allowed = next_allowed(moment, zone, settings.quiet_from, settings.quiet_until)
        day = allowed.astimezone(zone).date()
        working = next_working_day(day, country_of(zone.key), days_off)
        if working == day:
            return allowed
        moment = datetime.combine(working, time(at), zone)
    return allowed


def next_allowed(moment: datetime, zone: ZoneInfo, quiet_from: int, quiet_until: int) -> datetime:
    """
    The first moment, not before the one given, at which the clocks of a zone show no quiet hour.

    Args:
        moment: Aware.
        zone: Whose clocks count.
        quiet_from: First quiet hour; equal to ``quiet_until``: there are none.
        quiet_until: The first hour that is not quiet any more, on the next day if it is the smaller.

    Returns:
        The moment itself if it is allowed; in UTC.
    """
    local = moment.astimezone(zone)
    if not is_quiet(local.hour, quiet_from, quiet_until):
        return moment.astimezone(UTC)
    day = local.date()
    if quiet_from > quiet_until and local.hour >= quiet_from:
        day += timedelta(days=1)
    return datetime.combine(day, time(quiet_until), zone).astimezone(UTC)


def is_quiet(hour: int, quiet_from: int, quiet_until: int) -> bool:
    """Whether an hour of the day is a quiet one; the quiet time may go over midnight."""
    if quiet_from <= quiet_until:
        return quiet_from <= hour < quiet_until
    return hour >= quiet_from or hour < quiet_until
