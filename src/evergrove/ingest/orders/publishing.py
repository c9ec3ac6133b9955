"""From the rows of all files to what is published: verdicts, then orders, refunds, customers, rejects."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from evergrove.ingest.orders.account import Account, Entry
from evergrove.ingest.orders.staging import PACKAGE
from evergrove.ingest.reasons import REASONS
from evergrove.ingest.sources.batches import arrow_table
from evergrove.ingest.sources.parquet import ParquetSource, raw_of
from evergrove.ingest.values.amounts import LIMIT
from evergrove.warehouse import identifier, statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evergrove.ingest.orders.reading import FileRead
    from evergrove.ingest.sources.batches import Source
    from evergrove.warehouse import Engine

_RAW_BATCH = 20_000


def settle(
    engine: Engine, reads: Sequence[FileRead], currency: str, *, takes_others: bool = False
) -> list[str]:
    """
    Judge every row of all files and find duplicates and conflicts: ``ingest_settled``.

    Returns:
        Names of the tables of verdicts behind it.
    """
    engine.create(
        "ingest_judged",
        statement(PACKAGE, "judged"),
        currency=currency,
        limit=LIMIT,
        takes_others=takes_others,
    )
    found: list[str] = []
    any_lines = any(read.grain == "line" for read in reads)
    _show_verdicts(engine, found)
    if len(reads) > 1 or any(read.has_repeated_ids for read in reads):
        if any(read.grain == "order" for read in reads):
            engine.create("ingest_order_verdicts", statement(PACKAGE, "order_verdicts"), any_lines=any_lines)
            found.append("ingest_order_verdicts")
            _show_verdicts(engine, found)
        if any_lines:
            engine.create("ingest_line_verdicts", statement(PACKAGE, "line_verdicts"))
            found.append("ingest_line_verdicts")
    if len(reads) > 1:
        engine.create("ingest_event_verdicts", statement(PACKAGE, "event_verdicts"))
        found.append("ingest_event_verdicts")
    show_settled(engine, found)
    return found


def show_settled(engine: Engine, verdicts: Sequence[str]) -> None:
    """``ingest_settled``: the judged rows under some tables of verdicts (file, line, verdict)."""
    _show_verdicts(engine, verdicts)
    engine.view("ingest_settled", statement(PACKAGE, "settled"))


def _show_verdicts(engine: Engine, tables: Sequence[str]) -> None:
    none = "select 0 as file, cast(0 as bigint) as line, '' as verdict where false"
    union = " union all ".join(f"select file, line, verdict from {table}" for table in tables)
    engine.view("ingest_verdicts", union or none)


def show_rows(engine: Engine, reads: Sequence[FileRead]) -> None:
    """One view over the rows of all files, and a table of the files; the later its days, the newer a file."""
    # Shipping or a voucher bought by itself is an order; only a line of one can be no product.
    by_itself = "select * exclude (is_non_product), false as is_non_product from "
    sources = (f"{by_itself if read.grain == 'order' else 'select * from '}{read.table}" for read in reads)
    engine.view("ingest_rows", " union all by name ".join(sources))
    show_files(engine, reads, dict(engine.run("select file, max(day) from ingest_rows group by file")))


def show_files(engine: Engine, reads: Sequence[FileRead], last_days: Mapping[int, date | None]) -> None:
    """A small table of the files: number, label, grain, and rank by age."""
    numbers = [read.mapped.file.number for read in reads]
    by_age = sorted(numbers, key=lambda number: (last_days.get(number) or date.min, number))
    engine.create(
        "ingest_files",
        "select unnest($number) as file, unnest($label) as label, unnest($grain) as grain, unnest($rank) as rank,"
        " unnest($first_wins) as first_wins",
        number=numbers,
        label=[read.mapped.file.label for read in reads],
        grain=[read.grain for read in reads],
        rank=[by_age.index(number) for number in numbers],
        first_wins=[
            read.mapped.preset is not None and read.mapped.preset.repeats == "first" for read in reads
        ],
    )


def read_account(engine: Engine, reads: Sequence[FileRead]) -> Account:
    """Count every row, the structurally bad ones too."""
    rows = engine.run(statement(PACKAGE, "account"))
    entries = [Entry(*row) for row in rows]
    for read in reads:
        codes = [fault.code for fault in read.faults]
        number = read.mapped.file.number
        entries += [Entry(number, "rejected", code, "", codes.count(code)) for code in sorted(set(codes))]
    return Account(entries)


def publish(engine: Engine, reads: Sequence[FileRead], kept: Sequence[str]) -> None:
    """Create orders, refunds, known_customers and rejects from ``ingest_settled``."""
    any_lines = any(read.grain == "line" for read in reads)
    engine.create("orders", statement(PACKAGE, "orders_from_lines" if any_lines else "orders"))
    engine.create("refunds", statement(PACKAGE, "refunds"))
    _publish_customers(engine, reads, kept)
    publish_rejects(engine, reads)


def unguarded(column: str) -> str:
    """SQL for a kept text without what an export put around it so that a spreadsheet leaves it alone."""
    return f"regexp_replace(regexp_replace({column}, '^=\"(.*)\"$', '\\1'), '^''([0-9+])', '\\1')"


def _publish_customers(engine: Engine, reads: Sequence[FileRead], kept: Sequence[str]) -> None:
    if not kept:
        engine.create("known_customers", statement(PACKAGE, "known_customers"))
        return
    engine.create("ingest_known", statement(PACKAGE, "known_customers"))
    columns = []
    joins = []
    for i, name in enumerate(kept):
        sources = [
            f"select {read.mapped.file.number} as file, line, {unguarded(f'keep_{i}')} as text"
            f" from ingest_keep_{read.mapped.file.number}"
            for read in reads
            if read.mapped.kept[i] is not None
        ]
        engine.view("ingest_kept", " union all ".join(sources))
        engine.create(f"ingest_latest_{i}", statement(PACKAGE, "latest_value"))
        columns.append(f"latest_{i}.latest as {identifier(name)}")
        joins.append(
            f"left join ingest_latest_{i} as latest_{i} on latest_{i}.customer_id = known.customer_id"
        )
    listed = ", ".join(["known.customer_id", *columns])
    engine.create("known_customers", f"select {listed} from ingest_known as known {' '.join(joins)}")


def publish_rejects(engine: Engine, reads: Sequence[FileRead]) -> None:
    """Create rejects from ``ingest_settled``."""
    codes = list(REASONS)
    engine.create(
        "ingest_reasons",
        "select unnest($codes) as code, unnest($reasons) as reason",
        codes=codes,
        reasons=[REASONS[code] for code in codes],
    )
    _show_faults(engine, reads)
    raw = []
    for read in reads:
        number = read.mapped.file.number
        if _show_raw(engine, read):
            raw.append(f"select file, line, raw from ingest_raw_{number}")
    none = "select 0 as file, cast(0 as bigint) as line, '' as raw where false"
    engine.view("ingest_raw", " union all ".join(raw) or none)
    engine.create("rejects", statement(PACKAGE, "rejects"))


def publish_no_rejects(engine: Engine) -> None:
    """An empty table of rejects."""
    columns = ("'' as file", "cast(0 as bigint) as line", "'' as code", "'' as reason", "'' as raw")
    engine.create("rejects", f"select {', '.join(columns)} where false")


def _show_faults(engine: Engine, reads: Sequence[FileRead]) -> None:
    faults = [(read.mapped.file.number, fault) for read in reads for fault in read.faults]
    if not faults:
        none = "select 0 as file, cast(0 as bigint) as line, '' as code, '' as raw where false"
        engine.create("ingest_faults", none)
        return
    texts = {
        "code": [fault.code for _number, fault in faults],
        "raw": [fault.raw for _number, fault in faults],
    }
    lines = [fault.line for _number, fault in faults]
    numbers = {"file": [number for number, _fault in faults], "line": lines}
    engine.register("ingest_batches", arrow_table(texts, numbers))
    engine.create("ingest_faults", "select * from ingest_batches")
    engine.unregister("ingest_batches")


def _show_raw(engine: Engine, read: FileRead) -> bool:
    """Fetch the raw text of a file's rejected rows; False when it has none."""
    number, source = read.mapped.file.number, read.mapped.file.source
    if isinstance(source, ParquetSource):
        engine.create(f"ingest_raw_{number}", raw_of(source, number))
        return True
    rejected = "select line from ingest_settled where file = $file and verdict = 'rejected'"
    lines = [int(line) for (line,) in engine.run(rejected, file=number)]
    if lines:
        engine.register("ingest_batches", _raw_reader(source, number, lines))
        engine.create(f"ingest_raw_{number}", "select * from ingest_batches")
        engine.unregister("ingest_batches")
    return bool(lines)


def _raw_reader(source: Source, file: int, lines: list[int]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

    def batches() -> Iterator[Any]:
        rows = source.raw(lines)
        while batch := list(islice(rows, _RAW_BATCH)):
            numbers = {"file": [file] * len(batch), "line": [line for line, _text in batch]}
            yield from arrow_table({"raw": [text for _line, text in batch]}, numbers).to_batches()

    schema = pa.schema([("file", pa.int64()), ("line", pa.int64()), ("raw", pa.string())])
    return pa.RecordBatchReader.from_batches(schema, batches())
