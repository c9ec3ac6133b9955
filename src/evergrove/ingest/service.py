"""Read order files into the tables orders, refunds, known_customers and rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.ingest.types import ColumnMatch, Intake, ReadOptions, RowCounts
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from evergrove.warehouse import Engine

_NAMES = {
    "customer": ("customer_id", "customer", "customerid"),
    "order": ("order_id", "invoiceno"),
    "date": ("order_date", "date", "invoicedate"),
    "amount": ("amount", "spend", "total"),
}


def read_orders(
    engine: Engine,
    files: Sequence[Path],
    options: ReadOptions,
    progress: Callable[[str, float], None] | None = None,
) -> Intake:
    """Read clean CSV or typed Parquet files; the complete reader follows."""
    if progress is not None:
        progress("reading", 0.0)
    source = " union all by name ".join(
        f"select * from {'read_parquet' if path.suffix == '.parquet' else 'read_csv'}({literal(str(path))})"
        for path in files
    )
    engine.view("source_rows", source)
    found = {str(name): str(kind) for name, kind, *_rest in engine.run("describe source_rows")}
    columns: dict[str, str] = {}
    for role, names in _NAMES.items():
        wanted = options.mapping.get(role)
        match = wanted or next((c for n in names for c in found if c.lower() == n), "")
        if match:
            columns[role] = match
    order = (
        f"cast({identifier(columns['order'])} as varchar)" if "order" in columns else "cast(null as varchar)"
    )
    amount = identifier(columns["amount"]) if "amount" in columns else "0"
    kept = "".join(f", cast({identifier(name)} as varchar) as {identifier(name)}" for name in options.keep)
    engine.view(
        "typed_rows",
        f"select {order} as order_id, {identifier(columns['customer'])} as customer_id,"
        f" cast({identifier(columns['date'])} as date) as order_date,"
        f" cast({amount} as decimal(18, 4)) as amount{kept} from source_rows",
    )
    engine.create(
        "orders",
        "select order_id, customer_id, order_date, amount from typed_rows"
        " where customer_id is not null and amount >= 0",
    )
    engine.create(
        "refunds",
        "select cast(null as varchar) as order_id, customer_id, order_date as refund_date, -amount as amount"
        " from typed_rows where customer_id is not null and amount < 0",
    )
    latest = "".join(
        f", arg_max({identifier(name)}, order_date) as {identifier(name)}" for name in options.keep
    )
    engine.create(
        "known_customers",
        f"select customer_id{latest} from typed_rows where customer_id is not null group by customer_id",
    )
    engine.create(
        "rejects",
        "select '' as file, cast(0 as bigint) as line, 'ingest.no_customer' as code, '' as reason, '' as raw"
        " from typed_rows where customer_id is null",
    )
    read = int(engine.value("select count(*) from typed_rows"))
    rejected = int(engine.value("select count(*) from rejects"))
    first, last = engine.run("select min(order_date), max(order_date) from orders")[0]
    counts = RowCounts(read=read, good=read - rejected, rejected=rejected)
    return Intake(
        rows=counts,
        by_file={str(files[0]): counts},
        excluded={},
        rejected={},
        columns=tuple(ColumnMatch(role, column, 1.0, "name") for role, column in columns.items()),
        encodings={str(path): "utf-8" for path in files},
        grain="order",
        currency=options.currency,
        timezone=options.timezone or "UTC",
        first_date=first,
        last_date=last,
        has_amounts="amount" in columns,
        kept=options.keep,
    )
