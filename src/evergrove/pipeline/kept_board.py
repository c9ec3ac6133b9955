"""Months as the nights have left them: read in milliseconds, and kept when their runs no longer are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _, __version__
from evergrove.measurement.targets import LEVEL, SIX, Board, standing
from evergrove.measurement.targets.rows import keep_month, kept_months, runs_of_months
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.months import Months, end_of, month_before
from evergrove.pipeline.standings import run_of
from evergrove.pipeline.targets import PAST, own_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.measurement.targets import Target
    from evergrove.measurement.targets.types import Asked
    from evergrove.pipeline.types import Announce
    from evergrove.settings import Settings
    from evergrove.warehouse import Snapshot, Warehouse


class MonthNotKept(InputError):
    """A month of which no night has kept anything."""

    code = "pipeline.month_not_kept"
    message = _("Nothing is kept of {month}: no night has counted it.")
    hint = _("It can be counted now, which takes a while: evergrove targets --month {month}.")


def keep_months(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    clock: Clock,
    announce: Announce,
    *,
    folder: Path,
) -> tuple[date, ...]:
    """
    Count the month of the newest run, and each month whose last run nobody has counted it by; and keep them.

    A month without a run is never kept: it is looked back upon, and says something else whenever facts come in.

    Args:
        ledger: Gets a row a month.
        warehouse: Of the workspace.
        settings: Of the workspace.
        clock: When.
        announce: Called when a stage begins.
        folder: Of the workspace, with the shop's own targets.

    Returns:
        The months that were counted.
    """
    runs = warehouse.snapshots("run")
    wanted = _not_kept(ledger, runs)
    if not wanted:
        return ()
    own = own_of(ledger, folder)
    reader = Months(ledger, warehouse, settings, announce, runs, own, folder)
    for month, run in wanted.items():
        found = reader.read(month)
        with ledger.writing() as connection:
            keep_month(connection, found, _asked(own), _lineage(run), clock.now())
    reader.keep()
    return tuple(wanted)


def kept_board(
    ledger: Ledger, *, month: date | None = None, past: int = PAST, folder: Path | None = None
) -> Board:
    """
    The board of a month as the nights have kept it; nothing is counted.

    Of the running month it is that of the last night which counted it. Months before it that nobody kept are left out.

    Args:
        ledger: Of the workspace.
        month: Any day of it; None: the newest that is kept.
        past: How many months before it are read as well.
        folder: Of the workspace, with the shop's own targets; None: there are none.

    Raises:
        NothingPublished: Nothing is kept at all.
        MonthNotKept: Nothing of the month.
        UnknownMonth: It was kept by a later release.
        UnreadableTargets, InvalidTarget, UnreadableCondition: A target of the shop's own cannot be read.
    """
    own = () if folder is None else own_of(ledger, folder)
    wanted = None if month is None else month.replace(day=1)
    with ledger.reading() as connection:
        found = kept_months(connection, wanted, _asked(own), most=past + 1)
    if not found and wanted is None:
        raise NothingPublished
    if wanted is not None and (not found or found[0].month != wanted):
        raise MonthNotKept(month=f"{wanted:%Y-%m}")
    now, first = found[0], month_before(found[0].month, past)
    earlier = tuple(each for each in reversed(found[1:]) if each.month >= first)
    return Board(now, LEVEL, tuple(standing(target, now, earlier) for target in (*SIX, *own)), earlier)


def _not_kept(ledger: Ledger, runs: Sequence[Snapshot]) -> dict[date, Snapshot]:
    """Months that a run ended, or has come to, and by which run each is to be counted; the oldest first."""
    with ledger.reading() as connection:
        kept = runs_of_months(connection)
    days = [run.as_of for run in runs if run.as_of is not None]
    months = sorted({day.replace(day=1) for day in days})
    ends = {month: run_of(runs, min(end_of(month), days[-1])) for month in months}
    return {month: run for month, run in ends.items() if run is not None and kept.get(month) != run.id}


def _asked(own: Sequence[Target]) -> dict[str, Asked]:
    return {target.key: target.asked for target in own if target.asked is not None}


def _lineage(run: Snapshot) -> dict[str, Any]:
    """What a month rests on."""
    details = run.details
    return {
        "snapshot": run.id,
        "run": details["run_seq"],
        "models": details["model_run"],
        "newest_import": details["import_seq"],
        "version": __version__,
    }
