"""What every act on a code begins with: locks in one order, and reservations that are over let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.people.parts import in_parts
from evergrove.programs.coupons.tables import coupon, coupon_campaign, coupon_event, coupon_given, coupon_use
from evergrove.programs.coupons.types import ZERO

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Connection, Row

    from evergrove.programs.coupons.types import Act

BY_TIME = "clock"
"""Who acts where nobody does but time."""


def hold(
    connection: Connection, order_ids: Collection[str], keys: Collection[str], now: datetime
) -> dict[str, Row[Any]]:
    """
    Be the only one who acts on some orders and campaigns until the transaction ends; by key, as they stand.

    Orders are locked before campaigns, and each in the order of their names, so that nobody waits in a ring. What of
    these was reserved and is over is let go first. SQLite has one writer anyway.

    Args:
        connection: Of a ``writing`` block.
        order_ids: Whose codes are looked at together.
        keys: Of campaigns whose counts change.
        now: The present moment.
    """
    if connection.dialect.name == "postgresql":
        for order_id in sorted(set(order_ids)):
            name = func.hashtextextended(f"coupon order {order_id}", 0)
            connection.execute(select(func.pg_advisory_xact_lock(name)))
    wanted = set(keys) | _late_on(connection, order_ids, now)
    for key in sorted(wanted):
        mine = coupon_campaign.c.key == key
        connection.execute(select(coupon_campaign.c.key).where(mine).with_for_update()).one_or_none()
        lapse(connection, key, now)
    query = select(coupon_campaign).where(coupon_campaign.c.key.in_(sorted(set(keys))))
    return {row.key: row for row in connection.execute(query)}


def _late_on(connection: Connection, order_ids: Collection[str], now: datetime) -> set[str]:
    """Campaigns of reservations on some orders that are over."""
    found: set[str] = set()
    for part in in_parts(set(order_ids)):
        late = coupon_use.c.order_id.in_(part) & _is_late(now)
        found |= set(connection.execute(select(coupon_use.c.campaign).where(late)).scalars())
    return found


def _is_late(now: datetime) -> ColumnElement[bool]:
    return (coupon_use.c.state == "reserved") & (coupon_use.c.reserved_until <= now)


def lapse(connection: Connection, key: str, now: datetime) -> int:
    """Let go what a campaign's orders have reserved for longer than they may; the campaign is locked. How many."""
    late = (coupon_use.c.campaign == key) & _is_late(now)
    found = connection.execute(select(coupon_use).where(late)).all()
    for use in found:
        mine = (coupon_use.c.coupon_id == use.coupon_id) & (coupon_use.c.order_id == use.order_id)
        connection.execute(coupon_use.update().where(mine).values(state="lapsed", changed_at=now))
        reopen(connection, use.coupon_id, "issued")
        add(connection, key, reserved=-1, held=-use.cost)
        noted(connection, use.coupon_id, "lapse", use.order_id, now, BY_TIME, use.cost, use.times)
    return len(found)


def reopen(connection: Connection, coupon_id: str, state: str) -> None:
    """Let a code of somebody's own be used again."""
    mine = (coupon.c.id == coupon_id) & ~coupon.c.is_shared & coupon.c.state.in_(("reserved", "redeemed"))
    connection.execute(coupon.update().where(mine).values(state=state))


def add(connection: Connection, key: str, **changes: int | Decimal) -> None:
    """Change a campaign's counts."""
    row = coupon_campaign.c
    values = {name: row[name] + change for name, change in changes.items()}
    connection.execute(coupon_campaign.update().where(row.key == key).values(values))


def no_longer_expected(connection: Connection, key: str, which: ColumnElement[bool]) -> None:
    """Take some given codes out of what a campaign is expected to cost: it is known of them now."""
    still = which & (coupon_given.c.expected > ZERO)
    known = connection.execute(select(func.sum(coupon_given.c.expected)).where(still)).scalar()
    if known:
        connection.execute(coupon_given.update().where(still).values(expected=ZERO))
        add(connection, key, expected=-known)


def noted(
    connection: Connection,
    coupon_id: str,
    kind: Act,
    ref: str,
    now: datetime,
    by: str,
    amount: Decimal | None = None,
    times: int = 1,
) -> None:
    """Write an act down."""
    values = {
        "coupon_id": coupon_id,
        "kind": kind,
        "ref": ref,
        "times": times,
        "by": by,
        "amount": amount,
        "at": now,
    }
    connection.execute(coupon_event.insert().values(values))
