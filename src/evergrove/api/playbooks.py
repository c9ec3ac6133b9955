"""``/v1/playbooks`` and ``/v1/effects``: what is done for customers, and what it earned."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from evergrove.api.runs import Queued
from evergrove.api.values import Day, plain, worded
from evergrove.app.asked import install_playbook, start
from evergrove.campaigns import Installed
from evergrove.campaigns.definition import Step
from evergrove.campaigns.errors import UnknownPlaybook
from evergrove.http import Answer, Body, Call, Moment, Routes, ThisCall
from evergrove.measurement.service import recorded

routes = Routes(tag="playbooks")

Key = Annotated[str, Path(min_length=1, max_length=60, examples=["L2"])]


class TakesIn(Answer):
    """Whom a playbook takes in."""

    kind: Literal["stage", "tier", "nps", "next_order"] = Field(
        description="Who enters a stage or a tier, who answers the question whether they would recommend the shop, "
        "and whose next order is in sight."
    )
    enters: str = Field(
        description="The stage, the tier, or promoter, passive, detractor; empty for next_order.",
        examples=["decline"],
    )
    tiers: list[str] = Field(description="For next_order: the tiers taken in.", examples=[["high"]])


class StepLine(Answer):
    """A message of a playbook."""

    channel: str = Field(examples=["email"])
    timing: Literal["entry", "first_gap", "next_order"] = Field(
        description="What its day is counted from: the entry, the shop's usual first gap, the customer's next order."
    )
    after_days: int = Field(description="From the entry on; by first_gap: the least.", examples=[14])
    lead_days: int = Field(description="Before the gap is over, or before the next order's window opens.")
    coupon: bool = Field(description="Whether it carries the playbook's coupon.")


class CouponLine(Answer):
    """The one code of a playbook."""

    code: str = Field(examples=["BACK5"])
    percent: int = Field(description="Off the order.", examples=[5])


class PlaybookLine(Answer):
    """A playbook and how far it is."""

    key: str = Field(examples=["L2"])
    version: int
    name: str
    goal: str
    state: Literal["draft", "started", "paused"]
    started_at: Moment | None
    enrolled: dict[str, int] = Field(description="Customers by the state of their enrolment.")
    takes_in: TakesIn
    steps: list[StepLine] = Field(description="Its messages in their order.")
    coupon: CouponLine | None


class Playbooks(Answer):
    """All playbooks of the workspace."""

    items: list[PlaybookLine]


class Paused(Answer):
    """A playbook that rests."""

    key: str
    taken_back: int = Field(description="Messages that waited and were taken back.")


class Document(Body):
    """A playbook to be installed as a draft."""

    document: dict[str, Any] = Field(description="As its TOML file says it.")


class Effects(Answer):
    """The value ledger: treated customers against customers kept untreated."""

    items: list[dict[str, Any]] = Field(
        description="As ``evergrove measure --json`` prints them, the oldest day first."
    )


@routes.get("/playbooks", right="figures.read")
def playbooks(call: ThisCall) -> Playbooks:
    """The playbooks and how far they are."""
    return _all(call)


@routes.post("/playbooks", right="playbooks.write", status_code=201)
def install(call: ThisCall, asked: Document) -> Playbooks:
    """Install a playbook as a draft, or a newer version of one that is there."""
    install_playbook(call.here, asked.document)
    return _all(call)


@routes.get("/playbooks/{key}", right="figures.read")
def one(call: ThisCall, key: Key) -> PlaybookLine:
    """One playbook and how far it is."""
    return _named(call, key)


@routes.post("/playbooks/{key}/start", right="playbooks.write")
def begin(call: ThisCall, key: Key) -> PlaybookLine:
    """Let a playbook work from the next run on."""
    call.here.start(key)
    return _named(call, key)


@routes.post("/playbooks/{key}/pause", right="playbooks.write")
def pause(call: ThisCall, key: Key) -> Paused:
    """Let a playbook rest; messages that wait are taken back."""
    return Paused(key=key, taken_back=call.here.pause(key))


@routes.get("/effects", right="figures.read")
def effects(
    call: ThisCall,
    as_of: Annotated[Day | None, Query(description="Of this day only; null: of every day.")] = None,
    *,
    newest: Annotated[
        bool, Query(description="Of the newest day only on which anything was measured.")
    ] = False,
) -> Effects:
    """What playbooks earned, as it stands in the value ledger."""
    with call.here.ledger.reading() as connection:
        found = recorded(connection, as_of, newest=newest)
    return Effects(items=[plain(each.as_json()) for each in found])


@routes.post("/effects", right="effects.measure", status_code=202)
def measure(call: ThisCall) -> Queued:
    """Compare treated with control, as a job, and keep the figures in the value ledger."""
    return Queued(job=start(call.here, "measure"))


@routes.post("/messages/send", right="messages.send", status_code=202)
def send(call: ThisCall) -> Queued:
    """Send the messages that are due, as a job: each once, to those who may still receive it."""
    return Queued(job=start(call.here, "send"))


def _all(call: Call) -> Playbooks:
    return Playbooks(items=[_line(call, each) for each in call.here.playbooks()])


def _named(call: Call, key: str) -> PlaybookLine:
    known = {each.playbook.key: each for each in call.here.playbooks()}
    if key not in known:
        raise UnknownPlaybook(key=key, known=", ".join(known))
    return _line(call, known[key])


def _line(call: Call, each: Installed) -> PlaybookLine:
    playbook = each.playbook
    trigger, coupon = playbook.trigger, playbook.coupon
    return PlaybookLine(
        key=playbook.key,
        version=playbook.version,
        name=worded(playbook.name, call),
        goal=worded(playbook.goal, call),
        state=each.state,
        started_at=each.started_at,
        enrolled=dict(each.enrolled),
        takes_in=TakesIn(kind=trigger.kind, enters=trigger.enters, tiers=list(trigger.tiers)),
        steps=[_step(step) for step in playbook.steps],
        coupon=None if coupon is None else CouponLine(code=coupon.code, percent=coupon.percent),
    )


def _step(step: Step) -> StepLine:
    return StepLine(
        channel=step.channel,
        timing=step.timing,
        after_days=step.after_days,
        lead_days=step.lead_days,
        coupon=step.coupon,
    )
