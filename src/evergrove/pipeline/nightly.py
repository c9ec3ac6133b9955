"""What a night computes, from facts as known then and the night before: the same for a run and for its replay."""

from __future__ import annotations

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
from evergrove.scoring import Extras, refit_due, score_with, scored_by, value_customers
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
from evergrove.segments.tiers.basis import check_basis
from evergrove.segments.warning.hearing import Hearing
from evergrove.segments.warning.service import read_learned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.customers import CustomerBase
    from evergrove.ingest import FactsNoted
    from evergrove.ingest.facts.rates import Waiting
    from evergrove.pipeline.types import Announce
    from evergrove.scoring import Scored
    from evergrove.scoring.champions import Champions
    from evergrove.segments import Placement, Policy, Roster, Segments, States, Transitions
    from evergrove.segments.health.types import Vitals
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Bools
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
            HEALTH: health_query(engine, self.vitals, self.scored, currency=currency, then=self.then),
            **({TRAITS: traits_query(engine, self.base, self.told)} if has_traits(self.told) else {}),
            **({CAC: cac_query()} if "spend" in self.told else {}),
        }
        basis = self.scored.terms.basis
        return with_left_out(queries, self.left_out, currency=currency, basis=basis)


def night(
    engine: Engine,
    warehouse: Warehouse,
    seen: Snapshot | None,
    settings: Settings,
    as_of: date,
    yesterday: Yesterday | None,
    announce: Announce,
    *,
    earlier: Snapshot | None = None,
    then: Snapshot | None = None,
    until_seq: int | None = None,
    tables_seq: int | None = None,
    models: Mapping[str, Any] | None = None,
    warnings: Mapping[str, Any] | None = None,
    hears: bool = True,
    champions: Champions | None = None,
    persons: Mapping[str, str] | None = None,
    unprofiled: Mapping[str, str] | None = None,
    adopted: TierPolicy | None = None,
) -> Night:
    """
    One night from facts to moves, one station a line.

    Args:
        engine: Empty; holds everything afterwards.
        warehouse: Where facts and earlier results lie.
        seen: The snapshot whose facts are read.
        settings: Of the workspace.
        as_of: The last day whose orders count.
        yesterday: The run before; None in a first run.
        announce: Called when a stage begins.
        earlier: The snapshot that holds yesterday's tiers; None: ``EARLIER`` stands in the engine already.
        then: The run of about 90 days before, whose scores tonight's are compared with (``run_then``).
        until_seq: Only facts of imports up to this one; None: all. For replays.
        tables_seq: The same for tables beside orders and refunds.
        models: Score with these and fit none; None: as ``refit_due`` says. For replays.
        warnings: Tell health and leaving by these and learn nothing; None: learn with the models. For replays.
        hears: Whether stages may begin to hear health. For replays.
        champions: Of the back-test that is heard when models are fitted; None without one.
        persons: Customers who stand under another's name, and that name.
        unprofiled: Who is not to be valued, and the code of why; None: nobody ever was.
        adopted: The policy of tiers that somebody adopted; None: that of the settings.

    Raises:
        NoOrdersYet: There are no facts.
        NothingToValue, NothingLeft: Nobody had bought by ``as_of``.
        PolicyOnAnotherBasis: The policy states bounds of value on a basis that the workspace does not count on.
    """
    announce(_("Looking up the facts"))
    days = settings.workspace.rate_days
    if not show_facts(
        engine, warehouse, seen, until_seq=until_seq, persons=persons, tables_seq=tables_seq, rate_days=days
    ):
        raise NoOrdersYet
    waiting = waiting_for_rates(engine)
    noted = facts_noted(seen)
    noted = noted if until_seq is None else replace(noted, seq=until_seq)
    if yesterday is not None:
        find_revalued(engine, warehouse, seen, noted.currency, yesterday.rates(days))
    settings = _with_currency(settings, noted)
    left_out = None
    if unprofiled is not None:
        has_amounts = noted.has_amounts
        left_out = leave_out(engine, unprofiled, as_of, settings.stages, has_amounts=has_amounts)

    announce(_("Summarising customers"))
    base = summarise(engine, as_of, settings.stages, has_amounts=noted.has_amounts)
    if len(base) == 0:
        raise nobody_bought(as_of, noted.first_date)
    told = show_tables(engine, warehouse, seen, until_seq=tables_seq)
    base = with_tables(engine, base, told, settings.value.currency, rate_days=days)

    scored, is_refit = _scored(engine, base, settings, as_of, yesterday, models, announce, champions)

    announce(_("Placing customers in tiers and stages"))
    policy = policy_of(settings, adopted)
    check_basis(policy.rules, scored.terms.basis)
    before = read_placement(yesterday.placement) if yesterday else None
    keeps_yardsticks = before is not None and not is_refit and before.policy == policy
    last_learned = yesterday.warnings if yesterday is not None else None
    kept = None if is_refit else last_learned
    segments, learned = placed(
        engine,
        base,
        policy,
        scored,
        told,
        yardsticks=before.yardsticks if before is not None and keeps_yardsticks else None,
        kept=kept if warnings is None else warnings,
        hears=hears,
    )
    vitals = vitals_of(engine, base, segments, policy, told, learned)
    roster = draw_up(engine, base)
    run_seq = yesterday.run_seq + 1 if yesterday else 1
    if yesterday is None or before is None:
        states = place(segments, roster, policy)
        moves = transitions_between(None, states, policy, run_seq=run_seq)
    else:
        if earlier is not None:
            warehouse.show(engine, earlier, TIERS, EARLIER)
        hearing = None if last_learned is None else Hearing(told, read_learned(last_learned))
        ruled = Ruled(before, yesterday.models, hearing)
        is_other = rejoined(engine, roster, EARLIER, yesterday.persons, persons or {})
        states, moves = _since(
            engine,
            base,
            roster,
            segments,
            policy,
            scored,
            yesterday,
            ruled,
            settings,
            run_seq,
            until_seq,
            is_other,
        )
    return Night(
        as_of,
        run_seq,
        noted,
        settings,
        base,
        roster,
        scored,
        is_refit,
        segments,
        states,
        moves,
        vitals,
        learned.document(),
        show_then(engine, warehouse, then),
        told,
        waiting,
        left_out,
        adopted,
    )


def _with_currency(settings: Settings, noted: FactsNoted) -> Settings:
    return replace(
        settings, value=replace(settings.value, currency=settings.value.currency or noted.currency)
    )


def _scored(
    engine: Engine,
    base: CustomerBase,
    settings: Settings,
    as_of: date,
    yesterday: Yesterday | None,
    models: Mapping[str, Any] | None,
    announce: Announce,
    champions: Champions | None,
) -> tuple[Scored, bool]:
    """Scores by the models at hand, or by new ones where these are due; and whether they are new."""
    value, stages = settings.value, settings.stages
    kept = yesterday.models if yesterday else None
    if models is not None:
        announce(_("Scoring every customer"))
        return score_with(base, models, value, stages), models != kept
    refit_days = settings.workspace.refit_days
    due = refit_due(kept, value, stages, as_of=as_of, refit_days=refit_days, champions=champions)
    if kept is not None and not due:
        announce(_("Scoring every customer"))
        return score_with(base, kept, value, stages), False
    fit_from = left_truncation(engine, base).fit_from
    extras = Extras(  # no night publishes an interval of the total
        complete_from=fit_from, engine=engine, total_interval=False, champions=champions
    )
    return scored_by(value_customers(base, value, stages, "auto", extras, announce), base, stages), True


def _since(
    engine: Engine,
    base: CustomerBase,
    roster: Roster,
    segments: Segments,
    policy: Policy,
    scored: Scored,
    yesterday: Yesterday,
    ruled: Ruled,
    settings: Settings,
    run_seq: int,
    until_seq: int | None,
    is_other: Bools | None,
) -> tuple[States, Transitions]:
    """States and moves of any night but the first."""
    under_todays_names(engine, EARLIER, RENAMED)
    earlier = states_before(engine, RENAMED, roster, yesterday.as_of, ruled.placement.policy.rules)
    corrected = corrections(engine, roster, RENAMED, is_other)
    facts_since(
        engine,
        after_seq=yesterday.import_seq,
        previous_day=yesterday.as_of,
        as_of=base.observation_end,
        until_seq=until_seq,
    )
    news, late = heard(engine, roster), settings.workspace.late_days
    would = would_have(
        engine, base, roster, earlier, before=ruled, policy=policy, scored=scored, value=settings.value
    )
    since: dict[str, Any] = {"news": news, "late_days": late, "would": would, "corrected": corrected}
    states = place(segments, roster, policy, earlier, **since)
    moves = transitions_between(earlier, states, policy, **since, run_seq=run_seq)
    return states, moves
