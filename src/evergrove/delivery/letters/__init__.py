"""The letters of a shop, its own and those that come with Evergrove: kept in versions, looked at, tried out."""

from __future__ import annotations

from evergrove.delivery.letters.coupons import with_codes
from evergrove.delivery.letters.documents import document_of, letter_of
from evergrove.delivery.letters.nights import NightValues, night_values
from evergrove.delivery.letters.samples import sample_values
from evergrove.delivery.letters.store import (
    Listed,
    add_letter,
    all_letters,
    checked,
    letter_named,
    letters_of,
    versions_of,
)
from evergrove.delivery.letters.written import document_written, letter_text, line_of

__all__ = [
    "Listed",
    "NightValues",
    "add_letter",
    "all_letters",
    "checked",
    "document_of",
    "document_written",
    "letter_named",
    "letter_of",
    "letter_text",
    "letters_of",
    "line_of",
    "night_values",
    "sample_values",
    "versions_of",
    "with_codes",
]
