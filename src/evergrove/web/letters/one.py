"""``/letters/{name}``: a letter as a reader sees it, in each language and version, and a try at people of the team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.access.errors import TooManyAttempts
from evergrove.api import customers, letters
from evergrove.api.letters import Name, Reader, Version  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import EvergroveError, InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.statuses import status_of
from evergrove.web.frame import Pages, Refused, ThisForm, Told, allowed, ask, reader_of, redirect
from evergrove.web.frame.render import LANGUAGE_NAMES
from evergrove.web.letters.looks import framing, look
from evergrove.web.letters.uses import uses
from evergrove.web.letters.words import CATEGORIES, FORMS, PATH, named, path_of
from evergrove.web.outreach.rooms import Mistake, room
from evergrove.web.segments.authors import author_of

if TYPE_CHECKING:
    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.api.letters import LetterLine, LetterWhole, PreviewShown
    from evergrove.http import Call
    from evergrove.web.frame import Form

pages = Pages()

TESTED = Told("letters.page_tested", _("The letter is on its way, marked as a try. It counts nowhere."))
SHIPPED = _("comes with Evergrove")
NO_MAIL = _("This letter has no mail in this language.")
Asked = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True)
class Look:
    """
    Whose eyes a letter is seen with.

    Attributes:
        language: Of the words; None: the customer's, or the reader's.
        version: None: the newest.
        customer: Empty: a sample reader.
    """

    language: Reader | None
    version: int | None
    customer: str

    def path(self, name: str, part: str = "", **other: object) -> str:
        """The same look at a letter."""
        told = {"language": self.language, "version": self.version, "customer": self.customer}
        return path_of(name, part, **{**told, **other})


@pages.get(f"{PATH}/{{name}}", right="letters.read")
def one(
    call: ThisCall,
    request: Request,
    name: Name,
    language: Reader | None = None,
    version: Version = None,
    customer: Asked = "",
) -> Response:
    """The page."""
    return _shown(call, request, name, Look(language, version, customer.strip()))


@pages.get(f"{PATH}/{{name}}/look", right="letters.read")
def html(
    call: ThisCall,
    name: Name,
    language: Reader | None = None,
    version: Version = None,
    customer: Asked = "",
) -> Response:
    """The letter's HTML by itself, for a frame."""
    found = _preview(call, name, Look(language, version, customer.strip()))
    return look(found.html or "")


@pages.post(f"{PATH}/{{name}}/test", right="letters.test")
def test(call: ThisCall, request: Request, form: ThisForm, name: Name) -> Response:
    """Send it to somebody of the team."""
    seen = _look_of(form)
    try:
        body = form.body(letters.TestAsked, language=seen.language or "en", version=seen.version)
        ask(call, letters.test, name=name, asked=body)
    except Mistake as mistake:
        return _shown(call, request, name, seen, mistake, to=form.text("to"))
    except TooManyAttempts:
        raise
    except (
        EvergroveError
    ) as failed:  # of the mail server: who tries a letter out is to read why, beside the form
        return _shown(call, request, name, seen, failed=failed, to=form.text("to"))
    return redirect(seen.path(name), TESTED)


def _look_of(form: Form) -> Look:
    language = next((each for each in LANGUAGE_NAMES if each == form.text("language")), None)
    version = form.text("version")
    is_number = version.isascii() and version.isdigit() and len(version) < len("1000000")
    return Look(language, int(version) if is_number else None, form.text("customer_id"))


def _preview(call: Call, name: str, seen: Look) -> PreviewShown:
    found: PreviewShown = ask(
        call,
        letters.preview,
        name=name,
        customer_id=seen.customer or None,
        language=seen.language,
        version=seen.version,
    )
    return found


def _shown(
    call: Call,
    request: Request,
    name: str,
    seen: Look,
    mistake: InputError | ValidationError | None = None,
    *,
    failed: EvergroveError | None = None,
    **content: Any,
) -> Response:
    found = ask(call, letters.letter, name=name, version=seen.version)
    if seen.language is None and not seen.customer:
        seen = Look(_own(call, found), seen.version, "")
    preview: PreviewShown | None = None
    unseen: InputError | None = None
    try:
        preview = _preview(call, name, seen)
    except InputError as error:  # such as: there is no such customer; the letter itself stays to be looked at
        unseen = error
    shown = preview.language if preview else seen.language
    formats = reader_of(call).formats
    known: dict[str, Any] = {
        "letter": found,
        "preview": preview,
        "unseen": None if unseen is None else Refused.of(unseen, call.language),
        "failed": None if failed is None else Refused.of(failed, call.language),
        "look": Look(shown, seen.version, seen.customer),
        "shown": shown,
        "names": LANGUAGE_NAMES,
        "versions": [(each, _author(call, each)) for each in found.versions],
        "uses": uses(call).get(name, []),
        "forms": named(FORMS, formats),
        "categories": named(CATEGORIES, formats),
        "may_write": allowed(call, letters.add),
        "may_test": allowed(call, letters.test),
        "may_see_customers": allowed(call, customers.customer),
        "no_mail": formats.say(NO_MAIL),
        "to": "",
    }
    answer = room(call, request, "letters", "letters/one.html.j2", mistake, **{**known, **content})
    if mistake is None and (unseen or failed):
        answer.status_code = status_of(unseen or failed)  # type: ignore[arg-type]  # one of them is there
    return framing(answer)


def _author(call: Call, version: LetterLine) -> str:
    if not version.version:
        return reader_of(call).formats.say(SHIPPED)
    return author_of(call, version.created_by)


def _own(call: Call, found: LetterWhole) -> Reader:
    return call.language if call.language in found.languages else found.languages[0]
