"""What decisions look at and what they say: facts of persons, verdicts, rows and messages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from evergrove.core import stable_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from evergrove.campaigns.control import Arm, Assignment
    from evergrove.campaigns.types import Proposal, Reason
    from evergrove.decisions.caps import Tally
    from evergrove.decisions.cases import Case
    from evergrove.decisions.money import Cost
    from evergrove.decisions.picking import Picked
    from evergrove.outbox import Message
    from evergrove.people import Standing
    from evergrove.settings import Cap

Outcome = Literal["send", "control", "blocked", "outranked", "skipped"]


@dataclass(frozen=True)
class Hours:
    """
    When the message of a proposal may leave.

    Attributes:
        not_before: The first moment.
        valid_until: From this moment on it is of no use.
        zone: In which the hours were counted.
        known_zone: Whether it is the customer's own.
        is_holiday: Whether the day on which it was due is a holiday there.
        is_own_hour: Whether it is one at which the customer is known to be active.
    """

    not_before: datetime
    valid_until: datetime
    zone: str
    known_zone: bool
    is_holiday: bool = False
    is_own_hour: bool = False


@dataclass(frozen=True)
class Facts:
    """
    What guards look at for one message by one channel.

    Attributes:
        standing: Status, consent, suppression and whether there is an address.
        hours: When it could leave; of one that is about to, from now on.
        tallies: Messages of the person before that moment, by channel; under "" by all.
        caps: Every cap that holds for the person.
        channel: By which it would leave.
        case: What is open with the person; None: nothing.
        cost: What it takes from budgets; None: nothing.
        tokens: How often the person may still be written to by this channel; None: it needs none.
        is_set_up: Whether anything can leave by this channel.
        is_marketing: Whether caps, cases and holidays hold for it: they do not for what was asked for.
        of_playbook: Whether it comes of the person's value, as everything does that a playbook sends.
        is_stopped: Whether people have stopped it, with everything, with its channel or with its playbook.
        called_off: Why it is not wanted any more; None: it is.
        is_leaving: Whether it stands before the wire; if not, it is only being decided.
    """

    standing: Standing
    hours: Hours
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    caps: tuple[Cap, ...] = ()
    channel: str = "email"
    case: Case | None = None
    cost: Cost | None = None
    tokens: int | None = None
    is_set_up: bool = True
    is_marketing: bool = True
    of_playbook: bool = True
    is_stopped: bool = False
    called_off: str | None = None
    is_leaving: bool = False


@dataclass(frozen=True)
class Block:
    """
    Why a message does not leave now.

    Attributes:
        reason: What is stored.
        until: From when on it may; None: it never will, as far as this reason goes.
        is_held: Whether it waits until then at the longest, because somebody's act may end it before.
    """

    reason: Reason
    until: datetime | None = None
    is_held: bool = False


@dataclass(frozen=True)
class Option:
    """
    One channel by which a proposal could leave.

    Attributes:
        channel: Its name.
        facts: What guards look at.
    """

    channel: str
    facts: Facts


@dataclass(frozen=True)
class Verdict:
    """
    What becomes of one proposal.

    Attributes:
        proposal: Of a campaign.
        outcome: "send"; "control": it would have been sent; "blocked" by a guard; "outranked" by another
            proposal; "skipped" by the playbook itself.
        reason: Of the last three.
        hours: Where facts were looked at.
        channel: By which it leaves, or was first to leave.
        passed_over: What spoke against each channel before that one, and, of a blocked one, against every channel.
    """

    proposal: Proposal
    outcome: Outcome
    reason: Reason | None = None
    hours: Hours | None = None
    channel: str = ""
    passed_over: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """
    One row of what was decided, for whom nothing is sent as well.

    Attributes:
        proposal: What was proposed.
        as_of: The day of the run's knowledge.
        outcome: As in ``Verdict``.
        reason: Why nothing leaves; None for "send".
        arm: Where the customer was assigned.
        probability: Of being treated, in the layer that decided the arm.
        cost: Of the message that leaves; 0 otherwise.
        channel: By which it leaves, or would have.
        basis: Hour, zone, and what spoke against each channel, as it is stored.
    """

    proposal: Proposal
    as_of: date
    outcome: Outcome
    reason: Reason | None
    arm: Arm | None
    probability: float | None
    cost: Decimal
    channel: str = ""
    basis: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def id(self) -> str:
        """The same for the same step on the same day."""
        return decision_id(self.proposal, self.as_of)


def decision_id(proposal: Proposal, as_of: date) -> str:
    """The name of the decision on a proposal of one day."""
    return stable_id(
        "decision", proposal.playbook, proposal.customer_id, proposal.occasion, proposal.step, as_of
    )


@dataclass(frozen=True)
class Action:
    """One message of a dry run: who, what, when, at what cost."""

    customer_id: str
    playbook: str
    step: int
    template: str
    params: Mapping[str, Any]
    not_before: datetime
    arm: Arm
    cost: Decimal
    coupon_cost: Decimal | None


@dataclass(frozen=True)
class Decided:
    """
    What one run decided; nothing of it is stored yet.

    Attributes:
        decisions: One for each proposal not yet decided for this day.
        messages: Of those who are sent to, and of controls.
        assignments: New ones, to be stored before the messages.
        erased: Customers among the proposals who are erased.
        unknown_zones: How many messages go by the workspace's zone because the customer's is not known.
        picks: One choice for each person who had one by value.
    """

    decisions: tuple[Decision, ...] = ()
    messages: tuple[Message, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    erased: frozenset[str] = field(default_factory=frozenset)
    unknown_zones: int = 0
    picks: tuple[Picked, ...] = ()

    @property
    def taken(self) -> tuple[Proposal, ...]:
        """Steps that are used up: sent, virtually sent to a control, or missed."""
        return tuple(
            each.proposal
            for each in self.decisions
            if each.outcome in {"send", "control"} or each.proposal.over
        )

    @property
    def actions(self) -> tuple[Action, ...]:
        """The messages as a dry run shows them."""
        by_id = {each.id: each for each in self.decisions}
        return tuple(
            Action(
                message.customer_id,
                message.playbook,
                message.step,
                message.template,
                message.params,
                message.not_before,
                message.arm,
                message.cost,
                by_id[message.decision_id].proposal.coupon_cost if message.arm == "treated" else None,
            )
            for message in self.messages
        )

    def counts(self) -> dict[tuple[str, Outcome, str], int]:
        """How many decisions there are of each (playbook, outcome, code of the reason or "")."""
        return dict(
            Counter(
                (each.proposal.playbook, each.outcome, each.reason.code if each.reason else "")
                for each in self.decisions
            )
        )
