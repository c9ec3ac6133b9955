"""``/v1/outbox``: messages and what became of each; settle what nobody knows, let one leave once more."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query
from pydantic import Field

from evergrove.app import messages as kept
from evergrove.delivery.words import message_reason
from evergrove.http import Amount, Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.outbox import Arm, State
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import RowMapping

    from evergrove.http import Call

routes = Routes(tag="outreach")

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Named = Annotated[str, Query(max_length=200)]


class MessageLine(Answer):
    """A message and what became of it; whom it is to, never where or in which words."""

    id: str = Field(description="The key under which it leaves, at every attempt.")
    playbook: str
    version: int
    customer_id: str
    occasion: str
    step: int
    channel: str = Field(examples=["email"])
    arm: str = Field(description="`control`: the message that would have left.", examples=["treated"])
    category: str
    template: str
    letter_version: int | None = Field(
        description="Of the template, in which it was written; 0: as it comes with Evergrove; null: it was not, or not known."
    )
    language: str | None
    state: str = Field(examples=["accepted"])
    reason: str | None = Field(description="Code; docs/reference/codes.md lists them.")
    message: str = Field(description="The reason in words; empty: there is none.")
    detail: dict[str, Any] | None = Field(description="Codes of the other side.")
    not_before: Moment
    valid_until: Moment
    queued_at: Moment
    attempts: int
    attempting_at: Moment | None
    settled_at: Moment | None
    message_id: str | None = Field(description="The name by which to look it up at the provider.")
    provider_id: str | None
    cost: Amount = Field(description="Expected, in the workspace's currency.")
    currency: str = Field(description="Empty: the workspace has declared none.", examples=["CNY"])


class PassedOver(Answer):
    """A channel that was not taken."""

    channel: str
    reason: str
    message: str


class DecisionOf(Answer):
    """The decision that a message comes of."""

    id: str
    as_of: date = Field(description="The day of which the run knew everything.")
    outcome: str = Field(examples=["send"])
    reason: str | None
    message: str = Field(description="The reason in words; empty: there is none.")
    arm: str | None = Field(examples=["treated"])
    probability: float | None = Field(description="Of being treated, in the layer that decided the arm.")
    tier: str = Field(description="Empty: none yet.")
    stage: str
    decided_at: Moment
    zone: str | None = Field(description="In which its hours were counted.")
    passed_over: list[PassedOver] = Field(description="What spoke against channels that were preferred.")


class Report(Answer):
    """What a provider has reported of a message."""

    kind: str = Field(description="As the provider calls it.")
    means: str = Field(description="State that it speaks of; empty: of none.")
    effect: str = Field(examples=["applied"])
    received_at: Moment


class MessageWhole(MessageLine):
    """A message, the decision it comes of, and what was reported of it."""

    decision: DecisionOf | None = Field(description="Null: its row is gone.")
    reports: list[Report] = Field(description="The oldest first.")


class MessageCount(Answer):
    """How many messages stand alike."""

    state: str
    reason: str | None
    message: str = Field(description="The reason in words; empty: there is none.")
    messages: int


class MessageCounts(Answer):
    """How many messages stand in which state, for which reason."""

    messages: int = Field(description="All of them.")
    items: list[MessageCount]
    playbooks: list[str] = Field(description="All that there are messages of, whatever was asked for.")
    channels: list[str] = Field(description="The same.")


class Finding(Body):
    """What somebody has found out of a message."""

    did_leave: bool = Field(description="Whether it left.")


class Again(Body):
    """A message that is to leave once more."""

    until: Moment | None = Field(default=None, description="Until when it is of use; null: as before.")


@routes.get("/outbox", right="outreach.read")
def messages(
    call: ThisCall,
    page: ThisPage,
    state: Annotated[list[State] | None, Query(description="In one of these.")] = None,
    arm: Annotated[Arm | None, Query(description="control: messages that would have left.")] = None,
    channel: Named = "",
    customer_id: Named = "",
    playbook: Named = "",
) -> Page[MessageLine]:
    """Messages, the newest first; `state=unknown` asks for those of which nobody knows whether they left."""
    after = (datetime.fromisoformat(str(page.after[0])), str(page.after[1])) if page.after else None
    found = kept.messages(
        call.here,
        page.limit + 1,
        states=state or (),
        arm=arm or "",
        channel=channel,
        customer=customer_id,
        playbook=playbook,
        after=after,
    )
    shown = found[: page.limit]
    more = (shown[-1]["queued_at"].isoformat(), shown[-1]["id"]) if len(found) > len(shown) else None
    return Page[MessageLine](
        items=[MessageLine(**_told(call, each)) for each in shown], next_cursor=page.next(more)
    )


@routes.get("/outbox-counts", right="outreach.read")
def counts(call: ThisCall, channel: Named = "", playbook: Named = "") -> MessageCounts:
    """How many messages stand in which state for which reason, since the workspace began."""
    everything = kept.message_counts(call.here)
    sums = Counter[tuple[str, str | None]]()
    for each in everything:
        if channel in ("", each.channel) and playbook in ("", each.playbook):
            sums[each.state, each.reason] += each.messages
    return MessageCounts(
        messages=sums.total(),
        items=[
            MessageCount(state=state, reason=reason, message=_said(call, reason, {}), messages=messages)
            for (state, reason), messages in sums.items()
        ],
        playbooks=sorted({each.playbook for each in everything}),
        channels=sorted({each.channel for each in everything}),
    )


@routes.get("/outbox/{outbox_id}", right="outreach.read")
def one(call: ThisCall, outbox_id: Id) -> MessageWhole:
    """One message, the decision it comes of, and what the provider has reported."""
    return _whole(call, outbox_id)


@routes.post("/outbox/{outbox_id}/settle", right="outbox.settle")
def settle(call: ThisCall, outbox_id: Id, found: Finding) -> MessageWhole:
    """Say what became of a message that is unknown or waits for staff; it is not queued again by this."""
    kept.settle_message(call.here, outbox_id, did_leave=found.did_leave)
    return _whole(call, outbox_id)


@routes.post("/outbox/{outbox_id}/retry", right="outbox.settle")
def retry(call: ThisCall, outbox_id: Id, asked: Again) -> MessageWhole:
    """Let a message that has failed leave once more, under the same key and past all guards."""
    kept.retry_message(call.here, outbox_id, asked.until)
    return _whole(call, outbox_id)


def _told(call: Call, row: RowMapping) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name != "decision_id"}
    fields = {"channel": row["channel"], **(row["detail"] or {})}
    more = {"message": _said(call, row["reason"], fields), "currency": call.service.currency}
    return {**shown, **more}


def _whole(call: Call, outbox_id: str) -> MessageWhole:
    row = kept.message(call.here, outbox_id)
    made, reports = kept.message_past(call.here, row)
    return MessageWhole(
        **_told(call, row),
        decision=None if made is None else _decision(call, made),
        reports=[Report(**each) for each in reports],
    )


def _decision(call: Call, row: RowMapping) -> DecisionOf:
    basis: dict[str, Any] = row["basis"] or {}
    over = {
        channel: each for channel, each in basis.get("passed_over", {}).items() if channel != row["channel"]
    }
    same = ("id", "as_of", "outcome", "reason", "arm", "probability", "tier", "stage", "decided_at")
    return DecisionOf(
        **{name: row[name] for name in same},
        message=_said(call, row["reason"], row["params"] or {}),
        zone=basis.get("zone"),
        passed_over=[
            PassedOver(
                channel=channel,
                reason=each["code"],
                message=_said(call, each["code"], each.get("params", {})),
            )
            for channel, each in over.items()
        ],
    )


def _said(call: Call, code: str | None, params: Mapping[str, Any]) -> str:
    return message_reason(code, params).said(translator(call.language)) if code else ""
