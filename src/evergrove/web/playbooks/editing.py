"""``/playbooks/new`` and ``/playbooks/{key}/edit``: a playbook of one's own, or another version, by its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import playbooks as routes
from evergrove.api.playbooks import LONGEST, Document
from evergrove.core import InputError, NotToml, _, toml_of
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.statuses import status_of
from evergrove.web.frame import Pages, Refused, ThisForm, Told, ask, reader_of, redirect
from evergrove.web.outreach.rooms import room
from evergrove.web.playbooks.words import PATH, path_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.playbooks import PlaybookLine
    from evergrove.http import Call

pages = Pages()

STORED = Told(
    "playbooks.page_stored",
    _(
        "Version {version} of {key} is stored as a draft. Try it, and start it when you like what it would have done."
    ),
)
OTHER_KEY = _("The text says key = {found}; this page changes {key}.")
OTHER_KEY_HINT = _("Leave the key as it is, or write a new playbook.")
TAKEN = _("There is a playbook {key} already.")
TAKEN_HINT = _("Take another key, or change that one on its own page.")
KEY_LINE = re.compile(r"^key\s*=.*$", re.MULTILINE)
VERSION_LINE = re.compile(r"^version\s*=.*$", re.MULTILINE)
OWN = "own"
LONGEST_KEY = 60
AROUND = 2
"""Lines shown before and behind a mistake."""
Start = Annotated[str, Query(max_length=LONGEST_KEY, description="Key of the playbook that is copied.")]


@dataclass(frozen=True)
class Mistake:
    """
    Why a text was not taken, and where.

    Attributes:
        refused: What is wrong, and the way out.
        lines: Number, text and whether it is the one, of some lines around it; empty where no line can be named.
    """

    refused: Refused
    lines: tuple[tuple[int, str, bool], ...] = ()


@pages.get(f"{PATH}/new", right="playbooks.write")
def new(call: ThisCall, request: Request, start: Start = "") -> Response:
    """A playbook that begins as a copy of another."""
    lines = ask(call, routes.playbooks).items
    text = _copy(call, start, {each.key for each in lines}) if start else ""
    return _shown(call, request, text, start=start, lines=lines)


@pages.post(f"{PATH}/new", right="playbooks.write")
def store_new(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Store it as a draft, or say what is wrong with it."""
    text, start = form.text("text"), form.text("start")
    lines = ask(call, routes.playbooks).items
    found = _document(text)
    if any(each.key == found.get("key") for each in lines):
        say = reader_of(call).formats.say
        refused = Refused(say(TAKEN, key=found["key"]), say(TAKEN_HINT), status=409)
        return _shown(call, request, text, start=start, lines=lines, mistake=_placed(refused, text, "key"))
    return _stored(call, request, text, start=start, lines=lines)


@pages.get(f"{PATH}/{{key}}/edit", right="playbooks.write")
def edit(call: ThisCall, request: Request, key: routes.Key) -> Response:
    """Another version of one that is there."""
    newest = ask(call, routes.versions, key=key).items[0]
    text = VERSION_LINE.sub(f"version = {newest.version + 1}", newest.text, count=1)
    return _shown(call, request, text, key=key)


@pages.post(f"{PATH}/{{key}}/edit", right="playbooks.write")
def store(call: ThisCall, request: Request, form: ThisForm, key: routes.Key) -> Response:
    """Store it as a draft, or say what is wrong with it."""
    ask(call, routes.one, key=key)
    text = form.text("text")
    found = _document(text).get("key", key)
    if found != key:
        say = reader_of(call).formats.say
        refused = Refused(say(OTHER_KEY, found=found, key=key), say(OTHER_KEY_HINT))
        return _shown(call, request, text, key=key, mistake=_placed(refused, text, "key"))
    return _stored(call, request, text, key=key)


def _document(text: str) -> dict[str, Any]:
    """What a text says; nothing where it is no TOML, which storing it will say."""
    try:
        return toml_of(text)
    except NotToml:
        return {}


def _copy(call: Call, start: str, taken: set[str]) -> str:
    """The text of a playbook under a key that is free."""
    text = ask(call, routes.versions, key=start).items[0].text
    base = f"{start[: LONGEST_KEY - len(OWN) - 4]}-{OWN}"
    names = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    key = next(each for each in names if each not in taken)
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    text = KEY_LINE.sub(lambda _found: f'key = "{escaped}"', text, count=1)
    return VERSION_LINE.sub("version = 1", text, count=1)


def _stored(call: Call, request: Request, text: str, **around: Any) -> Response:
    try:
        ask(call, routes.install, asked=Document(text=text))
    except (InputError, ValidationError) as error:
        refused = Refused.of(error, call.language)
        status = status_of(error) if isinstance(error, InputError) else 422
        if refused.fields:
            refused = Refused(" ".join(refused.fields.values()))
        line = error.params.get("line") if isinstance(error, InputError) else None
        mistake = Mistake(
            Refused(refused.message, refused.hint, status=status),
            _around(text, line) if isinstance(line, int) else (),
        )
        return _shown(call, request, text, mistake=mistake, **around)
    found = toml_of(text)
    return redirect(path_of(found["key"]), STORED, key=found["key"], version=found["version"])


def _placed(refused: Refused, text: str, name: str) -> Mistake:
    """A mistake at the line of an entry of the playbook itself."""
    lines = enumerate(text.splitlines(), start=1)
    line = next((number for number, each in lines if each.partition("=")[0].strip() == name), 0)
    return Mistake(refused, _around(text, line) if line else ())


def _around(text: str, line: int) -> tuple[tuple[int, str, bool], ...]:
    numbered = list(enumerate(text.splitlines(), start=1))
    chosen = numbered[max(0, line - 1 - AROUND) : line + AROUND]
    return tuple((number, each, number == line) for number, each in chosen)


def _shown(
    call: Call,
    request: Request,
    text: str,
    *,
    key: str = "",
    start: str = "",
    lines: list[PlaybookLine] | None = None,
    mistake: Mistake | None = None,
) -> Response:
    like = key or start
    content: dict[str, Any] = {
        "code": key,
        "start": start,
        "text": text,
        "wrong": mistake,
        "action": path_of(key, "edit") if key else f"{PATH}/new",
        "back": path_of(key) if key else PATH,
        "examples": [(each, path_of(each.key)) for each in lines or ()],
        "longest": LONGEST,
        "price_part": path_of(like, "price") if like else "",
        "price_whole": f"{path_of(like)}?whole=1#price" if like else "",
    }
    answer = room(call, request, "playbooks", "playbooks/edit.html.j2", **content)
    if mistake is not None:
        answer.status_code = mistake.refused.status
    return answer
