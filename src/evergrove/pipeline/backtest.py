"""Looking back: every contender judged at several origins of the past, and the evidence written down."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.customers import summarise
from evergrove.export import check_replaceable, files_in, replaced
from evergrove.ingest import facts_noted, read_orders, show_facts
from evergrove.pipeline.champions import FILE, PAGE, keep_champions
from evergrove.pipeline.tiers_then import BY_TIER, tiers_then
from evergrove.pipeline.types import NoOrdersYet, NothingToValue
from evergrove.report.back_test import write_back_test
from evergrove.scoring.rolling import (
    Options,
    champions_document,
    document,
    evidence_document,
    group_rows,
    measure_rows,
    rolling_back_test,
)
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from evergrove.core import Clock, EvergroveWarning
    from evergrove.ingest import ReadOptions
    from evergrove.ledger import Ledger
    from evergrove.pipeline.types import Announce
    from evergrove.scoring.rolling import RollingBackTest
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Warehouse

BYTE_ORDER_MARK = "utf-8-sig"


@dataclass(frozen=True)
class BacktestRequest:
    """
    What to look back on and where to write.

    Attributes:
        out: Folder for the results, replaced whole.
        options: Origins, window, contenders.
        files: Order files; empty for a workspace, whose facts are read.
        read: How to read the files; None likewise.
        as_of: Observation end; None takes the last order day (in a workspace that of the last run).
    """

    out: Path
    options: Options = field(default_factory=Options)
    files: tuple[Path, ...] = ()
    read: ReadOptions | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class BacktestOutcome:
    """
    What looking back found and wrote.

    Attributes:
        found: Every measure, and who is to be used for what.
        figures: The content of summary.json.
        out: The folder that holds the results.
        champions: What later scores take over.
        warnings: What a reader should know.
    """

    found: RollingBackTest
    figures: dict[str, Any]
    out: Path
    champions: dict[str, Any]
    warnings: tuple[EvergroveWarning, ...] = field(default=())


def backtest_files(
    engine: Engine, request: BacktestRequest, settings: Settings, announce: Announce
) -> BacktestOutcome:
    """
    Look back on the orders of some files.

    Args:
        engine: Empty; everything between reading and writing stands in it.
        request: Names files and how to read them.
        settings: Unit, currency and language.
        announce: Called when a stage begins.

    Raises:
        InputError: Something given cannot be used, or the history is too short; nothing was written.
    """
    check_replaceable(request.out)
    if request.read is None:
        raise NoOrdersYet
    announce(_("Reading orders"))
    intake = read_orders(engine, request.files, request.read)
    as_of = request.as_of or intake.last_date
    if as_of is None:
        raise NothingToValue(as_of="?", first="?")
    known = _Orders(as_of, intake.first_date, intake.currency, intake.has_amounts, intake.warnings)
    return _look_back(engine, known, request, settings, announce)


def backtest_facts(
    engine: Engine,
    ledger: Ledger,
    warehouse: Warehouse,
    request: BacktestRequest,
    settings: Settings,
    clock: Clock,
    announce: Announce,
) -> BacktestOutcome:
    """
    Look back on the facts of a workspace; its runs hear the champions from then on. Arguments as for files.

    Whoever may not be valued today is left out: no model learns from them, and nothing is said of them.

    Raises:
        NoOrdersYet: There are no facts.
        InputError: The history is too short; nothing was written.
    """
    from evergrove.people import unprofiled  # noqa: PLC0415 - files need no ledger
    from evergrove.people.identity import persons_now  # noqa: PLC0415 - as above
    from evergrove.pipeline.left_out import leave_out  # noqa: PLC0415 - as above

    check_replaceable(request.out)
    announce(_("Looking up the facts"))
    seen, last = warehouse.newest(), warehouse.newest("run")
    with ledger.reading() as connection:
        persons = persons_now(connection)
        off = unprofiled(connection, clock.now(), least_age=settings.outreach.least_age)
    if seen is None or not show_facts(
        engine, warehouse, seen, persons=persons, rate_days=settings.workspace.rate_days
    ):
        raise NoOrdersYet
    noted = facts_noted(seen)
    as_of = request.as_of or (last.as_of if last is not None else None) or noted.last_date
    if as_of is None:
        raise NoOrdersYet
    currency = settings.value.currency or noted.currency
    known = _Orders(as_of, noted.first_date, currency, noted.has_amounts, ())
    if off:
        leave_out(engine, off, as_of, settings.stages, has_amounts=noted.has_amounts)
    outcome = _look_back(engine, known, request, settings, announce)
    with ledger.writing() as connection:
        keep_champions(connection, warehouse, outcome.champions, evidence_document(outcome.found), as_of)
    return outcome


@dataclass(frozen=True)
class _Orders:
    """What is known of orders that stand in an engine."""

    as_of: date
    first_date: date | None
    currency: str
    has_amounts: bool
    warnings: tuple[EvergroveWarning, ...]


def _look_back(
    engine: Engine, known: _Orders, request: BacktestRequest, settings: Settings, announce: Announce
) -> BacktestOutcome:
    announce(_("Summarising customers"))
    base = summarise(engine, known.as_of, settings.stages, has_amounts=known.has_amounts)
    if len(base) == 0:
        raise NothingToValue(as_of=known.as_of, first=known.first_date or "?")
    found = rolling_back_test(
        base,
        engine,
        _by_tier(request.options, settings, known),
        unit=settings.value.unit,
        currency=known.currency,
        announce=announce,
    )
    figures = document(found, translator(settings.value.language))
    with replaced(request.out) as folder:
        announce(_("Writing tables"))
        _write_rows(measure_rows(found), folder / "measures.csv")
        _write_rows(group_rows(found), folder / "groups.csv")
        write_back_test(figures, folder / PAGE, settings.value.language)
        champions = champions_document(found)
        _write_json(champions, folder / FILE)
        figures["files"] = sorted([*files_in(folder), "summary.json"])
        _write_json(figures, folder / "summary.json")
    warnings = (*known.warnings, *found.warnings)
    return BacktestOutcome(found, figures, request.out, champions, warnings)


def _by_tier(options: Options, settings: Settings, known: _Orders) -> Options:
    """With the tiers of each origin among the groups; without amounts there are none."""
    if not known.has_amounts:
        return options
    tiers = {BY_TIER: tiers_then(settings.tiers, known.currency)}
    return replace(options, divisions=tiers | dict(options.divisions))


def _write_json(document: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8")


def _write_rows(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Rows of one kind as CSV, with the mark by which spreadsheets know the encoding."""
    with path.open("w", encoding=BYTE_ORDER_MARK, newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
