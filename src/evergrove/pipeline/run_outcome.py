"""What a run came to, as it is told: whom it placed where, who moved, what was decided, what to know of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveWarning, _
from evergrove.ingest.facts.rates import as_warnings
from evergrove.report.accounting import waiting
from evergrove.scoring.cost_notes import cost_notes
from evergrove.segments.codes import AXES, CAUSES, STAGES, TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from evergrove.decisions import CarriedOut, Decided
    from evergrove.pipeline.nights import Night
    from evergrove.scoring.checklist import Check
    from evergrove.segments.tiers.policy import TierPolicy

STALE_DAYS = 30


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


def outcome_of(
    found: Night,
    snapshot_id: int | None,
    decided: Decided,
    written: CarriedOut | None,
    ready: tuple[Check, ...],
    flaps: Mapping[str, Any],
) -> RunOutcome:
    """
    What is told of a night.

    Args:
        found: The night.
        snapshot_id: What it published; None in a dry run.
        decided: Who is written to.
        written: What was stored of that; None in a dry run.
        ready: What forecasts want of the data.
        flaps: As ``flaps_until`` gives them.
    """
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


def _old_orders(found: Night) -> tuple[EvergroveWarning, ...]:
    last = found.noted.last_date
    days = (found.as_of - last).days if last else 0
    return (OldOrders(last=last, days=days, as_of=found.as_of),) if days > STALE_DAYS else ()


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
