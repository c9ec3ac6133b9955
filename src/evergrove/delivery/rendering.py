"""Templates into words: a small language, no access to anything but the values given, and limits."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from liquid import Environment, StrictUndefined
from liquid.exceptions import LiquidError, UndefinedError
from markupsafe import Markup

from evergrove.delivery.errors import MissingValue, NoTemplate, TemplateProblem, UnsafeSubject
from evergrove.delivery.types import Rendered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from liquid import BoundTemplate

    from evergrove.text import Language

_OWN = ("content", "output", "illegal")  # names under which the parser finds its own parts
TAGS = ("if", "unless", "case", "for", "break", "continue", "assign", "comment", "#")
FILTERS = (
    "append",
    "capitalize",
    "default",
    "downcase",
    "escape",
    "first",
    "join",
    "last",
    "plus",
    "minus",
    "prepend",
    "replace",
    "round",
    "size",
    "strip",
    "times",
    "truncate",
    "upcase",
    "url_encode",
)
LONGEST_SUBJECT = 200
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_BLANK_LINES = re.compile(r"\n\s*\n")
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class _Limited(Environment):
    """Templates that loop without end, nest without end or write without end are refused."""

    loop_iteration_limit = 1_000
    output_stream_limit = 200_000
    local_namespace_limit = 100_000


def _environment(*, autoescape: bool) -> Environment:
    made = _Limited(undefined=StrictUndefined, strict_filters=True, autoescape=autoescape)
    # Reading other templates, and whatever else is not needed to write a letter, is not in the language.
    made.tags = {name: tag for name, tag in made.tags.items() if name in (*_OWN, *TAGS)}
    made.filters = {name: made.filters[name] for name in FILTERS}
    return made


_TEXT = _environment(autoescape=False)
_HTML = _environment(autoescape=True)


class _Source(NamedTuple):
    subject: BoundTemplate
    body: BoundTemplate


def render(template: str, language: Language, values: Mapping[str, str]) -> Rendered:
    """
    A message in a reader's language.

    The body is followed by the footer, which says why the message comes and how to leave: no template can
    leave it out. The HTML is made of the finished text, so that no value can be anything but text in it.

    Args:
        template: Name of a folder in ``templates/``.
        language: Of the reader.
        values: Name to text. Those of ``values_of``; an empty text is a value, a missing one is an error.

    Raises:
        NoTemplate: There is none of this name, or not in this language.
        MissingValue: It needs a value that was not given.
        UnsafeSubject: Its subject is not one line of text.
        TemplateProblem: It cannot be read or written.
    """
    with _explained(template, language):
        source, footer = _source(template, language), _footer(language)
        subject = source.subject.render(**values).strip()
        body = source.body.render(**values).strip()
        foot = footer.render(**values).strip()
        if not subject or len(subject) > LONGEST_SUBJECT or _BREAKS.search(subject):
            raise UnsafeSubject(template=template, language=language)
        html = _frame().render(
            language=language,
            subject=subject,
            coupon=_marked(values.get("coupon", ""), ""),
            paragraphs=[_marked(each, "") for each in _BLANK_LINES.split(body)],
            footer=[_marked(each, values["unsubscribe"]) for each in _BLANK_LINES.split(foot)],
        )
    return Rendered(subject, f"{body}\n\n—\n{foot}\n", html)


def templates() -> tuple[str, ...]:
    """Names of the templates there are."""
    folder = files("evergrove.delivery").joinpath("templates")
    return tuple(sorted(entry.name for entry in folder.iterdir() if _NAME.fullmatch(entry.name)))


def _marked(text: str, address: str) -> Markup:
    """Lines of text as HTML; the address at which one unsubscribes becomes a link."""
    marked = escape(text).replace("\n", "<br>\n")
    if address:
        shown = escape(address)
        target = shown if ":" in address else f"mailto:{shown}"
        marked = marked.replace(shown, f'<a href="{target}" style="color:inherit">{shown}</a>')
    return Markup(marked)  # noqa: S704 - every part of it was escaped above


@cache
def _source(template: str, language: Language) -> _Source:
    text = _read(template, "templates", template, f"{language.replace('-', '_')}.liquid", language=language)
    head, _, body = text.partition("\n")
    if not head.startswith("subject:"):
        raise UnsafeSubject(template=template, language=language)
    return _Source(_TEXT.from_string(head.removeprefix("subject:")), _TEXT.from_string(body))


@cache
def _footer(language: Language) -> BoundTemplate:
    text = _read("footer", "footer", f"{language.replace('-', '_')}.liquid", language=language)
    return _TEXT.from_string(text)


@cache
def _frame() -> BoundTemplate:
    return _HTML.from_string(_read("frame", "frame.liquid", language=""))


def _read(template: str, *path: str, language: str) -> str:
    if not _NAME.fullmatch(template):
        raise NoTemplate(template=repr(template), language=language)
    try:
        return files("evergrove.delivery").joinpath(*path).read_text(encoding="utf-8")
    except OSError as error:
        raise NoTemplate(template=template, language=language) from error


@contextmanager
def _explained(template: str, language: str) -> Iterator[None]:
    try:
        yield
    except UndefinedError as error:
        found = re.search(r"'([^']+)' is undefined", str(error))
        name = found.group(1) if found else "?"
        raise MissingValue(template=template, language=language, name=name) from error
    except LiquidError as error:
        reason = type(error).__name__  # its words may repeat a value, and values are personal
        raise TemplateProblem(template=template, language=language, reason=reason) from error
