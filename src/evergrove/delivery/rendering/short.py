"""How long a text message is, and how many are paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.delivery.rendering.types import Short

if TYPE_CHECKING:
    from collections.abc import Sequence

GSM_7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Of 3GPP TS 23.038, 6.2.1; each takes one unit of seven bits."""
GSM_7_TWO = "\f^{}\\[~]|€"
"""Its extension (6.2.1.1): an escape and the character, two units."""
SINGLE = {"GSM-7": 160, "UCS-2": 70}
"""Units of a message that stands alone."""
PART = {"GSM-7": 153, "UCS-2": 67}
"""Units of each part of a longer one: six bytes of it say which part it is (3GPP TS 23.040, 9.2.3.24.1)."""
MOST_SEGMENTS = 10
_ONE, _TWO = frozenset(GSM_7), frozenset(GSM_7_TWO)


def measured(text: str) -> Short:
    """
    A text message with its length.

    A character of two units is never parted: where one would be, its part ends a unit early.
    """
    encoding = "GSM-7" if _ONE.issuperset(set(text) - _TWO) else "UCS-2"
    sizes = [_size(each, encoding) for each in text]
    units = sum(sizes)
    if units <= SINGLE[encoding]:
        return Short(text, encoding, units, 1)
    return Short(text, encoding, units, _parts(sizes, PART[encoding]))


def _size(character: str, encoding: str) -> int:
    if encoding == "GSM-7":
        return 2 if character in _TWO else 1
    return len(character.encode("utf-16-be")) // 2


def _parts(sizes: Sequence[int], room: int) -> int:
    parts, used = 1, 0
    for size in sizes:
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts
