"""Any past day anew, from what was known then: does it say what was published that day?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.core import InputError, _
from evergrove.export.due import DUE
from evergrove.export.segments import MEMBERS
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.last_night import persons_of, yesterday_of
from evergrove.pipeline.left_out import reasons_of
from evergrove.pipeline.nightly import night
from evergrove.pipeline.nights import EARLIER, HEALTH, TIERS, Known, Yesterday
from evergrove.pipeline.overview import OVERVIEW, with_overview
from evergrove.pipeline.segmented import asked_then, with_members
from evergrove.pipeline.tables import model_run
from evergrove.segments import read_placement
from evergrove.segments.language.membership import EARLIER_MEMBERS
from evergrove.segments.warning.service import Learned
from evergrove.warehouse import digest_of, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger
    from evergrove.pipeline.nights import Night
    from evergrove.pipeline.types import Announce
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot, Warehouse

    Watch = Callable[[Engine, Night, Snapshot, Snapshot | None], None]
    """Looks at a night, given its run and the one before."""


NOTHING_LEARNED = Learned().document()
"""What a night had learned that did not know of warnings: its health is not compared."""
COMPARED = (HEALTH, OVERVIEW)
"""Tables that say what has changed since an earlier run."""
SHOWN = 5
"""Days of runs that are named to somebody who asks for another: the newest."""


class NoSuchRun(InputError):
    """A day for which nothing was published, or nothing is kept any more."""

    code = "pipeline.no_such_run"
    message = _("No run as of {as_of} is kept.")
    hint = _("The newest runs were as of {known}.")


@dataclass(frozen=True)
class Replay:
    """
    A past day, computed anew.

    Attributes:
        as_of: The day.
        published: Digest of each table as it was published.
        replayed: The same, computed anew.
    """

    as_of: date
    published: Mapping[str, str]
    replayed: Mapping[str, str]

    @property
    def is_equal(self) -> bool:
        """Whether every table says the same, to the last bit."""
        return self.published == self.replayed


def replay_day(
    ledger: Ledger, warehouse: Warehouse, settings: Settings, as_of: date, announce: Announce
) -> Replay:
    """
    Compute a past day anew, from what was known then; of several runs of that day the last.

    Settings are those of today: a day on which others held comes out differently, and this says so.

    Raises:
        NothingPublished, NoSuchRun: Nothing was published, or not for the day, or it is no longer kept.
    """
    days = [run.as_of for run in _replayable(warehouse.snapshots("run"))]
    if as_of not in days:
        if not days:
            raise NothingPublished
        known = sorted({day.isoformat() for day in days if day})
        raise NoSuchRun(as_of=as_of, known=", ".join(known[-SHOWN:]))
    nth = len(days) - days[::-1].index(as_of)
    *_before, wanted = islice(replay_runs(ledger, warehouse, settings, announce), nth)
    return wanted


def replay_runs(
    ledger: Ledger, warehouse: Warehouse, settings: Settings, announce: Announce
) -> Iterator[Replay]:
    """
    Run one night after the other again, in memory, each with the facts and the models that it had.

    Where the first nights are no longer kept, the oldest that is is what the next one starts from.
    """
    seen, runs = warehouse.newest(), warehouse.snapshots("run")
    before: Yesterday | None = None
    with open_engine() as engine:
        if _replayable(runs) != runs:
            before = _anchored(engine, ledger, warehouse, runs[0])
        for run in _replayable(runs):
            before, replayed = _again(engine, ledger, warehouse, seen, settings, run, before, announce)
            yield Replay(before.as_of, _comparable(run, replayed), replayed)


def nights_again(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    announce: Announce,
    watch: Watch,
    *,
    since: date,
    until: date,
) -> int:
    """
    Compute the published nights of some days anew, and have somebody look at each of them.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Of the workspace, as they are today.
        announce: Called when a stage begins.
        watch: Looks at each night while everything of it stands in the engine.
        since: The first day.
        until: The last day.

    Returns:
        How many nights there were.
    """
    seen, runs = warehouse.newest(), warehouse.snapshots("run")
    wanted = [run for run in _replayable(runs) if run.as_of and since <= run.as_of <= until]
    if not wanted:
        return 0
    first = next(nth for nth, run in enumerate(runs) if run.id == wanted[0].id)
    earlier = runs[first - 1] if first else None
    before: Yesterday | None = None
    with open_engine() as engine:
        if earlier is not None:
            before = _anchored(engine, ledger, warehouse, earlier)
        for run in wanted:
            last = earlier
            before, _digests = _again(
                engine,
                ledger,
                warehouse,
                seen,
                settings,
                run,
                before,
                announce,
                partial(_watched, watch, run, last),
            )
            earlier = run
    return len(wanted)


def _watched(watch: Watch, run: Snapshot, last: Snapshot | None, engine: Engine, found: Night) -> None:
    watch(engine, found, run, last)


def _replayable(runs: list[Snapshot]) -> list[Snapshot]:
    """Runs of which the night before is known: all, unless the very first is no longer kept."""
    return runs if not runs or runs[0].details["run_seq"] == 1 else runs[1:]


def _comparable(run: Snapshot, replayed: Mapping[str, str]) -> dict[str, str]:
    """The digests that were published, but for tables that were compared with a run that is no longer kept."""
    digests: Mapping[str, str] = run.details["digests"]
    return {name: said for name, said in digests.items() if name not in COMPARED or name in replayed}


def _anchored(engine: Engine, ledger: Ledger, warehouse: Warehouse, run: Snapshot) -> Yesterday:
    """A night as it was published, for the next to start from."""
    warehouse.show(engine, run, TIERS)
    engine.create(EARLIER, f"select * from {TIERS}")
    if warehouse.show(engine, run, MEMBERS):
        engine.create(EARLIER_MEMBERS, f"select * from {MEMBERS}")
        engine.drop(MEMBERS)
    with ledger.reading() as connection:
        return yesterday_of(connection, run)


def _again(
    engine: Engine,
    ledger: Ledger,
    warehouse: Warehouse,
    seen: Snapshot | None,
    settings: Settings,
    run: Snapshot,
    before: Yesterday | None,
    announce: Announce,
    watch: Callable[[Engine, Night], None] | None = None,
) -> tuple[Yesterday, dict[str, str]]:
    """One night again; its tiers stay in the engine for the next. Who watches it needs no digests."""
    details = run.details
    with ledger.reading() as connection:
        known = _known_then(connection, engine, warehouse, settings, run, before)
        segments, least_age = details.get("segments", {}), settings.outreach.least_age
        asked = asked_then(connection, segments, known.persons, least_age=least_age)
    found = night(engine, warehouse, seen, known, announce)
    was = before.persons if before else {}
    grouped = with_members(
        engine,
        _published(_told(engine, warehouse, found, run), run, known.then),
        known.as_of,
        asked,
        before=was,
        now=known.persons,
        unprofiled=known.unprofiled,
    )
    queries = grouped.queries if watch is None else {}
    digests = {name: digest_of(engine, query) for name, query in queries.items()}
    if watch is not None:
        watch(engine, found)
    engine.create(EARLIER, grouped.queries[TIERS])
    if asked is not None:
        engine.drop(EARLIER_MEMBERS)
        engine.create(EARLIER_MEMBERS, grouped.queries[MEMBERS])
    now = Yesterday(
        known.as_of,
        found.run_seq,
        details["import_seq"],
        known.models or {},
        details["model_run"],
        found.placement.document(),
        known.persons,
        details.get("tables_seq", 0),
        details.get("rate_days"),
        details.get("warnings"),
    )
    engine.drop(*(name for name in engine.names if name.startswith("night_")))
    return now, digests


def _known_then(
    connection: Connection,
    engine: Engine,
    warehouse: Warehouse,
    settings: Settings,
    run: Snapshot,
    before: Yesterday | None,
) -> Known:
    """What a run went by, from what it noted; nothing is fitted or learned again."""
    details, as_of = run.details, run.as_of
    assert as_of is not None  # noqa: S101 - runs have a day
    stored = select(model_run.c.document).where(model_run.c.id == details["model_run"])
    compared = details.get("compared_with")
    return Known(
        settings,
        as_of,
        before,
        then=warehouse.at(compared) if compared else None,
        until_seq=details["import_seq"],
        tables_seq=details.get("tables_seq", 0),
        models=connection.execute(stored).scalar_one(),
        warnings=details.get("warnings", NOTHING_LEARNED),
        hears=details["placement"]["cuts"].get("hears_health", False),
        beside=not {"categories", "subscriptions"}.isdisjoint(details["placement"]["cuts"]),
        persons=persons_of(connection, run),
        unprofiled=reasons_of(engine, warehouse, run),
        adopted=read_placement(details["placement"]).policy.adopted,
    )


def _told(engine: Engine, warehouse: Warehouse, found: Night, run: Snapshot) -> dict[str, str]:
    """All tables of a night; the overview where the run published one and what it was compared with is kept."""
    queries, number = found.queries(engine), run.details.get("month_ago")
    month_ago = None if number is None else warehouse.at(number)
    if OVERVIEW not in run.details["digests"] or (number is not None and month_ago is None):
        return queries
    return with_overview(engine, warehouse, queries, found, month_ago)


def _published(queries: dict[str, str], run: Snapshot, then: Snapshot | None) -> dict[str, str]:
    """The tables that the run published: an earlier release had fewer."""
    wanted = dict(queries)
    if HEALTH not in run.details["digests"] or (run.details.get("compared_with") and then is None):
        del wanted[HEALTH]  # it was not published yet, or what it was compared with is gone
    if DUE not in run.details["digests"]:
        del wanted[DUE]
    return wanted
