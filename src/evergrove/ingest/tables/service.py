"""A file of a declared table, read whole: the account of every row, and the rows for whoever takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evergrove.ingest.columns.errors import NothingUsable
from evergrove.ingest.columns.files import open_file
from evergrove.ingest.columns.guess import Guess
from evergrove.ingest.columns.mapped import MappedFile, preset_for
from evergrove.ingest.columns.misfits import refuse_misfits, refuse_without_rows
from evergrove.ingest.orders.account import FUTURE_LIMIT, Account
from evergrove.ingest.orders.context import Context, checked_currency, checked_zone, zone_of_file
from evergrove.ingest.orders.errors import FutureDates
from evergrove.ingest.orders.published import put_away
from evergrove.ingest.orders.publishing import publish_rejects, read_account, show_files
from evergrove.ingest.orders.reading import READING, FileRead
from evergrove.ingest.presets.errors import OnlyByAlias
from evergrove.ingest.sources.parquet import ParquetSource
from evergrove.ingest.tables.judging import JUDGED, TOLD, judge
from evergrove.ingest.tables.matching import match_columns
from evergrove.ingest.tables.rows import TableFile, read_rows, stage
from evergrove.ingest.tables.sealing import TEXTS, count_texts, hide_texts, lay_out_texts
from evergrove.ingest.types import Intake, ReadOptions
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from evergrove.core import EvergroveWarning
    from evergrove.ingest.sources.batches import Fault
    from evergrove.ingest.tables.declared import DeclaredTable
    from evergrove.warehouse import Engine

Take = Callable[["Engine"], None]
"""Called when the good rows stand in ``told_rows``: takes them, and marks those that change nothing."""


@dataclass(frozen=True)
class TableIntake:
    """
    The account of one file of a declared table.

    Attributes:
        table: Its name.
        intake: Rows, columns, encoding, warnings, as of any reading.
        sealed: Cells of good rows that never enter the warehouse and are somebody's, by column: for the ledger.
        dropped: The same of columns that nothing needs, or of nobody who is known: kept nowhere.
        unused: Cells of good rows that could not be used, by column.
        ignored: Headers of which nothing is taken.
    """

    table: str
    intake: Intake
    sealed: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    unused: Mapping[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def open_table(engine: Engine, table: DeclaredTable, path: Path, options: ReadOptions) -> TableFile:
    """
    Open a file as one of a declared table.

    Raises:
        InputError: It cannot be read, or a column that every row needs is not there.
    """
    # Every known header helps to find the header row.
    known = ReadOptions(
        mapping=options.mapping,
        keep=table.headers,
        encoding=options.encoding,
        preset=options.preset,
        own_presets=options.own_presets,
    )
    opened = open_file(engine, 0, str(path), path, known)
    if not isinstance(opened.source, ParquetSource) and not any(len(c.sample) for c in opened.columns):
        refuse_without_rows(opened)
    preset = preset_for(opened.header, options)
    found = match_columns(table, opened.name, opened.columns, options.mapping, preset)
    zone = checked_zone(options.timezone) or (preset.timezone if preset else "") or zone_of_file(opened)
    currency = checked_currency(options.currency) or (preset.currency if preset else "")
    return TableFile(opened, table, found, Context(zone, options.today, currency), preset)


def read_table(
    engine: Engine,
    table: DeclaredTable,
    path: Path,
    options: ReadOptions,
    exported_at: datetime,
    progress: Callable[[str, float], None] | None = None,
    take: Take | None = None,
) -> TableIntake:
    """
    Read a file of a declared table of the warehouse: rejects are published, the good rows are in ``told_rows``.

    What never enters the warehouse is laid out beside them (``told_texts``).

    Args:
        engine: Tables of these names are replaced.
        table: To which the rows belong.
        path: CSV, TSV, Parquet, JSON or XLSX.
        options: What the user said; ``mapping`` by the table's columns.
        exported_at: When the source wrote the file.
        progress: Called with what is being done and how much of it is done, 0..1.
        take: Takes the good rows.

    Raises:
        InputError: The file cannot be read or understood; nothing is left behind then.
    """
    engine.drop(TOLD, TEXTS, "rejects")
    try:
        given = open_table(engine, table, path, options)
        return _read(engine, given, exported_at, progress, take)
    except BaseException:
        engine.drop(TOLD, TEXTS, "rejects")
        raise
    finally:
        put_away(engine)


def _read(
    engine: Engine,
    given: TableFile,
    exported_at: datetime,
    progress: Callable[[str, float], None] | None,
    take: Take | None,
) -> TableIntake:
    faults = stage(engine, given, (lambda share: progress(READING, share)) if progress else None)
    read_rows(engine, given)
    judge(engine, given, exported_at)
    lay_out_texts(engine, given)
    if take is not None:
        take(engine)
    engine.view(
        "ingest_settled",
        "select *, 'purchase' as class, cast(0 as decimal(18, 4)) as amount, cast(null as date) as day"
        f" from {JUDGED}",
    )
    mapped = MappedFile(given.file, Guess({}), {}, ())
    reads = [FileRead(mapped, JUDGED, "order", has_repeated_ids=False, faults=tuple(faults), warnings=())]
    show_files(engine, reads, {})
    publish_rejects(engine, reads)
    hide_texts(engine, given)
    account = read_account(engine, reads)
    _refuse(given, faults, account)
    return TableIntake(
        given.table.name,
        _intake(given, account),
        *count_texts(engine, given),
        dict(_unused(engine, given)),
        given.found.unused,
    )


def _refuse(given: TableFile, faults: Sequence[Fault], account: Account) -> None:
    """Refuse a file that turned out not to be understood."""
    counts = account.rows_of()
    refuse_misfits(given.file, faults, counts.read)
    future = account.rejected.get("ingest.date_in_future")
    if future is not None and given.context.today is not None and future.rows > FUTURE_LIMIT * counts.read:
        columns = [c.name for c in given.table.kept if c.is_required and c.type in ("day", "moment")]
        raise FutureDates(
            file=given.file.name,
            future=future.rows,
            rows=counts.read,
            today=given.context.today,
            column=", ".join(columns),
        )
    if account.is_useless:
        used = ", ".join(f"{match.role}={match.column}" for match in given.found.matches)
        raise NothingUsable(
            file=given.file.name, rows=counts.read, columns=used, reason=account.commonest_reject
        )


def _intake(given: TableFile, account: Account) -> Intake:
    warnings: tuple[EvergroveWarning, ...] = given.file.warnings
    if given.preset is not None and given.preset.by_alias:
        warnings = (*warnings, OnlyByAlias(file=given.file.name, title=given.preset.title))
    return Intake(
        rows=account.rows_of(),
        by_file={given.file.label: account.rows_of()},
        excluded={},
        rejected=account.rejected,
        columns=given.found.matches,
        encodings={given.file.label: given.file.encoding},
        grain="line",
        currency=given.context.currency,
        timezone=given.context.zone,
        first_date=None,
        last_date=None,
        has_amounts=any(column.type == "amount" for column in given.table.kept),
        warnings=warnings,
        presets={given.file.label: given.preset.name} if given.preset is not None else {},
        header=given.file.held(given.found.positions.values()),
    )


def _unused(engine: Engine, given: TableFile) -> Iterator[tuple[str, int]]:
    """Cells that say something unreadable in columns that a row can do without."""
    for column in given.table.kept:
        if column.is_required or column.class_ == "key" or column.name not in given.found.positions:
            continue
        fault = identifier(f"f_{column.name}")
        count = (
            f"select count(*) from ingest_read semi join (select line from {JUDGED} where verdict <> 'rejected')"
            f" as kept using (line) where {fault} is not null"
        )
        cells = int(engine.value(count))
        if cells:
            yield column.name, cells
