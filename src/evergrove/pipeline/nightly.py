"""What a night computes, from facts as known then and the night before: the same for a run and for its replay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.customers import daily_repeats, left_truncation, summarise, with_tables
from evergrove.ingest import facts_noted, show_facts
from evergrove.ingest.facts.rates import find_revalued, waiting_for_rates
from evergrove.ingest.facts.tables import show_tables
from evergrove.pipeline.compared import show_then
from evergrove.pipeline.judged_past import JUDGED, judged_past
from evergrove.pipeline.left_out import leave_out
from evergrove.pipeline.moved import moved
from evergrove.pipeline.nights import Night
from evergrove.pipeline.types import NoOrdersYet, nobody_bought
from evergrove.pipeline.vitals import placed, vitals_of
from evergrove.scoring import Extras, refit_due, score_then_bound, scored_by, value_customers
from evergrove.scoring.kept import kept_delays
from evergrove.segments import draw_up, read_placement
from evergrove.segments.clock.service import find_dues
from evergrove.segments.tiers.basis import check_basis
from evergrove.segments.warning.hearing import Hearing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.customers import CustomerBase
    from evergrove.ingest import FactsNoted
    from evergrove.ingest.facts.rates import Waiting
    from evergrove.pipeline.nights import Known
    from evergrove.pipeline.types import Announce
    from evergrove.scoring import Scored
    from evergrove.segments import Roster, Segments, States, Transitions
    from evergrove.segments.warning.service import Learned
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot, Warehouse
    from evergrove.warehouse.types import Shelf


@dataclass(frozen=True, eq=False)
class Valued:
    """
    Everybody's past and future on a day.

    Attributes:
        known: What the night goes by, with the currency of the facts.
        noted: What holds for the facts as a whole.
        waiting: What waits for a rate.
        left_out: How many are not valued, by the code of why; None: nobody ever was left out.
        base: The customers' summary.
        told: Tables beside orders that hold rows.
        scored: Scores without intervals.
        bounded: Gives the same with them; it may be called beside other work.
        is_refit: Whether the models are new.
    """

    known: Known
    noted: FactsNoted
    waiting: tuple[Waiting, ...]
    left_out: Mapping[str, int] | None
    base: CustomerBase
    told: tuple[str, ...]
    scored: Scored
    bounded: Callable[[], Scored]
    is_refit: bool


@dataclass(frozen=True, eq=False)
class Stood:
    """
    Where everybody stands on a day.

    Attributes:
        roster: Everybody, buyers first.
        segments: Of the day's figures alone.
        learned: Of health and of leaving, that day or earlier.
        states: Given the night before.
        moves: Who moved since then, and why.
    """

    roster: Roster
    segments: Segments
    learned: Learned
    states: States
    moves: Transitions


def night(
    engine: Engine, warehouse: Warehouse, seen: Snapshot | None, known: Known, announce: Announce
) -> Night:
    """
    One night from facts to moves, one station a line.

    Args:
        engine: Empty; holds everything afterwards.
        warehouse: Where facts and earlier results lie.
        seen: The snapshot whose facts are read.
        known: What else there is to go by.
        announce: Called when a stage begins.

    Raises:
        NoOrdersYet, NothingToValue, NothingLeft: There are no facts, or nobody had bought by ``known.as_of``.
        PolicyOnAnotherBasis: The policy states bounds of value on a basis that the workspace does not count on.
    """
    valued = value(engine, warehouse, seen, known, announce, of_total=True)
    known, base, told = valued.known, valued.base, valued.told
    announce(_("Placing customers in tiers and stages"))
    with ThreadPoolExecutor(1, thread_name_prefix="evergrove-intervals") as lane:
        with_intervals = lane.submit(valued.bounded)  # nothing else of the night goes by them
        stood = stand(engine, warehouse, valued)
        segments, states, learned = stood.segments, stood.states, stood.learned
        vitals = vitals_of(engine, base, segments, known.policy, told, learned)
        hearing = Hearing(told, learned)
        dues = find_dues(engine, base, segments, states, known.policy, valued.scored.document, hearing)
        scored = with_intervals.result()
    return Night(
        known.as_of,
        known.run_seq,
        valued.noted,
        known.settings,
        base,
        stood.roster,
        scored,
        valued.is_refit,
        segments,
        states,
        stood.moves,
        dues,
        vitals,
        learned.document(),
        show_then(engine, warehouse, known.then),
        told,
        valued.waiting,
        valued.left_out,
        known.adopted,
    )


def value(
    engine: Engine,
    warehouse: Shelf,
    seen: Snapshot | None,
    known: Known,
    announce: Announce,
    *,
    of_total: bool = False,
) -> Valued:
    """
    From facts to scores: the first part of a night, of whomever the warehouse shows.

    Args:
        engine: As ``night``.
        warehouse: As ``night``.
        seen: As ``night``.
        known: As ``night``.
        announce: As ``night``.
        of_total: With the interval of all value together, which means something of a whole base only.

    Raises:
        NoOrdersYet, NothingToValue, NothingLeft: As ``night``.
    """
    announce(_("Looking up the facts"))
    noted, waiting = _looked_up(engine, warehouse, seen, known)
    known = replace(known, settings=_with_currency(known.settings, noted))
    left_out = _left_out(engine, known, noted)
    announce(_("Summarising customers"))
    base, told = _summarised(engine, warehouse, seen, known, noted)
    scored, bounded, is_refit = _scored(engine, base, known, announce, of_total=of_total)
    return Valued(known, noted, waiting, left_out, base, told, scored, bounded, is_refit)


def stand(engine: Engine, warehouse: Shelf, valued: Valued) -> Stood:
    """
    From scores to states and moves: the second part of a night.

    Raises:
        PolicyOnAnotherBasis: As ``night``.
    """
    known, base, scored = valued.known, valued.base, valued.scored
    check_basis(known.policy.rules, scored.terms.basis)
    segments, learned = _segmented(engine, base, known, scored, valued.told, is_refit=valued.is_refit)
    roster = draw_up(engine, base)
    states, moves = moved(engine, warehouse, known, base, valued.told, roster, segments, scored)
    return Stood(roster, segments, learned, states, moves)


def _looked_up(
    engine: Engine, warehouse: Shelf, seen: Snapshot | None, known: Known
) -> tuple[FactsNoted, tuple[Waiting, ...]]:
    """Facts in the engine, under today's names of persons; what is noted of them, and what waits for a rate."""
    days = known.settings.workspace.rate_days
    if not show_facts(
        engine,
        warehouse,
        seen,
        until_seq=known.until_seq,
        persons=known.persons,
        tables_seq=known.tables_seq,
        rate_days=days,
    ):
        raise NoOrdersYet
    waiting = waiting_for_rates(engine)
    noted = facts_noted(seen)
    noted = noted if known.until_seq is None else replace(noted, seq=known.until_seq)
    if known.yesterday is not None:
        find_revalued(engine, warehouse, seen, noted.currency, known.yesterday.rates(days))
    return noted, waiting


def _with_currency(settings: Settings, noted: FactsNoted) -> Settings:
    return replace(
        settings, value=replace(settings.value, currency=settings.value.currency or noted.currency)
    )


def _left_out(engine: Engine, known: Known, noted: FactsNoted) -> Mapping[str, int] | None:
    """Take out who is not to be valued; how many that are, by the code of why."""
    if known.unprofiled is None:
        return None
    stages, has_amounts = known.settings.stages, noted.has_amounts
    return leave_out(engine, known.unprofiled, known.as_of, stages, has_amounts=has_amounts)


def _summarised(
    engine: Engine, warehouse: Shelf, seen: Snapshot | None, known: Known, noted: FactsNoted
) -> tuple[CustomerBase, tuple[str, ...]]:
    """The customers, with what tables beside orders tell; and which of these hold rows."""
    settings = known.settings
    models = _going_by(known)
    delays = None if models is None else kept_delays(models)
    base = summarise(engine, known.as_of, settings.stages, has_amounts=noted.has_amounts, kept=delays)
    if len(base) == 0:
        raise nobody_bought(known.as_of, noted.first_date)
    told = show_tables(engine, warehouse, seen, until_seq=known.tables_seq)
    days = settings.workspace.rate_days
    return with_tables(engine, base, told, settings.value.currency, rate_days=days), told


def _scored(
    engine: Engine, base: CustomerBase, known: Known, announce: Announce, *, of_total: bool
) -> tuple[Scored, Callable[[], Scored], bool]:
    """
    Scores by the models at hand, or by new ones where these are due.

    Returns:
        The scores; what gives them with every customer's interval, to be called beside other work; and whether the
        models are new.
    """
    value, stages, champions = known.settings.value, known.settings.stages, known.champions
    kept, models = known.yesterday.models if known.yesterday else None, _going_by(known)
    if models is not None:
        announce(_("Scoring every customer"))
        return *score_then_bound(base, models, value, stages, total_interval=of_total), models != kept
    fit_from = left_truncation(engine, base).fit_from
    extras = Extras(
        complete_from=fit_from,
        engine=engine,
        total_interval=of_total,
        champions=champions,
        repeats_by_day=daily_repeats(engine, base),
    )
    valuation = value_customers(base, value, stages, "auto", extras, announce)
    scored = scored_by(valuation, base, stages)
    scored = replace(scored, document={**scored.document, JUDGED: judged_past(valuation, base)})
    return scored, lambda: scored, True


def _going_by(known: Known) -> Mapping[str, Any] | None:
    """The models at hand; None where new ones are due."""
    kept = known.yesterday.models if known.yesterday else None
    if known.models is not None or kept is None:
        return known.models
    settings = known.settings
    due = refit_due(
        kept,
        settings.value,
        settings.stages,
        as_of=known.as_of,
        refit_days=settings.workspace.refit_days,
        champions=known.champions,
    )
    return None if due else kept


def _segmented(
    engine: Engine,
    base: CustomerBase,
    known: Known,
    scored: Scored,
    told: tuple[str, ...],
    *,
    is_refit: bool,
) -> tuple[Segments, Learned]:
    """Tiers and stages of tonight's figures alone, by what the last fit left where that still holds."""
    last, policy = known.yesterday, known.policy
    before = read_placement(last.placement) if last else None
    keeps_yardsticks = before is not None and not is_refit and before.policy == policy
    kept = last.warnings if last is not None and not is_refit else None
    return placed(
        engine,
        base,
        policy,
        scored,
        told,
        yardsticks=before.yardsticks if before is not None and keeps_yardsticks else None,
        kept=kept if known.warnings is None else known.warnings,
        hears=known.hears,
        beside=known.beside,
    )
