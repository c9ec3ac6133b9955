"""What a night computes, from facts as known then and the night before: the same for a run and for its replay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.customers import (
    cac_query,
    facts_since,
    has_traits,
    left_truncation,
    summarise,
    traits_query,
    with_tables,
)
from evergrove.export import scores_query, tiers_query, transitions_query
from evergrove.export.due import DUE, due_query
from evergrove.export.health import health_query
from evergrove.ingest import facts_noted, show_facts
from evergrove.ingest.facts.rates import RatesBefore, find_revalued, waiting_for_rates
from evergrove.ingest.facts.tables import show_tables
from evergrove.pipeline.compared import show_then
from evergrove.pipeline.corrected import corrections
from evergrove.pipeline.joined import rejoined, under_todays_names
from evergrove.pipeline.left_out import leave_out, with_left_out
from evergrove.pipeline.types import NoOrdersYet, nobody_bought
from evergrove.pipeline.vitals import placed, vitals_of
from evergrove.scoring import Extras, refit_due, score_then_bound, scored_by, value_customers
from evergrove.segments import (
    Ruled,
    draw_up,
    heard,
    place,
    placement_of,
    policy_of,
    read_placement,
    states_before,
    transitions_between,
    would_have,
)
from evergrove.segments.clock.service import find_dues
from evergrove.segments.tiers.basis import check_basis
from evergrove.segments.warning.hearing import Hearing
from evergrove.segments.warning.service import read_learned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from evergrove.customers import CustomerBase
    from evergrove.ingest import FactsNoted
    from evergrove.ingest.facts.rates import Waiting
    from evergrove.pipeline.types import Announce
    from evergrove.scoring import Scored
    from evergrove.scoring.champions import Champions
    from evergrove.segments import Placement, Policy, Roster, Segments, States, Transitions
    from evergrove.segments.clock.types import Dues
    from evergrove.segments.health.types import Vitals
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Bools
    from evergrove.segments.warning.service import Learned
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot, Warehouse

EARLIER = "earlier_tiers"
RENAMED = "earlier_persons"
SCORES, TIERS, TRANSITIONS, HEALTH = "scores", "tiers", "transitions", "health"
"""Tables that every night publishes."""
TRAITS, CAC = "traits", "cac_by_source"
"""Tables that a night publishes beside them where there are tables beside orders; CAC: where spend is told."""


@dataclass(frozen=True)
class Yesterday:
    """
    What the run before left.

    Attributes:
        as_of: Its day.
        run_seq: Its number.
        import_seq: The newest import that it knew.
        models: As ``scoring`` keeps them.
        model_run: Under which number these stand in the ledger.
        placement: By what it placed customers, as ``segments`` keeps it.
        persons: Customers who stood under another's name, and that name.
        tables_seq: The newest import of a table beside orders that it knew.
        warnings: What it had learned of health and of leaving; None: it did not know of them.
        rate_days: How old a rate could be; None: the run did not note it, and it was as it is today.
    """

    as_of: date
    run_seq: int
    import_seq: int
    models: Mapping[str, Any]
    model_run: int
    placement: Mapping[str, Any]
    persons: Mapping[str, str] = field(default_factory=dict)
    tables_seq: int = 0
    rate_days: int | None = None
    warnings: Mapping[str, Any] | None = None

    def rates(self, rate_days: int) -> RatesBefore:
        """By which rates it counted; ``rate_days`` as of today."""
        days = rate_days if self.rate_days is None else self.rate_days
        return RatesBefore(self.as_of, self.import_seq, self.tables_seq, days)


@dataclass(frozen=True)
class Known:
    """
    What a night goes by, beside the facts.

    Attributes:
        settings: Of the workspace.
        as_of: The last day whose orders count.
        yesterday: The run before; None in a first run.
        earlier: The snapshot that holds yesterday's tiers; None: ``EARLIER`` stands in the engine already.
        then: The run of about 90 days before, whose scores tonight's are compared with (``run_then``).
        until_seq: Only facts of imports up to this one; None: all. For replays.
        tables_seq: The same for tables beside orders and refunds.
        models: Score with these and fit none; None: as ``refit_due`` says. For replays.
        warnings: Tell health and leaving by these and learn nothing; None: learn with the models. For replays.
        hears: Whether stages may begin to hear health. For replays.
        beside: Whether they may begin to go by categories and subscriptions. For replays.
        champions: Of the back-test that is heard when models are fitted; None without one.
        persons: Customers who stand under another's name, and that name.
        unprofiled: Who is not to be valued, and the code of why; None: nobody ever was.
        adopted: The policy of tiers that somebody adopted; None: that of the settings.
    """

    settings: Settings
    as_of: date
    yesterday: Yesterday | None
    earlier: Snapshot | None = None
    then: Snapshot | None = None
    until_seq: int | None = None
    tables_seq: int | None = None
    models: Mapping[str, Any] | None = None
    warnings: Mapping[str, Any] | None = None
    hears: bool = True
    beside: bool = True
    champions: Champions | None = None
    persons: Mapping[str, str] = field(default_factory=dict)
    unprofiled: Mapping[str, str] | None = None
    adopted: TierPolicy | None = None

    @property
    def run_seq(self) -> int:
        """Number of the run."""
        return self.yesterday.run_seq + 1 if self.yesterday else 1

    @property
    def policy(self) -> Policy:
        """By what customers are placed."""
        return policy_of(self.settings, self.adopted)


@dataclass(frozen=True, eq=False)
class Night:
    """
    One night's results; nothing of them is published yet.

    Attributes:
        as_of: The last day whose orders count.
        run_seq: Number of the run.
        noted: What holds for the facts as a whole.
        settings: As they were used: with the currency of the facts.
        base: The customers' summary.
        roster: Everybody, buyers first.
        scored: Scores and the models behind them.
        is_refit: Whether these were fitted tonight.
        segments: Of tonight's figures alone.
        states: Where everybody stands.
        moves: Who moved since the night before, and why.
        dues: The day before which time alone moves nobody.
        vitals: How things stand with everybody who bought, and where they are heading.
        warnings: What was learned of health and of leaving, to be kept until models are fitted anew.
        then: The day of the run, about 90 days before, whose scores tonight's are compared with; None: there is none.
        told: Tables beside orders that hold rows.
        waiting: What stands in other currencies and waits for a rate.
        left_out: How many are not valued, by the code of why; None: nobody ever was left out.
        adopted: The policy of tiers that somebody adopted; None: that of the settings.
    """

    as_of: date
    run_seq: int
    noted: FactsNoted
    settings: Settings
    base: CustomerBase
    roster: Roster
    scored: Scored
    is_refit: bool
    segments: Segments
    states: States
    moves: Transitions
    dues: Dues
    vitals: Vitals
    warnings: Mapping[str, Any]
    then: date | None = None
    told: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    left_out: Mapping[str, int] | None = None
    adopted: TierPolicy | None = None

    @property
    def placement(self) -> Placement:
        """By what customers were placed."""
        return placement_of(policy_of(self.settings, self.adopted), self.segments)

    def queries(self, engine: Engine) -> dict[str, str]:
        """The tables that the night publishes, by name; ``transitions`` holds what it adds."""
        currency = self.settings.value.currency
        others = len(self.roster) - self.roster.buyers
        scores = scores_query(
            engine, self.scored, self.segments, currency=currency, as_of=self.as_of, others=others
        )
        queries = {
            SCORES: scores,
            TIERS: tiers_query(engine, self.states),
            TRANSITIONS: transitions_query(engine, self.moves),
            DUE: due_query(engine, self.dues),
            HEALTH: health_query(engine, self.vitals, self.scored, currency=currency, then=self.then),
            **({TRAITS: traits_query(engine, self.base, self.told)} if has_traits(self.told) else {}),
            **({CAC: cac_query()} if "spend" in self.told else {}),
        }
        basis = self.scored.terms.basis
        return with_left_out(queries, self.left_out, currency=currency, basis=basis)


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
    announce(_("Looking up the facts"))
    noted, waiting = _looked_up(engine, warehouse, seen, known)
    known = replace(known, settings=_with_currency(known.settings, noted))
    left_out = _left_out(engine, known, noted)
    announce(_("Summarising customers"))
    base, told = _summarised(engine, warehouse, seen, known, noted)
    scored, bounded, is_refit = _scored(engine, base, known, announce)
    announce(_("Placing customers in tiers and stages"))
    check_basis(known.policy.rules, scored.terms.basis)
    with ThreadPoolExecutor(1, thread_name_prefix="evergrove-intervals") as lane:
        with_intervals = lane.submit(bounded)  # nothing else of the night goes by them
        segments, learned = _segmented(engine, base, known, scored, told, is_refit=is_refit)
        vitals = vitals_of(engine, base, segments, known.policy, told, learned)
        roster = draw_up(engine, base)
        states, moves = _moved(engine, warehouse, known, base, told, roster, segments, scored)
        hearing = Hearing(told, learned)
        dues = find_dues(engine, base, segments, states, known.policy, scored.document, hearing)
        scored = with_intervals.result()
    return Night(
        known.as_of,
        known.run_seq,
        noted,
        known.settings,
        base,
        roster,
        scored,
        is_refit,
        segments,
        states,
        moves,
        dues,
        vitals,
        learned.document(),
        show_then(engine, warehouse, known.then),
        told,
        waiting,
        left_out,
        known.adopted,
    )


def _looked_up(
    engine: Engine, warehouse: Warehouse, seen: Snapshot | None, known: Known
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
    engine: Engine, warehouse: Warehouse, seen: Snapshot | None, known: Known, noted: FactsNoted
) -> tuple[CustomerBase, tuple[str, ...]]:
    """The customers, with what tables beside orders tell; and which of these hold rows."""
    settings = known.settings
    base = summarise(engine, known.as_of, settings.stages, has_amounts=noted.has_amounts)
    if len(base) == 0:
        raise nobody_bought(known.as_of, noted.first_date)
    told = show_tables(engine, warehouse, seen, until_seq=known.tables_seq)
    days = settings.workspace.rate_days
    return with_tables(engine, base, told, settings.value.currency, rate_days=days), told


def _scored(
    engine: Engine, base: CustomerBase, known: Known, announce: Announce
) -> tuple[Scored, Callable[[], Scored], bool]:
    """
    Scores by the models at hand, or by new ones where these are due.

    Returns:
        The scores; what gives them with every customer's interval, to be called beside other work; and whether the
        models are new.
    """
    value, stages, champions = known.settings.value, known.settings.stages, known.champions
    kept = known.yesterday.models if known.yesterday else None
    if known.models is not None:
        announce(_("Scoring every customer"))
        return *score_then_bound(base, known.models, value, stages), known.models != kept
    refit_days = known.settings.workspace.refit_days
    due = refit_due(kept, value, stages, as_of=known.as_of, refit_days=refit_days, champions=champions)
    if kept is not None and not due:
        announce(_("Scoring every customer"))
        return *score_then_bound(base, kept, value, stages), False
    fit_from = left_truncation(engine, base).fit_from
    extras = Extras(  # no night publishes an interval of the total
        complete_from=fit_from, engine=engine, total_interval=False, champions=champions
    )
    scored = scored_by(value_customers(base, value, stages, "auto", extras, announce), base, stages)
    return scored, lambda: scored, True


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


def _moved(
    engine: Engine,
    warehouse: Warehouse,
    known: Known,
    base: CustomerBase,
    told: tuple[str, ...],
    roster: Roster,
    segments: Segments,
    scored: Scored,
) -> tuple[States, Transitions]:
    """Where everybody stands, and who moved since the night before."""
    if known.yesterday is None:
        states = place(segments, roster, known.policy)
        return states, transitions_between(None, states, known.policy, run_seq=known.run_seq)
    if known.earlier is not None:
        warehouse.show(engine, known.earlier, TIERS, EARLIER)
    is_other = rejoined(engine, roster, EARLIER, known.yesterday.persons, known.persons)
    learned = known.yesterday.warnings
    hearing = None if learned is None else Hearing(told, read_learned(learned))
    ruled = Ruled(read_placement(known.yesterday.placement), known.yesterday.models, hearing)
    return _since(engine, known, known.yesterday, ruled, base, roster, segments, scored, is_other)


def _since(
    engine: Engine,
    known: Known,
    yesterday: Yesterday,
    ruled: Ruled,
    base: CustomerBase,
    roster: Roster,
    segments: Segments,
    scored: Scored,
    is_other: Bools | None,
) -> tuple[States, Transitions]:
    """States and moves of any night but the first."""
    policy, settings = known.policy, known.settings
    under_todays_names(engine, EARLIER, RENAMED)
    earlier = states_before(engine, RENAMED, roster, yesterday.as_of, ruled.placement.policy.rules)
    corrected = corrections(engine, roster, RENAMED, is_other)
    facts_since(
        engine,
        after_seq=yesterday.import_seq,
        previous_day=yesterday.as_of,
        as_of=base.observation_end,
        until_seq=known.until_seq,
    )
    news, late = heard(engine, roster), settings.workspace.late_days
    would = would_have(
        engine, base, roster, earlier, before=ruled, policy=policy, scored=scored, value=settings.value
    )
    since: dict[str, Any] = {"news": news, "late_days": late, "would": would, "corrected": corrected}
    states = place(segments, roster, policy, earlier, **since)
    moves = transitions_between(earlier, states, policy, **since, run_seq=known.run_seq)
    return states, moves
