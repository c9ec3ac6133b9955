"""What an id in text says: ids are text, freed of what spreadsheets wrap around them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evergrove.ingest.values.words import is_blank

PLAIN_ID = r"^[0-9A-Za-z_-]*[0-9][0-9A-Za-z_-]*$|^[0-9A-Za-z_.-]+@[0-9A-Za-z.-]+$"
"""Ids that need no cleaning: no wrapping, no blank word (which holds no digit); SQL takes these as they are."""

LONGEST = 256
_WRAPPED = re.compile(r'^="(.*)"$', re.DOTALL)
_WHOLE_FLOAT = re.compile(r"^([0-9]+)\.0+$")
_DEBRIS = re.compile(
    r"^[+-]?[0-9]+([.,][0-9]+)?[eE][+][0-9]+$|^#(REF|N/A|VALUE|NAME|DIV/0|NUM|NULL|#+)[!?]?", re.IGNORECASE
)
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Id:
    """An id, or why it is none ("damaged", "bad"); both empty = blank."""

    value: str = ""
    fault: str = ""


def read_id(text: str) -> Id:
    """
    Clean one id: blanks, a leading ' and a wrapping ="..." go, and 12345.0 from a spreadsheet is 12345.

    Leading zeros and letter case stay. An id written as 1.2E+11 or #REF! has lost digits and is refused.
    """
    bare = text.strip()
    bare = (bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == "'" else bare.removeprefix("'")).strip()
    if bare.startswith("="):
        bare = _WRAPPED.sub(r"\1", bare).strip()
    bare = _WHOLE_FLOAT.sub(r"\1", bare)
    if is_blank(bare):
        return Id()
    if _DEBRIS.search(bare):
        return Id(fault="damaged")
    if len(bare) > LONGEST or _INVISIBLE.search(bare):
        return Id(fault="bad")
    return Id(value=bare)
