"""``/playbooks/{key}``: what a playbook does, how far it is, its last trial, its price, its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import letters
from evergrove.api import playbooks as routes
from evergrove.campaigns.words import CAUSE_WORDS
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.frame import BLANK, Pages, allowed, ask, downloads, fragment, query, reader_of
from evergrove.web.outreach.rooms import room
from evergrove.web.playbooks.earnings import effect_of, measured
from evergrove.web.playbooks.listing import missing_of
from evergrove.web.playbooks.pricing import Asked, priced
from evergrove.web.playbooks.trial import newest_trial, shown
from evergrove.web.playbooks.words import (
    PATH,
    STATES,
    Note,
    all_steps,
    cell,
    conditions,
    exits,
    limits,
    path_of,
    step_notes,
    takes_in,
)
from evergrove.web.segments.authors import author_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.api.playbooks import PlaybookLine, StepLine, VersionLine
    from evergrove.http import Call
    from evergrove.web.frame import Block

pages = Pages()

Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="What it does in this one.")]
Money = Annotated[
    Annotated[float, Field(ge=0.01, le=1e9)] | None, BLANK, Query(description="Expected of it, a customer.")
]
Count = Annotated[
    Annotated[float, Field(ge=1, le=1e9)] | None,
    BLANK,
    Query(description="Customers who enter within 30 days."),
]


@dataclass(frozen=True)
class Written:
    """
    A letter of a step.

    Attributes:
        name: Of the letter.
        subject: Its subject in the reader's language, or what else it begins with; empty where it is not told.
        share: Of the customers who get it, written; empty where it is the only one.
        is_there: Whether there is such a letter.
    """

    name: str
    subject: str
    share: str
    is_there: bool


@dataclass(frozen=True)
class StepShown:
    """
    A step.

    Attributes:
        text: When it is taken, and what it is.
        letters: What is written.
        notes: What else holds of it.
    """

    text: str
    letters: tuple[Written, ...]
    notes: tuple[Note, ...]


@pages.get(f"{PATH}/{{key}}", right="figures.read")
def playbook(
    call: ThisCall,
    request: Request,
    key: routes.Key,
    version: Version = None,
    effect: Money = None,
    per_month: Count = None,
    *,
    whole: bool = False,
) -> Response:
    """The page."""
    return page_of(call, request, key, version=version, asked=Asked(effect, per_month), whole=whole)


@pages.get(f"{PATH}/{{key}}/now", right="figures.read")
def playbook_now(call: ThisCall, request: Request, key: routes.Key, version: Version = None) -> Response:
    """The same, for a key that is also the name of a page."""
    return page_of(call, request, key, version=version)


@pages.get(f"{PATH}/{{key}}/price", right="figures.read")
def price(
    call: ThisCall, request: Request, key: routes.Key, effect: Money = None, per_month: Count = None
) -> Response:
    """What a control group costs: a part of the page."""
    line = newest_of(call, key)
    content = {"priced": priced(call, line, Asked(effect, per_month), ""), "line": line}
    return fragment(call, request, "playbooks/price.html.j2", **content)


def newest_of(call: Call, key: str) -> PlaybookLine:
    """A playbook in its newest version: what a start would start."""
    line: PlaybookLine = ask(call, routes.one, key=key)
    if line.newest != line.version:
        line = ask(call, routes.one, key=key, version=line.newest)
    return line


def page_of(
    call: Call,
    request: Request,
    key: str,
    mistake: InputError | ValidationError | None = None,
    *,
    version: int | None = None,
    asked: Asked | None = None,
    whole: bool = False,
) -> Response:
    """
    The page of one playbook.

    Args:
        call: Of the request.
        request: Same.
        key: Of the playbook.
        mistake: Why an act was refused.
        version: Whose steps are shown; None: the newest.
        asked: What the price of a control group is asked for.
        whole: Whether the price stands on the page itself, for browsers without scripts.
    """
    line = newest_of(call, key) if version is None else ask(call, routes.one, key=key, version=version)
    content = {
        **_does(call, line),
        **_stands(call, line),
        **_priced(call, line, asked or Asked(), whole=whole),
    }
    content |= {
        "line": line,
        "code": key,
        "here": path_of(key),
        "shown_version": version or line.newest,
        "versions": _versions(call, line),
        "job": _job(request),
    }
    return room(call, request, "playbooks", "playbooks/one.html.j2", mistake, **content)


def _does(call: Call, line: PlaybookLine) -> dict[str, Any]:
    """What it does, in words."""
    reader = reader_of(call)
    formats, words = reader.formats, reader.words
    steps = zip(all_steps(line, formats), line.steps, strict=True)
    return {
        "takes_in": takes_in(line.takes_in, formats, words),
        "for_whom": cell(line.takes_in, formats, words),
        "conditions": conditions(line, formats),
        "steps": [
            StepShown(text, _letters(call, one), tuple(step_notes(one, formats))) for text, one in steps
        ],
        "exits": exits(line, formats, words),
        "limits": limits(line, formats),
        "may_read_letters": allowed(call, letters.letter),
    }


def _letters(call: Call, one: StepLine) -> tuple[Written, ...]:
    formats = reader_of(call).formats
    return tuple(
        _written(call, each.template, formats.percent(each.share, 0) if each.name else "")
        for each in one.letters
    )


def _written(call: Call, name: str, share: str) -> Written:
    """What a letter is called, as far as whoever asks may read letters."""
    if not allowed(call, letters.letter):
        return Written(name, "", share, is_there=True)
    try:
        words = ask(call, letters.letter, name=name).document.get("words", {})
    except InputError:  # the playbook names a letter that nobody has written yet
        return Written(name, "", share, is_there=False)
    own: Mapping[str, Any] = words.get(call.language) or next(iter(words.values()), {})
    return Written(name, str(own.get("subject", "")), share, is_there=True)


def _stands(call: Call, line: PlaybookLine) -> dict[str, Any]:
    """How far it is, what it earned, who waits, and what may be done."""
    formats = reader_of(call).formats
    word, kind = STATES[line.state]
    row, trial = measured(call).get(line.key), newest_trial(call, line.key)
    asked = line.asked
    return {
        "tag": (formats.say(word), kind),
        "missing": missing_of(line, formats),
        "effect": None if row is None else effect_of(row, line.name, formats),
        "over": sum(number for state, number in line.enrolled.items() if state != "active"),
        "held": _held(call, line.key),
        "trial": None if trial is None else shown(trial, call),
        "tried_by": "" if trial is None else author_of(call, trial.tried_by),
        "asked_by": "" if asked is None else author_of(call, asked.asked_by),
        "is_own": asked is not None and _is_own(call, line),
        "may_write": allowed(call, routes.install),
        "scope": f"playbook:{line.key}",
    }


def _is_own(call: Call, line: PlaybookLine) -> bool:
    """Whether whoever looks asked for the start, or wrote the version, and cannot approve it."""
    newest = ask(call, routes.versions, key=line.key).items[0]
    return call.by in {newest.installed_by, line.asked.asked_by if line.asked else ""}


def _held(call: Call, key: str) -> list[tuple[str, str, int, str]]:
    """Cause, its words, how many wait for it, and since which day."""
    formats = reader_of(call).formats
    found: dict[str, tuple[int, str]] = {}
    for each in ask(call, routes.held, key=key).items:
        number, since = found.get(each.cause, (0, formats.day(each.as_of)))
        found[each.cause] = (number + each.customers, since)
    return [
        (cause, formats.say(CAUSE_WORDS.get(cause, cause)), number, since)
        for cause, (number, since) in found.items()
    ]


def _priced(call: Call, line: PlaybookLine, asked: Asked, *, whole: bool) -> dict[str, Any]:
    trial = newest_trial(call, line.key)
    per_month = asked.per_month
    if per_month is None and trial is not None:
        expected = round(shown(trial, call).per_month)
        per_month = float(expected) if expected >= 1 else None
    given = {
        "effect": asked.effect,
        "per_month": None if per_month is None else f"{per_month:g}",
    }
    here = path_of(line.key)
    return {
        "price_asked": given,
        "price_part": f"{path_of(line.key, 'price')}{query(**given)}",
        "price_whole": f"{here}{query(**given, whole=1)}#price",
        "priced": priced(call, line, Asked(asked.effect, per_month), "") if whole else None,
    }


def _versions(call: Call, line: PlaybookLine) -> list[tuple[VersionLine, str, str]]:
    """Each version, who put it in, and who agreed to its start."""
    brought = reader_of(call).formats.say(_("Evergrove"))
    found = []
    for each in ask(call, routes.versions, key=line.key).items:
        author = author_of(call, each.installed_by) if each.installed_by else brought
        agreed = author_of(call, each.asked.approved_by) if each.asked and each.asked.approved_by else ""
        found.append((each, author, agreed))
    return found


def _job(request: Request) -> int | None:
    job = request.query_params.get("job", "")
    return int(job) if job.isascii() and job.isdigit() and len(job) < 10 else None


def _blocks(call: Call, request: Request) -> Iterable[Block]:
    trial = newest_trial(call, str(request.path_params["playbook_key"]))
    return () if trial is None else shown(trial, call, all_rows=True).blocks


downloads(pages, f"{PATH}/{{playbook_key}}", "figures.read", _blocks)
