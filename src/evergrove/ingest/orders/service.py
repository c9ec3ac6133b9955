"""Read order files into the tables orders, refunds, known_customers and rejects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.ingest.columns.files import labels, repeated_files
from evergrove.ingest.columns.mapped import check_readable, kept_names, map_files
from evergrove.ingest.columns.misfits import refuse_misfits
from evergrove.ingest.orders.account import Account, Entry, check_file
from evergrove.ingest.orders.context import Context, checked_currency, checked_zone, currency_of, zone_of
from evergrove.ingest.orders.currencies import Currencies, choose_currency, is_set_aside
from evergrove.ingest.orders.errors import (
    CurrenciesMixed,
    NoFiles,
    RepeatedOrders,
    RepeatsAcrossFiles,
    RepeatsKept,
)
from evergrove.ingest.orders.published import PUBLISHED, SHOWN, put_away
from evergrove.ingest.orders.publishing import (
    publish,
    publish_no_rejects,
    publish_rejects,
    read_account,
    settle,
    show_files,
    show_rows,
    show_settled,
)
from evergrove.ingest.orders.reading import READING, FileRead, read_file
from evergrove.ingest.orders.staging import PACKAGE
from evergrove.ingest.orders.typed import judge_typed, read_typed
from evergrove.ingest.types import Intake
from evergrove.warehouse import Engine, StatementFailed, statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evergrove.core import EvergroveWarning
    from evergrove.ingest.columns.mapped import MappedFile
    from evergrove.ingest.types import ReadOptions

Take = Callable[[Engine, str], list[str]]
"""
Called with the engine and the shop's zone when ``ingest_settled`` stands: takes the good rows, and names tables
(file, line, verdict) of those that are a ``duplicate`` of what the caller has, or conflict with it (``changed``).
"""
SORTING = _("Sorting out what cannot count")


@dataclass(frozen=True)
class _Found:
    account: Account
    reads: tuple[FileRead, ...]
    currency: str
    currencies: Currencies
    warnings: tuple[EvergroveWarning, ...]


def read_orders(
    engine: Engine,
    files: Sequence[Path],
    options: ReadOptions,
    progress: Callable[[str, float], None] | None = None,
    take: Take | None = None,
) -> Intake:
    """
    Read order files into the tables orders, refunds, known_customers and rejects (see ``tables``).

    Every row is good, rejected with its reason, or a duplicate. A file that is not understood is refused as
    a whole, and then nothing is published.

    Args:
        engine: Where the tables go; tables of these names are replaced.
        files: CSV, TSV, Parquet, JSON or XLSX, each in its own encoding and with its own headers.
        options: What the user said.
        progress: Called with what is being done and how much of it is done, 0..1.
        take: Takes the rows instead; of the tables, only rejects is published then.

    Raises:
        InputError: A file cannot be read or understood; see ``errors`` for each case and its way out.
    """
    if not files:
        raise NoFiles
    currency, zone = checked_currency(options.currency), checked_zone(options.timezone)
    engine.drop(*PUBLISHED, SHOWN)
    repeats = repeated_files(files)
    mapped = map_files(engine, files, repeats, options)
    context = Context(zone or zone_of(mapped), options.today, currency, options.has_rates)
    kept = kept_names(mapped, options.keep)
    try:
        found = _typed(engine, mapped, context, take) or _read(engine, mapped, kept, context, progress, take)
        _check(found, mapped, context)
    except BaseException as error:
        engine.drop(*PUBLISHED, SHOWN)
        if isinstance(error, StatementFailed):
            check_readable(engine, mapped, error)
        raise
    finally:
        put_away(engine)
    return _intake(found, labels(files), repeats, mapped, context.zone, kept)


def _check(found: _Found, mapped: Sequence[MappedFile], context: Context) -> None:
    """Refuse files that turned out not to be understood; see ``errors``."""
    for read in found.reads:
        refuse_misfits(read.mapped.file, read.faults, found.account.rows_of(read.mapped.file.number).read)
    for file in mapped:
        if not is_set_aside(found.account, found.currencies, file.file, context.currency):
            check_file(found.account, file, context.today)


def _intake(
    found: _Found,
    names: Sequence[str],
    repeats: Mapping[int, int],
    mapped: Sequence[MappedFile],
    zone: str,
    kept: tuple[str, ...],
) -> Intake:
    account = _with_repeats(found.account, repeats)
    return Intake(
        rows=account.rows_of(),
        by_file={name: account.rows_of(number) for number, name in enumerate(names)},
        excluded=account.excluded,
        rejected=account.rejected,
        columns=tuple(match for file in mapped for match in file.matches),
        encodings={file.file.label: file.file.encoding for file in mapped},
        grain="line" if any(read.grain == "line" for read in found.reads) else "order",
        currency=found.currency,
        timezone=zone,
        first_date=account.first_day,
        last_date=account.last_day,
        has_amounts=any(file.has_amounts for file in mapped),
        kept=kept,
        presets={file.file.label: file.preset.name for file in mapped if file.preset is not None},
        header=_header(mapped[0]) if len(mapped) == 1 else {},
        warnings=(
            *(warning for file in mapped for warning in file.warnings),
            *(warning for read in found.reads for warning in read.warnings),
            *found.warnings,
        ),
    )


def _header(mapped: MappedFile) -> dict[str, str]:
    return mapped.file.held({match.position for match in mapped.guess.matches.values()})


def _typed(
    engine: Engine, mapped: Sequence[MappedFile], context: Context, take: Take | None
) -> _Found | None:
    """The short way, for one Parquet file whose columns need no reading."""
    if len(mapped) != 1:
        return None
    typed = read_typed(engine, mapped[0], context.zone, context.today)
    if typed is None:
        return None
    read = FileRead(
        mapped[0], "ingest_typed", "order", has_repeated_ids=False, faults=(), warnings=typed.warnings
    )
    currency = context.currency or currency_of(mapped[0])
    if typed.is_clean and take is None:
        publish_no_rejects(engine)
        return _Found(typed.account, (read,), currency, Currencies({}), ())
    judge_typed(engine, context.today)
    show_settled(engine, [])
    show_files(engine, [read], {})
    _hand_over(engine, [read], (), [], context.zone, take)
    return _Found(read_account(engine, [read]), (read,), currency, Currencies({}), ())


def _read(
    engine: Engine,
    mapped: Sequence[MappedFile],
    kept: Sequence[str],
    context: Context,
    progress: Callable[[str, float], None] | None,
    take: Take | None,
) -> _Found:
    """The long way: every text is read by our rules."""
    reads = []
    for nth, file in enumerate(mapped):

        def report(share: float, nth: int = nth) -> None:
            if progress is not None:
                progress(READING, (nth + share) / len(mapped))

        reads.append(read_file(engine, file, context, report))
    if progress is not None:
        progress(SORTING, 0.0)
    show_rows(engine, reads)
    counted = engine.run(statement(PACKAGE, "currencies"))
    currencies = Currencies({(file, code): rows for file, code, rows in counted})
    names = {file.file.number: file.file.name for file in mapped}
    currency = choose_currency(currencies, context.currency, names)
    verdicts = settle(engine, reads, currency, takes_others=context.takes_others)
    _hand_over(engine, reads, kept, verdicts, context.zone, take)
    account = read_account(engine, reads)
    warnings = _warnings(engine, reads, account, currency, currencies)
    if progress is not None:
        progress(SORTING, 1.0)
    return _Found(account, tuple(reads), currency, currencies, warnings)


def _hand_over(
    engine: Engine,
    reads: Sequence[FileRead],
    kept: Sequence[str],
    verdicts: Sequence[str],
    zone: str,
    take: Take | None,
) -> None:
    """Publish what was read, or let the caller take it."""
    if take is None:
        publish(engine, reads, kept)
        return
    show_settled(engine, [*verdicts, *take(engine, zone)])
    publish_rejects(engine, reads)


def _warnings(
    engine: Engine,
    reads: Sequence[FileRead],
    account: Account,
    currency: str,
    currencies: Currencies,
) -> tuple[EvergroveWarning, ...]:
    warnings: list[EvergroveWarning] = []
    rejected = account.rejected
    if "currency.mixed" in rejected:
        rows = rejected["currency.mixed"].rows
        warnings.append(CurrenciesMixed(currencies=", ".join(currencies.by_code), kept=currency, rows=rows))
    if "ingest.conflict" in rejected:
        warnings.append(RepeatedOrders(rows=rejected["ingest.conflict"].rows))
    if any(read.mapped.column("order") is None for read in reads):
        names = {read.mapped.file.number: read.mapped.file.name for read in reads}
        kept = engine.run(statement(PACKAGE, "kept_repeats"))
        warnings += [RepeatsKept(file=names[file], repeats=int(n)) for file, n in kept if n]
        again = "select count(*) from ingest_settled where verdict = 'duplicate' and order_id is null"
        duplicates = int(engine.value(again))
        if duplicates:
            warnings.append(RepeatsAcrossFiles(repeats=duplicates))
    return tuple(warnings)


def _with_repeats(account: Account, repeats: Mapping[int, int]) -> Account:
    """Count every row of a file given again as a duplicate."""
    again = [
        Entry(number, "duplicate", "", "", account.rows_of(original).read)
        for number, original in repeats.items()
    ]
    return Account([*account.entries, *again])
