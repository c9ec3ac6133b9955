"""At which hours customers are active, of those who are about to be written to."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import select

from evergrove.decisions.calendars import zone_named
from evergrove.people.parts import in_parts
from evergrove.people.tables import person
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.settings import OutreachSettings
    from evergrove.warehouse import Engine

MINUTE = timedelta(minutes=1)


def own_hours(
    engine: Engine,
    connection: Connection,
    customers: Collection[str],
    shop_zone: str,
    settings: OutreachSettings,
    as_of: date,
) -> dict[str, tuple[int, ...]]:
    """
    Hours of the day after ``as_of`` at which customers are active, the best first.

    The clocks of that day count for all events: over half a year a change of clocks blurs them by an hour, no more than
    the smoothing does.

    Args:
        engine: Shows ``events``, their times on the shop's clock.
        connection: Of any block; knows customers' zones.
        customers: Of whom.
        shop_zone: The workspace's; empty or not a zone: UTC.
        settings: Whether hours of their own count, and on how many events.
        as_of: The last day whose events are known.

    Returns:
        Hours by customer, 0 to 23 on the customer's own clock; who has too few events is not among them.
    """
    if settings.own_hours == "off" or not customers:
        return {}
    due, shop = as_of + timedelta(days=1), zone_named(shop_zone) or ZoneInfo("UTC")
    noon = datetime.combine(due, time(12), UTC)
    zones = _zones(connection, customers)
    names = sorted(customers)
    ahead = [_offset(zones.get(name) or shop, noon) - _offset(shop, noon) for name in names]
    engine.register(
        "shifts",
        {
            "customer_id": np.array(names, dtype=object),
            "minutes": np.array([each // MINUTE for each in ahead], dtype=np.int64),
        },
    )
    bound = {"as_of": as_of, "weekday": due.isoweekday(), "least": settings.own_hours_events}
    found = engine.arrays(statement("evergrove.decisions", "own_hours"), **bound)
    engine.unregister("shifts")
    hours: dict[str, list[int]] = defaultdict(list)
    for customer, hour in zip(found["customer_id"], found["hour"], strict=True):
        hours[str(customer)].append(int(hour))
    return {customer: tuple(best) for customer, best in hours.items()}


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _zones(connection: Connection, customers: Collection[str]) -> Mapping[str, ZoneInfo]:
    found: dict[str, ZoneInfo] = {}
    for part in in_parts(customers):
        rows = connection.execute(
            select(person.c.customer_id, person.c.zone).where(person.c.customer_id.in_(part))
        )
        found |= {customer: zone for customer, name in rows if (zone := zone_named(name)) is not None}
    return found
