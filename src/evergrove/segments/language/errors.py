"""What can be wrong with a condition: each error says where, and what would settle it."""

from __future__ import annotations

from evergrove.core import InputError, _


class InvalidSegment(InputError):
    """A condition cannot be used; each subclass is one kind of mistake. ``where``: line:column, or a JSON path."""

    code = "segments.invalid"


class NotRead(InvalidSegment):
    """The text is no condition."""

    code = "segments.not_read"
    message = _("{where}: the condition breaks off or goes wrong here: {near}.")
    hint = _("Write it like this: {example}")


class NotAllowed(InvalidSegment):
    """The text is SQL, and none that a condition may be made of."""

    code = "segments.not_allowed"
    message = _("{where}: {what} has no place in a condition.")
    hint = _("Compare fields with values, and join them with and, or, not: {example}")


class UnknownField(InvalidSegment):
    """There is no such field."""

    code = "segments.unknown_field"
    message = _("{where}: there is no field {name}.")
    hint = _("Did you mean {near}? evergrove segments complete lists all of them.")


class UnknownFunction(InvalidSegment):
    """There is no such function."""

    code = "segments.unknown_function"
    message = _("{where}: there is no function {name}.")
    hint = _("Did you mean {near}? evergrove segments complete lists all of them.")


class UnknownValue(InvalidSegment):
    """A word that the field never has."""

    code = "segments.unknown_value"
    message = _("{where}: {name} is never {value}.")
    hint = _("Did you mean {near}? It is one of: {known}.")


class WrongValue(InvalidSegment):
    """A value of another type than the field's."""

    code = "segments.wrong_value"
    message = _("{where}: {value} is no value for {name}.")
    hint = _("It takes {wanted}.")


class WrongOperator(InvalidSegment):
    """A comparison that says nothing about values of this type."""

    code = "segments.wrong_operator"
    message = _("{where}: {name} cannot be compared with {op}.")
    hint = _("It takes: {known}.")


class WrongArguments(InvalidSegment):
    """A function was called with other arguments than it takes."""

    code = "segments.wrong_arguments"
    message = _("{where}: {name} does not take these arguments.")
    hint = _("Like this: {example}.")


class NoComparison(InvalidSegment):
    """A field stands alone, and is neither true nor false."""

    code = "segments.no_comparison"
    message = _("{where}: {name} is compared with nothing.")
    hint = _("Say with what: {example}.")


class TooMuch(InvalidSegment):
    """The condition is larger than any that people write."""

    code = "segments.too_much"
    message = _("{where}: the condition has more than {limit} {what}.")
    hint = _("Store parts of it as segments of their own, and ask for them with in_segment.")


class WrongPath(InvalidSegment):
    """The JSON form is not what it should be."""

    code = "segments.wrong_path"
    message = _("{where}: {value} is not what belongs here.")
    hint = _("Here belongs {wanted}.")


class TooSlow(InputError):
    """The condition took longer than anybody may keep the engine busy."""

    code = "segments.too_slow"
    message = _("The condition was stopped: it took more than {seconds} {seconds:second|seconds}.")
    hint = _("Use fewer patterns with like, or compare with whole values.")


class NoSegment(InputError):
    """No segment of that key is stored."""

    code = "segments.no_segment"
    message = _("There is no segment {key}.")
    hint = _("Stored are, the nearest first: {near}.")


class InACircle(InvalidSegment):
    """Segments that ask for each other."""

    code = "segments.in_a_circle"
    message = _("{key} would ask for itself: {circle}.")
    hint = _("Take in_segment out of one of them.")


class StillAskedFor(InputError):
    """A segment is to be removed that another asks for."""

    code = "segments.still_asked_for"
    message = _("{key} is asked for by {others}.")
    hint = _("Change or remove these first.")


class InvalidKey(InputError):
    """A key that cannot name a segment."""

    code = "segments.invalid_key"
    message = _("{key} cannot be the key of a segment.")
    hint = _("Take small letters, digits, - and _, a letter first, at most 60: lost_vips.")


class NotQuoted(InvalidSegment):
    """A text stands where a value belongs, without its quotation marks."""

    code = "segments.not_quoted"
    message = _("{where}: {value} is a name here, not a value.")
    hint = _("Put a text into single quotation marks: {example}.")
