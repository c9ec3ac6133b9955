"""``/letters/new`` and ``/letters/{name}/edit``: a letter as text, looked at while it is written, kept as a new version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import letters
from evergrove.api.letters import Name  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import InputError, _
from evergrove.delivery.letters import document_written, line_of
from evergrove.delivery.rendering.errors import LetterProblem
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.statuses import status_of
from evergrove.web.frame import Pages, Refused, ThisForm, Told, ask, fragment, reader_of, redirect
from evergrove.web.frame.render import LANGUAGE_NAMES
from evergrove.web.letters.looks import framing, look
from evergrove.web.letters.words import PATH, path_of
from evergrove.web.outreach.rooms import Mistake, room

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.letters import PreviewShown
    from evergrove.http import Call
    from evergrove.web.frame import Form

pages = Pages()

KEPT = Told(
    "letters.page_kept", _("{name} is kept as version {version}. Messages that leave from now on take it.")
)
SAME = Told("letters.page_same", _("{name} says this already: nothing was kept."))
TAKEN = _("There is a letter {name} already. Give this one another name, or change that one.")
OTHER = _("The letter is called {name}, and stays so: write another one under the other name.")
BEGINNING = """format = "evergrove.letter/1"
name = "spring-news"
category = "marketing"

[words.en]
subject = "News from {{ shop }}"
body = \"\"\"
{{ greeting }}

It is spring{% if favourite_category %}, also for {{ favourite_category }}{% endif %}.

{{ shop }}
\"\"\"
short = "It is spring: see what is new."
"""
"""Where a new letter begins."""
AROUND = 2
"""Lines above and below the one that is wrong."""


@dataclass(frozen=True)
class Marked:
    """
    What is wrong with a letter, and where.

    Attributes:
        refused: The rule that is broken, and the way out.
        line: Of the text, from 1; 0: it cannot be said.
        lines: Number, words, and whether it is this one, of the lines around.
    """

    refused: Refused
    line: int = 0
    lines: tuple[tuple[int, str, bool], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a text comes to: a letter as a sample reader sees it, or what is wrong."""

    preview: PreviewShown | None = None
    wrong: Marked | None = None


@pages.get(f"{PATH}/new", right="letters.write")
def new(call: ThisCall, request: Request) -> Response:
    """A letter that begins with an example."""
    return _shown(call, request, "", BEGINNING, _outcome(call, BEGINNING))


@pages.post(f"{PATH}/new", right="letters.write")
def keep_new(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Keep it, or say what is wrong with it."""
    return _sent(call, request, form, "")


@pages.post(f"{PATH}/check", right="letters.write")
def check(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """What a text comes to: a part of a page."""
    outcome = _outcome(call, form.text("text"), form.text("language"))
    return fragment(call, request, "letters/outcome.html.j2", outcome=outcome, names=LANGUAGE_NAMES)


@pages.post(f"{PATH}/look", right="letters.write")
def look_at(call: ThisCall, form: ThisForm) -> Response:
    """The HTML of a letter that is not kept yet, for a frame."""
    found = _outcome(call, form.text("text"), form.text("language"))
    return look((found.preview.html if found.preview else None) or "")


@pages.get(f"{PATH}/{{name}}/edit", right="letters.write")
def edit(call: ThisCall, request: Request, name: Name) -> Response:
    """A letter that is there."""
    text = ask(call, letters.letter, name=name).text
    return _shown(call, request, name, text, _outcome(call, text))


@pages.post(f"{PATH}/{{name}}/edit", right="letters.write")
def keep(call: ThisCall, request: Request, form: ThisForm, name: Name) -> Response:
    """Keep another version of it, or say what is wrong with it."""
    ask(call, letters.letter, name=name)
    return _sent(call, request, form, name)


def _sent(call: Call, request: Request, form: Form, stored: str) -> Response:
    text, language = form.text("text"), form.text("language")
    if form.text("act") == "check":
        return _shown(call, request, stored, text, _outcome(call, text, language), language=language)
    try:
        name = str(document_written(text).get("name", ""))
        wrong = _wrong_name(call, name, stored)
        if wrong:
            outcome = Outcome(wrong=Marked(Refused(wrong)))
            return _refused(call, request, stored, text, outcome)
        kept = ask(call, letters.add, given=letters.LetterGiven(text=text))
    except Mistake as mistake:
        outcome = Outcome(wrong=_marked(call, text, mistake))
        return _refused(call, request, stored, text, outcome, mistake)
    return redirect(path_of(kept.name), KEPT if kept.is_new else SAME, name=kept.name, version=kept.version)


def _wrong_name(call: Call, name: str, stored: str) -> str:
    """Why a letter cannot have its name: a new one replaces none, and one that is changed keeps it."""
    say = reader_of(call).formats.say
    if stored:
        return "" if name == stored else say(OTHER, name=stored)
    is_there = any(each.name == name for each in ask(call, letters.letters).items)
    return say(TAKEN, name=name) if is_there else ""


def _outcome(call: Call, text: str, language: str = "") -> Outcome:
    if not text.strip():
        return Outcome()
    wanted = next((each for each in LANGUAGE_NAMES if each == language), None)
    try:
        given = letters.LetterToCheck(text=text, language=wanted)
        return Outcome(preview=ask(call, letters.check, given=given))
    except Mistake as mistake:
        return Outcome(wrong=_marked(call, text, mistake))


def _marked(call: Call, text: str, mistake: InputError | ValidationError) -> Marked:
    refused = Refused.of(mistake, call.language)
    if isinstance(mistake, ValidationError):
        refused = Refused(" ".join(refused.fields.values()))
    line = line_of(text, mistake) if isinstance(mistake, LetterProblem) else 0
    if not line:
        return Marked(refused)
    around = list(enumerate(text.splitlines(), start=1))[max(0, line - 1 - AROUND) : line + AROUND]
    return Marked(refused, line, tuple((number, words, number == line) for number, words in around))


def _refused(
    call: Call,
    request: Request,
    stored: str,
    text: str,
    outcome: Outcome,
    mistake: InputError | ValidationError | None = None,
) -> Response:
    answer = _shown(call, request, stored, text, outcome)
    answer.status_code = status_of(mistake) if isinstance(mistake, InputError) else 422
    return answer


def _shown(
    call: Call, request: Request, stored: str, text: str, outcome: Outcome, *, language: str = ""
) -> Response:
    spoken = ask(call, letters.letter_values)
    content: dict[str, Any] = {
        "stored": stored,
        "text": text,
        "outcome": outcome,
        "chosen": language or (outcome.preview.language if outcome.preview else call.language),
        "names": LANGUAGE_NAMES,
        "action": path_of(stored, "edit") if stored else f"{PATH}/new",
        "back": path_of(stored) if stored else PATH,
        "spoken": spoken,
    }
    return framing(room(call, request, "letters", "letters/edit.html.j2", **content))
