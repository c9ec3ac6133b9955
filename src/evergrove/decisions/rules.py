"""The channel of each proposal, then choice by rank or by value; the arm is drawn after both, and not here. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any

from evergrove.campaigns.types import Reason
from evergrove.decisions.guards import first_block
from evergrove.decisions.picking import OUTRANKED, Candidate, pick, round_of
from evergrove.decisions.types import Verdict, decision_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from evergrove.campaigns.types import Proposal
    from evergrove.decisions.believed import Worth
    from evergrove.decisions.guards import Around
    from evergrove.decisions.money import Cost
    from evergrove.decisions.picking import Exploring, Picked
    from evergrove.decisions.types import Option

    Rank = Callable[[Proposal], Any]
    Took = Callable[[Cost], None]


@dataclass(frozen=True)
class ByValue:
    """
    What choice by value goes by.

    Attributes:
        worths: What is believed of each proposal; None: nothing.
        exploring: How much is drawn by chance.
        as_of: The last day whose orders are known.
    """

    worths: Sequence[Worth | None]
    exploring: Exploring
    as_of: date


def rank(proposal: Proposal) -> Any:
    """What is sorted by where nothing is believed of what is due for a person: the playbook's priority, the smaller first."""
    return proposal.priority


def judge(
    proposals: Sequence[Proposal],
    options: Sequence[Sequence[Option]],
    around: Around,
    *,
    persons: Mapping[str, str] | None = None,
    took: Took | None = None,
    rank: Rank = rank,
    against: Mapping[int, Reason] | None = None,
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
        against: What speaks against single proposals that every guard allows, by place.

    Returns:
        Verdicts in the order of the proposals; none is "control" yet.
    """
    seen = _Seen(proposals, options, around, persons or {}, took, against or {})
    verdicts = seen.by_rank(range(len(proposals)), rank)
    return [verdicts[place] for place in range(len(proposals))]


def judge_by_value(
    proposals: Sequence[Proposal],
    options: Sequence[Sequence[Option]],
    around: Around,
    going_by: ByValue,
    *,
    persons: Mapping[str, str] | None = None,
    took: Took | None = None,
    against: Mapping[int, Reason] | None = None,
) -> tuple[list[Verdict], list[Picked]]:
    """
    The same, where the message that is believed to bring a person most goes first, and none where none brings anything.

    Persons of all whose proposals nothing is believed come first, by ``rank``; then those whose best message brings most for
    each unit of money that budgets count, so that money that does not suffice for all goes where it brings most.

    Args:
        proposals: As ``judge``.
        options: As ``judge``.
        around: As ``judge``.
        going_by: Beliefs and chance.
        persons: As ``judge``.
        took: As ``judge``.
        against: As ``judge``.

    Returns:
        Verdicts in the order of the proposals, and one choice for each person who had one.
    """
    seen = _Seen(proposals, options, around, persons or {}, took, against or {})
    people: dict[str, list[int]] = defaultdict(list)
    for place in range(len(proposals)):
        people[seen.who(place)].append(place)
    by_value = {
        who: places
        for who, places in people.items()
        if any(options[each] and going_by.worths[each] is not None for each in places)
    }
    verdicts = seen.by_rank(
        [place for place in range(len(proposals)) if seen.who(place) not in by_value], rank
    )
    picks: list[Picked] = []
    best = {
        who: max(_for_money(going_by.worths[each], options[each]) for each in places)
        for who, places in by_value.items()
    }
    for who in sorted(by_value, key=lambda each: (-best[each], each)):
        found, picked = seen.by_value(who, by_value[who], going_by)
        verdicts |= found
        picks += [] if picked is None else [picked]
    return [verdicts[place] for place in range(len(proposals))], picks


def allowed(options: Sequence[Sequence[Option]], around: Around) -> Iterator[int]:
    """Places of the proposals that guards allow by some channel, as if each were the only one."""
    for place, each in enumerate(options):
        if any(first_block(option.facts, around) is None for option in each):
            yield place


def _for_money(worth: Worth | None, options: Sequence[Option]) -> float:
    """Net value for each unit that budgets count; what costs them nothing comes first."""
    if worth is None or not options:
        return -inf
    cost, net = options[0].facts.cost, worth.net(options[0].channel)
    amount = 0.0 if cost is None else float(cost.amount)
    return net / amount if amount > 0.0 else inf if net > 0.0 else -inf


@dataclass(frozen=True)
class _Seen:
    """All proposals, and what speaks for and against them."""

    proposals: Sequence[Proposal]
    options: Sequence[Sequence[Option]]
    around: Around
    persons: Mapping[str, str]
    took: Took | None
    against: Mapping[int, Reason]

    def who(self, place: int) -> str:
        """The person of a proposal."""
        customer = self.proposals[place].customer_id
        return self.persons.get(customer, customer)

    def by_rank(self, places: Sequence[int], rank: Rank) -> dict[int, Verdict]:
        """The first of each person's that nothing forbids."""
        chosen: dict[str, Proposal] = {}
        verdicts: dict[int, Verdict] = {}
        for place in sorted(places, key=lambda each: rank(self.proposals[each])):
            who, verdict = self.who(place), self._verdict(place)
            winner = chosen.get(who)
            if verdict.outcome == "send" and winner is not None:
                verdict = replace(
                    verdict, outcome="outranked", reason=Reason(OUTRANKED, {"by": winner.playbook})
                )
            elif verdict.outcome == "send":
                chosen[who] = self.proposals[place]
                self._take(place, verdict.channel)
            verdicts[place] = verdict
        return verdicts

    def by_value(
        self, who: str, places: Sequence[int], going_by: ByValue
    ) -> tuple[dict[int, Verdict], Picked | None]:
        """The one of a person's that brings most, or what chance draws; None: nothing is allowed."""
        verdicts = {place: self._verdict(place) for place in places}
        open_ = [place for place in places if verdicts[place].outcome == "send"]
        if not open_:
            return verdicts, None
        ids = {place: decision_id(self.proposals[place], going_by.as_of) for place in places}
        candidates = [
            self._candidate(place, ids[place], verdicts[place].channel, going_by.worths[place])
            for place in open_
        ]
        picked = pick(who, candidates, round_of(tuple(ids.values())), going_by.exploring)
        for at, place in enumerate(open_):
            reason = picked.reason(at)
            if reason is not None:
                verdicts[place] = replace(verdicts[place], outcome="outranked", reason=reason)
            else:
                self._take(place, verdicts[place].channel)
        return verdicts, picked

    def _candidate(self, place: int, name: str, channel: str, worth: Worth | None) -> Candidate:
        proposal = self.proposals[place]
        net = None if worth is None else worth.net(channel)
        is_assumed = worth is not None and worth.is_assumed
        return Candidate(name, proposal.playbook, channel, proposal.priority, net, is_assumed)

    def _take(self, place: int, channel: str) -> None:
        cost = next(each.facts.cost for each in self.options[place] if each.channel == channel)
        if self.took is not None and cost is not None:
            self.took(cost)

    def _verdict(self, place: int) -> Verdict:
        """What guards say of a proposal, as if it were the person's only one."""
        proposal, options = self.proposals[place], self.options[place]
        if not options:
            return Verdict(proposal, "skipped", proposal.skip)
        blocks: dict[str, Reason] = {}
        for option in options:
            block = first_block(option.facts, self.around)
            if block is not None:
                blocks[option.channel] = block.reason
                continue
            told = (option.facts.hours, option.channel, blocks)
            if place in self.against:
                return Verdict(proposal, "blocked", self.against[place], *told)
            return Verdict(proposal, "send", None, *told)
        first = options[0]
        return Verdict(proposal, "blocked", blocks[first.channel], first.facts.hours, first.channel, blocks)
