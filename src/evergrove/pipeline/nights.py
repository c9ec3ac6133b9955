"""What a night goes by and what it comes to: the run before, what else is known, and the results with their tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergrove.customers import cac_query, has_traits, traits_query
from evergrove.export import scores_query, tiers_query, transitions_query
from evergrove.export.due import DUE, due_query
from evergrove.export.health import health_query
from evergrove.ingest.facts.rates import RatesBefore
from evergrove.pipeline.left_out import with_left_out
from evergrove.segments import placement_of, policy_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.customers import CustomerBase
    from evergrove.ingest import FactsNoted
    from evergrove.ingest.facts.rates import Waiting
    from evergrove.scoring import Scored
    from evergrove.scoring.champions import Champions
    from evergrove.segments import Placement, Policy, Roster, Segments, States, Transitions
    from evergrove.segments.clock.types import Dues
    from evergrove.segments.health.types import Vitals
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot

EARLIER = "earlier_tiers"
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
