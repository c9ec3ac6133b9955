"""Facts that grow with every import: each keeps its history, and what holds does not depend on their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from evergrove.ingest.staging import PACKAGE
from evergrove.ingest.tables import PUBLISHED, clear
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from evergrove.ingest.types import Intake
    from evergrove.warehouse import Draft, Engine, Generation, Snapshot, Warehouse

TABLES = {"orders": "fact_orders", "refunds": "fact_refunds", "known": "fact_known"}
"""
Tables of the warehouse, and how the engine calls them.

orders(order_key, order_id, customer_id, order_date, amount, status, version_at, content, import_seq, is_news):
    one row a version of an order; see ``sql/fact_orders.sql`` and ``sql/new_orders.sql``.
refunds(refund_key, of_order, order_id, parent_id, customer_id, refund_date, amount, import_seq, is_news): see
    ``sql/fact_refunds.sql``.
known(customer_id, import_seq): customers without an order or a refund.
"""

_EMPTY = {
    "orders": (
        "'' as order_key, '' as order_id, '' as customer_id, date '1970-01-01' as order_date,"
        " cast(0 as decimal(18, 4)) as amount, '' as status, timestamp '1970-01-01' as version_at,"
        " cast(0 as ubigint) as content, cast(0 as bigint) as import_seq, true as is_news"
    ),
    "refunds": (
        "'' as refund_key, '' as of_order, '' as order_id, '' as parent_id, '' as customer_id,"
        " date '1970-01-01' as refund_date, cast(0 as decimal(18, 4)) as amount,"
        " cast(0 as bigint) as import_seq, true as is_news"
    ),
    "known": "'' as customer_id, cast(0 as bigint) as import_seq",
}
_SORTED = {
    "orders": ("customer_id", "order_date", "order_key"),
    "refunds": ("customer_id", "refund_date"),
    "known": ("customer_id",),
}
_REPEATED = "select order_key from fact_orders group by order_key having count(*) > 1"
_NONE = "select '' as order_key where false"
MOST_FILES = 32
"""Files of one table before they are written anew as one: each costs a fraction of a millisecond to open."""


@dataclass(frozen=True)
class FactsNoted:
    """
    What holds for the facts as a whole; noted with the table of orders.

    Attributes:
        seq: Number of the newest import.
        currency: ISO 4217 code of all amounts; empty where no file declared one.
        timezone: The zone that made days of timestamps.
        has_amounts: False where no file says anything about money.
        has_versions: Whether any order stands in the history more than once; where none does, none is
            looked for.
        first_date, last_date: First and last day of an order in any file; None without one.
    """

    seq: int = 0
    currency: str = ""
    timezone: str = ""
    has_amounts: bool = False
    has_versions: bool = False
    first_date: date | None = None
    last_date: date | None = None

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        days = {"first_date": self.first_date, "last_date": self.last_date}
        return vars(self) | {name: day.isoformat() if day else None for name, day in days.items()}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> FactsNoted:
        """From what was kept."""
        days = {name: document[name] for name in ("first_date", "last_date")}
        return cls(
            **{**document, **{name: date.fromisoformat(day) if day else None for name, day in days.items()}}
        )

    def after(self, intake: Intake, seq: int, *, has_versions: bool) -> FactsNoted:
        """The same with one more import."""
        days = [day for day in (self.first_date, self.last_date, intake.first_date, intake.last_date) if day]
        return FactsNoted(
            seq=seq,
            currency=self.currency or intake.currency,
            timezone=intake.timezone,
            has_amounts=self.has_amounts or intake.has_amounts,
            has_versions=self.has_versions or has_versions,
            first_date=min(days, default=None),
            last_date=max(days, default=None),
        )


def facts_noted(seen: Snapshot | None) -> FactsNoted:
    """What holds for the facts of a snapshot; all empty without any."""
    if seen is None or "orders" not in seen.tables:
        return FactsNoted()
    return FactsNoted.read(seen.tables["orders"].facts)


@dataclass(frozen=True)
class Import:
    """
    One import, on top of those before it.

    Attributes:
        seq: Its number, which each of its rows carries.
        exported_at: When the source wrote the file, in UTC; decides between versions that carry no
            updated_at of their own.
        before: What was there before; None for the first import.
    """

    seq: int
    exported_at: datetime
    before: Snapshot | None


def show_facts(
    engine: Engine, warehouse: Warehouse, seen: Snapshot | None, *, until_seq: int | None = None
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

    Returns:
        False when the snapshot holds no facts; nothing is shown then.
    """
    if not _show_history(engine, warehouse, seen, until_seq):
        return False
    clear(engine, *PUBLISHED, "current_orders")
    has_versions = facts_noted(seen).has_versions
    _judge(engine, "select * from fact_orders", _REPEATED if has_versions else _NONE)
    if has_versions:
        engine.create("current_orders", statement(PACKAGE, "current_orders"))
    else:
        engine.view("current_orders", statement(PACKAGE, "current_orders"))
    engine.view("orders", "select order_id, customer_id, order_date, amount from current_orders")
    engine.create("refunds", statement(PACKAGE, "current_refunds"))
    engine.view("order_facts", "select * from fact_orders where is_news")
    engine.view("refund_facts", "select * from fact_refunds where is_news")
    engine.view("known_customers", statement(PACKAGE, "current_customers"))
    return True


def take_facts(engine: Engine, zone: str, warehouse: Warehouse, this: Import) -> list[str]:
    """
    Make facts of the rows that were just read, and hold them against those that are there.

    Leaves what is new in new_orders, new_refunds and new_known.

    Args:
        engine: Holds ``ingest_settled``.
        zone: The shop's, in which source and file tell the time.
        warehouse: Where the facts are.
        this: The import.

    Returns:
        Names of tables (file, line, verdict): rows that an earlier import makes a duplicate or a conflict.
    """
    engine.create("ingest_fact_rows", statement(PACKAGE, "fact_rows"))
    exported = engine.value(
        "select timezone($zone, cast($at as timestamptz))", zone=zone, at=this.exported_at.isoformat()
    )
    engine.create("told_orders", statement(PACKAGE, "fact_orders"), exported_at=exported, seq=this.seq)
    engine.create("told_refunds", statement(PACKAGE, "fact_refunds"), seq=this.seq)
    has_facts = _show_history(engine, warehouse, this.before, None)
    engine.create("new_known", statement(PACKAGE, "fact_known"), seq=this.seq)
    if has_facts:
        told = "select * from fact_orders union all by name select * from told_orders"
        _judge(engine, told, "select order_key from told_orders semi join fact_orders using (order_key)")
        engine.create("known_verdicts", statement(PACKAGE, "known_verdicts"), seq=this.seq)
    else:
        engine.create("known_verdicts", "select '' as order_key, '' as verdict where false")
    engine.create("ingest_fact_verdicts", statement(PACKAGE, "fact_verdicts"))
    engine.create("new_orders", statement(PACKAGE, "new_orders"))
    engine.create("new_refunds", statement(PACKAGE, "new_refunds"))
    return ["ingest_fact_verdicts"]


def write_facts(engine: Engine, warehouse: Warehouse, this: Import, intake: Intake) -> list[Draft]:
    """Write what ``take_facts`` left behind to the disk; nobody sees it before it is published."""
    repeats = engine.value("select count(*) from new_orders semi join fact_orders using (order_key)")
    noted = facts_noted(this.before).after(intake, this.seq, has_versions=bool(repeats)).document()
    tables = this.before.tables if this.before else {}
    return [
        _written(engine, warehouse, table, tables.get(table), noted if table == "orders" else {})
        for table in TABLES
    ]


def _written(
    engine: Engine, warehouse: Warehouse, table: str, kept: Generation | None, noted: Mapping[str, Any]
) -> Draft:
    query = f"select * from new_{table}"
    anew = kept is not None and len(kept.files) >= MOST_FILES
    if anew:
        query = f"select * from {TABLES[table]} union all by name {query}"
    return warehouse.write(engine, table, query, keep=kept, anew=anew, order_by=_SORTED[table], facts=noted)


def _show_history(engine: Engine, warehouse: Warehouse, seen: Snapshot | None, until_seq: int | None) -> bool:
    clear(engine, *TABLES.values())
    for table, name in TABLES.items():
        if seen is None or not warehouse.show(engine, seen, table, f"stored_{table}"):
            engine.view(name, f"select {_EMPTY[table]} where false")
            continue
        known = "" if until_seq is None else f" where import_seq <= {int(until_seq)}"
        engine.view(name, f"select * from stored_{table}{known}")
    return seen is not None and "orders" in seen.tables


def _judge(engine: Engine, versions: str, repeated: str) -> None:
    """Make ``fact_standing`` of the versions of those orders of which there are several, ``fact_repeated``."""
    engine.create("fact_repeated", repeated)
    engine.view("fact_versions", f"select * from ({versions}) semi join fact_repeated using (order_key)")
    engine.create("fact_standing", statement(PACKAGE, "standing"))
