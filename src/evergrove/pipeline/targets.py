"""The targets board of any past month, from what was known then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.measurement.targets import (
    LEVEL,
    SIX,
    Board,
    standing,
)
from evergrove.measurement.targets.own import FILE, own_targets
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.months import Months, month_before
from evergrove.pipeline.segmented import catalogue_here
from evergrove.segments.language.store import definitions

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.measurement.targets import Target
    from evergrove.pipeline.types import Announce
    from evergrove.settings import Settings
    from evergrove.warehouse import Warehouse

PAST = 3
"""Months before the one that is asked for: its change is counted from the one three months before."""


class MonthToCome(InputError):
    """A month is asked for that no run has come to."""

    code = "pipeline.month_to_come"
    message = _("The last run was as of {last}; of {month} nothing is known yet.")
    hint = _("Name an earlier month, or bring in the orders and run first.")


class MonthTooEarly(InputError):
    """A month is asked for in which nobody had bought yet."""

    code = "pipeline.month_too_early"
    message = _("In {month} nobody had bought yet; the first order is of {first}.")
    hint = _("Name a later month.")


def targets_board(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    announce: Announce,
    *,
    month: date | None = None,
    past: int = PAST,
    folder: Path | None = None,
) -> Board:
    """
    The board of a month, and the months before it.

    Where a run was made in the month, its states and the facts that it knew count, and so they do where it fell into
    the week before the quarter; where none was, the day is looked back upon: orders dated until then as the newest
    run knows them, a model fitted to these, and tiers and stages without a yesterday.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Rules of tiers and stages, for days that are looked back upon.
        announce: Called when a stage begins.
        month: Any day of it; None: that of the newest run.
        past: How many months before it are read as well.
        folder: Of the workspace: holds the targets of the shop beside the six, and keeps what was counted for months;
            None: there are none, and nothing is kept.

    Raises:
        NothingPublished: There is no run.
        MonthToCome, MonthTooEarly: Nothing is known of the month.
        UnreadableTargets, InvalidTarget, UnreadableCondition: A target of the shop's own cannot be read.
    """
    own = () if folder is None else own_of(ledger, folder)
    runs = warehouse.snapshots("run")
    if not runs or runs[-1].as_of is None:
        raise NothingPublished
    wanted = (month or runs[-1].as_of).replace(day=1)
    if wanted > runs[-1].as_of:
        raise MonthToCome(last=runs[-1].as_of, month=f"{wanted:%Y-%m}")
    reader = Months(ledger, warehouse, settings, announce, runs, own, folder)
    if wanted < reader.first_month:
        raise MonthTooEarly(month=f"{wanted:%Y-%m}", first=reader.first_day)
    earlier = [month_before(wanted, back) for back in range(past, 0, -1)]
    months = [reader.read(each) for each in earlier if each >= reader.first_month]
    now = reader.read(wanted)
    reader.keep()
    return Board(now, LEVEL, tuple(standing(target, now, months) for target in (*SIX, *own)), tuple(months))


def own_of(ledger: Ledger, folder: Path) -> tuple[Target, ...]:
    """The targets that a shop has set itself."""
    path = folder / FILE
    if not path.exists():
        return ()
    with ledger.reading() as connection:
        return own_targets(path, catalogue_here(connection), definitions(connection))
