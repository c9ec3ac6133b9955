"""The short way for typed Parquet: customer, day and amount need no reading, so nothing is copied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from evergrove.ingest.orders.account import Account, Entry
from evergrove.ingest.orders.errors import NoAmounts, RepeatsKept
from evergrove.ingest.orders.staging import PACKAGE, typed_moment
from evergrove.ingest.sources.parquet import ParquetSource
from evergrove.ingest.values.ids import PLAIN_ID
from evergrove.warehouse import identifier, statement

if TYPE_CHECKING:
    from evergrove.core import EvergroveWarning
    from evergrove.ingest.columns.mapped import MappedFile
    from evergrove.warehouse import Engine

_ROLES = frozenset({"customer", "order", "date", "amount", "coupon"})
"""Roles that need no reading here: of coupons only the programme makes anything."""
_SEARCHED_WHOLE = 500_000
_PARTS = 64
_LAST_DAY = date(9999, 12, 30)


@dataclass(frozen=True)
class TypedRead:
    """
    A typed file behind the view ``ingest_typed``.

    Attributes:
        is_clean: Every row is usable: purchases and refunds can be views of the file itself.
        account: Where the rows went, when it is clean.
        warnings: What a reader should know.
    """

    is_clean: bool
    account: Account
    warnings: tuple[EvergroveWarning, ...] = ()


def read_typed(engine: Engine, mapped: MappedFile, zone: str, today: date | None) -> TypedRead | None:
    """
    Read a Parquet file whose columns are typed and whose rows are orders; None when it is none.

    Ids must be whole numbers or plain texts, order ids each once; other roles need reading. When some rows
    are faulty, ``judge_typed`` tells which.
    """
    source = mapped.file.source
    if not isinstance(source, ParquetSource) or not _is_typed(mapped):
        return None
    _show(engine, mapped, source, zone)
    if not _has_plain_ids(engine, mapped):
        return None
    latest = _latest(today)
    rows, faulty, negative, first, last = engine.run(statement(PACKAGE, "typed_check"), latest=latest)[0]
    warnings = _repeats(engine, mapped, int(rows))
    if not mapped.has_amounts:
        warnings = (*warnings, NoAmounts(file=mapped.file.name))
    if faulty:
        return TypedRead(is_clean=False, account=Account([]), warnings=warnings)
    selected = "cast(amount as decimal(18, 4)) as amount from ingest_typed"
    only = " where amount >= 0" if negative else ""
    engine.view("orders", f"select order_id, customer_id, day as order_date, {selected}{only}")
    engine.view(
        "refunds",
        "select cast(null as varchar) as order_id, customer_id, day as refund_date,"
        f" -{selected} where {'amount < 0' if negative else 'false'}",
    )
    engine.view("known_customers", "select distinct customer_id from ingest_typed")
    entries = [Entry(0, "good", "", "purchase", int(rows) - int(negative), Decimal(0), first, last)]
    if negative:
        given_back = engine.value("select -sum(amount) from refunds")
        entries.append(Entry(0, "good", "", "refund", int(negative), given_back))
    return TypedRead(is_clean=True, account=Account(entries), warnings=warnings)


def judge_typed(engine: Engine, today: date | None) -> None:
    """Judge every row behind the view ``ingest_typed``: ``ingest_judged``."""
    engine.create("ingest_judged", statement(PACKAGE, "typed_rows"), latest=_latest(today))


def _latest(today: date | None) -> date:
    """The last day that is believed."""
    return today + timedelta(days=1) if today is not None else _LAST_DAY


def _is_typed(mapped: MappedFile) -> bool:
    kinds = {
        role: column.kind for role in mapped.guess.matches if (column := mapped.column(role)) is not None
    }
    return (
        kinds.keys() <= _ROLES
        and not mapped.kept
        and not (mapped.preset is not None and mapped.preset.minor_units)
        and kinds["date"] in ("day", "moment", "instant")
        and kinds.get("amount", "decimal") in ("integer", "decimal")
        and {kinds["customer"], kinds.get("order", "text")} <= {"integer", "text"}
    )


def _show(engine: Engine, mapped: MappedFile, source: ParquetSource, zone: str) -> None:
    """Name the file's columns as the statements know them: line, customer_id, order_id, day, moment, amount."""
    customer, date_column = mapped.required("customer"), mapped.required("date")
    order, amount = (
        identifier(name) if (name := mapped.name_of(role)) else "" for role in ("order", "amount")
    )
    customer_type = "bigint" if customer.kind == "integer" else "varchar"
    moment = typed_moment(date_column, zone, is_utc=mapped.is_utc("date"))
    engine.view(
        "ingest_typed",
        f"select file_row_number + 1 as line,"
        f" cast({identifier(customer.name)} as {customer_type}) as customer_id,"
        f" cast({order or 'null'} as varchar) as order_id, cast({moment} as date) as day,"
        f" {moment} as moment, {amount or 'cast(0 as decimal(18, 4))'} as amount from {source.scan}",
    )


def _has_plain_ids(engine: Engine, mapped: MappedFile) -> bool:
    for role, name in (("customer", "customer_id"), ("order", "order_id")):
        column = mapped.column(role)
        if column is not None and column.kind == "text":
            odd = f"select count(*) from ingest_typed where not regexp_matches({name}, $plain) or length({name}) > 256"
            if engine.value(odd, plain=PLAIN_ID):
                return False
    if mapped.column("order") is None:
        return True
    given, distinct = engine.run("select count(order_id), count(distinct order_id) from ingest_typed")[0]
    return bool(given == distinct)


def _repeats(engine: Engine, mapped: MappedFile, rows: int) -> tuple[EvergroveWarning, ...]:
    """Warn of repeated rows; in a large file they are looked for among one in 64 customers."""
    if mapped.column("order") is not None:
        return ()
    parts = 1 if rows <= _SEARCHED_WHOLE else _PARTS
    repeats = int(engine.value(statement(PACKAGE, "typed_repeats"), parts=parts)) * parts
    shown = f"≈ {repeats:,}" if parts > 1 else repeats
    return (RepeatsKept(file=mapped.file.name, repeats=shown),) if repeats else ()
