"""``/v1/playbooks`` and ``/v1/effects``: what is done for customers, and what it earned."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from evergrove.api.runs import Queued
from evergrove.api.values import Day, plain, worded
from evergrove.app import playbooks as verbs
from evergrove.app.asked import start
from evergrove.app.events_answered import TRY
from evergrove.campaigns import Installed
from evergrove.campaigns.definition import Step, TriggerKind
from evergrove.campaigns.errors import UnknownPlaybook
from evergrove.http import Answer, Body, Call, Moment, Routes, ThisCall
from evergrove.measurement.service import recorded

routes = Routes(tag="playbooks")

Key = Annotated[str, Path(min_length=1, max_length=60, examples=["L2"])]


class TakesIn(Answer):
    """Whom a playbook takes in."""

    kind: TriggerKind = Field(
        description="Who enters or leaves a stage, a tier or a segment, who answers the question whether they would "
        "recommend the shop, whose next order is in sight, whose health falls, who reaches a milestone, has an "
        "anniversary, is met by a schedule, or by an event."
    )
    enters: str = Field(
        description="The stage, the tier, the segment, or promoter, passive, detractor; empty where none is.",
        examples=["decline"],
    )
    leaves: str = Field(description="The stage, the tier or the segment left; empty where none is.")
    tiers: list[str] = Field(description="For next_order: the tiers taken in.", examples=[["high"]])
    event: str = Field(description="For event: its name.", examples=["Cart Viewed"])
    audience: str = Field(description="Condition that must hold besides; empty: none.")
    for_tiers: list[str] = Field(description="Whom it is made for; empty: any tier.", examples=[["low"]])
    for_stages: list[str] = Field(description="The same by stage.", examples=[["growth"]])


class StepLine(Answer):
    """A step of a playbook."""

    do: Literal["send", "coupon", "task", "wait"] = Field(
        description="A message, one with a coupon, a task of the staff, or a wait."
    )
    channel: str = Field(description="The first of channels.", examples=["email"])
    channels: list[str] = Field(description="In the order of preference.", examples=[["sms", "email"]])
    timing: Literal["entry", "first_gap", "next_order"] = Field(
        description="What its day is counted from: the entry, the shop's usual first gap, the customer's next order."
    )
    after_days: int = Field(
        description="From the entry, or the wait before it, on; by first_gap: the least.", examples=[14]
    )
    lead_days: int = Field(description="Before the gap is over, or before the next order's window opens.")
    coupon: bool = Field(description="Whether it carries a coupon.")
    variants: list[str] = Field(
        description="Names of its contents, where it has several.", examples=[["a", "b"]]
    )
    only_if: str = Field(description="Condition under which it is taken; empty: always.")
    wait_for: str = Field(description="Of a wait: the event that ends it; empty: time alone.")


class CouponLine(Answer):
    """The one code of a playbook."""

    code: str = Field(examples=["BACK5"])
    percent: int = Field(description="Off the order.", examples=[5])


class PlaybookLine(Answer):
    """A playbook and how far it is."""

    key: str = Field(examples=["L2"])
    version: int = Field(description="The one that new customers enter.")
    newest: int = Field(description="The newest that is installed; it is entered once it is started.")
    name: str
    goal: str
    state: Literal["draft", "started", "paused", "waiting", "locked"] = Field(
        description="Waiting: until a second person approves its newest version; locked: something is missing."
    )
    missing: list[str] = Field(description="What it needs and nothing gives yet.", examples=[["points"]])
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


class HeldLine(Answer):
    """Customers who met a trigger for a reason that starts nothing by itself."""

    as_of: date = Field(description="The day on which they met it.")
    cause: str = Field(
        description="initial, backfill, policy, model, or limit where a day had its fill.",
        examples=["policy"],
    )
    customers: int = Field(description="How many wait.", examples=[1204])


class Held(Answer):
    """What waits until somebody releases it."""

    key: str
    items: list[HeldLine] = Field(description="The oldest day first.")


class Wish(Body):
    """How many to release."""

    most: int | None = Field(default=None, ge=1, le=1_000_000_000, description="At most so many; null: all.")


class Released(Answer):
    """Customers who enter with the next run."""

    key: str
    released: int


class Days(Body):
    """The days whose nights a playbook is tried on."""

    since: date | None = Field(default=None, description="The first; null: 28 days, the last one counted.")
    until: date | None = Field(default=None, description="The last; null: the newest night's.")


class Trial(Answer):
    """What a playbook would have done on the nights that were published."""

    key: str
    version: int
    people: int = Field(description="Customers whom it would have reached.", examples=[318])
    tried_at: Moment
    tried_by: str
    figures: dict[str, Any] = Field(
        description="Figures of all and of each week, reasons for which messages would not have left, and who would "
        "have got what."
    )


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
    verbs.add(call.here, asked.document)
    return _all(call)


@routes.get("/playbooks/{key}", right="figures.read")
def one(call: ThisCall, key: Key) -> PlaybookLine:
    """One playbook and how far it is."""
    return _named(call, key)


@routes.post("/playbooks/{key}/start", right="playbooks.write")
def begin(call: ThisCall, key: Key) -> PlaybookLine:
    """Let a playbook work from the next run on, or have it wait for a second person."""
    call.here.start(key)
    return _named(call, key)


@routes.post("/playbooks/{key}/approve", right="playbooks.write")
def approve(call: ThisCall, key: Key) -> PlaybookLine:
    """Agree to the start of somebody else's playbook, which starts it."""
    call.here.approve(key)
    return _named(call, key)


@routes.post("/playbooks/{key}/try", right="playbooks.write", status_code=202)
def try_on_the_past(call: ThisCall, key: Key, days: Days) -> Queued:
    """Try a playbook on the nights that were published, as a job; what it came to is kept with it."""
    _named(call, key)
    given = {"since": days.since, "until": days.until}
    asked = {name: day.isoformat() for name, day in given.items() if day is not None}
    return Queued(job=start(call.here, TRY, {"key": key, **asked}))


@routes.get("/playbooks/{key}/trial", right="figures.read")
def trial(call: ThisCall, key: Key) -> Trial:
    """The newest trial of a playbook's newest version."""
    found = verbs.require_trial(call.here, key)
    return Trial(
        key=found.key,
        version=found.version,
        people=found.people,
        tried_at=found.tried_at,
        tried_by=found.tried_by,
        figures=dict(found.document),
    )


@routes.get("/playbooks/{key}/held", right="figures.read")
def held(call: ThisCall, key: Key) -> Held:
    """Who waits until somebody releases them, by day and cause."""
    _named(call, key)
    lines = [
        HeldLine(as_of=each.as_of, cause=each.cause, customers=each.customers)
        for each in verbs.waiting(call.here, key)
    ]
    return Held(key=key, items=lines)


@routes.post("/playbooks/{key}/release", right="playbooks.write")
def release(call: ThisCall, key: Key, wish: Wish) -> Released:
    """Let those who wait enter with the next run, the oldest day first."""
    return Released(key=key, released=call.here.release(key, wish.most))


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
        newest=each.newest,
        state=each.shown,
        missing=list(playbook.missing),
        started_at=each.started_at,
        enrolled=dict(each.enrolled),
        takes_in=TakesIn(
            kind=trigger.kind,
            enters=trigger.enters,
            leaves=trigger.leaves,
            tiers=list(trigger.tiers),
            event=trigger.event,
            audience=trigger.audience,
            for_tiers=list(playbook.cell.tiers),
            for_stages=list(playbook.cell.stages),
        ),
        steps=[_step(step) for step in playbook.steps],
        coupon=None if coupon is None else CouponLine(code=coupon.code, percent=coupon.percent),
    )


def _step(step: Step) -> StepLine:
    return StepLine(
        do=step.do,
        channel=step.channel,
        channels=list(step.channels),
        timing=step.timing,
        after_days=step.after_days,
        lead_days=step.lead_days,
        coupon=step.coupon or bool(step.coupon_campaign),
        variants=[each.name for each in step.variants],
        only_if=step.only_if,
        wait_for=step.wait_for,
    )
