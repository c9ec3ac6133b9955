"""
The language of letters: Liquid with a closed list of tags and filters, and no way into anything but the values given.

Values stay plain text until they are written; in HTML each is escaped there and nowhere else, so that no filter can
take its escaping off again.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from liquid import Environment, FalsyStrictUndefined, Mode
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, UndefinedError
from liquid.undefined import is_undefined

from evergrove.delivery.errors import MissingValue, TemplateProblem
from evergrove.delivery.rendering.limits import (
    LONGEST_OUTPUT,
    MOST_LOOPS,
    LimitedTemplate,
    bounded,
    joined,
    replaced,
)
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from liquid import BoundTemplate, RenderContext

    from evergrove.delivery.rendering.types import Values
    from evergrove.text import Language

_OWN = ("content", "output", "illegal")
"""Names under which the parser finds its own parts."""
TAGS: Mapping[str, str] = {
    "if": "{% if name %} ... {% elsif %} ... {% else %} ... {% endif %}: where something holds.",
    "unless": "{% unless name %} ... {% endunless %}: where it does not.",
    "case": "{% case tier %}{% when 'high' %} ... {% endcase %}: one of several.",
    "for": "{% for each in list %} ... {% endfor %}: for everything in a list, at most 1,000 turns a message.",
    "break": "Leave a loop.",
    "continue": "Go on with the next turn.",
    "assign": "{% assign word = name | upcase %}: keep something under a name of your own.",
    "comment": "{% comment %} ... {% endcomment %}: for whoever edits the letter.",
    "#": "{% # a comment on one line %}.",
}
FILTERS: Mapping[str, str] = {
    "default": "Another text where the value is missing.",
    "append": "With a text behind it.",
    "prepend": "With a text before it.",
    "capitalize": "The first letter large.",
    "upcase": "All letters large.",
    "downcase": "All letters small.",
    "strip": "Without blanks at both ends.",
    "replace": "One text in the place of another.",
    "truncate": "The first so many characters, with ... behind.",
    "size": "How many characters, or things in a list.",
    "first": "The first thing of a list.",
    "last": "The last one.",
    "join": "The things of a list, one after the other.",
    "plus": "And so many.",
    "minus": "Less so many.",
    "times": "So many times.",
    "round": "Rounded, to so many decimals.",
    "url_encode": "As part of an address: needed wherever a value stands in one.",
}
_NAME = re.compile(r"'([^']+)' is undefined")


class _Shown(OutputNode):
    """Writes a value as its reader writes it; what is not there is never written as nothing."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the value."""
        value = self.expression.evaluate(context)
        if value is None:
            raise UndefinedError(f"'{self.expression}' is undefined", token=self.token)
        env = context.env
        assert isinstance(env, LetterEnvironment)  # noqa: S101 - there is no other that has this node
        text = env.in_words(value)
        is_markup = not env.is_html or hasattr(value, "__html__")
        return buffer.write(text if is_markup else escape(text))


class _Output(Output):
    node_class = _Shown


class LetterEnvironment(Environment):
    """The language for readers of one language, in text or in HTML."""

    loop_iteration_limit = MOST_LOOPS
    output_stream_limit = LONGEST_OUTPUT
    local_namespace_limit = LONGEST_OUTPUT
    template_class = LimitedTemplate

    def __init__(self, language: Language, *, is_html: bool) -> None:
        super().__init__(undefined=FalsyStrictUndefined, strict_filters=True, tolerance=Mode.STRICT)
        self.is_html = is_html
        self._formats = Formats(language)
        # Reading other letters, and whatever else is not needed to write one, is not in the language.
        self.tags = {name: tag for name, tag in self.tags.items() if name in (*_OWN, *TAGS)}
        self.add_tag(_Output)
        own: dict[str, Callable[..., Any]] = {**self.filters, "replace": replaced, "join": joined}
        self.filters = {name: own[name] if name == "size" else bounded(own[name]) for name in FILTERS}

    def in_words(self, value: Any) -> str:
        """A value as text; numbers as the reader writes them."""
        if is_undefined(value):
            return str(value)  # which says that it is missing
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return str(value)
        decimals = f"{value:.4f}".rstrip("0").partition(".")[2]
        return self._formats.number(float(value), len(decimals))


@lru_cache(maxsize=6)
def environment(language: Language, *, is_html: bool) -> LetterEnvironment:
    """The language for readers of one language."""
    return LetterEnvironment(language, is_html=is_html)


@lru_cache(maxsize=2048)
def parsed(source: str, language: Language, *, is_html: bool = False) -> BoundTemplate:
    """
    A part of a letter, ready to be written for one reader after the other.

    Raises:
        LiquidError: It cannot be read.
    """
    return environment(language, is_html=is_html).from_string(source)


def written(source: str, language: Language, values: Values, *, is_html: bool = False) -> str:
    """
    A part of a letter for one reader.

    Raises:
        LiquidError: It cannot be read, needs what is missing, or takes too much.
    """
    return parsed(source, language, is_html=is_html).render(**values)


@contextmanager
def explained(name: str, language: str) -> Iterator[None]:
    """
    Turn whatever goes wrong with a letter into an error that says which letter it is, and repeats no value.

    Raises:
        MissingValue: It needs a value that is not there.
        TemplateProblem: Anything else.
    """
    try:
        yield
    except UndefinedError as error:
        found = _NAME.search(str(error.message))
        missing = found.group(1) if found else "?"
        raise MissingValue(template=name, language=language, name=missing) from error
    except (LiquidError, ArithmeticError, ValueError, TypeError, RecursionError) as error:
        reason = type(error).__name__  # its words may repeat a value, and values are personal
        raise TemplateProblem(template=name, language=language, reason=reason) from error
