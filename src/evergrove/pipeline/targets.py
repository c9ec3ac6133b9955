"""The targets board of any past month, from what was known then."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.ingest import facts_noted
from evergrove.ingest.facts.tables import show_tables
from evergrove.measurement.targets import (
    AFTER,
    BEFORE,
    LEVEL,
    SIX,
    Board,
    Month,
    quarter_start,
    read_measures,
    standing,
)
from evergrove.measurement.targets.own import FILE, own_targets
from evergrove.measurement.targets.service import share_of_members
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.last_night import persons_of
from evergrove.pipeline.own_measures import Asking
from evergrove.pipeline.segmented import catalogue_here
from evergrove.pipeline.standings import Known, Looking, run_of, show_known
from evergrove.pipeline.types import NoOrdersYet
from evergrove.segments.language.store import definitions
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.measurement.targets import Reading, Target
    from evergrove.pipeline.types import Announce
    from evergrove.settings import Settings
    from evergrove.warehouse import Snapshot, Warehouse

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
        folder: Holds the targets of the shop beside the six; None: there are none.

    Raises:
        NothingPublished: There is no run.
        MonthToCome, MonthTooEarly: Nothing is known of the month.
        UnreadableTargets, InvalidTarget, UnreadableCondition: A target of the shop's own cannot be read.
    """
    own = () if folder is None else _own_of(ledger, folder)
    runs = warehouse.snapshots("run")
    if not runs or runs[-1].as_of is None:
        raise NothingPublished
    wanted = (month or runs[-1].as_of).replace(day=1)
    if wanted > runs[-1].as_of:
        raise MonthToCome(last=runs[-1].as_of, month=f"{wanted:%Y-%m}")
    reader = _Months(ledger, warehouse, settings, announce, runs, own)
    if wanted < reader.first_month:
        raise MonthTooEarly(month=f"{wanted:%Y-%m}", first=reader.first_day)
    earlier = [_before(wanted, back) for back in range(past, 0, -1)]
    months = [reader.read(each) for each in earlier if each >= reader.first_month]
    now = reader.read(wanted)
    return Board(now, LEVEL, tuple(standing(target, now, months) for target in (*SIX, *own)))


def _own_of(ledger: Ledger, folder: Path) -> tuple[Target, ...]:
    """The targets that a shop has set itself."""
    path = folder / FILE
    if not path.exists():
        return ()
    with ledger.reading() as connection:
        return own_targets(path, catalogue_here(connection), definitions(connection))


def _before(month: date, back: int) -> date:
    """The first day of the month so many months earlier."""
    year, nth = divmod(12 * month.year + month.month - 1 - back, 12)
    return date(year, nth + 1, 1)


def end_of(month: date) -> date:
    """The last day of a month."""
    return _before(month, -1) - timedelta(days=1)


class _Months:
    """Reads one month after the other."""

    def __init__(
        self,
        ledger: Ledger,
        warehouse: Warehouse,
        settings: Settings,
        announce: Announce,
        runs: Sequence[Snapshot],
        own: Sequence[Target],
    ) -> None:
        seen = warehouse.newest()
        noted = facts_noted(seen)
        if noted.first_date is None:
            raise NoOrdersYet
        self.first_day = noted.first_date
        self.first_month = noted.first_date.replace(day=1)
        self._has_amounts = noted.has_amounts
        self._ledger = ledger
        self._warehouse = warehouse
        self._settings = settings
        self._announce = announce
        self._runs = runs
        self._seen = seen
        self._looking = Looking(warehouse, seen, settings)
        self._own = {target.key: target.asked for target in own if target.asked is not None}
        conditions = {each for one in self._own.values() for each in (one.of, one.who)}
        self._asking = Asking(ledger, warehouse, seen, settings, conditions)

    def read(self, month: date) -> Month:
        """All measures of a month."""
        self._announce(_("Reading the months"))
        last = self._runs[-1].as_of
        assert last is not None  # noqa: S101 - runs have a day
        end = min(end_of(month), last)
        run = run_of(self._runs, end)
        if run is not None and run.as_of is not None and run.as_of < month:
            run = None  # of the week before: the month itself saw no run
        if run is not None and run.as_of is not None:
            end = run.as_of
        known = self._known(run or self._runs[-1])
        with open_engine() as engine:
            show_known(engine, self._warehouse, self._seen, self._settings, known)
            told = show_tables(engine, self._warehouse, self._seen, until_seq=known.tables_seq)
            start = quarter_start(end)
            self._looking.show(engine, run_of(self._runs, start), start, known, BEFORE)
            self._looking.show(engine, run, end, known, AFTER)
            readings = read_measures(engine, end, told, has_amounts=self._has_amounts)
        readings |= self._own_readings(month, end, run, known)
        return Month(month, end, "looked_back" if run is None else "published", readings)

    def _own_readings(self, month: date, end: date, run: Snapshot | None, known: Known) -> dict[str, Reading]:
        """The measures of the shop's own."""
        if not self._own:
            return {}
        before = month - timedelta(days=1)
        found = {
            "start": self._asking.members(run_of(self._runs, before), before, known),
            "end": self._asking.members(run, end, known),
        }
        return {
            key: share_of_members(key, (month, end), found[one.of_at][one.of], found[one.who_at][one.who])
            for key, one in self._own.items()
        }

    def _known(self, run: Snapshot) -> Known:
        with self._ledger.reading() as connection:
            return Known(run, persons_of(connection, run))
