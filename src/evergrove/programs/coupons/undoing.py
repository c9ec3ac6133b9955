"""Taking back what was done with codes: orders rolled back, parts refunded, codes made void, time that is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove import audit
from evergrove.ledger import insert_new
from evergrove.programs.coupons.campaigns import terms_of_code
from evergrove.programs.coupons.entries import plain
from evergrove.programs.coupons.errors import NoUseOfOrder, RefundNeedsName, RefundTooLarge
from evergrove.programs.coupons.holding import BY_TIME, add, hold, no_longer_expected, noted, reopen
from evergrove.programs.coupons.rules import check_amount, check_name, returned_by
from evergrove.programs.coupons.tables import coupon, coupon_event, coupon_given, coupon_use
from evergrove.programs.coupons.types import LIVE, OPEN, ZERO, Use
from evergrove.programs.coupons.using import coupon_by, use_of, use_on

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Connection, Row

MOST_AT_ONCE = 5_000


def roll_back(
    connection: Connection,
    order_id: str,
    now: datetime,
    *,
    code: str = "",
    refunded: Decimal | None = None,
    refund_id: str = "",
    by: str = "cli",
) -> tuple[Use, ...]:
    """
    Take back what codes did on an order: the whole of it, or the share of a refund.

    Rolled back whole, the use comes back to the limits and what it cost to the budget, and a code of somebody's own
    can be used again, on another order. Of a part, its share of the cost comes back, and the code stays used.
    Refunds that add up to all that was paid are the whole. Told twice, it changes nothing.

    Args:
        connection: Of a ``writing`` block.
        order_id: As the shop calls it.
        now: The present moment.
        code: Only this one; it then cannot be used on that order later either, should its redemption be told last.
        refunded: Of what was paid; None: the whole.
        refund_id: Name of a refund of a part.
        by: Who does it.

    Returns:
        Each use as it stands afterwards.

    Raises:
        NoUseOfOrder: No code was used on it.
        UnknownCoupon: There is no such code.
        RefundTooLarge, RefundNeedsName, InvalidAmount: The refund cannot be one.
    """
    check_name("order_id", order_id)
    wanted = coupon_by(connection, code).id if code else None
    found = _uses(connection, order_id, wanted)
    keys = {use.campaign for use in found}
    if wanted is not None:
        keys.add(coupon_by(connection, code).campaign)
    hold(connection, [order_id], keys, now)
    found = _uses(connection, order_id, wanted)
    if not found and wanted is not None and refunded is None:
        return (_refused_beforehand(connection, coupon_by(connection, code), order_id, now, by),)
    if not found:
        raise NoUseOfOrder(order=order_id)
    if refunded is None:
        return tuple(_whole(connection, use, now, by) for use in found)
    return _part(connection, found, refunded, refund_id, now, by)


def _uses(connection: Connection, order_id: str, coupon_id: str | None) -> list[Row[Any]]:
    mine = coupon_use.c.order_id == order_id
    if coupon_id is not None:
        mine &= coupon_use.c.coupon_id == coupon_id
    return list(connection.execute(select(coupon_use).where(mine).order_by(coupon_use.c.coupon_id)).all())


def _whole(connection: Connection, use: Row[Any], now: datetime, by: str) -> Use:
    is_new = use.state in LIVE
    if is_new:
        counts: dict[str, Any] = {"reserved": -1, "held": -use.cost}
        if use.state == "redeemed":
            counts = {"redeemed": -1, "spent": use.returned - use.cost}
        add(connection, use.campaign, **counts)
        reopen(connection, use.coupon_id, "rolled_back" if use.state == "redeemed" else "issued")
        values = {"state": "rolled_back", "returned": use.cost, "changed_at": now}
        connection.execute(coupon_use.update().where(_mine(use)).values(values))
        noted(connection, use.coupon_id, "roll_back", use.order_id, now, by, use.cost - use.returned)
    return _told(connection, use, is_new=is_new)


def _refused_beforehand(connection: Connection, row: Row[Any], order_id: str, now: datetime, by: str) -> Use:
    """An order that was taken back before anybody told that it was made: its redemption will not count."""
    values: dict[str, Any] = {
        "coupon_id": row.id,
        "order_id": order_id,
        "campaign": row.campaign,
        "customer_id": None,
        "state": "rolled_back",
        "stack_group": "",
        "reserved_until": None,
        "times": 1,
        "changed_at": now,
    }
    nothing = dict.fromkeys(("order_amount", "discount", "cost", "refunded", "returned"), ZERO)
    insert_new(connection, coupon_use, [values | nothing])
    noted(connection, row.id, "roll_back", order_id, now, by, ZERO)
    use = use_on(connection, row.id, order_id)
    assert use is not None  # noqa: S101 - it was just written
    return _told(connection, use, is_new=True)


def _part(
    connection: Connection,
    found: list[Row[Any]],
    refunded: Decimal,
    refund_id: str,
    now: datetime,
    by: str,
) -> tuple[Use, ...]:
    redeemed = [use for use in found if use.state == "redeemed"]
    if not refund_id:
        raise RefundNeedsName
    check_name("refund_id", refund_id)
    if not redeemed or _is_known(connection, found, refund_id):
        if not any(use.state == "rolled_back" for use in found) and not redeemed:
            raise NoUseOfOrder(order=found[0].order_id)
        return tuple(_told(connection, use, is_new=False) for use in found)
    terms = terms_of_code(connection, coupon_row(connection, redeemed[0].coupon_id))
    check_amount("refunded", refunded, terms)
    order = redeemed[0]
    paid = order.order_amount - sum((use.discount for use in _redeemed_on(connection, order.order_id)), ZERO)
    before = max(use.refunded for use in redeemed)
    sofar = before + refunded
    if sofar > paid:
        left = paid - before
        raise RefundTooLarge(
            refunded=plain(refunded), currency=terms.currency, order=order.order_id, left=plain(left)
        )
    if sofar == paid:
        return tuple(_whole(connection, use, now, by) for use in redeemed)
    return tuple(
        _returned(connection, use, paid, sofar, refund_id, terms.places, now, by) for use in redeemed
    )


def _redeemed_on(connection: Connection, order_id: str) -> list[Row[Any]]:
    return [use for use in _uses(connection, order_id, None) if use.state == "redeemed"]


def _is_known(connection: Connection, found: list[Row[Any]], refund_id: str) -> bool:
    names = [use.coupon_id for use in found]
    row = coupon_event.c
    mine = row.coupon_id.in_(names) & (row.kind == "refund") & (row.ref == _refund(found[0], refund_id))
    return connection.execute(select(row.id).where(mine).limit(1)).first() is not None


def _refund(use: Row[Any], refund_id: str) -> str:
    """A refund's name among those of all orders: shops number them from 1 on for each."""
    return f"{use.order_id} {refund_id}"


def _returned(
    connection: Connection,
    use: Row[Any],
    paid: Decimal,
    refunded: Decimal,
    refund_id: str,
    places: int,
    now: datetime,
    by: str,
) -> Use:
    """Give the share of a refund back to the budget; a gift that was given stays given until the whole comes back."""
    share = returned_by(use.cost, paid, refunded, places) if use.discount else ZERO
    back = max(use.returned, share)  # another code may have come or gone since the last part
    values = {"refunded": refunded, "returned": back, "changed_at": now}
    connection.execute(coupon_use.update().where(_mine(use)).values(values))
    add(connection, use.campaign, spent=use.returned - back)
    noted(connection, use.coupon_id, "refund", _refund(use, refund_id), now, by, back - use.returned)
    return _told(connection, use, is_new=True)


def void(connection: Connection, code: str, now: datetime, *, by: str = "cli") -> bool:
    """
    Take a code back that is out and not in use; orders that have it keep it.

    Returns:
        False where it could not be used any more anyway.

    Raises:
        UnknownCoupon: There is no such code.
    """
    key = coupon_by(connection, code).campaign
    hold(connection, (), [key], now)
    row = coupon_by(connection, code)
    is_open = (coupon.c.id == row.id) & coupon.c.state.in_(OPEN)
    if not connection.execute(coupon.update().where(is_open).values(state="void")).rowcount:
        return False
    no_longer_expected(connection, key, coupon_given.c.coupon_id == row.id)
    noted(connection, row.id, "void", "", now, by)
    audit.note(connection, "programs.voided", by, audit.subject("coupon", row.id), at=now)
    return True


def expire(connection: Connection, now: datetime, *, most: int = MOST_AT_ONCE) -> int:
    """
    Let go what time has ended: reservations, and codes that can no longer be used; those of one campaign at a time.

    Codes end by their moment whether this was called or not; it keeps their states, and what they are expected to cost.

    Args:
        connection: Of a ``writing`` block.
        now: The present moment.
        most: Codes at once; call again until it returns 0.

    Returns:
        How many reservations and codes were let go.
    """
    late = (coupon_use.c.state == "reserved") & (coupon_use.c.reserved_until <= now)
    over = coupon.c.state.in_(OPEN) & (coupon.c.valid_until <= now)
    key = connection.execute(select(coupon_use.c.campaign).where(late).limit(1)).scalar()
    if key is not None:
        many = len(
            connection.execute(
                select(coupon_use.c.order_id).where(late & (coupon_use.c.campaign == key))
            ).all()
        )
        hold(connection, (), [key], now)
        return many
    key = connection.execute(select(coupon.c.campaign).where(over).limit(1)).scalar()
    if key is None:
        return 0
    hold(connection, (), [key], now)
    names = select(coupon.c.id).where(over & (coupon.c.campaign == key)).order_by(coupon.c.id).limit(most)
    ended = connection.execute(names).scalars().all()
    for start in range(0, len(ended), 500):
        _expired(connection, key, ended[start : start + 500], now)
    return len(ended)


def _expired(connection: Connection, key: str, names: Any, now: datetime) -> None:
    no_longer_expected(connection, key, coupon_given.c.coupon_id.in_(names))
    connection.execute(coupon.update().where(coupon.c.id.in_(names)).values(state="expired"))
    told = {"kind": "expire", "ref": "", "times": 1, "by": BY_TIME, "amount": None, "at": now}
    insert_new(connection, coupon_event, [told | {"coupon_id": name} for name in names])


def coupon_row(connection: Connection, coupon_id: str) -> Row[Any]:
    """A code's row, by its id."""
    return connection.execute(select(coupon).where(coupon.c.id == coupon_id)).one()


def _mine(use: Row[Any]) -> Any:
    return (coupon_use.c.coupon_id == use.coupon_id) & (coupon_use.c.order_id == use.order_id)


def _told(connection: Connection, use: Row[Any], *, is_new: bool) -> Use:
    row = coupon_row(connection, use.coupon_id)
    after = use_on(connection, use.coupon_id, use.order_id)
    assert after is not None  # noqa: S101 - rows of uses are never deleted
    currency = terms_of_code(connection, row).currency
    return use_of(row, after, currency, is_new=is_new)
