"""What a text says of consent."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

from evergrove.ingest.values.words import is_blank, plain, table

if TYPE_CHECKING:
    from evergrove.people.types import ConsentStatus


def consent_said(text: str, unused: list[str]) -> ConsentStatus | None:
    """What a cell says of consent; None: nothing, or nothing clear, which ``unused`` then names."""
    word = plain(text)
    said = consent_words().get(word)
    if said is None and word and not is_blank(text):
        unused.append("people.unclear_consent")
    return None if said == "unknown" else said


def is_consent(text: str) -> bool:
    """Whether a text says something of consent."""
    return plain(text) in consent_words()


@cache
def consent_words() -> dict[str, ConsentStatus | Literal["unknown"]]:
    """Each word of consent, as compared, and what it says."""
    return {
        plain(word): said for said, words in table("customers")["consent"]["words"].items() for word in words
    }
