"""``/v1/playbooks`` and ``/v1/effects``: what is done for customers, and what it earned."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from evergrove.api.runs import Queued
from evergrove.api.values import Day, plain, worded
from evergrove.app import measuring
from evergrove.app import playbooks as verbs
from evergrove.app.asked import start
from evergrove.app.events_answered import TRY
from evergrove.campaigns.definition import TriggerKind
from evergrove.campaigns.errors import NotOneForm, UnknownPlaybook
from evergrove.campaigns.written import playbook_text
from evergrove.decisions.words import counted
from evergrove.http import Answer, Body, Call, Moment, Routes, ThisCall
from evergrove.measurement.service import recorded
from evergrove.measurement.stop_words import stop_said
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.campaigns import Installed, Playbook, Step
    from evergrove.campaigns.standing import Asked, Standings, StoredVersion
    from evergrove.measurement.keeping import SelfStop

routes = Routes(tag="playbooks")

LONGEST = 100_000
"""Characters of a playbook that is written as a text."""

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
    key: str = Field(description="For event: the column that tells one occasion from another; empty: none.")
    unless: str = Field(description="For event: what ends it in time; empty: nothing.")
    within_hours: int = Field(description="For event: how long that is waited for.")
    direction: Literal["", "up", "down"] = Field(description="For tier: which way only; empty: either.")
    causes: list[str] = Field(description="What may begin it: evidence, clock.", examples=[["evidence"]])
    silent_days: int = Field(description="Least days since the latest order.")
    widest_days: int = Field(description="For next_order: most days between p25 and p75.")
    below: float = Field(description="For health: the bound, 0 to 100.")
    orders: int = Field(description="For milestone: so many orders.")
    spend: float = Field(description="For milestone: so much spend, in the currency.")
    every: Literal["", "days", "week", "month"] = Field(description="For schedule: in what it is counted.")
    on: int = Field(description="For schedule: how many days, 1 Monday to 7, or the day of the month.")
    audience: str = Field(description="Condition that must hold besides; empty: none.")
    for_tiers: list[str] = Field(description="Whom it is made for; empty: any tier.", examples=[["low"]])
    for_stages: list[str] = Field(description="The same by stage.", examples=[["growth"]])


class VariantLine(Answer):
    """One of the contents of a step."""

    name: str = Field(description="Empty: it is the only one.", examples=["a"])
    template: str = Field(description="Name of the letter.", examples=["decline-question"])
    share: float = Field(description="Of the customers who get it.", examples=[0.5])


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
    otherwise: Literal["go_on", "exit"] = Field(description="Of a wait: when its event does not come.")
    letters: list[VariantLine] = Field(description="What is written; empty for a wait.")
    valid_days: int = Field(description="So long a message may wait for its turn, or an event is waited for.")
    most_likely: float = Field(description="Held back while P(purchase within 7 days) is above this.")
    coupon_campaign: str = Field(description="What gives each customer a code of their own; empty: nothing.")


class CouponLine(Answer):
    """The one code of a playbook."""

    code: str = Field(examples=["BACK5"])
    percent: int = Field(description="Off the order.", examples=[5])
    valid_days: int = Field(description="From the day of the message on.")
    redemption: float = Field(description="Share of messages expected to be redeemed.")


class ExitsLine(Answer):
    """When a playbook lets go of a customer before its last step."""

    order: bool = Field(description="With the first order after the entry.")
    into: list[str] = Field(description="On reaching one of these stages.")
    stays_in: list[str] = Field(description="On leaving all of these stages.")
    tiers: list[str] = Field(description="On reaching one of these tiers.")
    when: str = Field(description="Once this condition is true; empty: none.")
    event: str = Field(description="With the first event of this name; empty: none.")


class AskedLine(Answer):
    """A start that a second person must agree to, or has agreed to."""

    people: int = Field(description="Whom it would reach, by its newest trial.")
    asked_by: str = Field(description="As the audit trail names them.", examples=["user:3"])
    asked_at: Moment
    approved_by: str | None = Field(description="Null: nobody yet.")
    approved_at: Moment | None


class StoppedLine(Answer):
    """Why a playbook stopped by itself."""

    as_of: date = Field(description="The last day whose orders and refunds counted.")
    reason: str = Field(examples=["measurement.loses_money"])
    sentence: str


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
    exits: ExitsLine
    control: float = Field(description="Share kept untreated.", examples=[0.1])
    is_usual_control: bool = Field(description="Whether that is what the settings say.")
    priority: int = Field(description="The smaller goes first where two want one customer on one day.")
    reentry: Literal["once", "after", "per_key"] = Field(description="How often one may enter.")
    reentry_days: int | None = Field(description="For after: days from one entry to the next.")
    most_per_day: int | None = Field(description="Most customers who enter on one day; null: all.")
    budget: str = Field(description="The budget that its costs are booked on; empty: none of its own.")
    note: str = Field(description="What its author says of it.")
    sent: int = Field(description="Messages that have left.", examples=[412])
    needs_trial: bool = Field(description="Whether its newest version must be tried before it starts.")
    asked: AskedLine | None = Field(description="The start of its newest version, while it waits.")
    stopped: StoppedLine | None = Field(
        description="Why it stopped by itself, while it rests; null: it did not, or works again."
    )


class Playbooks(Answer):
    """All playbooks of the workspace."""

    items: list[PlaybookLine]


class VersionLine(Answer):
    """One version of a playbook, which never changes."""

    version: int
    installed_at: Moment
    installed_by: str = Field(
        description="As the audit trail names them; empty: Evergrove brought it, or it is not known."
    )
    text: str = Field(description="As TOML.")
    is_entered: bool = Field(description="Whether new customers enter it.")
    tried_at: Moment | None = Field(description="When it was last tried.")
    asked: AskedLine | None = Field(description="Its start, where a second person is or was asked.")


class Versions(Answer):
    """All versions of a playbook."""

    key: str
    items: list[VersionLine] = Field(description="The newest first.")


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
    cause: Literal["", "initial", "backfill", "policy", "model", "limit"] = Field(
        default="", description="Only those who wait for this reason; empty: for any."
    )


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
    reasons: dict[str, str] = Field(
        description="What each code of a reason says.",
        examples=[{"campaigns.too_late": "The last day for it has passed."}],
    )


class Document(Body):
    """A playbook to be installed as a draft: as a document, or as the text of its file."""

    document: dict[str, Any] | None = Field(
        default=None, description="As its TOML file says it.", examples=[None]
    )
    text: str = Field(
        default="", max_length=LONGEST, description="The file itself; errors name the line.", examples=[""]
    )


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
    if (asked.document is None) == (not asked.text.strip()):
        raise NotOneForm
    if asked.document is None:
        verbs.add_text(call.here, asked.text)
    else:
        verbs.add(call.here, asked.document)
    return _all(call)


@routes.get("/playbooks/{key}", right="figures.read")
def one(
    call: ThisCall,
    key: Key,
    version: Annotated[
        int | None,
        Query(ge=1, le=2**31 - 1, description="What it does in this one; null: that of its entries."),
    ] = None,
) -> PlaybookLine:
    """One playbook and how far it is."""
    return _named(call, key, version)


@routes.get("/playbooks/{key}/versions", right="figures.read")
def versions(call: ThisCall, key: Key) -> Versions:
    """All versions of a playbook as TOML, who put them in, and who agreed to their start."""
    line = _named(call, key)
    return Versions(key=key, items=[_version(each, line) for each in verbs.versions(call.here, key)])


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
        reasons=_reasons(call, found.document),
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
    return Released(key=key, released=call.here.release(key, wish.most, wish.cause))


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
    told, stopped = verbs.how_far(call.here), measuring.stopped(call.here)
    return Playbooks(items=[_line(call, each, told, stopped) for each in call.here.playbooks()])


def _named(call: Call, key: str, version: int | None = None) -> PlaybookLine:
    known = {each.playbook.key: each for each in call.here.playbooks()}
    if key not in known:
        raise UnknownPlaybook(key=key, known=", ".join(known))
    found = known[key]
    shown = found.playbook if version is None else verbs.in_version(call.here, key, version)
    return _line(call, found, verbs.how_far(call.here), measuring.stopped(call.here), shown)


def _line(
    call: Call,
    each: Installed,
    told: Standings,
    stopped: Mapping[str, SelfStop],
    shown: Playbook | None = None,
) -> PlaybookLine:
    playbook = shown or each.playbook
    coupon, usual = playbook.coupon, call.here.settings.outreach.playbook_control
    return PlaybookLine(
        key=playbook.key,
        version=each.playbook.version,
        name=worded(playbook.name, call),
        goal=worded(playbook.goal, call),
        newest=each.newest,
        state=each.shown,
        missing=list(playbook.missing),
        started_at=each.started_at,
        enrolled=dict(each.enrolled),
        takes_in=_takes_in(playbook),
        steps=[_step(step) for step in playbook.steps],
        coupon=None if coupon is None else CouponLine.model_validate(coupon, from_attributes=True),
        exits=ExitsLine.model_validate(playbook.exits, from_attributes=True),
        control=usual if playbook.control is None else playbook.control,
        is_usual_control=playbook.control is None,
        priority=playbook.priority,
        reentry=playbook.reentry,
        reentry_days=playbook.reentry_days,
        most_per_day=playbook.limits.most_per_day,
        budget=playbook.limits.budget,
        note=playbook.note,
        sent=told.sent.get(playbook.key, 0),
        needs_trial=playbook.key in told.untried,
        asked=_asked(told.asked.get(playbook.key)),
        stopped=_stopped(call, stopped.get(playbook.key)) if each.state == "paused" else None,
    )


def _stopped(call: Call, found: SelfStop | None) -> StoppedLine | None:
    if found is None:
        return None
    formats = Formats(call.language, call.here.settings.value.currency)
    sentence = stop_said(found.reason, found.params, found.as_of, formats)
    return StoppedLine(as_of=found.as_of, reason=found.reason, sentence=sentence)


def _takes_in(playbook: Playbook) -> TakesIn:
    trigger, cell = playbook.trigger, playbook.cell
    rhythm = trigger.rhythm
    plain_ones = {name: getattr(trigger, name) for name in TakesIn.model_fields if hasattr(trigger, name)}
    return TakesIn.model_validate(
        {
            **plain_ones,
            "every": rhythm.unit if rhythm else "",
            "on": rhythm.number if rhythm else 0,
            "for_tiers": list(cell.tiers),
            "for_stages": list(cell.stages),
        }
    )


def _step(step: Step) -> StepLine:
    several = [VariantLine.model_validate(each, from_attributes=True) for each in step.variants]
    alone = [VariantLine(name="", template=step.template, share=1.0)] if step.template else []
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
        otherwise="exit" if step.otherwise == "exit" else "go_on",
        letters=several or alone,
        valid_days=step.valid_days,
        most_likely=step.most_likely,
        coupon_campaign=step.coupon_campaign,
    )


def _asked(found: Asked | None) -> AskedLine | None:
    return None if found is None else AskedLine.model_validate(found, from_attributes=True)


def _version(each: StoredVersion, line: PlaybookLine) -> VersionLine:
    return VersionLine(
        version=each.version,
        installed_at=each.installed_at,
        installed_by=each.installed_by or "",
        text=playbook_text(each.document),
        is_entered=each.version == line.version,
        tried_at=each.tried_at,
        asked=_asked(each.asked),
    )


def _reasons(call: Call, document: Mapping[str, Any]) -> dict[str, str]:
    """What the codes of a trial say, of several customers at once."""
    rows = document.get("rows", ())
    codes = {*document.get("not_sent", ()), *(row["reason"] for row in rows if row["reason"])}
    return {code: worded(counted(code), call) for code in sorted(codes)}
