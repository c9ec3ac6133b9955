"""What a run finds: the newest facts, the last run, what was learned and adopted, and whether there is anything to do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from evergrove.campaigns import installed, started_playbooks
from evergrove.core import InputError, _, stable_id
from evergrove.ingest import facts_noted
from evergrove.ingest.facts.tables import newest_told
from evergrove.people import unprofiled
from evergrove.people.identity import newest_word, persons_now
from evergrove.pipeline.champions import champions_here
from evergrove.pipeline.compared import MONTH, run_then
from evergrove.pipeline.last_night import yesterday_of
from evergrove.pipeline.left_out import UNPROFILED
from evergrove.pipeline.nights import Known
from evergrove.pipeline.segmented import asked_then, seen_by
from evergrove.pipeline.types import NoOrdersYet
from evergrove.segments.tiers.adoption import adopted_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.campaigns import Playbook
    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.segments.language.membership import Asked
    from evergrove.settings import Settings
    from evergrove.warehouse import Snapshot, Warehouse


class RunsGoForward(InputError):
    """A run for a day before the last run's."""

    code = "pipeline.runs_go_forward"
    message = _("The last run was as of {last}; a run as of {as_of} would undo it.")
    hint = _(
        "Leave --as-of away, or name a day that is not earlier. evergrove replay shows what was published then."
    )


class DayNotOver(InputError):
    """A run for a day whose orders have not all come."""

    code = "pipeline.day_not_over"
    message = _(
        "{as_of} is not over yet in the shop's zone: a run would count what is still to come as silence."
    )
    hint = _("Leave --as-of away: the last whole day is {yesterday}.")


@dataclass(frozen=True)
class Before:
    """
    What a run finds.

    Attributes:
        seen: The newest snapshot.
        last: The last run's; None before the first.
        known: What its night goes by.
        playbooks: Those at work.
        segments: By which moment and definitions segments are asked.
        asked: Their conditions; None: nobody ever defined one.
        basis: What its results depend on beside its day.
        identity_seq: Newest row of the log of persons.
        off: Who is not to be valued, and the code of why.
        month_ago: The run about a month before; None: there is none.
    """

    seen: Snapshot
    last: Snapshot | None
    known: Known
    playbooks: tuple[Playbook, ...]
    segments: Mapping[str, Any]
    asked: Asked | None
    basis: Mapping[str, Any]
    identity_seq: int
    off: Mapping[str, str]
    month_ago: Snapshot | None = None

    @property
    def as_of(self) -> date:
        """The last day whose orders count."""
        return self.known.as_of

    @property
    def is_done(self) -> bool:
        """Whether the last run was of this day, and came from the same."""
        return self.last is not None and (self.last.as_of, self.last.details["basis"]) == (
            self.as_of,
            self.basis,
        )


def before_run(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    clock: Clock,
    as_of: date | None,
    *,
    dry_run: bool,
) -> Before:
    """
    Look up what a run starts from; nothing is computed yet.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Of the workspace.
        clock: Says which day is over.
        as_of: The last day whose orders count; None: yesterday in the shop's zone.
        dry_run: Drafts of playbooks are at work, too.

    Raises:
        NoOrdersYet: Nothing was ever imported.
        RunsGoForward: The last run was of a later day.
        DayNotOver: The day is today or still to come.
    """
    seen, last = warehouse.newest(), warehouse.newest("run")
    if seen is None or not facts_noted(seen).seq:
        raise NoOrdersYet
    as_of = _checked(as_of, last, yesterday_in(settings.value.timezone or facts_noted(seen).timezone, clock))
    with ledger.reading() as connection:
        yesterday = yesterday_of(connection, last) if last else None
        playbooks = at_work(connection, dry_run=dry_run)
        identity_seq, persons = newest_word(connection), persons_now(connection)
        off = unprofiled(connection, clock.now(), least_age=settings.outreach.least_age)
        segments = seen_by(connection, last, clock.now())
        asked = asked_then(connection, segments, persons, least_age=settings.outreach.least_age)
        adopted = adopted_policy(connection)
    runs = warehouse.snapshots("run")
    known = Known(
        settings,
        as_of,
        yesterday,
        earlier=last,
        then=run_then(runs, as_of),
        champions=champions_here(warehouse, as_of),
        persons=persons,
        unprofiled=off if off or (last is not None and UNPROFILED in last.tables) else None,
        adopted=adopted,
    )
    of_segments = {} if asked is None else {"segments": asked.basis(segments["seq"])}
    basis = of_segments | _basis(seen, known, playbooks, identity_seq, off)
    month_ago = run_then(runs, as_of, MONTH)
    return Before(seen, last, known, playbooks, segments, asked, basis, identity_seq, off, month_ago)


def _checked(as_of: date | None, last: Snapshot | None, yesterday_here: date) -> date:
    """The day of the run: a whole one, and none before the last run's."""
    as_of = as_of or yesterday_here
    if as_of > yesterday_here:
        raise DayNotOver(as_of=as_of, yesterday=yesterday_here)
    if last is not None and last.as_of is not None and as_of < last.as_of:
        raise RunsGoForward(last=last.as_of, as_of=as_of)
    return as_of


def at_work(connection: Connection, *, dry_run: bool = False) -> tuple[Playbook, ...]:
    """The playbooks that were started; a dry run shows what drafts would do as well that could be started."""
    if not dry_run:
        return started_playbooks(connection)
    there = (each for each in installed(connection) if each.state != "paused")
    return tuple(each.playbook for each in there if each.shown != "locked")


def yesterday_in(zone: str, clock: Clock) -> date:
    """The last whole day of a shop."""
    return clock.now().astimezone(ZoneInfo(zone or "UTC")).date() - timedelta(days=1)


def _basis(
    seen: Snapshot,
    known: Known,
    playbooks: Sequence[Playbook],
    identity_seq: int,
    off: Mapping[str, str],
) -> dict[str, Any]:
    """What a run's results depend on beside its day: equal, and there is nothing to do again."""
    settings, champions, adopted = known.settings, known.champions, known.adopted
    heard = (
        {}
        if champions is None
        else {"champions": stable_id("champions", json.dumps(champions.document, sort_keys=True))}
    )
    return heard | {
        "import_seq": facts_noted(seen).seq,
        "settings": repr((settings.value, settings.tiers, settings.stages, settings.outreach)),
        "playbooks": [f"{each.key}/{each.version}" for each in playbooks],
        **({"identity_seq": identity_seq} if identity_seq else {}),
        **({"unprofiled": stable_id("unprofiled", json.dumps(sorted(off.items())))} if off else {}),
        **({"tables_seq": newest_told(seen)} if newest_told(seen) else {}),
        **({"policy": f"{adopted.name}/{adopted.version}"} if adopted else {}),
    }
