"""What decisions need of a night beside the proposals: channels that are set up, hours of customers' own, open tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from evergrove.decisions import Context
from evergrove.decisions.calendars import zone_named
from evergrove.decisions.cases import USUAL_DAYS, heed_tickets
from evergrove.decisions.own_hours import own_hours
from evergrove.delivery.channels.registry import wanted
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.campaigns import Proposal
    from evergrove.pipeline.nights import Night
    from evergrove.warehouse import Engine


def context_of(
    connection: Connection, engine: Engine, found: Night, proposals: Sequence[Proposal], shop_zone: str
) -> Context:
    """
    What the ledger does not know of customers who are proposed something.

    Args:
        connection: Of any block.
        engine: Holds the night.
        found: The night.
        proposals: Of campaigns.
        shop_zone: The workspace's zone.
    """
    customers = {each.customer_id for each in proposals if each.skip is None}
    outreach = found.settings.outreach
    hours = (
        own_hours(engine, connection, customers, shop_zone, outreach, found.as_of)
        if "events" in found.told
        else {}
    )
    rate = found.settings.value.discount_rate
    return Context(frozenset(wanted(found.settings)), hours, discount_rate=rate)


def heed_open_tickets(connection: Connection, engine: Engine, found: Night, now: datetime) -> int:
    """
    Hold marketing back from customers with open tickets, and let it go where they were closed.

    Args:
        connection: Of a ``writing`` block.
        engine: Holds the night.
        found: The night.
        now: When.

    Returns:
        How many tickets are open.
    """
    if "tickets" not in found.told:
        return 0
    zone = zone_named(found.settings.value.timezone or found.noted.timezone) or ZoneInfo("UTC")
    days = USUAL_DAYS["complaint"]
    rows = engine.arrays(statement("evergrove.decisions", "open_tickets"), as_of=found.as_of, days=days)
    columns = (rows["customer_id"], rows["ticket_id"], rows["opened_at"], rows["closed_at"])
    tickets = [
        (str(customer), str(ticket), _moment(opened, zone), _moment(closed, zone))
        for customer, ticket, opened, closed in zip(*columns, strict=True)
    ]
    return heed_tickets(
        connection, [(c, t, opened, closed) for c, t, opened, closed in tickets if opened is not None], now
    )


def _moment(told: Any, zone: ZoneInfo) -> datetime | None:
    """A time on the shop's clock as a moment; None where none is told."""
    if told is np.ma.masked or np.isnat(told):
        return None
    moment: datetime = told.astype("datetime64[us]").item().replace(tzinfo=zone)
    return moment
