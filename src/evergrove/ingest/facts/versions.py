"""Facts that grow with every import: each keeps its history, and what holds does not depend on their order."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from evergrove.ingest.facts.noted import facts_noted
from evergrove.ingest.facts.persons import as_persons, know_persons
from evergrove.ingest.facts.rates import RATE_DAYS, know_rates, orders_at_rates, refunds_at_rates
from evergrove.ingest.orders.published import PUBLISHED
from evergrove.ingest.orders.staging import PACKAGE
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.ingest.facts.noted import Import
    from evergrove.ingest.types import Intake
    from evergrove.warehouse import Draft, Engine, Generation, Snapshot, Warehouse
    from evergrove.warehouse.types import Shelf

TABLES = {"orders": "fact_orders", "refunds": "fact_refunds", "known": "fact_known"}
"""
Tables of the warehouse, and how the engine calls them.

orders(order_key, order_id, customer_id, order_date, amount, status, version_at, given_back,
    import_seq, is_news): one row a version of an order; see ``sql/fact_orders.sql``, ``sql/new_orders.sql``.
refunds(refund_key, of_order, order_id, parent_id, customer_id, refund_date, amount, import_seq, is_news): see
    ``sql/fact_refunds.sql``.
known(customer_id, import_seq): customers without an order or a refund.
"""

_EMPTY = {
    "orders": (
        "'' as order_key, '' as order_id, '' as customer_id, date '1970-01-01' as order_date,"
        " cast(0 as decimal(18, 4)) as amount, '' as status, timestamp '1970-01-01' as version_at,"
        " '' as given_back, cast(0 as bigint) as import_seq, true as is_news"
    ),
    "refunds": (
        "'' as refund_key, '' as of_order, '' as order_id, '' as parent_id, '' as customer_id,"
        " date '1970-01-01' as refund_date, cast(0 as decimal(18, 4)) as amount,"
        " cast(0 as bigint) as import_seq, true as is_news"
    ),
    "known": "'' as customer_id, cast(0 as bigint) as import_seq",
}
_SORTED = {
    "orders": ("customer_id", "order_date"),
    "refunds": ("customer_id", "refund_date"),
    "known": ("customer_id",),
}
_MERGED = {
    "orders": statement(PACKAGE, "kept_versions"),
    "refunds": "select * from fact_refunds union all by name select * from new_refunds",
    "known": "select * from fact_known union all by name select * from new_known",
}
MOST_FILES = 32
"""Files of one table before they are written anew as one: each costs a fraction of a millisecond to open."""
FEW_ROWS, FEW_FILES = 200_000, 8
"""Tables as small as that are written anew after fewer files: that costs less than to open them a dozen times a night."""
LEAST_IDLE = 100_000
"""Rows that say nothing, which are carried along without a thought."""


def show_facts(
    engine: Engine,
    warehouse: Shelf,
    seen: Snapshot | None,
    *,
    until_seq: int | None = None,
    persons: Mapping[str, str] | None = None,
    tables_seq: int | None = None,
    rate_days: int = RATE_DAYS,
) -> bool:
    """
    Show the facts of a snapshot as reading publishes them: orders, refunds and known_customers.

    The engine also gets the facts with all their history, see ``TABLES``; order_facts and refund_facts, those of
    them that said something new when they came in; and current_orders, with the key and the import of each
    order that holds.

    Args:
        engine: Tables of these names are replaced.
        warehouse: Where the files are.
        seen: The snapshot; None: there is none yet.
        until_seq: Only what was known when this import had come in; None: all.
        persons: Customers who stand under another's name: everything shown is shown under that one. Which version
            of an order holds is judged by the ids that the shop told.
        tables_seq: The same as ``until_seq`` for rates; amounts in other currencies are converted by them.
        rate_days: Days that a rate may be older than the order.

    Returns:
        False when the snapshot holds no facts; nothing is shown then.
    """
    history = _show_history(engine, warehouse, seen, until_seq)
    if seen is None or "orders" not in seen.tables:
        return False
    engine.drop(*PUBLISHED, "current_orders")
    has_versions = facts_noted(seen).has_versions
    _judge(engine, f"select * from fact_orders{'' if has_versions else ' where false'}")
    know_persons(engine, persons or {})
    currency = facts_noted(seen).currency
    if know_rates(engine, warehouse, seen, currency, tables_seq=tables_seq, rate_days=rate_days):
        history["fact_orders"] = orders_at_rates(history["fact_orders"])
        history["fact_refunds"] = refunds_at_rates(history["fact_refunds"])
        engine.create("fact_standing", orders_at_rates("select * from fact_standing"))
    for name, query in history.items():
        engine.view(name, as_persons(engine, query))
    if persons:
        engine.create("fact_standing", as_persons(engine, "select * from fact_standing"))
    if has_versions:
        engine.create("current_orders", statement(PACKAGE, "current_orders"))
    else:
        engine.view("current_orders", statement(PACKAGE, "current_orders"))
    engine.view("orders", "select order_id, customer_id, order_date, amount from current_orders")
    engine.derive("refunds", statement(PACKAGE, "current_refunds"), "fact_refunds")
    engine.view("order_facts", "select * from fact_orders where is_news and status not like 'paid:%'")
    engine.view("refund_facts", "select * from fact_refunds where is_news")
    engine.view("known_customers", statement(PACKAGE, "current_customers"))
    return True


def take_facts(engine: Engine, zone: str, warehouse: Shelf, this: Import) -> list[str]:
    """
    Make facts of the rows that were just read, and hold them against those that are there.

    Leaves what is new in new_orders, new_refunds and new_known.

    Args:
        engine: Holds ``ingest_settled``.
        zone: The shop's, in which the source tells the time.
        warehouse: Where the facts are.
        this: The import.

    Returns:
        Names of tables (file, line, verdict): rows that an earlier import makes a duplicate, or a conflict (changed).
    """
    engine.create("ingest_fact_rows", statement(PACKAGE, "fact_rows"), zone=zone)
    exported = this.exported_at.astimezone(UTC).replace(tzinfo=None)
    counts = (
        "select count(order_id) = count(distinct order_id) from ingest_fact_rows where refund_key is null"
    )
    orders = "fact_orders" if engine.value(counts) else "fact_orders_from_lines"
    engine.create("told_orders", statement(PACKAGE, orders), exported_at=exported, seq=this.seq)
    engine.create("told_refunds", statement(PACKAGE, "fact_refunds"), seq=this.seq)
    _show_history(engine, warehouse, this.before, None)
    engine.create("new_known", statement(PACKAGE, "fact_known"), seq=this.seq)
    engine.create("fact_met", "select * from fact_orders semi join told_orders using (order_key)")
    _judge(engine, "select * from fact_met union all by name select * from told_orders")
    engine.create("known_verdicts", statement(PACKAGE, "known_verdicts"), seq=this.seq)
    engine.create("ingest_fact_verdicts", statement(PACKAGE, "fact_verdicts"))
    engine.create("new_orders", statement(PACKAGE, "new_orders"))
    engine.create("new_refunds", statement(PACKAGE, "new_refunds"))
    return ["ingest_fact_verdicts"]


def take_versions(engine: Engine, warehouse: Shelf, this: Import, *, tells_refunds: bool = True) -> str:
    """
    The same for rows of which several may tell of one order, each a version of its own time: events.

    Leaves what is new in new_orders, new_refunds and new_known.

    Args:
        engine: Holds ``ingest_fact_rows``, each row with the time of its version.
        warehouse: Where the facts are.
        this: The import.
        tells_refunds: Whether any row is a refund.

    Returns:
        Name of a table (file, line, verdict), as ``take_facts`` does.
    """
    exported = this.exported_at.astimezone(UTC).replace(tzinfo=None)
    orders, refunds = (statement(PACKAGE, name) for name in ("fact_orders", "fact_refunds"))
    engine.create("told_orders", f"select distinct * from ({orders})", exported_at=exported, seq=this.seq)
    sources = ("ingest_fact_rows",) if tells_refunds else ()
    engine.derive("told_refunds", f"select distinct * from ({refunds})", *sources, seq=this.seq)
    _show_history(engine, warehouse, this.before, None)
    engine.derive("new_known", statement(PACKAGE, "fact_known"), seq=this.seq)  # events tell of orders
    engine.create("fact_met", "select * from fact_orders semi join told_orders using (order_key)")
    _judge(engine, "select * from fact_met union all by name select * from told_orders")
    engine.derive("version_verdicts", statement(PACKAGE, "version_verdicts"), "fact_repeated", seq=this.seq)
    engine.derive(
        "ingest_fact_verdicts", statement(PACKAGE, "told_verdicts"), "version_verdicts", "told_refunds"
    )
    engine.create("new_orders", statement(PACKAGE, "new_versions"))
    engine.derive("new_refunds", statement(PACKAGE, "new_refunds"), "told_refunds")
    return "ingest_fact_verdicts"


def write_facts(engine: Engine, warehouse: Warehouse, this: Import, intake: Intake) -> list[Draft]:
    """Write what ``take_facts`` left behind to the disk; nobody sees it before it is published."""
    tables = this.before.tables if this.before else {}
    before = facts_noted(this.before)
    repeats = engine.value(
        "select (select count(*) from new_orders semi join fact_met using (order_key))"
        " + (select count(*) - count(distinct order_key) from new_orders)"
    )
    idle = before.idle + int(engine.value("select count(*) from new_orders where not is_news"))
    anew = _is_worn(tables.get("orders"), idle)
    noted = before.after(
        intake, this.seq, has_versions=before.has_versions or bool(repeats), idle=0 if anew else idle
    ).document()
    return [
        warehouse.write(
            engine,
            table,
            _MERGED[table] if anew else f"select * from new_{table}",
            keep=tables.get(table),
            anew=anew,
            order_by=_SORTED[table],
            facts=noted if table == "orders" else {},
        )
        for table in TABLES
    ]


def _is_worn(orders: Generation | None, idle: int) -> bool:
    """Whether the facts are to be written anew: too many files, or too many rows that say nothing."""
    if orders is None:
        return False
    most = FEW_FILES if orders.rows <= FEW_ROWS else MOST_FILES
    return len(orders.files) >= most or (idle > LEAST_IDLE and 2 * idle > orders.rows)


def _show_history(
    engine: Engine, warehouse: Shelf, seen: Snapshot | None, until_seq: int | None
) -> dict[str, str]:
    """Name the facts with all their history; name and query of each."""
    engine.drop(*TABLES.values())
    history = {}
    for table, name in TABLES.items():
        if seen is None or not warehouse.show(engine, seen, table, f"stored_{table}"):
            history[name] = f"select {_EMPTY[table]} where false"
        else:
            known = "" if until_seq is None else f" where import_seq <= {int(until_seq)}"
            history[name] = f"select * from stored_{table}{known}"
        engine.view(name, history[name])
    return history


def _judge(engine: Engine, versions: str) -> None:
    """Find orders with several versions, ``fact_repeated``, and which holds where they differ, ``fact_standing``."""
    engine.view("fact_versions", versions)
    engine.create("fact_repeated", statement(PACKAGE, "fact_repeated"))
    engine.derive("fact_standing", statement(PACKAGE, "standing"), "fact_repeated")
