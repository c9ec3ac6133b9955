"""A letter as somebody wrote it, looked at whole before it is kept: read, named, safe, and written once for a try."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from liquid.exceptions import LiquidError, UndefinedError

from evergrove.core import Term, _
from evergrove.delivery.errors import TemplateProblem, UnsafeSubject
from evergrove.delivery.rendering.catalogue import CATALOGUE, LINKS
from evergrove.delivery.rendering.errors import (
    LetterIncomplete,
    LetterSyntax,
    LetterTooLong,
    SubjectBroken,
    UnknownValue,
)
from evergrove.delivery.rendering.html import check_markup
from evergrove.delivery.rendering.language import parsed
from evergrove.delivery.rendering.limits import LONGEST_SOURCE, TooMuch
from evergrove.delivery.rendering.writing import LONGEST_SUBJECT, render, render_platform, render_short

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from evergrove.delivery.rendering.types import Email, Letter, Values, Wording
    from evergrove.text import Language

NONE = Term(_("none"))
LONGEST_SHORT = 1_000
MOST_SAID = 120
_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def check_letter(letter: Letter, samples: Mapping[Language, Values]) -> None:
    """
    Refuse a letter that could not be sent to somebody, or that no mail should hold.

    Args:
        letter: As it was written; MJML compiled.
        samples: Values of a reader of whom everything is known, by language.

    Raises:
        LetterProblem: The first thing that is wrong with it, where that is, and the way out.
    """
    known = {*CATALOGUE, *letter.params}
    links = {*LINKS, *(name for name, each in letter.params.items() if each.type == "link")}
    for language, wording in letter.words.items():
        for where, source, longest in _parts(language, wording):
            if len(source) > longest:
                raise LetterIncomplete(where=where)
            _check_language(source, where, language, known)
        if wording.email is not None:
            _check_email(wording.email, language, links)
        _try(letter, language, wording, samples[language])


def named_values(letter: Letter) -> tuple[str, ...]:
    """Every value that a letter names, in the order of the alphabet."""
    return tuple(
        sorted(
            {
                name
                for language, wording in letter.words.items()
                for _where, source, _longest in _parts(language, wording)
                for name in parsed(source, language, is_html=True).analyze().globals
            }
        )
    )


def _parts(language: str, wording: Wording) -> Iterator[tuple[str, str, int]]:
    """Each part with where it is, and how long it may be."""
    email = wording.email
    if email is not None:
        yield f"{language}, subject", email.subject, 2 * LONGEST_SUBJECT
        yield f"{language}, preheader", email.preheader, 2 * LONGEST_SUBJECT
        yield f"{language}, body", email.body, LONGEST_SOURCE
    yield f"{language}, short", wording.short, LONGEST_SHORT
    for channel, platform in wording.platforms.items():
        for name, source in platform.fields:
            yield f"{language}, {channel}.{name}", source, LONGEST_SHORT


def _check_language(source: str, where: str, language: Language, known: Collection[str]) -> None:
    """Refuse what cannot be read, and names that nobody knows."""
    try:
        template = parsed(source, language, is_html=True)
    except (LiquidError, RecursionError) as error:
        line = _line_of(error)
        problem = str(getattr(error, "message", type(error).__name__))[:MOST_SAID]
        raise LetterSyntax(where=where, line=line, problem=problem) from error
    for name, places in template.analyze().globals.items():
        first = min(places, key=lambda each: each.span.index)
        line = source[: first.span.index].count("\n") + 1
        if name not in known or len(first.segments) > 1:
            near = tuple(get_close_matches(name, known, 3)) or NONE
            raise UnknownValue(where=where, line=line, name=str(first)[:MOST_SAID], near=near)


def _line_of(error: BaseException) -> int:
    context = error.context() if isinstance(error, LiquidError) else None
    return 1 if context is None else context[0]


def _check_email(email: Email, language: Language, links: Collection[str]) -> None:
    where = f"{language}, body"
    if not email.subject.strip() or _LINE.search(email.subject):
        raise SubjectBroken(where=f"{language}, subject")
    if not email.body.strip():
        raise LetterIncomplete(where=where)
    if email.format == "text":
        return
    check_markup(email.body, where, links)
    if email.html:
        check_markup(email.html, where, links)


def _try(letter: Letter, language: Language, wording: Wording, values: Values) -> None:
    """Write everything once, for somebody of whom all is known and for one of whom nothing is."""
    bare = {
        name: each for name, each in values.items() if name not in CATALOGUE or CATALOGUE[name].is_certain
    }
    for given, may_lack in ((values, False), (bare, True)):
        for where, write in _writers(letter, language, wording):
            _tried(partial(write, given), f"{language}, {where}", may_lack=may_lack)


def _writers(
    letter: Letter, language: Language, wording: Wording
) -> Iterator[tuple[str, Callable[[Values], object]]]:
    """What can be written of a letter, and how."""
    if wording.email is not None:
        yield "body", partial(render, letter, language)
    if wording.short:
        yield "short", partial(render_short, letter, language)
    for channel in wording.platforms:
        yield channel, partial(render_platform, letter, language, channel=channel)


def _tried(write: Callable[[], object], where: str, *, may_lack: bool) -> None:
    try:
        write()
    except UnsafeSubject as error:
        if not may_lack:
            raise SubjectBroken(where=where) from error
    except TemplateProblem as error:
        cause = error.__cause__
        if isinstance(cause, UndefinedError):
            if not may_lack:
                raise LetterIncomplete(where=f"{where}: {error.params.get('name')}") from error
        elif isinstance(cause, TooMuch) or "Limit" in type(cause).__name__:
            raise LetterTooLong(where=where) from error
        else:
            said = str(getattr(cause, "message", cause))[:MOST_SAID]
            line = _line_of(cause) if cause is not None else 1
            raise LetterSyntax(where=where, line=line, problem=said) from error
