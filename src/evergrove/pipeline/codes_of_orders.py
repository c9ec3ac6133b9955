"""Coupon codes that orders name: read beside the orders of a file, and redeemed as the facts have it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.core import EvergroveError, EvergroveWarning, _
from evergrove.ingest import facts_noted, show_facts
from evergrove.ingest.facts.imports import imports
from evergrove.ingest.sources.batches import arrow_table
from evergrove.ingest.tables.declared import DeclaredTable, TableColumn
from evergrove.ingest.tables.judging import TOLD
from evergrove.ingest.tables.service import read_table
from evergrove.people.identity import persons_now
from evergrove.pipeline.ingest import given_file, prepared
from evergrove.programs.coupons.codes import normal_code
from evergrove.programs.coupons.entries import midnight
from evergrove.programs.coupons.told import (
    KnownOrder,
    Naming,
    Settled,
    keep_told,
    known_orders,
    settle,
    to_settle,
)
from evergrove.programs.coupons.types import Placed
from evergrove.warehouse import memory_for, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ingest import ReadOptions
    from evergrove.ingest.tables.declared import Type
    from evergrove.ledger import Ledger
    from evergrove.pipeline.ingest import FileOutcome, Parts
    from evergrove.warehouse import Engine, Warehouse

APART = ",;|\n"
"""What stands between the codes of an order that names several."""
MOST_CODES = 10
"""Of one order; what is written beyond them is no code."""
_ROLES = {
    "order": "order_id",
    "coupon": "coupon",
    "status": "state",
    "after_sale": "after_sale",
    "cancelled": "cancelled",
    "updated": "updated_at",
}
"""What a column of an orders file is called here."""
_DISCOUNTS = (
    "discount_amount",
    "coupon_discount",
    "coupon_amount",
    "voucher_amount",
    "优惠券金额",
    "优惠券抵扣",
    "优惠券抵扣金额",
    "優惠券金額",
    "優惠券折抵",
    "折價券金額",
)


def _column(name: str, type_: Type, *aliases: str, needed: bool = False) -> TableColumn:
    return TableColumn(name, type_, "attribute", "", needed, "", aliases, {})


_TABLE = DeclaredTable(
    name="order_codes",
    sentence="The codes that orders name, as they stand beside the orders.",
    store="people",
    columns=(
        _column("order_id", "id", needed=True),
        _column("coupon", "text"),
        _column("discount", "amount", *_DISCOUNTS),
        _column("state", "state"),
        _column("after_sale", "state"),
        _column("cancelled", "text"),
        _column("updated_at", "moment"),
    ),
    otherwise=("order_id", "coupon"),
)
_NAMED = f"""
select
    order_id,
    string_agg(distinct nullif(trim(coupon), ''), ',' order by nullif(trim(coupon), '')) as codes,
    max(discount) as discount,
    case
        when count(nullif(trim(cancelled), '')) > 0 or bool_or(state = 'cancelled') then 'cancelled'
        when bool_or(state = 'refunded') or bool_and(after_sale = 'refunded') then 'refunded'
        when bool_or(state = 'unpaid') then 'unpaid'
        else 'paid'
    end as status,
    max(version_at) as version_at
from {TOLD}
group by order_id
having count(nullif(trim(coupon), '')) > 0 or order_id in (select order_id from named_before)
"""
"""Orders that name a code, and those that have named one in an earlier file."""
_ORDERS = """
with
wanted as (select distinct order_id from asked_orders),
given_back as (
    select order_id, sum(amount) as amount from refunds where order_id is not null group by order_id
),
sold as (
    select order_id, min(customer_id) as customer_id, min(order_date) as day, sum(amount) as amount
    from orders semi join wanted using (order_id)
    group by order_id
)
select sold.order_id, sold.customer_id, sold.day, sold.amount, coalesce(given_back.amount, 0)
from sold left join given_back using (order_id)
"""
"""What the facts say of some orders: those that count."""


class CodesNotKept(EvergroveWarning):
    """The orders of a file are in, and the codes that they name are not."""

    code = "pipeline.codes_not_kept"
    message = _("{file}: its orders are in, but not the coupon codes that they name: {reason}")
    hint = _("Give the file once more and say which column holds the codes: --map coupon=HEADER.")


def with_codes(
    parts: Parts,
    one: FileOutcome,
    options: ReadOptions,
    clock: Clock,
    *,
    exported_at: datetime | None = None,
) -> FileOutcome:
    """
    Keep the coupon codes that a file of orders names, where it has a column of them.

    Giving the file again changes nothing, and completes what was killed in between. Of several versions of an order the
    newest tells its codes.

    Args:
        parts: The workspace.
        one: The file, as its orders came in.
        options: As the orders were read with.
        clock: Dates what the file does not.
        exported_at: As for the orders.
    """
    with parts.ledger.reading() as connection:
        query = select(imports.c.mapping).where(imports.c.seq == one.seq)
        columns = connection.execute(query).scalar_one()["columns"]
    if "coupon" not in columns or "order" not in columns:
        return one
    mapping = {name: columns.get(role, "") for role, name in _ROLES.items()}
    chosen = replace(prepared(parts, options, clock), mapping=mapping, keep=())
    try:
        _read(parts.ledger, one.file, chosen, given_file(one.file, exported_at, clock).exported_at)
    except EvergroveError as error:
        return replace(one, warnings=(*one.warnings, CodesNotKept(file=one.file.name, reason=str(error))))
    return one


def _read(ledger: Ledger, file: Path, options: ReadOptions, exported_at: datetime) -> None:
    with ledger.reading() as connection:
        before = known_orders(connection)

    def take(engine: Engine) -> None:
        engine.register("named_before", arrow_table({"order_id": before}))
        rows = engine.run(_NAMED)
        engine.unregister("named_before")
        with ledger.writing() as connection:
            keep_told(connection, _namings(rows))

    with open_engine(memory_mb=memory_for([file])) as engine:
        read_table(engine, _TABLE, file, options, exported_at, take=take)


def codes_told(events: Iterable[Mapping[str, Any]]) -> list[Naming]:
    """
    The codes that events of orders name; one that names none changes nothing, for what it leaves out stays as it is known.

    Args:
        events: Rows of the table ``event``, by column; other kinds are passed over.
    """
    named = ((event, event["content"]) for event in events if event["kind"] == "order")
    return [
        _naming(
            content["order_id"],
            content["coupon"],
            Decimal(content["discount"]) if content.get("discount") else None,
            "paid",
            event["at"],
        )
        for event, content in named
        if content.get("coupon")
    ]


def _namings(rows: Iterable[Sequence[Any]]) -> Iterable[Naming]:
    for order_id, codes, discount, status, version_at in rows:
        yield _naming(order_id, codes or "", discount, status, version_at.replace(tzinfo=UTC))


def _naming(
    order_id: str, written: str, discount: Decimal | None, status: str, version_at: datetime
) -> Naming:
    """What was taken off is known of a code that stands alone only."""
    found = _codes(written)
    return Naming(
        order_id, version_at, status, {code: discount if len(found) == 1 else None for code in found}
    )


def _codes(written: str) -> list[str]:
    """The codes of a cell in normal form, each once."""
    for sign in APART:
        written = written.replace(sign, "\0")
    found = dict.fromkeys(code for part in written.split("\0") if (code := normal_code(part)))
    return list(found)[:MOST_CODES]


def redeem_told(
    ledger: Ledger,
    warehouse: Warehouse,
    now: datetime,
    *,
    currency: str,
    timezone: str,
    rate_days: int,
    cost_of: Callable[[Decimal], Decimal | None],
) -> Settled:
    """
    Redeem the codes that orders name, and roll back those of orders that were cancelled or wholly given back.

    Doing it again changes nothing. Where no order names a code and none was redeemed, nothing is read.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        now: The present moment.
        currency: Of the shop, where its orders name none.
        timezone: Whose days the orders' are, where the facts do not say.
        rate_days: As for ``show_facts``.
        cost_of: What an order of an amount costs the shop; None: not known.
    """
    seen = warehouse.newest()
    with ledger.reading() as connection:
        rows, persons = to_settle(connection), persons_now(connection)
    if not rows or seen is None or not facts_noted(seen).seq:
        return Settled()
    noted = facts_noted(seen)
    with open_engine() as engine:
        show_facts(engine, warehouse, seen, persons=persons, rate_days=rate_days)
        engine.register("asked_orders", arrow_table({"order_id": [row.order_id for row in rows]}))
        told = engine.run(_ORDERS)
        engine.unregister("asked_orders")
    orders = _known(told, noted.timezone or timezone or "UTC")
    return settle(ledger, rows, orders, now, currency=noted.currency or currency, cost_of=cost_of)


def _known(rows: Iterable[Sequence[Any]], zone: str) -> Mapping[str, KnownOrder]:
    return {
        order_id: KnownOrder(str(customer), _day(day, zone), paid, refunded)
        for order_id, customer, day, paid, refunded in rows
    }


def _day(day: date, zone: str) -> Placed:
    """From its first moment to its last."""
    return Placed(midnight(day, zone), midnight(day + timedelta(days=1), zone) - timedelta(microseconds=1))
