"""Codes: drawn so that nobody guesses one, written so that nobody misreads one."""

from __future__ import annotations

import math
import secrets
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0 O, 1 I L, and U, which reads as V: 30 letters that are told apart in any hand."""
LETTERS = 14
BITS = LETTERS * math.log2(len(ALPHABET))
"""Of chance in a code: 68.7."""
GROUPS = (5, 4, 5)
LONGEST = 40


def drawn_code(prefix: str, below: Callable[[int], int] = secrets.randbelow) -> str:
    """
    A new code, normal form.

    Args:
        prefix: With which it begins: normal form, may be empty.
        below: Draws a whole number from 0 to below its argument, each with the same chance.
    """
    number, letters = below(len(ALPHABET) ** LETTERS), ""
    for _place in range(LETTERS):
        number, letter = divmod(number, len(ALPHABET))
        letters += ALPHABET[letter]
    return prefix + letters


def normal_code(written: str) -> str:
    """
    A code as it is looked up by: capital letters and digits, however it was typed.

    Wide letters, blanks and strokes are what phones and people make of codes.
    """
    folded = unicodedata.normalize("NFKC", written[: 4 * LONGEST]).upper()
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum())


def shown_code(code: str, prefix: str) -> str:
    """A code that was drawn, in groups that are read aloud in one breath each."""
    parts, rest = [prefix] if prefix else [], code.removeprefix(prefix)
    for length in GROUPS:
        parts.append(rest[:length])
        rest = rest[length:]
    return "-".join(parts)


def chance_of_a_hit(guesses: int, codes: int) -> float:
    """Upper bound of the chance that any of some guesses meets any of some codes: guesses x codes / all codes there are."""
    return guesses * codes / float(len(ALPHABET)) ** LETTERS
