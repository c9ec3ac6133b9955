"""Targets by conditions of the segment language: whom they count, of whom, and when each condition is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from evergrove.core import InputError, Sentence, Term, _
from evergrove.measurement.targets.types import Asked, At
from evergrove.segments.language.catalogue import catalogue as shipped
from evergrove.segments.language.errors import InvalidSegment
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.store import no_segment
from evergrove.segments.language.types import segments_in
from evergrove.segments.language.words import said
from evergrove.settings import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition

NUMERATOR, DENOMINATOR = "numerator", "denominator"
ASKS = (NUMERATOR, DENOMINATOR, f"{NUMERATOR}_at", f"{DENOMINATOR}_at")


class UnreadableCondition(InputError):
    """A condition of a target cannot be read; the position is that within the condition."""

    code = "measurement.unreadable_condition"
    message = _("{file}, line {line}, {key}: {reason}")
    hint = _("Try it: evergrove segments check. {way_out}")


def asked_of(
    told: Mapping[str, Any],
    refused: Callable[..., InputError],
    where: Callable[[str], dict[str, Any]],
    catalogue: Catalogue | None,
    segments: Collection[str],
) -> Asked:
    """
    What a target asks, from its table in the file.

    Args:
        told: The table.
        refused: Makes the error for a reason and an entry.
        where: File, line and key of an entry.
        catalogue: What conditions may name; None: what is shipped.
        segments: Keys of the stored segments, which conditions may ask for.

    Raises:
        InvalidTarget: An entry is missing, or says something that cannot be.
        UnreadableCondition: A condition is none.
    """
    known = catalogue or shipped()

    def condition(entry: str) -> Condition:
        if entry not in told:
            raise refused(Term(_("it needs a measure, or numerator and denominator")))
        if not isinstance(told[entry], str):
            raise refused(f"{entry} = {told[entry]}", entry)
        try:
            found = parse(told[entry], known)
        except InvalidSegment as error:
            raise _unreadable(error, where(entry)) from error
        for key in segments_in(found):
            if key not in segments:
                raise _unreadable(no_segment(key, segments), where(entry))
        return found

    def moment(entry: str) -> At:
        named: Literal["start", "end"] | Any = told.get(entry, "end")
        if named not in get_args(At):
            raise refused(f"{entry} = {named}", entry)
        return named

    who, of = condition(NUMERATOR), condition(DENOMINATOR)
    return Asked(
        of,
        moment(f"{DENOMINATOR}_at"),
        who,
        moment(f"{NUMERATOR}_at"),
        {each: (said(of, known, each), said(who, known, each)) for each in get_args(Language)},
    )


def _unreadable(error: InputError, where: Mapping[str, Any]) -> UnreadableCondition:
    """A mistake in a condition, told with the place of the condition."""
    reason, way_out = (Sentence(error.code, text, error.params) for text in (error.message, error.hint))
    return UnreadableCondition(**where, reason=reason, way_out=way_out)
