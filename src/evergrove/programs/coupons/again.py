"""A code for a message that failed, gave its own back, and is to leave once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.programs.coupons.campaigns import campaign_of
from evergrove.programs.coupons.holding import BY_TIME, add, hold
from evergrove.programs.coupons.issuing import issue_all
from evergrove.programs.coupons.rules import expected_cost
from evergrove.programs.coupons.tables import coupon_event, coupon_given

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.programs.coupons.types import Issue


def issue_again(
    connection: Connection, campaign_key: str, customer_id: str, ref: str, now: datetime, *, by: str = BY_TIME
) -> Issue:
    """
    Give a ref a code whose own was taken back: another one, under the terms, limits and budget of today.

    The old one stays void, as somebody may have seen it after all. A ref that has its code keeps it, and of a shared code
    there is no other.

    Args:
        connection: Of a ``writing`` block; where nothing is issued, nothing may be kept of it.
        campaign_key: Of the campaign.
        customer_id: Who is to have it.
        ref: What it is for.
        now: The present moment.
        by: Who does it.

    Returns:
        The code, or why there is none.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    campaign_of(connection, campaign_key)
    hold(connection, (), [campaign_key], now)
    terms = campaign_of(connection, campaign_key).terms
    mine = (coupon_given.c.ref == ref) & coupon_given.c.released_at.is_not(None)
    before = connection.execute(select(coupon_given.c.ref).where(mine)).first()
    if before is not None and terms.is_shared:
        costs = expected_cost(terms)
        connection.execute(coupon_given.update().where(mine).values(released_at=None, expected=costs))
        add(connection, campaign_key, expected=costs)
    elif before is not None:
        connection.execute(coupon_given.delete().where(mine))
    issued = (coupon_event.c.kind == "issue") & (coupon_event.c.ref == ref)
    times = connection.execute(select(func.count()).select_from(coupon_event).where(issued)).scalar_one()
    return issue_all(connection, campaign_key, [(customer_id, ref)], now, by=by, times_before=times)
