"""``/segments/new`` and ``/segments/{key}/edit``: a condition with completion, its meaning and count, and a reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import segments
from evergrove.api.segment_answers import LONGEST, Defined
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.statuses import status_of
from evergrove.segments.language.errors import InvalidKey, InvalidSegment
from evergrove.web.frame import Pages, Refused, ThisForm, Told, ask, fragment, page, reader_of, redirect
from evergrove.web.segments.counted import Outcome, mistake_of, outcome_of
from evergrove.web.segments.reference import reference
from evergrove.web.segments.words import EXAMPLES, PATH, path_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call
    from evergrove.web.frame import Form

pages = Pages()

STORED = Told(
    "segments.page_stored",
    _("{key} is stored. The next run finds who is in it, and tells who came and went."),
)
TAKEN = _("There is a segment {key} already. Take another name, or edit that one.")
Written = Annotated[str, Query(max_length=LONGEST)]


@dataclass(frozen=True)
class Draft:
    """
    What stands in the form.

    Attributes:
        key: Of the segment.
        text: Its condition.
        note: What there is to say of it.
        stored: The key under which it is stored; empty: it is new.
    """

    key: str = ""
    text: str = ""
    note: str = ""
    stored: str = ""

    @classmethod
    def of(cls, form: Form, stored: str = "") -> Draft:
        """As it was sent."""
        return cls(stored or form.text("key"), form.text("text"), form.text("note"), stored)


@pages.get(f"{PATH}/new", right="segments.write")
def new(call: ThisCall, request: Request, where: Written = "") -> Response:
    """A segment that begins with a condition, or with nothing."""
    draft = Draft(text=where)
    return _shown(call, request, draft, outcome_of(call, where))


@pages.post(f"{PATH}/new", right="segments.write")
def store_new(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Store it, or say what it comes to."""
    return _sent(call, request, form, Draft.of(form))


@pages.post(f"{PATH}/check", right="segments.write")
def check(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """What a condition comes to: a part of a page."""
    text = form.text("text") or form.text("where")
    return fragment(call, request, "segments/count.html.j2", outcome=outcome_of(call, text))


@pages.get(f"{PATH}/{{key}}/edit", right="segments.write")
def edit(call: ThisCall, request: Request, key: segments.Key) -> Response:
    """A segment that is stored."""
    with_key = next((each for each in ask(call, segments.segments).items if each.key == key), None)
    if with_key is None:
        ask(call, segments.segment, key=key)  # says which segments there are
    draft = Draft(key, with_key.text, with_key.note, key) if with_key else Draft(key, stored=key)
    return _shown(call, request, draft, outcome_of(call, draft.text))


@pages.post(f"{PATH}/{{key}}/edit", right="segments.write")
def store(call: ThisCall, request: Request, form: ThisForm, key: segments.Key) -> Response:
    """Store another version of it, or say what it comes to."""
    return _sent(call, request, form, Draft.of(form, key))


def _sent(call: Call, request: Request, form: Form, draft: Draft) -> Response:
    if form.text("act") == "count":
        return _shown(call, request, draft, outcome_of(call, draft.text))
    try:
        if not draft.stored and any(each.key == draft.key for each in ask(call, segments.segments).items):
            taken = reader_of(call).formats.say(TAKEN, key=draft.key)
            return _refused(call, request, draft, Refused(fields={"key": taken}))
        asked = Defined(text=draft.text, note=draft.note)
        ask(call, segments.define, key=draft.key, asked=asked)
    except InvalidKey as error:
        said = Refused.of(error, call.language)
        return _refused(call, request, draft, Refused(fields={"key": f"{said.message} {said.hint}"}))
    except InvalidSegment as error:
        mistake = mistake_of(error, draft.text, call)
        return _refused(call, request, draft, Refused(), Outcome(mistake=mistake))
    except (InputError, ValidationError) as error:
        refused = Refused.of(error, call.language)
        status = status_of(error) if isinstance(error, InputError) else 422
        return _refused(call, request, draft, refused, status=status)
    return redirect(path_of(draft.key), STORED, key=draft.key)


def _refused(
    call: Call,
    request: Request,
    draft: Draft,
    refused: Refused,
    outcome: Outcome | None = None,
    *,
    status: int = 422,
) -> Response:
    answer = _shown(call, request, draft, outcome or outcome_of(call, draft.text), refused)
    answer.status_code = status
    return answer


def _shown(
    call: Call, request: Request, draft: Draft, outcome: Outcome, refused: Refused | None = None
) -> Response:
    formats = reader_of(call).formats
    content: dict[str, Any] = {
        "draft": draft,
        "outcome": outcome,
        "refused": refused,
        "action": path_of(draft.stored, "edit") if draft.stored else f"{PATH}/new",
        "back": path_of(draft.stored) if draft.stored else PATH,
        "reference": reference(ask(call, segments.language), formats),
        "examples": [(formats.say(name), text) for name, text in EXAMPLES],
    }
    return page(call, request, "segments/edit.html.j2", active="segments", **content)
