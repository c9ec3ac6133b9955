"""At what hour a message leaves, in the customer's own zone, and when it is too late for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from evergrove.decisions.types import Hours

if TYPE_CHECKING:
    from evergrove.settings import OutreachSettings


@cache
def zone_named(name: str | None) -> ZoneInfo | None:
    """The zone of a name; None when there is none such."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown; a folder of zones; a path out of the folder
        return None


def hours_of(
    due: date, until: date, own_zone: str | None, shop_zone: str, settings: OutreachSettings
) -> Hours:
    """
    The hours between which a message may leave.

    Args:
        due: The day on which it is to leave.
        until: The last day on which it may.
        own_zone: The customer's zone; not known or not a zone: the shop's is taken.
        shop_zone: The workspace's; empty or not a zone: UTC.
        settings: The hour of sending, and the quiet hours.
    """
    own = zone_named(own_zone)
    zone = own or zone_named(shop_zone) or ZoneInfo("UTC")
    planned = datetime.combine(due, time(settings.send_hour), zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone)
    start = next_allowed(planned, zone, settings.quiet_from, settings.quiet_until)
    return Hours(start, end.astimezone(UTC), zone.key, own is not None)


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
