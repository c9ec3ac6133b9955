"""How large a condition may be: more than people write, and less than hurts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import Term as Word
from evergrove.core import _
from evergrove.segments.language.errors import TooMuch
from evergrove.segments.language.types import Every, Not, Some

if TYPE_CHECKING:
    from evergrove.segments.language.types import Condition

MOST_CHARACTERS = 10_000
MOST_DEPTH = 20
MOST_CONDITIONS = 200
MOST_VALUES = 1_000
MOST_TEXT = 200
"""Characters of one value."""
MOST_WILDCARDS = 4
"""% signs of one pattern: each one more multiplies what a match may cost."""
CHARACTERS, LEVELS, CONDITIONS, VALUES, WILDCARDS = (
    Word(_("characters")),
    Word(_("levels of brackets")),
    Word(_("comparisons")),
    Word(_("values in one list")),
    Word(_("% signs in one pattern")),
)


def check_size(condition: Condition, where: str) -> None:
    """
    Refuse a condition that is too deep or too long.

    Args:
        condition: Built of parts that were checked.
        where: Where it begins.

    Raises:
        TooMuch: It is.
    """
    level, found = [condition], 0
    for _depth in range(MOST_DEPTH + 1):
        found += sum(not isinstance(each, Every | Some | Not) for each in level)
        level = [part for each in level for part in parts_of(each)]
        if not level:
            break
    else:
        raise TooMuch(where=where, limit=MOST_DEPTH, what=LEVELS)
    if found > MOST_CONDITIONS:
        raise TooMuch(where=where, limit=MOST_CONDITIONS, what=CONDITIONS)


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """What a condition joins; nothing for a comparison."""
    if isinstance(condition, Every | Some):
        return condition.parts
    return (condition.part,) if isinstance(condition, Not) else ()
