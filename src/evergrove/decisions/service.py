"""Choosing among proposals, and carrying out what was chosen; the only caller of ``outbox.enqueue``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.campaigns.control import draw, period_of
from evergrove.campaigns.library import started_playbooks
from evergrove.campaigns.service import store_due, store_taken
from evergrove.campaigns.store import parts, store_assignments
from evergrove.campaigns.types import Reason
from evergrove.decisions.believed import beliefs_on
from evergrove.decisions.budgets import EXHAUSTED, budgets, commit, reconcile, standing
from evergrove.decisions.cases import open_case, opened_by
from evergrove.decisions.facts import NOTHING_KNOWN, contact_cost, cost_of, options_of
from evergrove.decisions.guards import Around
from evergrove.decisions.members import arms_of_persons, step_of, told_to_another
from evergrove.decisions.money import Purse
from evergrove.decisions.picked import store_picks, with_arms
from evergrove.decisions.picking import Exploring
from evergrove.decisions.rules import ByValue, allowed, judge, judge_by_value
from evergrove.decisions.tables import decision
from evergrove.decisions.types import Decided, Decision, Verdict, decision_id
from evergrove.ledger import insert_new
from evergrove.outbox import Message, enqueue
from evergrove.people.identity import person_ids
from evergrove.programs import give_codes, release_ended

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.campaigns.control import Arm
    from evergrove.campaigns.types import Due, Proposal
    from evergrove.decisions.believed import Beliefs
    from evergrove.decisions.facts import Context
    from evergrove.decisions.members import Arms
    from evergrove.decisions.picking import Picked
    from evergrove.decisions.types import Hours, Option
    from evergrove.settings import OutreachSettings


@dataclass(frozen=True)
class CarriedOut:
    """
    What a run has stored.

    Attributes:
        queued: Messages that wait to be sent.
        virtual: Messages of controls, which never leave.
        taken_back: Messages that waited and will not leave, because the customer left the playbook.
    """

    queued: int
    virtual: int
    taken_back: int


def decide(
    connection: Connection,
    proposals: Sequence[Proposal],
    settings: OutreachSettings,
    *,
    shop_zone: str,
    run_id: int,
    as_of: date,
    now: datetime,
    context: Context = NOTHING_KNOWN,
) -> Decided:
    """
    Guards, choice by value or by rank, and last the arm. Nothing is written: this is the dry run as well.

    A step that was decided for this day already is left out, so that a run that is repeated decides nothing
    twice; what was outranked or blocked comes again on the next day.

    Args:
        connection: Of any block. To carry it out, hold the workspace's lock: so caps hold, whether or not it is
            the ``writing`` block in which it is carried out.
        proposals: Of campaigns.
        settings: Caps, hours, control shares.
        shop_zone: The workspace's zone.
        run_id: Of the run.
        as_of: The last day whose orders are known.
        now: The present moment.
        context: What the ledger does not know: channels that are set up, hours at which customers are active.
    """
    fresh = _undecided(connection, proposals, as_of)
    purse = Purse(standing(connection, budgets(connection), now), now)
    options = options_of(connection, fresh, settings, shop_zone, now, context)
    around, cost = Around(settings, now, purse), contact_cost(settings)
    known = arms_of_persons(connection, {fresh[place].customer_id for place in allowed(options, around)})
    against = _against(connection, fresh, known, period_of(as_of, settings.rotate_months))
    persons = person_ids(connection, {each.customer_id for each in fresh})
    told = _Told(fresh, options, around, persons, purse, against)
    verdicts, picks = (
        told.by_value(beliefs_on(connection, as_of, cost, now, context.discount_rate), settings, as_of)
        if settings.choose_by == "value"
        else told.by_priority()
    )
    chosen = [each.proposal for each in verdicts if each.outcome == "send"]
    drawn = draw(chosen, known.known, settings, as_of)
    arms = iter(zip(drawn.arms, drawn.probabilities, strict=True))
    adopted = {each.customer_id for each in chosen}
    decisions = tuple(
        _sent(each, *next(arms), as_of, cost) if each.outcome == "send" else _not_sent(each, as_of)
        for each in verdicts
    )
    hours = [each.hours for each in verdicts if each.outcome == "send"]
    leaving = [each for each in decisions if each.arm is not None]
    return Decided(
        decisions,
        tuple(_message(each, when, run_id) for each, when in zip(leaving, hours, strict=True) if when),
        (*(each for each in known.adopted if each.customer_id in adopted), *drawn.new),
        frozenset(
            each.proposal.customer_id
            for each in decisions
            if each.reason is not None and each.reason.code == "people.erased"
        ),
        sum(1 for when in hours if when and not when.known_zone),
        with_arms(picks, decisions),
    )


@dataclass(frozen=True)
class _Told:
    """What is judged."""

    proposals: Sequence[Proposal]
    options: Sequence[Sequence[Option]]
    around: Around
    persons: Mapping[str, str]
    purse: Purse
    against: Mapping[int, Reason]

    def by_priority(self) -> tuple[list[Verdict], list[Picked]]:
        given = (self.proposals, self.options, self.around)
        return judge(*given, persons=self.persons, took=self.purse.take, against=self.against), []

    def by_value(
        self, beliefs: Beliefs, settings: OutreachSettings, as_of: date
    ) -> tuple[list[Verdict], list[Picked]]:
        going_by = ByValue(
            beliefs.of_proposals(self.proposals), Exploring(settings.explore, settings.salt), as_of
        )
        given = (self.proposals, self.options, self.around, going_by)
        return judge_by_value(*given, persons=self.persons, took=self.purse.take, against=self.against)


def _against(
    connection: Connection, proposals: Sequence[Proposal], arms: Arms, period: str
) -> dict[int, Reason]:
    """What was said to another customer of the same person, and who was promised both to be left alone and not to be."""
    told = told_to_another(connection, proposals)
    found = {
        place: Reason("decisions.told_already")
        for place, each in enumerate(proposals)
        if step_of(each) in told
    }
    torn = {
        place: Reason("decisions.two_arms")
        for place, each in enumerate(proposals)
        if arms.is_torn(each, period)
    }
    return torn | found


def _undecided(connection: Connection, proposals: Sequence[Proposal], as_of: date) -> list[Proposal]:
    named = {decision_id(each, as_of): each for each in proposals}
    done: set[str] = set()
    for part in parts(named):
        done.update(connection.execute(select(decision.c.id).where(decision.c.id.in_(part))).scalars())
    return [each for name, each in named.items() if name not in done]


def _sent(verdict: Verdict, arm: Arm, probability: float, as_of: date, cost: Decimal) -> Decision:
    told = (verdict.channel, _basis(verdict))
    if arm == "control":
        reason = Reason("campaigns.control")
        return Decision(verdict.proposal, as_of, "control", reason, arm, probability, Decimal(0), *told)
    return Decision(verdict.proposal, as_of, "send", None, arm, probability, cost, *told)


def _not_sent(verdict: Verdict, as_of: date) -> Decision:
    told = (verdict.channel, _basis(verdict))
    return Decision(verdict.proposal, as_of, verdict.outcome, verdict.reason, None, None, Decimal(0), *told)


def _basis(verdict: Verdict) -> dict[str, Any]:
    """Why at this hour and by this channel, as it is stored."""
    hours, against = verdict.hours, verdict.passed_over
    told: dict[str, Any] = {}
    if hours is not None:
        told = {"zone": hours.zone, "is_own_zone": hours.known_zone, "is_own_hour": hours.is_own_hour}
    if len(verdict.proposal.channels) > 1:
        told["passed_over"] = {
            channel: {"code": reason.code, "params": dict(reason.params)}
            for channel, reason in against.items()
        }
    return told


def _message(decided: Decision, hours: Hours, run_id: int) -> Message:
    proposal = decided.proposal
    return Message(
        playbook=proposal.playbook,
        version=proposal.version,
        customer_id=proposal.customer_id,
        occasion=proposal.occasion,
        step=proposal.step,
        channel=decided.channel or proposal.channel,
        arm=decided.arm or "control",
        template=proposal.template,
        decision_id=decided.id,
        run_id=run_id,
        not_before=hours.not_before,
        valid_until=hours.valid_until,
        params=proposal.params,
        cost=decided.cost,
    )


def carry_out(
    connection: Connection, found: Due, decided: Decided, *, run_id: int, now: datetime
) -> CarriedOut:
    """
    Store what was found and decided, and put the messages into the outbox: all of it, or nothing.

    Messages get their codes of coupon campaigns here, and controls none; codes of messages that have ended and never
    reached anybody come back, whoever ended them. Arms are stored before messages. Doing it again changes nothing.

    Args:
        connection: Of a ``writing`` block.
        found: By ``campaigns.due``.
        decided: By ``decide``, from its proposals.
        run_id: Of the run.
        now: When.
    """
    reconcile(connection, now)
    decided = paid_for(connection, decided, now)
    taken_back = store_due(connection, found, run_id, now)
    _open_cases(connection, found, now)
    store_assignments(connection, decided.assignments, found.as_of, run_id, now)
    insert_new(connection, decision, [_row(each, run_id, now) for each in decided.decisions])
    store_picks(connection, decided.picks, found.as_of, run_id, now)
    virtual = [each for each in decided.messages if each.arm == "control"]
    real = [each for each in decided.messages if each.arm == "treated"]
    written = CarriedOut(
        queued=enqueue(connection, real, now),
        virtual=enqueue(connection, virtual, now),
        taken_back=taken_back,
    )
    give_codes(connection, real, now)
    release_ended(connection, now)
    store_taken(connection, found, decided.taken, decided.erased, run_id)
    return written


def _open_cases(connection: Connection, found: Due, now: datetime) -> None:
    """Whoever would not recommend the shop hears of nothing else until that is put right, or a month is over."""
    if not found.entered:
        return
    sorry = _sorry(connection)
    for each in (entry for entry in found.entered if entry.playbook in sorry):
        open_case(connection, each.customer_id, "detractor", opened_by(each.playbook), now, ref=each.occasion)


def _sorry(connection: Connection) -> set[str]:
    """Keys of playbooks that take in whoever would not recommend the shop."""
    return {
        each.key
        for each in started_playbooks(connection)
        if (each.trigger.kind, each.trigger.enters) == ("nps", "detractor")
    }


def paid_for(connection: Connection, decided: Decided, now: datetime) -> Decided:
    """
    Commit what messages are expected to cost; those for which the money has gone meanwhile are blocked.

    Budgets were looked at when this was decided, for both arms alike, so it takes another who decided in the same
    moment for a message to be blocked here.

    Args:
        connection: Of a ``writing`` block.
        decided: By ``decide``.
        now: When.
    """
    by_id = {each.id: each for each in decided.decisions}
    costs = [
        cost_of(by_id[each.decision_id].proposal, each.channel, each.cost)
        for each in decided.messages
        if each.arm == "treated"
    ]
    refused = commit(connection, costs, now)
    if not refused:
        return decided
    without = {each.decision_id for each in decided.messages if each.id in refused}
    return replace(
        decided,
        decisions=tuple(
            replace(
                each, outcome="blocked", reason=Reason(EXHAUSTED), arm=None, probability=None, cost=Decimal(0)
            )
            if each.id in without
            else each
            for each in decided.decisions
        ),
        messages=tuple(each for each in decided.messages if each.id not in refused),
    )


def _row(each: Decision, run_id: int, now: datetime) -> Mapping[str, object]:
    proposal, reason = each.proposal, each.reason
    return {
        "id": each.id,
        "run_id": run_id,
        "as_of": each.as_of,
        "playbook": proposal.playbook,
        "version": proposal.version,
        "customer_id": proposal.customer_id,
        "occasion": proposal.occasion,
        "step": proposal.step,
        "outcome": each.outcome,
        "reason": reason.code if reason else None,
        "params": dict(reason.params) if reason else {},
        "arm": each.arm,
        "probability": each.probability,
        "tier": proposal.tier,
        "stage": proposal.stage,
        "cost": each.cost,
        "decided_at": now,
        "channel": each.channel or None,
        "basis": dict(each.basis),
    }
