"""A slow statement by its shape: what it does to what, and a checksum by which the same one is known again."""

from __future__ import annotations

import re
from zlib import crc32

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NUMBER = re.compile(r"(?<![\w$])\d+(?:\.\d+)?(?!\w)")
_LIST = re.compile(r"\((?:\s*(?:\?|%\(\w+\)s|%s)(?:::\w+)?\s*,?)+\s*\)")
_SPACE = re.compile(r"\s+")
_VERB = re.compile(r"\s*(?:--[^\n]*\n\s*)*([a-z]+)", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:from|into|update|table|view)\s+\"?([a-z_][a-z0-9_]*)\"?", re.IGNORECASE)


def fingerprint(sql: str) -> str:
    """
    Verb, first table, and a checksum of the text without literals: ``select job 1f0c22d9``.

    Values are bound and so never in the text; the few literals are left out all the same, and lists of places
    count as one however long they are.
    """
    bare = _SPACE.sub(" ", _NUMBER.sub("?", _LITERAL.sub("?", sql))).strip()
    verb, table = _VERB.match(sql), _TABLE.search(bare)
    said = [verb[1].lower() if verb else "?", table[1].lower() if table else "-"]
    return " ".join([*said, f"{crc32(_LIST.sub('(?)', bare).encode()):08x}"])
