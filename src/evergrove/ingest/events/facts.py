"""Events as rows of facts: laid out for the same statements that take the rows of files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Literal

from evergrove.ingest.facts.versions import take_versions
from evergrove.ingest.orders.staging import PACKAGE
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from evergrove.ingest.facts.noted import Import
    from evergrove.warehouse import Engine, Snapshot
    from evergrove.warehouse.types import Shelf

TOLD = "event_told"
ROWS = "ingest_fact_rows"
_NO_ORDERS = (
    "'' as order_id, '' as customer_id, date '1970-01-01' as order_date, cast(0 as decimal(18, 4)) as amount,"
    " '' as status, timestamp '1970-01-01' as version_at"
)
_NO_REFUNDS = (
    "'' as of_order, '' as order_id, '' as parent_id, '' as customer_id, cast(0 as decimal(18, 4)) as amount"
)


@dataclass(frozen=True)
class FactRow:
    """
    What one event tells of an order.

    Attributes:
        line: Number of the event.
        kind: What happened to the order.
        order_id: The order.
        customer_id: Whose it is; see ``Event``.
        happened_at: The moment whose day counts.
        version_at: When it was so; of two versions the later one holds.
        amount: In its currency, exact, not negative; None: a refund of all that is left of the order.
        day: The day that counts, where the event tells no moment; None: that of ``happened_at``.
        refund_id: Of a refund that has a number of its own.
        foreign_currency: ISO 4217 code where it is not the shop's.
        is_amendment: The order was placed earlier: its day is that of the order that is known.
    """

    line: int
    kind: Literal["order", "refund", "cancel"]
    order_id: str
    customer_id: str
    happened_at: datetime
    version_at: datetime
    amount: Decimal | None = None
    day: date | None = None
    refund_id: str | None = None
    foreign_currency: str | None = None
    is_amendment: bool = False


def stage(
    engine: Engine, rows: Sequence[FactRow], zone: str, warehouse: Shelf, seen: Snapshot | None
) -> list[int]:
    """
    Lay out the rows of events as ``ingest_fact_rows``, as reading leaves those of files.

    Args:
        engine: Tables of the names used here are replaced.
        rows: In any order, several of one order too.
        zone: The shop's.
        warehouse: Where the facts are that came in before.
        seen: Their snapshot; None: there is none yet.

    Returns:
        Lines of the rows that were left out, as they name an order of that customer which nobody has told yet:
        amendments, and refunds without an amount.
    """
    import pyarrow as pa  # noqa: PLC0415 -- whoever only stores events must not pay for it

    engine.register("event_batch", pa.Table.from_pylist([_values(row) for row in rows], schema=_schema()))
    engine.create(TOLD, "select * from event_batch")
    engine.unregister("event_batch")
    waiting = [] if all(_is_whole(row) for row in rows) else _complete(engine, zone, warehouse, seen)
    engine.create(ROWS, statement(PACKAGE, "event_rows"), zone=zone)
    return waiting


def take(
    engine: Engine, rows: Sequence[FactRow], zone: str, warehouse: Shelf, this: Import
) -> tuple[list[int], dict[int, str]]:
    """
    Make facts of the rows of events, and hold them against those that are there: new_orders, new_refunds, new_known.

    Args:
        engine: Tables of the names used here are replaced.
        rows: In any order.
        zone: The shop's.
        warehouse: Where the facts are.
        this: The import that the new facts name.

    Returns:
        Lines of the rows that must wait, see ``stage``; and ``changed`` or ``duplicate`` by line, for rows that
        contradict an order which came in before, or change nothing.
    """
    waiting = stage(engine, rows, zone, warehouse, this.before)
    refunds = any(row.kind == "refund" for row in rows)
    verdicts = take_versions(engine, warehouse, this, tells_refunds=refunds)
    return waiting, {
        int(line): verdict for line, verdict in engine.run(f"select line, verdict from {verdicts}")
    }


def _is_whole(row: FactRow) -> bool:
    return not row.is_amendment and (row.amount is not None or row.kind == "cancel")


def _complete(engine: Engine, zone: str, warehouse: Shelf, seen: Snapshot | None) -> list[int]:
    """Fill in what rows leave out, from the orders that they name; lines of those whose order is not known."""
    for table, none in (("orders", _NO_ORDERS), ("refunds", _NO_REFUNDS)):
        name = f"event_stored_{table}"
        if seen is None or not warehouse.show(engine, seen, table, name):
            engine.view(name, f"select {none} where false")
    engine.create("event_orders", statement(PACKAGE, "event_orders"), zone=zone)
    engine.create("event_whole", statement(PACKAGE, "event_completed"))
    lacking = "(is_amendment and day is null) or (class = 'refund' and amount is null)"
    waiting = [
        int(line) for (line,) in engine.run(f"select line from event_whole where {lacking} order by line")
    ]
    engine.create(
        TOLD,
        f"select * from event_whole where not coalesce({lacking}, false) and not (class = 'refund' and amount = 0)",
    )
    engine.drop("event_orders", "event_whole", "event_stored_orders", "event_stored_refunds")
    return waiting


_CLASS = {"order": "purchase", "refund": "refund", "cancel": "cancelled"}


def _values(row: FactRow) -> dict[str, object]:
    amount = row.amount
    if row.kind == "cancel":
        amount = None
    elif row.kind == "refund" and amount is not None:
        amount = -amount
    return {
        "line": row.line,
        "class": _CLASS[row.kind],
        "order_id": row.order_id,
        "customer_id": row.customer_id,
        "refund_id": row.refund_id,
        "happened_at": row.happened_at.astimezone(UTC).replace(tzinfo=None),
        "updated": row.version_at.astimezone(UTC).replace(tzinfo=None),
        "day": row.day,
        "amount": amount,
        "foreign_currency": row.foreign_currency,
        "is_amendment": row.is_amendment,
    }


def _schema() -> object:
    import pyarrow as pa  # noqa: PLC0415 -- see ``stage``

    texts = ("class", "order_id", "customer_id", "refund_id", "foreign_currency")
    return pa.schema(
        [("line", pa.int64())]
        + [(name, pa.string()) for name in texts]
        + [(name, pa.timestamp("us")) for name in ("happened_at", "updated")]
        + [("day", pa.date32()), ("amount", pa.decimal128(18, 4)), ("is_amendment", pa.bool_())]
    )
