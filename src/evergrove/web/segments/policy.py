"""``/segments/policy``: the tier policy that rules, others that could, one's own, and who would move under each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.access.errors import NotAllowed
from evergrove.api import policies
from evergrove.api.policies import Chosen
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.statuses import status_of
from evergrove.segments.codes import TIERS
from evergrove.segments.tiers.documents import SETTINGS
from evergrove.web.frame import (
    Pages,
    Refused,
    ThisForm,
    Told,
    allowed,
    ask,
    fragment,
    page,
    reader_of,
    redirect,
)
from evergrove.web.segments.policy_form import (
    BOUNDS,
    COMBINATIONS,
    CRITERIA,
    FEWEST,
    MOST,
    QUANTILES,
    Draft,
    document_of,
    draft_of,
    sent_draft,
)
from evergrove.web.segments.policy_preview import Previewed, previewed
from evergrove.web.segments.words import PATH, tabs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from evergrove.http import Call
    from evergrove.web.frame import Form

pages = Pages()

HERE = f"{PATH}/policy"
ADOPTED = Told(
    "segments.page_adopted",
    _("{name} rules from the next run on. Nobody is written to because of it."),
)
NAMES: Mapping[str, str] = {
    SETTINGS: _("What the settings state"),
    "default": _("Four tiers, as usual"),
    "three_tiers": _("Three tiers"),
}
Name = Annotated[str, Query(max_length=60)]
Count = Annotated[int | None, Query(ge=FEWEST, le=MOST)]


@pages.get(HERE, right="figures.read")
def policy(
    call: ThisCall,
    request: Request,
    preview: Name = "",
    start: Name = "",
    tiers: Count = None,
    kind: Literal["form", "text"] = "form",
    *,
    whole: bool = False,
) -> Response:
    """The page; with a preview of one that Evergrove brings."""
    found = ask(call, policies.policies)
    base = found.shipped.get(start, found.document)
    content: dict[str, Any] = {"found": found, "kind": kind, "start": start, "preview": None}
    content |= {"draft": draft_of(base, call.language, tiers), "text": _text_of(found, start)}
    if preview and not whole:
        if not allowed(call, policies.preview):
            ask(call, policies.preview, chosen=Chosen(name=preview))  # says which right is missing
        return _shown(call, request, **content, later=preview)
    if preview:
        told = _seen(call, preview)
        answer = _shown(call, request, **{**content, **told})
        answer.status_code = told["unseen"].status if told["unseen"] else 200
        return answer
    return _shown(call, request, **content)


@pages.get(f"{HERE}/preview", right="policies.write")
def preview_of(call: ThisCall, request: Request, name: Name = "") -> Response:
    """Who would move under a policy that Evergrove brings: a part of the page."""
    content = {**_seen(call, name), "names": _names(call)}
    return fragment(call, request, "segments/preview.html.j2", **content)


def _seen(call: Call, name: str) -> dict[str, Any]:
    told: dict[str, Any] = {"preview": None, "adopting": {"name": name}, "unseen": None}
    try:
        told["preview"] = _preview(call, Chosen(name=name))
    except NotAllowed:
        raise
    except InputError as error:  # there was no run yet, or no such policy
        said = Refused.of(error, call.language)
        told["unseen"] = Refused(said.message, said.hint, status=status_of(error))
    return told


def _names(call: Call) -> dict[str, str]:
    say = reader_of(call).formats.say
    return {code: say(name) for code, name in NAMES.items()}


@pages.post(HERE, right="policies.write")
def look(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Who would move under a policy of one's own; nothing is stored."""
    found = ask(call, policies.policies)
    kind = "text" if form.text("kind") == "text" else "form"
    start = form.text("start")
    base = found.shipped.get(start, found.document)
    content: dict[str, Any] = {"found": found, "kind": kind, "start": start, "preview": None}
    content |= {
        "draft": sent_draft(form) if kind == "form" else draft_of(base, call.language),
        "text": form.text("text") or _text_of(found, start),
    }
    try:
        chosen = _chosen(call, form, content["draft"], base)
        content["preview"] = _preview(call, chosen)
        content["adopting"] = {"text": content["preview"].told.text}
        content["text"] = content["preview"].told.text if kind == "form" else content["text"]
    except (InputError, ValidationError) as error:
        return _refused(call, request, error, content)
    return _shown(call, request, **content)


@pages.post(f"{HERE}/adopt", right="policies.write")
def adopt(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Let it rule from the next run on."""
    try:
        adopted = ask(call, policies.adopt, chosen=form.body(Chosen))
    except (InputError, ValidationError) as error:
        found = ask(call, policies.policies)
        content: dict[str, Any] = {"found": found, "kind": "text", "start": "", "preview": None}
        content |= {"draft": draft_of(found.document, call.language), "text": form.text("text")}
        return _refused(call, request, error, content)
    return redirect(HERE, ADOPTED, name=adopted.name)


def _chosen(call: Call, form: Form, draft: Draft, base: Mapping[str, Any]) -> Chosen:
    if form.text("kind") == "text":
        return Chosen(text=form.text("text"))
    return Chosen(document=document_of(draft, call.language, base))


def _preview(call: Call, chosen: Chosen) -> Previewed:
    return previewed(ask(call, policies.preview, chosen=chosen), reader_of(call))


def _text_of(found: policies.Policies, start: str) -> str:
    """To begin with; the settings are no file, and take a name of one's own."""
    text = found.texts.get(start, found.text)
    return text.replace(f'name = "{SETTINGS}"', 'name = "own"', 1)


def _refused(
    call: Call, request: Request, error: InputError | ValidationError, content: Mapping[str, Any]
) -> Response:
    answer = _shown(call, request, **content, refused=Refused.of(error, call.language))
    answer.status_code = status_of(error) if isinstance(error, InputError) else 422
    return answer


def _shown(call: Call, request: Request, **content: Any) -> Response:
    reader = reader_of(call)
    say = reader.formats.say
    ruling: Mapping[str, Any] = content["found"].document
    told = {
        "tabs": tabs(reader.formats),
        "names": _names(call),
        "criteria": [(code, say(name)) for code, name in CRITERIA.items()],
        "combinations": [(code, say(name)) for code, name in COMBINATIONS.items()],
        "bounds": [(code, say(name)) for code, name in BOUNDS.items()],
        "likes": [(code, reader.words["tier"][code]) for code in reversed(TIERS)],
        "ruling": draft_of(ruling, call.language),
        "by_shares": QUANTILES,
        "counts": range(FEWEST, MOST + 1),
        "adopting": {},
        "unseen": None,
        "later": "",
        "refused": None,
    }
    return page(call, request, "segments/policy.html.j2", active="segments", **{**told, **content})
