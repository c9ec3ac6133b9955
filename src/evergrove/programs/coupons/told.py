"""Codes that orders name: kept as they are told, redeemed once the order counts, rolled back when it is taken back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, literal, not_, or_, select

from evergrove.core import InputError
from evergrove.ledger import insert_new
from evergrove.people.parts import in_parts
from evergrove.programs.coupons.campaigns import terms_of_code
from evergrove.programs.coupons.errors import UnknownCoupon
from evergrove.programs.coupons.holding import hold
from evergrove.programs.coupons.rules import before_coupon
from evergrove.programs.coupons.tables import coupon, coupon_campaign, coupon_told, coupon_use
from evergrove.programs.coupons.types import LIVE, Order, Placed
from evergrove.programs.coupons.undoing import roll_back
from evergrove.programs.coupons.using import coupon_by, redeem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Connection, Row

    from evergrove.ledger import Ledger
    from evergrove.programs.coupons.types import ToldState

BY_ORDERS = "orders"
"""Who redeems what orders tell."""
TAKEN_BACK = "programs.order_taken_back"
UNKNOWN = UnknownCoupon.code
WITHDRAWN = "withdrawn"
"""Status of a code that a newer version of its order names no more."""
OVER = ("cancelled", "refunded")
CHANGES_WITHOUT_CAMPAIGN = ("programs.other_person", "programs.person_limit_reached")
"""Refusals that fall when customers are found to be one person."""


@dataclass(frozen=True)
class Naming:
    """
    An order as one file tells it, with the codes that it names.

    Attributes:
        order_id: As the shop calls it.
        version_at: When the order was so.
        status: paid, unpaid, cancelled, refunded; empty where the file does not say.
        codes: In normal form, with what the shop says that each took off; empty: the order names none.
    """

    order_id: str
    version_at: datetime
    status: str
    codes: Mapping[str, Decimal | None]


@dataclass(frozen=True)
class KnownOrder:
    """What the facts say of an order that counts: whose it is, when it was placed, what was paid and given back."""

    customer_id: str
    placed: Placed
    paid: Decimal
    refunded: Decimal


@dataclass
class Settled:
    """What became of codes that orders name, in one reconciliation."""

    taken: int = 0
    back: int = 0
    refused: int = 0


def keep_told(connection: Connection, told: Iterable[Naming]) -> int:
    """
    Keep which codes orders name; of several versions of an order the newest holds, whichever came in first.

    Args:
        connection: Of a ``writing`` block.
        told: One for each order of a file.

    Returns:
        How many codes were told that nobody had told before, or are named no more.
    """
    return sum(_keep(connection, part) for part in in_parts(list(told)))


def known_orders(connection: Connection) -> list[str]:
    """Orders that have named a code before."""
    query = select(coupon_told.c.order_id).distinct().order_by(coupon_told.c.order_id)
    return list(connection.execute(query).scalars())


def _keep(connection: Connection, told: Sequence[Naming]) -> int:
    known: dict[str, list[Row[Any]]] = defaultdict(list)
    names = [each.order_id for each in told]
    for row in connection.execute(select(coupon_told).where(coupon_told.c.order_id.in_(names))):
        known[row.order_id].append(row)
    news = 0
    for each in told:
        rows = {row.code: row for row in known[each.order_id]}
        if not _is_newer(each, list(rows.values())):
            continue
        gone = {code for code, row in rows.items() if code not in each.codes and row.status != WITHDRAWN}
        named = {**each.codes, **{code: rows[code].discount for code in gone}}
        for code, discount in named.items():
            status = WITHDRAWN if code in gone else each.status
            news += _put(connection, each, code, discount, status, rows.get(code))
    return news


def _is_newer(told: Naming, rows: Sequence[Row[Any]]) -> bool:
    if not rows:
        return True
    before = max(row.version_at for row in rows), sorted(r.code for r in rows if r.status != WITHDRAWN)
    return (told.version_at, sorted(told.codes)) > before


def _put(
    connection: Connection,
    told: Naming,
    code: str,
    discount: Decimal | None,
    status: str,
    before: Row[Any] | None,
) -> int:
    values = {"discount": discount, "status": status, "version_at": told.version_at}
    if before is None:
        own = {"order_id": told.order_id, "code": code, "state": "waiting"}
        nothing = dict.fromkeys(("reason", "params", "campaign", "settled_at"))
        return insert_new(connection, coupon_told, [own | nothing | values])
    is_changed = before.status != status
    if is_changed and before.state != "taken":
        values["state"] = "waiting"
    mine = (coupon_told.c.order_id == told.order_id) & (coupon_told.c.code == code)
    connection.execute(coupon_told.update().where(mine).values(values))
    return int(is_changed)


def to_settle(connection: Connection) -> list[Row[Any]]:
    """
    Codes on orders that are to be looked at: told and not settled, taken, or refused for what may hold no more.

    Redemptions that only the till has told are among them, for their orders may have been given back; such a row has
    no status.

    Returns:
        Rows of order_id, code, discount, status, state; by order and code.
    """
    row = coupon_told.c
    changed = exists().where(
        coupon_campaign.c.key == row.campaign, coupon_campaign.c.updated_at > row.settled_at
    )
    freed = exists().where(
        coupon_use.c.campaign == row.campaign,
        coupon_use.c.state.in_(("rolled_back", "lapsed")),
        coupon_use.c.changed_at > row.settled_at,
    )
    again = or_(
        and_(row.reason == UNKNOWN, exists().where(coupon.c.code == row.code)),
        row.reason.in_(CHANGES_WITHOUT_CAMPAIGN),
        and_(row.campaign.is_not(None), or_(changed, freed)),
    )
    listed = select(row.order_id, row.code, row.discount, row.status, row.state).where(
        or_(row.state.in_(("waiting", "taken")), and_(row.state == "refused", again))
    )
    found = list(connection.execute(listed))
    told = exists().where(
        coupon_told.c.order_id == coupon_use.c.order_id, coupon_told.c.code == coupon.c.code
    )
    of_till = (
        select(
            coupon_use.c.order_id,
            coupon.c.code,
            literal(None).label("discount"),
            literal("").label("status"),
            literal("taken").label("state"),
        )
        .join_from(coupon_use, coupon, coupon.c.id == coupon_use.c.coupon_id)
        .where(coupon_use.c.state == "redeemed", not_(told))
    )
    return sorted([*found, *connection.execute(of_till)], key=attrgetter("order_id", "code"))


def settle(
    ledger: Ledger,
    rows: Sequence[Row[Any]],
    orders: Mapping[str, KnownOrder],
    now: datetime,
    *,
    currency: str,
    cost_of: Callable[[Decimal], Decimal | None] = lambda _amount: None,
) -> Settled:
    """
    Redeem what orders that count name, roll back what was taken back, and say of the rest why it was refused.

    Orders come in the order in which they were placed: the first has the code. Some hundred are one transaction; killed
    in between, the rest is settled the next time.

    Args:
        ledger: Where coupons are kept.
        rows: By ``to_settle``.
        orders: Those of their orders that count, as the facts say.
        now: The present moment.
        currency: Of the orders' amounts.
        cost_of: What an order of an amount costs the shop; None: not known.
    """
    account = Settled()
    work = [each for each in rows if _is_open(each, orders.get(each.order_id))]
    work.sort(key=lambda each: (_since(orders.get(each.order_id), now), each.order_id, each.code))
    for part in in_parts(work):
        with ledger.writing() as connection:
            _hold(connection, part, now)
            for order_id, group in groupby(part, attrgetter("order_id")):
                for row in group:
                    _settle(connection, row, orders.get(order_id), account, now, currency, cost_of)
    return account


def _is_open(row: Row[Any], order: KnownOrder | None) -> bool:
    """Whether anything is to be done: what is taken and stands, or waits for its order, is left as it is."""
    if _is_over(row, order):
        return True
    return row.state != "taken" and order is not None


def _is_over(row: Row[Any], order: KnownOrder | None) -> bool:
    if row.status == WITHDRAWN:
        return True
    if (
        order is None
    ):  # unpaid is no end; and of what the till alone has told nobody knows whether it counts yet
        return row.status in OVER or (row.state == "taken" and row.status == "paid")
    return bool(order.refunded >= order.paid > 0)


def _since(order: KnownOrder | None, now: datetime) -> datetime:
    return now if order is None else order.placed.since


def _hold(connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> None:
    codes = {row.code for row in rows}
    query = select(coupon.c.campaign).where(coupon.c.code.in_(codes)).distinct()
    hold(connection, [row.order_id for row in rows], set(connection.execute(query).scalars()), now)


def _settle(
    connection: Connection,
    row: Row[Any],
    order: KnownOrder | None,
    account: Settled,
    now: datetime,
    currency: str,
    cost_of: Callable[[Decimal], Decimal | None],
) -> None:
    if _is_over(row, order) or order is None:
        account.back += _take_back(connection, row, now)
        _mark(connection, row, "back", now, reason=TAKEN_BACK)
        return
    try:
        with connection.begin_nested():  # what a refused one has changed is undone, and nothing else
            code = coupon_by(connection, row.code)
            amount = before_coupon(terms_of_code(connection, code), order.paid, row.discount)
            asked = Order(row.order_id, amount, currency, order.customer_id, cost_of(amount))
            placed = order.placed
            redeem(connection, row.code, asked, now, by=BY_ORDERS, told_by="order", placed=placed)
    except InputError as error:
        account.refused += 1
        _mark(connection, row, "refused", now, reason=error.code, params=_told_of(error))
        return
    account.taken += 1
    _mark(connection, row, "taken", now)


def _told_of(error: InputError) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else str(value) for name, value in error.params.items()}


def _take_back(connection: Connection, row: Row[Any], now: datetime) -> int:
    """Roll back what the code did on the order, if anything; what the till has told stands when a file names it no more."""
    use = connection.execute(
        select(coupon_use.c.told_by)
        .join_from(coupon_use, coupon, coupon.c.id == coupon_use.c.coupon_id)
        .where(coupon.c.code == row.code, coupon_use.c.order_id == row.order_id, coupon_use.c.state.in_(LIVE))
    ).one_or_none()
    if use is None or (row.status == WITHDRAWN and use.told_by != "order"):
        return 0
    return sum(each.is_new for each in roll_back(connection, row.order_id, now, code=row.code, by=BY_ORDERS))


def _mark(
    connection: Connection,
    row: Row[Any],
    state: ToldState,
    now: datetime,
    *,
    reason: str | None = None,
    params: dict[str, Any] | None = None,
) -> None:
    campaign = select(coupon.c.campaign).where(coupon.c.code == row.code)
    mine = (coupon_told.c.order_id == row.order_id) & (coupon_told.c.code == row.code)
    values = {"state": state, "reason": reason, "params": params, "settled_at": now}
    values["campaign"] = connection.execute(campaign).scalar()
    connection.execute(coupon_told.update().where(mine).values(values))


@dataclass(frozen=True)
class Named:
    """A code on an order that was refused, or taken back, and why."""

    order_id: str
    code: str
    campaign: str | None
    state: ToldState
    reason: str
    params: Mapping[str, Any]
    settled_at: datetime


MOST_LISTED = 1_000


def refused_by_orders(
    connection: Connection, campaign: str = "", *, most: int = MOST_LISTED
) -> tuple[int, list[Named]]:
    """
    Codes that orders name and that were refused: how many, and the newest of them.

    Args:
        connection: Of any block.
        campaign: Only of this one; empty: of all, and codes that nobody knows.
        most: At most so many.
    """
    which: ColumnElement[bool] = coupon_told.c.state == "refused"
    if campaign:
        which &= coupon_told.c.campaign == campaign
    count = connection.execute(select(func.count()).where(which)).scalar_one()
    query = (
        select(coupon_told)
        .where(which)
        .order_by(coupon_told.c.settled_at.desc(), coupon_told.c.order_id, coupon_told.c.code)
        .limit(most)
    )
    names = ("order_id", "code", "campaign", "state", "reason", "params", "settled_at")
    rows = connection.execute(query).mappings()
    return count, [
        Named(**{name: row[name] for name in names} | {"params": row["params"] or {}}) for row in rows
    ]
