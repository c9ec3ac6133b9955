"""``/outbox/{id}``: one message from its decision to its end, and what somebody can say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import outbox
from evergrove.api.outbox import Again, Finding
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.customers.shown import customer_path, words_of
from evergrove.web.frame import Pages, ThisForm, Told, allowed, ask, reader_of, redirect
from evergrove.web.outbox.words import ARMS, PATH, channel_name, row_of
from evergrove.web.outreach.rooms import Mistake, room

if TYPE_CHECKING:
    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.api.outbox import MessageWhole
    from evergrove.http import Call
    from evergrove.text import Formats
    from evergrove.web.frame import Form

pages = Pages()

LEFT = Told("outbox.page_left", _("Kept: it left."))
NOT_LEFT = Told("outbox.page_not_left", _("Kept: it did not leave. It may be sent again."))
AGAIN = Told("outbox.page_again", _("It waits to leave once more, past all guards."))
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
DECIDED, QUEUED, DUE = _("Decided"), _("Put into the queue"), _("Due")
TRIED, ENDED, OF_USE = _("Tried"), _("So it stands"), _("Of use until")
TIMES = _("{n} {n:time|times} so far")
HEARD = _("The provider reported: {kind}")
UNHEARD: dict[str, str] = {
    "ignored": _("It changed nothing: it could not follow on what was known."),
    "waiting": _("It waits for our own record of the message."),
}


class NotADay(InputError):
    """What was written is no day."""

    code = "web.not_a_day"
    message = _("{text} is no day.")
    hint = _("Write it as year, month and day: 2026-12-09")


@dataclass(frozen=True)
class Stop:
    """
    One moment on a message's way.

    Attributes:
        at: When; None: not known.
        name: What happened.
        note: More of it; empty: nothing.
    """

    at: datetime | None
    name: str
    note: str = ""


@pages.get(f"{PATH}/{{outbox_id}}", right="outreach.read")
def one(call: ThisCall, request: Request, outbox_id: Id) -> Response:
    """The page."""
    return _shown(call, request, outbox_id)


@pages.post(f"{PATH}/{{outbox_id}}/settle", right="outbox.settle")
def settle(call: ThisCall, request: Request, outbox_id: Id, form: ThisForm) -> Response:
    """Say whether it left."""
    did_leave = form.text("did_leave")
    try:
        ask(call, outbox.settle, outbox_id=outbox_id, found=Finding.model_validate({"did_leave": did_leave}))
    except Mistake as mistake:
        return _shown(call, request, outbox_id, mistake)
    return redirect(f"{PATH}/{outbox_id}", LEFT if did_leave == "yes" else NOT_LEFT)


@pages.post(f"{PATH}/{{outbox_id}}/retry", right="outbox.settle")
def retry(call: ThisCall, request: Request, outbox_id: Id, form: ThisForm) -> Response:
    """Let it leave once more, until the end of a day of one's own."""
    try:
        ask(call, outbox.retry, outbox_id=outbox_id, asked=Again(until=_until(call, form)))
    except Mistake as mistake:
        return _shown(call, request, outbox_id, mistake, until=form.text("until"))
    return redirect(f"{PATH}/{outbox_id}", AGAIN)


def _until(call: Call, form: Form) -> datetime | None:
    """The end of the day that was written, in the shop's zone; None: as before."""
    text = form.text("until")
    try:
        day = date.fromisoformat(text) + timedelta(days=1) if text else None
    except (ValueError, OverflowError) as error:
        raise NotADay(text=text[:40]) from error
    if day is None:
        return None
    return datetime.combine(day, datetime.min.time(), reader_of(call).zone)


def _shown(
    call: Call,
    request: Request,
    outbox_id: str,
    mistake: InputError | ValidationError | None = None,
    until: str = "",
) -> Response:
    message, reader = ask(call, outbox.one, outbox_id=outbox_id), reader_of(call)
    formats, decision = reader.formats, message.decision
    content: dict[str, Any] = {
        "row": row_of(call, message),
        "one": message,
        "way": _way(message, formats),
        "customer_path": customer_path(message.customer_id),
        "may_settle": allowed(call, outbox.settle),
        "until": until or _usual_until(call, message),
        "arm": formats.say(ARMS[message.arm]),
        "names": words_of(call) if decision else {},
        "passed_over": [
            (channel_name(formats, each.channel), each.message)
            for each in (decision.passed_over if decision else ())
        ],
    }
    return room(call, request, "outbox", "outbox/one.html.j2", mistake, **content)


def _usual_until(call: Call, message: MessageWhole) -> str:
    """The day until which it was of use; where that is over, in a week."""
    today = call.here.clock.now().astimezone(reader_of(call).zone).date()
    last = message.valid_until.astimezone(reader_of(call).zone).date()
    return (last if last > today else today + timedelta(days=7)).isoformat()


def _way(message: MessageWhole, formats: Formats) -> list[Stop]:
    """From the decision to the end, what was reported among it."""
    say, decision = formats.say, message.decision
    stops = [Stop(message.queued_at, say(QUEUED)), Stop(message.not_before, say(DUE))]
    if decision is not None:
        stops.insert(0, Stop(decision.decided_at, say(DECIDED)))
    if message.attempting_at is not None:
        times = say(TIMES, n=formats.number(max(message.attempts, 1)))
        stops.append(Stop(message.attempting_at, say(TRIED), times))
    stops += [
        Stop(each.received_at, say(HEARD, kind=each.kind), say(UNHEARD.get(each.effect, "")) or "")
        for each in message.reports
    ]
    if message.settled_at is not None:
        stops.append(Stop(message.settled_at, say(ENDED), message.message))
    else:
        stops.append(Stop(message.valid_until, say(OF_USE)))
    return sorted(stops, key=lambda each: each.at or message.queued_at)
