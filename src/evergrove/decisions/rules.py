"""Guards in a fixed order, then choice by priority; the arm is drawn after both, and not here. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.campaigns.types import Reason
from evergrove.decisions.types import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from evergrove.campaigns.types import Proposal
    from evergrove.decisions.types import Facts
    from evergrove.settings import OutreachSettings

    Guard = Callable[[Facts, OutreachSettings, datetime], Reason | None]


def person_guard(facts: Facts, _settings: OutreachSettings, _now: datetime) -> Reason | None:
    """Erased, then consent (unknown is not a yes), then suppression, then whether there is an address."""
    block = facts.standing.block
    return None if block is None else Reason(block)


def profiling_guard(facts: Facts, _settings: OutreachSettings, _now: datetime) -> Reason | None:
    """Whoever is not to be valued is proposed nothing that comes of a value, and every playbook's trigger does."""
    return None if facts.standing.unprofiled is None else Reason(facts.standing.unprofiled)


def cap_guard(facts: Facts, settings: OutreachSettings, _now: datetime) -> Reason | None:
    """Not more messages than the customer is to get in a day, a week and a month, all playbooks together."""
    limits = (("day", settings.per_day), ("week", settings.per_week), ("month", settings.per_month))
    for window, most in limits:
        if getattr(facts.counts, window) >= most:
            return Reason(f"decisions.cap_{window}", {"most": most})
    return None


def hours_guard(facts: Facts, _settings: OutreachSettings, now: datetime) -> Reason | None:
    """Quiet hours only move the moment, unless no moment is left: then nobody may be assigned for it."""
    if max(facts.hours.not_before, now) >= facts.hours.valid_until:
        return Reason("decisions.no_hour_left", {"until": facts.hours.valid_until.isoformat()})
    return None


GUARDS: tuple[Guard, ...] = (person_guard, profiling_guard, cap_guard, hours_guard)
"""In this order; the first that blocks gives the reason."""


def judge(
    proposals: Sequence[Proposal], facts: Sequence[Facts | None], settings: OutreachSettings, now: datetime
) -> list[Verdict]:
    """
    What becomes of each proposal before arms are drawn: at most one "send" for each customer.

    Args:
        proposals: In the order of priority.
        facts: Of each, in the same order; None for those that the playbook itself skips.
        settings: Caps.
        now: The present moment.

    Returns:
        Verdicts in the order of the proposals; none is "control" yet.
    """
    chosen: dict[str, Proposal] = {}
    verdicts = []
    for proposal, own in zip(proposals, facts, strict=True):
        verdict = _verdict(proposal, own, settings, now, chosen.get(proposal.customer_id))
        if verdict.outcome == "send":
            chosen[proposal.customer_id] = proposal
        verdicts.append(verdict)
    return verdicts


def _verdict(
    proposal: Proposal,
    own: Facts | None,
    settings: OutreachSettings,
    now: datetime,
    winner: Proposal | None,
) -> Verdict:
    if own is None:
        return Verdict(proposal, "skipped", proposal.skip)
    for guard in GUARDS:
        reason = guard(own, settings, now)
        if reason is not None:
            return Verdict(proposal, "blocked", reason, own.hours)
    if winner is not None:
        by = Reason("decisions.outranked", {"by": winner.playbook})
        return Verdict(proposal, "outranked", by, own.hours)
    return Verdict(proposal, "send", None, own.hours)
