"""What may be done about a person: record consent, join and part ids, hand out a copy, erase. Ids stand in the form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time
from starlette.responses import Response

from evergrove.api import persons as routes
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.statuses import status_of
from evergrove.web.customer.page import shown
from evergrove.web.customer.person import person_content
from evergrove.web.customers.asked import PATH
from evergrove.web.customers.shown import customer_path
from evergrove.web.frame import Pages, Refused, ThisForm, Told, ask, query, reader_of, redirect

if TYPE_CHECKING:
    from evergrove.core import EvergroveError
    from evergrove.http import Call
    from evergrove.web.frame import Form

pages = Pages()

SOURCE = "web_page"
RECORDED = Told("customer.consent_recorded", _("Recorded. It is heard before the next message."))
KNOWN = Told("customer.consent_known", _("This was known already; nothing changed."))
JOINED = Told("customer.joined", _("The two ids are one person now; the next run counts them together."))
PARTED = Told(
    "customer.parted", _("Undone: the ids are separate persons again; the next run counts them apart.")
)
ERASED = Told(
    "customer.erased",
    _(
        "Erased for good. Names, addresses and whatever was written are gone; what was bought stays, and names nobody."
    ),
)
GONE = Told("customer.erased_before", _("This person had been erased before; nothing changed."))
UNUSABLE = _("This cannot be recorded: it is dated in the future, or the person was erased.")
TYPE_THE_ID = _("Type the customer id exactly, as a proof that this is the person you mean.")


def _again(call: Call, request: Request, form: Form, about: str, error: EvergroveError | Refused) -> Response:
    """The person's view again, with why the form was not taken, and what was typed still in it."""
    customer_id = form.text("customer_id")
    refused = error if isinstance(error, Refused) else Refused.of(error, call.language)
    status = error.status if isinstance(error, Refused) else status_of(error)
    content = person_content(call, customer_id, form, refused, about)
    return shown(call, request, customer_id, "person", status=status, **content)


def _person(customer_id: str) -> str:
    return f"{customer_path(customer_id)}{query(view='person')}"


@pages.post("/customer/consent", right="consents.write")
def consent(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Record what somebody agreed to or withdrew."""
    customer_id = form.text("customer_id")
    try:
        word = form.body(routes.Consent, source=SOURCE)
        done = ask(call, routes.consent, customer_id=customer_id, word=word)
    except InputError as error:
        return _again(call, request, form, "consent", error)
    except ValidationError as error:
        return _again(call, request, form, "consent", Refused.of(error, call.language))
    if done.unusable or done.erased:
        sentence = reader_of(call).formats.say(UNUSABLE)
        return _again(call, request, form, "consent", Refused(sentence))
    return redirect(_person(customer_id), RECORDED if done.new else KNOWN)


@pages.post("/customer/join", right="persons.join")
def join(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Say that another id is the same person."""
    customer_id = form.text("customer_id")
    try:
        other = routes.Other(customer_id=form.text("other"))
        ask(call, routes.merge, customer_id=customer_id, other=other)
    except InputError as error:
        return _again(call, request, form, "join", error)
    except ValidationError as error:
        faults = Refused.of(error, call.language).fields
        return _again(call, request, form, "join", Refused(fields={"other": next(iter(faults.values()))}))
    return redirect(_person(customer_id), JOINED)


@pages.post("/customer/part", right="persons.join")
def part(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Undo the newest joining of an id."""
    customer_id = form.text("customer_id")
    try:
        ask(call, routes.unmerge, customer_id=form.text("id") or customer_id)
    except InputError as error:
        return _again(call, request, form, "part", error)
    return redirect(_person(customer_id), PARTED)


@pages.post("/customer/keep", right="persons.export")
def keep(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Everything of the person as one file, for the person to keep."""
    try:
        found = ask(call, routes.export, customer_id=form.text("customer_id"))
    except InputError as error:
        return _again(call, request, form, "keep", error)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Disposition": 'attachment; filename="person.json"',  # no name, no id: file names travel
        "Cache-Control": "no-store",
    }
    return Response(found.model_dump_json(indent=2), headers=headers)


@pages.post("/customer/erase", right="persons.erase")
def erase(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Erase the person, once the id was typed."""
    customer_id = form.text("customer_id")
    if form.text("typed") != customer_id or not customer_id:
        sentence = reader_of(call).formats.say(TYPE_THE_ID)
        return _again(call, request, form, "erase", Refused(fields={"typed": sentence}))
    try:
        done = ask(call, routes.erase, customer_id=customer_id)
    except InputError as error:
        return _again(call, request, form, "erase", error)
    return redirect(PATH, ERASED if done.is_new else GONE)
