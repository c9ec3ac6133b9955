"""
How much one message may take: time, output, and the size of what a filter makes.

Time is that of the processor in this thread, so that a busy machine refuses no letter.
"""

from __future__ import annotations

from functools import wraps
from time import thread_time
from typing import TYPE_CHECKING, Any

from liquid import BoundTemplate, RenderContext
from liquid.exceptions import LiquidError
from liquid.output import LimitedStringIO
from liquid.undefined import is_undefined

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SOURCE = 100_000
"""Characters of a body."""
LONGEST_OUTPUT = 200_000
"""Bytes that one part of a message may come to."""
MOST_LOOPS = 1_000
MOST_S = 0.1
UNTIMED = 1_000
"""Steps that no clock is asked about: they take a hundredth of the time, but for a pause that is not the letter's."""
LARGEST_NUMBER = 10**15


class TooMuch(LiquidError):
    """A letter asks for more than one message may take."""


class Deadline:
    """The moment after which nothing more is written; a letter that does little is never held against it."""

    def __init__(self, seconds: float, clock: Callable[[], float] = thread_time) -> None:
        self._clock, self._steps = clock, 0
        self._until = clock() + seconds

    def check(self) -> None:
        """
        Take one more step before it.

        Raises:
            TooMuch: It has passed.
        """
        self._steps += 1
        if self._steps > UNTIMED and self._clock() > self._until:
            raise TooMuch("time limit reached", token=None)


class LimitedContext(RenderContext):
    """Looks at the clock at whatever a letter may do again and again."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.deadline = Deadline(MOST_S)

    def get(self, *given: Any, **named: Any) -> object:
        """Look up a value."""
        self.deadline.check()
        return super().get(*given, **named)

    def assign(self, key: str, val: Any) -> None:
        """Keep a value under a name of the letter's own."""
        self.deadline.check()
        super().assign(key, val)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Begin a loop of so many turns."""
        self.deadline.check()
        super().raise_for_loop_limit(length)


class _Output(LimitedStringIO):
    """Looks at the clock at every part that is written."""

    deadline: Deadline | None = None

    def write(self, text: str, /) -> int:
        """Write one more part."""
        if self.deadline is not None:
            self.deadline.check()
        return super().write(text)


class LimitedTemplate(BoundTemplate):
    """A template that is stopped."""

    context_class = LimitedContext

    def render(self, *given: Any, **named: Any) -> str:
        """
        Write it.

        Raises:
            TooMuch: It took too long.
        """
        context = LimitedContext(self, globals=self.make_globals(dict(*given, **named)))
        written = _Output(LONGEST_OUTPUT)
        written.deadline = context.deadline
        self.render_with_context(context, written)
        context.deadline.check()
        return written.getvalue()


def bounded(made: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that takes no ranges, and makes nothing that is larger than a message."""

    @wraps(made)
    def checked(*given: Any, **named: Any) -> Any:
        if any(isinstance(each, range) for each in given):
            raise TooMuch("a filter was given a range", token=None)
        result = made(*given, **named)
        if isinstance(result, str | list) and len(result) > LONGEST_OUTPUT:
            raise TooMuch("a filter made too much", token=None)
        if isinstance(result, int | float) and abs(result) > LARGEST_NUMBER:
            raise TooMuch("a number became too large", token=None)
        return result

    return checked


def replaced(text: Any, old: Any, new: Any = "") -> str:
    """``text`` with ``new`` in the place of each ``old``; how long that becomes is counted first."""
    text, old, new = str(text), str(old), str(new)
    times = text.count(old)
    if len(text) + times * max(0, len(new) - len(old)) > LONGEST_OUTPUT:
        raise TooMuch("a filter made too much", token=None)
    done: str = text.replace(old, new)
    return done


def joined(several: Any, between: Any = " ") -> str:
    """Things of a list one after the other."""
    if is_undefined(several):
        return str(several)  # which says that it is missing
    if not isinstance(several, list) or len(several) > MOST_LOOPS:
        raise TooMuch("join takes a list", token=None)
    text: str = str(between).join(str(each) for each in several)
    return text
