"""What is wrong with single values of a request, in our words and the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, Term, _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class ValueRefused(InputError):
    """One value of a request cannot be used; each subclass says how."""

    code = "http.value_refused"
    message = _("This value cannot be used here.")
    hint = _("The service's page /docs says what is taken.")


class ValueMissing(ValueRefused):
    """A value that is needed was not sent."""

    code = "http.value_missing"
    message = _("This is missing.")


class ValueUnknown(ValueRefused):
    """A field or a parameter that nothing here is called, or that only the service itself sets."""

    code = "http.value_unknown"
    message = _("There is nothing of this name that could be set here.")


class ValueOfOtherType(ValueRefused):
    """A value of another kind is needed."""

    code = "http.value_of_other_type"
    message = _("This should be {expected}.")


class ValueNotInRange(ValueRefused):
    """A number is too small or too large."""

    code = "http.value_not_in_range"
    message = _("This should be {sign} {limit}.")


class ValueNotThatLong(ValueRefused):
    """A text or a list is too short or too long."""

    code = "http.value_not_that_long"
    message = _("The length of this should be {sign} {limit}.")


class ValueNotOneOf(ValueRefused):
    """A value is none of those there are."""

    code = "http.value_not_one_of"
    message = _("This should be one of: {choices}.")


KINDS: Mapping[str, Term] = {
    "string": Term(_("a text")),
    "int": Term(_("a whole number")),
    "float": Term(_("a number")),
    "decimal": Term(_("an exact number, such as 128.50")),
    "finite": Term(_("a number")),
    "bool": Term(_("true or false")),
    "date": Term(_("a day, such as 2026-03-31")),
    "datetime": Term(_("a moment with its zone, such as 2026-03-31T09:30:00Z")),
    "timezone": Term(_("a moment with its zone, such as 2026-03-31T09:30:00Z")),
    "list": Term(_("a list")),
    "dict": Term(_("an object")),
    "model": Term(_("an object")),
    "dataclass": Term(_("an object")),
    "none": Term(_("null")),
}
"""What pydantic calls a kind of value, by the beginning of its error types."""

_SIGNS: Mapping[str, tuple[str, str]] = {
    "greater_than": (">", "gt"),
    "greater_than_equal": ("≥", "ge"),
    "less_than": ("<", "lt"),
    "less_than_equal": ("≤", "le"),
}
_LENGTHS: Mapping[str, tuple[str, str]] = {
    "string_too_short": ("≥", "min_length"),
    "string_too_long": ("≤", "max_length"),
    "too_short": ("≥", "min_length"),
    "too_long": ("≤", "max_length"),
    "decimal_max_digits": ("≤", "max_digits"),
    "decimal_whole_digits": ("≤", "whole_digits"),
    "decimal_max_places": ("≤", "decimal_places"),
}


def refused(kind: str, context: Mapping[str, Any]) -> ValueRefused:
    """
    What pydantic found, as an error of ours; nothing of the value itself is repeated, for it may be personal.

    Args:
        kind: Its error type, such as ``int_parsing``.
        context: What it says beside it.
    """
    given = context.get("error")
    if isinstance(given, ValueRefused):
        return given
    for table, error in ((_SIGNS, ValueNotInRange), (_LENGTHS, ValueNotThatLong)):
        if kind in table:
            sign, name = table[kind]
            return error(sign=sign, limit=str(context.get(name, "")))
    if kind in {"literal_error", "enum"}:
        return ValueNotOneOf(choices=str(context.get("expected", "")).replace(" or ", ", "))
    plain = _PLAIN.get(kind)
    if plain is not None:
        return plain()
    expected = KINDS.get(kind.partition("_")[0])
    is_pattern = kind in {"string_pattern_mismatch", "date_past", "date_future"}
    return ValueRefused() if expected is None or is_pattern else ValueOfOtherType(expected=expected)


_PLAIN: Mapping[str, Callable[[], ValueRefused]] = {
    "missing": ValueMissing,
    "extra_forbidden": ValueUnknown,
    "unexpected_keyword_argument": ValueUnknown,
}


def path_of(place: Sequence[str | int]) -> str:
    """Where a value stands: ``body.items[3].amount``, ``query.limit``."""
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path
