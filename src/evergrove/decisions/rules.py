"""The channel of each proposal, then choice by rank; the arm is drawn after both, and not here. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.campaigns.types import Reason
from evergrove.decisions.guards import first_block
from evergrove.decisions.types import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.campaigns.types import Proposal
    from evergrove.decisions.guards import Around
    from evergrove.decisions.money import Cost
    from evergrove.decisions.types import Option

    Rank = Callable[[Proposal], Any]
    Took = Callable[[Cost], None]


def rank(proposal: Proposal) -> Any:
    """What is sorted by when several are due for one person: the smaller goes first; today the playbook's priority."""
    return proposal.priority


def judge(
    proposals: Sequence[Proposal],
    options: Sequence[Sequence[Option]],
    around: Around,
    *,
    persons: Mapping[str, str] | None = None,
    took: Took | None = None,
    rank: Rank = rank,
) -> list[Verdict]:
    """
    What becomes of each proposal before arms are drawn: at most one "send" for each person.

    Args:
        proposals: Of any number of playbooks.
        options: The channels of each, the preferred first; none for those that the playbook itself skips.
        around: Settings, moment, money.
        persons: Customer to the person they are; who is not in it is one by themselves.
        took: Told the cost of each that is chosen.
        rank: Which of several goes first; of equals the first in the order given.

    Returns:
        Verdicts in the order of the proposals; none is "control" yet.
    """
    known = persons or {}
    chosen: dict[str, Proposal] = {}
    verdicts: dict[int, Verdict] = {}
    for place in sorted(range(len(proposals)), key=lambda each: rank(proposals[each])):
        proposal = proposals[place]
        who = known.get(proposal.customer_id, proposal.customer_id)
        verdict = _verdict(proposal, options[place], around, chosen.get(who))
        if verdict.outcome == "send":
            chosen[who] = proposal
            cost = next(each.facts.cost for each in options[place] if each.channel == verdict.channel)
            if took is not None and cost is not None:
                took(cost)
        verdicts[place] = verdict
    return [verdicts[place] for place in range(len(proposals))]


def _verdict(
    proposal: Proposal, options: Sequence[Option], around: Around, winner: Proposal | None
) -> Verdict:
    if not options:
        return Verdict(proposal, "skipped", proposal.skip)
    against: dict[str, Reason] = {}
    for option in options:
        block = first_block(option.facts, around)
        if block is not None:
            against[option.channel] = block.reason
            continue
        told = (option.facts.hours, option.channel, against)
        if winner is None:
            return Verdict(proposal, "send", None, *told)
        return Verdict(proposal, "outranked", Reason("decisions.outranked", {"by": winner.playbook}), *told)
    first = options[0]
    return Verdict(proposal, "blocked", against[first.channel], first.facts.hours, first.channel, against)
