"""The daily run: facts, scores, tiers, stages and moves; then who is written to. All of it, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.decisions import carry_out
from evergrove.export.segments import MEMBERS
from evergrove.ingest.facts.tables import newest_told
from evergrove.pipeline.around import heed_open_tickets
from evergrove.pipeline.before_run import at_work, before_run
from evergrove.pipeline.choosing import Choosing, choose
from evergrove.pipeline.drafting import drafting
from evergrove.pipeline.flapping import flaps_until
from evergrove.pipeline.nightly import night
from evergrove.pipeline.overview import with_overview
from evergrove.pipeline.readiness import readiness_here
from evergrove.pipeline.run_outcome import RunOutcome, outcome_of, waits
from evergrove.pipeline.segmented import with_members
from evergrove.pipeline.situation_now import FIRST_GAP
from evergrove.pipeline.tables import model_run
from evergrove.segments.language.membership import EARLIER_MEMBERS
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.campaigns import Due
    from evergrove.core import Clock
    from evergrove.decisions import Decided
    from evergrove.ledger import Ledger
    from evergrove.pipeline.before_run import Before
    from evergrove.pipeline.nights import Night, Yesterday
    from evergrove.pipeline.segmented import Grouped
    from evergrove.pipeline.types import Announce
    from evergrove.scoring.checklist import Check
    from evergrove.settings import Settings
    from evergrove.warehouse import Draft, Engine, Snapshot, Warehouse

FORMAT = "evergrove.run/1"
MEMORY_MB = 1024


def run_day(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    clock: Clock,
    announce: Announce,
    *,
    as_of: date | None = None,
    dry_run: bool = False,
    checks: bool = True,
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
        checks: Say in the outcome what forecasts want of the data; where nobody reads that, it need not be asked.

    Raises:
        NoOrdersYet, NothingToValue, NothingLeft: There is nobody to value.
        RunsGoForward: The last run was of a later day.
        DayNotOver: The day is today or still to come.
    """
    before = before_run(ledger, warehouse, settings, clock, as_of, dry_run=dry_run)
    if not dry_run and before.is_done:
        return RunOutcome(before.as_of, before.last.id if before.last else None, is_new=False)
    with open_engine(memory_mb=MEMORY_MB) as engine:
        found = night(engine, warehouse, before.seen, before.known, announce)
        announce(_("Choosing whom to write to"))
        choosing = Choosing(
            warehouse,
            before.playbooks,
            before.last,
            before.known.persons,
            clock,
            settings.workspace.late_days,
        )
        if dry_run:
            if any(each.trigger.kind == "segment" for each in before.playbooks):
                _grouped(engine, warehouse, found, before)
            with ledger.reading() as connection:
                chosen, ready = _weighed(connection, engine, found, choosing, checks=checks)
            flaps = flaps_until(engine, warehouse, before.last, found)
            return outcome_of(found, None, chosen[1], None, ready, flaps)
        grouped = _grouped(engine, warehouse, found, before)
        with drafting(engine, warehouse, grouped.queries, before.last) as drafted:
            with ledger.reading() as connection:
                chosen, ready = _weighed(connection, engine, found, choosing, checks=checks)
            flaps = flaps_until(engine, warehouse, before.last, found)
            made = {name: each.result() for name, each in drafted.items()}
        drafts = [each.draft for each in made.values()]
        gap = engine.value(statement("evergrove.customers", "first_gap"))
        noted = _noted(before, grouped, {name: each.digest for name, each in made.items()})
        with ledger.writing() as connection:
            noted |= ({"flaps": flaps} if flaps else {}) | ({} if gap is None else {FIRST_GAP: float(gap)})
            published = _publish(connection, warehouse, found, drafts, before.known.yesterday, noted, clock)
            if (now := at_work(connection)) != before.playbooks:  # somebody has just started or paused one
                chosen = choose(connection, engine, found, replace(choosing, playbooks=now))
            to_do, decided = chosen
            run_id, moment = published.id, clock.now()
            heed_open_tickets(connection, engine, found, moment)
            written = carry_out(connection, to_do, _of_run(decided, run_id), run_id=run_id, now=moment)
    return outcome_of(found, published.id, decided, written, ready, flaps)


def _weighed(
    connection: Connection, engine: Engine, found: Night, choosing: Choosing, *, checks: bool
) -> tuple[tuple[Due, Decided], tuple[Check, ...]]:
    """Whom to write to, and what forecasts want of the data; nothing is stored yet."""
    chosen = choose(connection, engine, found, choosing)
    return chosen, readiness_here(connection, engine, found.base) if checks else ()


def _grouped(engine: Engine, warehouse: Warehouse, found: Night, before: Before) -> Grouped:
    """The tables that are published, those of segments among them."""
    last, known = before.last, before.known
    if last is not None:
        warehouse.show(engine, last, MEMBERS, EARLIER_MEMBERS)
    was = known.yesterday.persons if known.yesterday else {}
    return with_members(
        engine,
        with_overview(engine, warehouse, found.queries(engine), found, before.month_ago),
        known.as_of,
        before.asked,
        before=was,
        now=known.persons,
        unprofiled=before.off,
    )


def _noted(before: Before, grouped: Grouped, digests: Mapping[str, str]) -> dict[str, Any]:
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
        **({"month_ago": before.month_ago.id} if before.month_ago else {}),
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


def _of_run(decided: Decided, run_id: int) -> Decided:
    """The same with the number of the run that stores it."""
    return replace(decided, messages=tuple(replace(each, run_id=run_id) for each in decided.messages))
