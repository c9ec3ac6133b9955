"""The daily run: facts, scores, tiers, stages and moves; then who is written to. All of it, or nothing."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from evergrove.campaigns import due, installed, started_playbooks
from evergrove.core import EvergroveWarning, InputError, _, stable_id
from evergrove.decisions import CarriedOut, carry_out, decide
from evergrove.export.segments import MEMBERS
from evergrove.ingest import facts_noted
from evergrove.ingest.facts.rates import as_warnings
from evergrove.ingest.facts.tables import newest_told
from evergrove.people import unprofiled
from evergrove.people.identity import newest_word, persons_now
from evergrove.pipeline.champions import champions_here
from evergrove.pipeline.compared import run_then
from evergrove.pipeline.drafting import drafting
from evergrove.pipeline.flapping import flaps_until
from evergrove.pipeline.last_night import yesterday_of
from evergrove.pipeline.left_out import UNPROFILED
from evergrove.pipeline.nightly import Known, night
from evergrove.pipeline.readiness import readiness_here
from evergrove.pipeline.segmented import asked_then, seen_by, with_members
from evergrove.pipeline.situation import moves_of, situation_of
from evergrove.pipeline.tables import model_run
from evergrove.pipeline.types import NoOrdersYet
from evergrove.report.accounting import waiting
from evergrove.scoring.cost_notes import cost_notes
from evergrove.segments.codes import AXES, CAUSES, STAGES, TIERS
from evergrove.segments.language.membership import EARLIER_MEMBERS
from evergrove.segments.tiers.adoption import adopted_policy
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.campaigns import Due, Playbook
    from evergrove.core import Clock
    from evergrove.decisions import Decided
    from evergrove.ledger import Ledger
    from evergrove.pipeline.nightly import Night, Yesterday
    from evergrove.pipeline.segmented import Grouped
    from evergrove.pipeline.types import Announce
    from evergrove.scoring.checklist import Check
    from evergrove.segments.language.membership import Asked
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.settings import Settings
    from evergrove.warehouse import Draft, Engine, Snapshot, Warehouse

FORMAT = "evergrove.run/1"
MEMORY_MB = 1024
STALE_DAYS = 30
NOT_YET = 0
"""Number of a run that is not published yet."""


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


class OldOrders(EvergroveWarning):
    """The newest order lies long before the day of the run: everybody seems to have left."""

    code = "pipeline.old_orders"
    message = _(
        "The newest order is of {last}, {days} {days:day|days} before {as_of}: nearly everybody will seem to have left."
    )
    hint = _("Bring in newer orders, or run as of the last day of these: --as-of {last}.")


@dataclass(frozen=True)
class RunOutcome:
    """
    What a run did, or would do.

    Attributes:
        as_of: The last day whose orders count.
        snapshot_id: What it published; None in a dry run.
        is_new: False when nothing had changed since the last run of the same day: then nothing was done.
        customers: With a score.
        model: Name of the purchase model.
        is_refit: Whether models were fitted tonight.
        tiers: Customers by tier.
        stages: Customers by stage.
        moves: Customers by (axis, from, to, cause); the first placing of everybody is left out.
        decisions: By (playbook, outcome, code of the reason or "").
        written: What was stored of them; None in a dry run.
        decided: For a dry run: who, what, when, at what cost.
        warnings: What a reader of the numbers should know.
        basis: What value means: revenue, margin or net_profit.
        readiness: What forecasts want of the data, line by line.
        left_out: Customers who are not valued and stand in no other figure here, by the code of why.
        waiting: What counts nowhere until an exchange rate is known, as the report has it.
        rules: The policy that tiers go by; None where nothing was done.
        is_adopted: Whether somebody adopted it; otherwise the settings state it.
        own_tiers: Customers by the policy's own tiers; empty where they are the usual four.
        is_doubted: Whether models said how likely bounds are to be kept; otherwise checks and dwell alone let tiers
            fall.
        flaps: Moves between tiers and flaps among them (``flaps_until``).
    """

    as_of: date
    snapshot_id: int | None = None
    is_new: bool = True
    customers: int = 0
    model: str = ""
    is_refit: bool = False
    tiers: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, int] = field(default_factory=dict)
    moves: Mapping[tuple[str, str, str, str], int] = field(default_factory=dict)
    decisions: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    written: CarriedOut | None = None
    decided: Decided | None = None
    warnings: tuple[EvergroveWarning, ...] = ()
    basis: str = ""
    readiness: tuple[Check, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    waiting: tuple[Mapping[str, Any], ...] = ()
    rules: TierPolicy | None = None
    is_adopted: bool = False
    own_tiers: Mapping[str, int] = field(default_factory=dict)
    is_doubted: bool = True
    flaps: Mapping[str, Any] = field(default_factory=dict)


def run_day(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    clock: Clock,
    announce: Announce,
    *,
    as_of: date | None = None,
    dry_run: bool = False,
) -> RunOutcome:
    """
    Value everybody as of a day, see who moved, and decide who is written to.

    The caller holds the workspace's lock. Killed at any point, either everything of the run is there or nothing.
    Doing it again for the same day does nothing twice.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Of the workspace.
        clock: Messages are due from its day on.
        announce: Called when a stage begins.
        as_of: The last day whose orders count; None: yesterday in the shop's zone.
        dry_run: Publish and store nothing.

    Raises:
        NoOrdersYet, NothingToValue, NothingLeft: There is nobody to value.
        RunsGoForward: The last run was of a later day.
        DayNotOver: The day is today or still to come.
    """
    before = _before(ledger, warehouse, settings, clock, as_of, dry_run=dry_run)
    if not dry_run and before.is_done:
        return RunOutcome(before.as_of, before.last.id if before.last else None, is_new=False)
    with open_engine(memory_mb=MEMORY_MB) as engine:
        found = night(engine, warehouse, before.seen, before.known, announce)
        announce(_("Choosing whom to write to"))
        if dry_run:
            with ledger.reading() as connection:
                chosen, ready = _weighed(connection, engine, found, before, clock)
            flaps = flaps_until(engine, warehouse, before.last, found)
            return _outcome(found, None, chosen[1], None, ready, flaps)
        grouped = _grouped(engine, warehouse, found, before)
        with drafting(engine, warehouse, grouped.queries, before.last) as drafted:
            with ledger.reading() as connection:
                chosen, ready = _weighed(connection, engine, found, before, clock)
            flaps = flaps_until(engine, warehouse, before.last, found)
            made = {name: each.result() for name, each in drafted.items()}
        drafts = [each.draft for each in made.values()]
        noted = _noted(before, grouped, {name: each.digest for name, each in made.items()})
        with ledger.writing() as connection:
            noted |= {"flaps": flaps} if flaps else {}
            published = _publish(connection, warehouse, found, drafts, before.known.yesterday, noted, clock)
            if (now := _at_work(connection)) != before.playbooks:  # somebody has just started or paused one
                chosen = _choose(connection, engine, found, now, clock)
            to_do, decided = chosen
            run_id, moment = published.id, clock.now()
            written = carry_out(connection, to_do, _of_run(decided, run_id), run_id=run_id, now=moment)
    return _outcome(found, published.id, decided, written, ready, flaps)


@dataclass(frozen=True)
class _Before:
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


def _before(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    clock: Clock,
    as_of: date | None,
    *,
    dry_run: bool,
) -> _Before:
    """Look up what the run starts from."""
    seen, last = warehouse.newest(), warehouse.newest("run")
    if seen is None or not facts_noted(seen).seq:
        raise NoOrdersYet
    as_of = _checked(as_of, last, yesterday_in(settings.value.timezone or facts_noted(seen).timezone, clock))
    with ledger.reading() as connection:
        yesterday = yesterday_of(connection, last) if last else None
        playbooks = _at_work(connection, dry_run=dry_run)
        identity_seq, persons = newest_word(connection), persons_now(connection)
        off = unprofiled(connection, clock.now(), least_age=settings.outreach.least_age)
        segments = seen_by(connection, last, clock.now())
        asked = asked_then(connection, segments, persons, least_age=settings.outreach.least_age)
        adopted = adopted_policy(connection)
    known = Known(
        settings,
        as_of,
        yesterday,
        earlier=last,
        then=run_then(warehouse.snapshots("run"), as_of),
        champions=champions_here(warehouse, as_of),
        persons=persons,
        unprofiled=off if off or (last is not None and UNPROFILED in last.tables) else None,
        adopted=adopted,
    )
    of_segments = {} if asked is None else {"segments": asked.basis(segments["seq"])}
    basis = of_segments | _basis(seen, known, playbooks, identity_seq, off)
    return _Before(seen, last, known, playbooks, segments, asked, basis, identity_seq, off)


def _checked(as_of: date | None, last: Snapshot | None, yesterday_here: date) -> date:
    """The day of the run: a whole one, and none before the last run's."""
    as_of = as_of or yesterday_here
    if as_of > yesterday_here:
        raise DayNotOver(as_of=as_of, yesterday=yesterday_here)
    if last is not None and last.as_of is not None and as_of < last.as_of:
        raise RunsGoForward(last=last.as_of, as_of=as_of)
    return as_of


def _weighed(
    connection: Connection, engine: Engine, found: Night, before: _Before, clock: Clock
) -> tuple[tuple[Due, Decided], tuple[Check, ...]]:
    """Whom to write to, and what forecasts want of the data; nothing is stored yet."""
    chosen = _choose(connection, engine, found, before.playbooks, clock)
    return chosen, readiness_here(connection, engine, found.base)


def _grouped(engine: Engine, warehouse: Warehouse, found: Night, before: _Before) -> Grouped:
    """The tables that are published, those of segments among them."""
    last, known = before.last, before.known
    if last is not None:
        warehouse.show(engine, last, MEMBERS, EARLIER_MEMBERS)
    was = known.yesterday.persons if known.yesterday else {}
    return with_members(
        engine,
        found.queries(engine),
        known.as_of,
        before.asked,
        before=was,
        now=known.persons,
        unprofiled=before.off,
    )


def _noted(before: _Before, grouped: Grouped, digests: Mapping[str, str]) -> dict[str, Any]:
    """What a replay must know, and what it must come to."""
    known = before.known
    return {
        "basis": before.basis,
        "digests": dict(digests),
        **({"segments": {**before.segments, **grouped.noted}} if before.asked is not None else {}),
        "identity_seq": before.identity_seq,
        "tables_seq": newest_told(before.seen),
        "rate_days": known.settings.workspace.rate_days,
        **({"compared_with": known.then.id} if known.then else {}),
    }


def _at_work(connection: Connection, *, dry_run: bool = False) -> tuple[Playbook, ...]:
    """The playbooks that were started; a dry run shows what drafts would do as well."""
    if not dry_run:
        return started_playbooks(connection)
    return tuple(each.playbook for each in installed(connection) if each.state != "paused")


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


def _publish(
    connection: Connection,
    warehouse: Warehouse,
    found: Night,
    drafts: Sequence[Draft],
    yesterday: Yesterday | None,
    noted: Mapping[str, Any],
    clock: Clock,
) -> Snapshot:
    """One snapshot of all tables of the night, with what the next night must know."""
    if found.is_refit or yesterday is None:
        row = {"as_of": found.as_of, "document": dict(found.scored.document), "fitted_at": clock.now()}
        stored = connection.execute(model_run.insert().values(row).returning(model_run.c.id))
        model = int(stored.scalar_one())
    else:
        model = yesterday.model_run
    details = {
        "format": FORMAT,
        **noted,
        "run_seq": found.run_seq,
        "import_seq": found.noted.seq,
        "model_run": model,
        "placement": found.placement.document(),
        "warnings": dict(found.warnings),
        "waiting": waits(found),
    }
    return warehouse.publish(connection, drafts, kind="run", as_of=found.as_of, details=details)


def _choose(
    connection: Connection, engine: Engine, found: Night, playbooks: Sequence[Playbook], clock: Clock
) -> tuple[Due, Decided]:
    """Playbooks propose, decisions choose; nothing is stored yet."""
    situation, moves = situation_of(engine, found), moves_of(engine, found)
    to_do = due(connection, playbooks, situation, moves, found.as_of)
    decided = decide(
        connection,
        to_do.proposals,
        found.settings.outreach,
        shop_zone=found.settings.value.timezone or found.noted.timezone,
        run_id=NOT_YET,
        as_of=found.as_of,
        now=clock.now(),
    )
    return to_do, decided


def _of_run(decided: Decided, run_id: int) -> Decided:
    """The same with the number of the run that stores it."""
    return replace(decided, messages=tuple(replace(each, run_id=run_id) for each in decided.messages))


def _old_orders(found: Night) -> tuple[EvergroveWarning, ...]:
    last = found.noted.last_date
    days = (found.as_of - last).days if last else 0
    return (OldOrders(last=last, days=days, as_of=found.as_of),) if days > STALE_DAYS else ()


def _outcome(
    found: Night,
    snapshot_id: int | None,
    decided: Decided,
    written: CarriedOut | None,
    ready: tuple[Check, ...],
    flaps: Mapping[str, Any],
) -> RunOutcome:
    moves, states, rules = found.moves, found.states, found.placement.policy.rules
    before, after = moves.named
    later = [] if found.run_seq == 1 else range(len(moves))
    counted = Counter((AXES[moves.axis[k]], before[k], after[k], CAUSES[moves.cause[k]]) for k in later)
    return RunOutcome(
        as_of=found.as_of,
        snapshot_id=snapshot_id,
        customers=len(found.base),
        model=found.scored.model,
        is_refit=found.is_refit,
        tiers=_counts(states.tier, TIERS),
        stages=_counts(states.stage, STAGES),
        moves=dict(counted),
        decisions={(key, str(outcome), code): n for (key, outcome, code), n in decided.counts().items()},
        written=written,
        decided=decided,
        warnings=(
            *_old_orders(found),
            *_waiting(found),
            *cost_notes(found.scored.terms, found.settings.value.cac),
        ),
        basis=found.scored.terms.basis,
        readiness=ready,
        left_out=found.left_out or {},
        waiting=tuple(waits(found)),
        rules=rules,
        is_adopted=found.adopted is not None,
        own_tiers={} if states.own is None else _counts(states.own, rules.keys),
        is_doubted=found.segments.outlook is not None or found.segments.tiering.bounds is None,
        flaps=flaps,
    )


def waits(found: Night) -> list[dict[str, Any]]:
    """What counts nowhere until a rate is known, as the report has it."""
    spending = found.base.spending
    return waiting(found.waiting, spending.waiting if spending else 0)


def _waiting(found: Night) -> tuple[EvergroveWarning, ...]:
    """What no rate is known for: it is told every night, and counts as soon as one is."""
    facts = {each.currency: each.facts for each in found.waiting}
    return as_warnings(facts, found.settings.workspace.rate_days)


def _counts(codes: Any, names: Sequence[str]) -> dict[str, int]:
    return {name: int((codes == code).sum()) for code, name in enumerate(names)}
