"""What a notebook hands over, checked where it comes in: each slip is a sentence that names the argument."""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite
from numbers import Integral
from typing import TYPE_CHECKING, Any, TypeVar

from evergrove.core.errors import InputError
from evergrove.core.messages import _
from evergrove.core.sentences import Sentence, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = TypeVar("Kind")
LONGEST = 60
"""Characters of a value that are repeated; of a longer one its kind is named."""


class InvalidArgument(InputError):
    """An argument that a function has no use for."""

    code = "core.invalid_argument"
    message = _("{name} = {value} cannot be used.")
    hint = _("It takes {wanted}.")

    def __init__(self, *, name: str, value: object, wanted: object) -> None:
        written = repr(value)
        is_short = len(written) <= LONGEST and "\n" not in written
        shown = written if is_short else type(value).__name__
        super().__init__(name=name, value=shown, wanted=wanted)


def number(
    name: str, value: Any, wanted: str, *, above: float = float("-inf"), below: float = float("inf")
) -> float:
    """
    A finite number between two bounds, which themselves are refused.

    Args:
        name: Of the argument.
        value: As given.
        wanted: What it takes, in words.
        above: It is greater.
        below: It is less.

    Raises:
        InvalidArgument: It is no such number.
    """
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = float("nan")
    if not (isfinite(found) and above < found < below):
        raise InvalidArgument(name=name, value=value, wanted=wanted)
    return found


def whole(name: str, value: Any, least: int = 0) -> int:
    """
    A whole number from ``least`` on.

    Raises:
        InvalidArgument: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        wanted = Sentence("core.whole_number", _("a whole number from {least} on"), {"least": least})
        raise InvalidArgument(name=name, value=value, wanted=wanted)
    return int(value)


def one_of(name: str, value: Any, known: Sequence[str]) -> None:
    """
    Refuse what is not among the words that are known.

    Raises:
        InvalidArgument: It is none of them.
    """
    if value not in known:
        raise InvalidArgument(name=name, value=value, wanted=", ".join(known))


def of_kind(name: str, value: Any, kind: type[Kind] | tuple[type[Kind], ...], wanted: str) -> None:
    """
    Refuse an object of another kind.

    Args:
        name: Of the argument.
        value: As given.
        kind: What it must be an instance of.
        wanted: What it takes, in words.

    Raises:
        InvalidArgument: It is none.
    """
    if not isinstance(value, kind):
        raise InvalidArgument(name=name, value=value, wanted=wanted)


def day(name: str, value: Any) -> date:
    """
    A day, of a time its day, or of an ISO text of either.

    Raises:
        InvalidArgument: It is none.
    """
    # A datetime64 of numpy writes its day; the ground knows no numpy.
    given = str(value.astype("datetime64[D]")) if hasattr(value, "astype") else value
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        found = None
    if isinstance(found, datetime):
        return found.date()
    if not isinstance(found, date):
        raise InvalidArgument(
            name=name, value=value, wanted=Term(_('a date, or a text such as "2026-03-31"'))
        )
    return found
