"""One mapped file to typed rows: staged, read word by word, its grain found, its orders filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.ingest.orders.context import currency_of
from evergrove.ingest.orders.errors import NoAmounts, TotalsCountedOnce, UnknownStatuses
from evergrove.ingest.orders.grain import GrainFound, Shape, find_grain
from evergrove.ingest.orders.preset_rules import as_preset_counts, as_preset_says, in_major_units
from evergrove.ingest.orders.staging import PACKAGE, stage
from evergrove.ingest.orders.vocabulary import learn, publish
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.core import EvergroveWarning
    from evergrove.ingest.columns.mapped import MappedFile
    from evergrove.ingest.orders.context import Context
    from evergrove.ingest.sources.batches import Fault
    from evergrove.ingest.types import Grain
    from evergrove.warehouse import Engine


READING = _("Reading the orders")


@dataclass(frozen=True)
class FileRead:
    """One file in the engine, the table that holds its rows, and what was found while reading it."""

    mapped: MappedFile
    table: str
    grain: Grain
    has_repeated_ids: bool
    faults: tuple[Fault, ...]
    warnings: tuple[EvergroveWarning, ...]


def read_file(
    engine: Engine, mapped: MappedFile, context: Context, progress: Callable[[float], None] | None
) -> FileRead:
    """
    Read one file into a table of rows; its kept columns into ``ingest_keep_<number>``.

    Raises:
        InputError: A column can be read in several ways; a file breaks off.
    """
    number = mapped.file.number
    staged = stage(engine, mapped, context.zone, progress)
    vocabulary = learn(engine, mapped, staged.columns, context)
    if mapped.preset is not None:
        vocabulary = as_preset_says(engine, mapped.preset, vocabulary, staged.columns)
    publish(engine, vocabulary)
    table = f"ingest_rows_{number}"
    engine.create(
        table,
        statement(PACKAGE, "rows"),
        file=number,
        paid_only=mapped.is_paid_day,
        has_amounts=mapped.has_amounts,
        has_amount_column=mapped.column("amount") is not None,
        refunds_only=mapped.has_refunds_only,
        file_currency=currency_of(mapped, context.currency),
        header_customer=mapped.name_of("customer"),
        header_date=mapped.name_of("date"),
    )
    if mapped.preset is not None and mapped.preset.minor_units:
        table = in_major_units(engine, table)
    engine.view("ingest_rows", f"select * from {table}")
    found, has_repeats = _find_grain(engine, mapped)
    if found.grain == "line":
        table = f"ingest_lines_{number}"
        engine.create(
            table,
            statement(PACKAGE, "filled_rows"),
            amount_is_total=found.amount_is_total,
            refund_is_total=found.refund_is_total,
        )
    if any(at is not None for at in mapped.kept):
        names = [f"keep_{i}" for i, at in enumerate(mapped.kept) if at is not None]
        engine.create(f"ingest_keep_{number}", f"select {', '.join(['line', *names])} from ingest_staged")
    warnings = _warnings(engine, mapped, found, vocabulary.unknown_statuses)
    engine.drop("ingest_rows", "ingest_texts", "ingest_column", "ingest_staged", "ingest_incoming")
    return FileRead(mapped, table, found.grain, has_repeats, tuple(staged.faults), warnings)


def _find_grain(engine: Engine, mapped: MappedFile) -> tuple[GrainFound, bool]:
    if mapped.column("order") is None:
        return GrainFound(), False
    counts = engine.run("select count(order_id), count(distinct order_id) from ingest_rows")[0]
    if counts[0] == counts[1]:
        return GrainFound(), False
    shape = Shape(*map(int, engine.run(statement(PACKAGE, "order_shape"))[0]))
    found = find_grain(
        shape,
        int(counts[1]),
        mapped.name_of("amount"),
        has_product=mapped.column("product") is not None or mapped.column("line") is not None,
        has_price=mapped.column("quantity") is not None and mapped.column("price") is not None,
    )
    return as_preset_counts(mapped.preset, found), True


def _warnings(
    engine: Engine, mapped: MappedFile, found: GrainFound, unknown: tuple[str, ...]
) -> tuple[EvergroveWarning, ...]:
    warnings: list[EvergroveWarning] = []
    name = mapped.file.name
    if found.amount_is_total:
        warnings.append(TotalsCountedOnce(file=name, column=mapped.name_of("amount")))
    if not mapped.has_amounts:
        warnings.append(NoAmounts(file=name))
    if unknown:
        count = "select count(*) from ingest_texts where status_text in (select unnest($unknown))"
        rows = int(engine.value(count, unknown=list(unknown)))
        warnings.append(UnknownStatuses(file=name, rows=rows, examples=", ".join(unknown[:5])))
    return tuple(warnings)
