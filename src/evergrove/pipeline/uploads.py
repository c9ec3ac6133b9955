"""Raw files that the workspace has kept: which of them name a person who is being erased."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import TYPE_CHECKING

from evergrove.core.confinement import Limits, ReaderBroke, TookTooLong, TookTooMuch, run_confined
from evergrove.pipeline.uploads_reader import ENCODINGS, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

INBOX = "inbox"
CHILD = "evergrove.pipeline.uploads_reader"
MOST_UNPACKED = 1 << 31
"""Bytes that one file may unpack to; what is more is a bomb, and counts as naming everybody."""
MOST_PACKED = 1 << 26
"""Bytes of an archive within an archive: it is unpacked in memory."""
LIMITS = Limits(seconds=3_600)
SHORTEST = 4
"""A word of fewer bytes stands in every file by chance."""


def naming(folder: Path, words: Collection[str], ids: Collection[str] = ()) -> list[Path]:
    """
    The raw files of a workspace in which any of some words or ids stands: in names, texts, tables and archives.

    What a file is is told by its first bytes, not by its name. They are read by a confined child: strangers have sent
    them. What breaks the child, or takes it too long, counts as naming everybody.

    Args:
        folder: Of the workspace.
        words: Whatever is personal of somebody. Blanks and strokes do not count, nor do capitals.
        ids: Of somebody: these must fill a cell, for short ones stand in dates and amounts by chance.
    """
    wanted, cells = forms_of(words), long_enough(ids)
    inside = (folder / INBOX).rglob("*")
    files = [path for path in sorted(inside) if path.is_file() and not path.is_symlink()]
    if not (wanted or cells) or not files:
        return []
    told = _asked(files, wanted, cells)
    return [
        path
        for path, names in zip(files, told, strict=True)
        if names or is_named(path.name, wanted) or is_called(path.name, cells)
    ]


def long_enough(ids: Collection[str]) -> list[str]:
    """Those of some ids that do not stand in every file by chance."""
    return sorted({each for each in ids if len(each.encode()) >= SHORTEST})


def forms_of(words: Collection[str]) -> set[bytes]:
    """The bytes that words may be in a file: in each encoding, and as JSON and XML write what is not ASCII."""
    forms = {
        form
        for word in words
        if len(word) > 1 and len(word.encode()) >= SHORTEST
        for form in (
            *(word.encode(encoding, "ignore") for encoding in ENCODINGS),
            json.dumps(word)[1:-1].encode(),
            word.encode("ascii", "xmlcharrefreplace"),
        )
    }
    return {short for form in forms if len(short := plain(form)) >= SHORTEST}


def is_named(text: str, wanted: Collection[bytes]) -> bool:
    """Whether any of some words, from ``forms_of``, stands in a file's name."""
    name = plain(os.fsencode(text))
    return any(word in name for word in wanted)


def is_called(text: str, ids: Collection[str]) -> bool:
    """
    Whether a file is called by any of some ids: by a word of its name, if that has letters and digits.

    Any other id must be all of the name: orders-2026-06.csv is nobody's.
    """
    name = text.lower()
    return any(
        name.partition(".")[0] == each
        or (_is_mixed(each) and re.search(rf"(?<![^\W_]){re.escape(each)}(?![^\W_])", name))
        for each in map(str.lower, ids)
    )


def _is_mixed(word: str) -> bool:
    return any(map(str.isalpha, word)) and any(map(str.isdecimal, word))


def _asked(files: Sequence[Path], wanted: Collection[bytes], ids: Collection[str]) -> list[bool]:
    """What a child says of files; where it fails over all of them, one child for each."""
    request = {
        "files": [os.fsencode(path).hex() for path in files],
        "wanted": sorted(word.hex() for word in wanted),
        "ids": list(ids),
        "limits": vars(LIMITS),
        "most_unpacked": MOST_UNPACKED,
        "most_packed": MOST_PACKED,
    }
    try:
        printed = run_confined(CHILD, [], file=INBOX, limits=LIMITS, given=json.dumps(request))
        told = [each is not False for each in json.loads(printed)]
        if len(told) == len(files):
            return told
    except (ReaderBroke, TookTooLong, TookTooMuch, ValueError, TypeError):
        pass
    return [True] if len(files) == 1 else [_asked([path], wanted, ids)[0] for path in files]


def sha256_of(path: Path) -> str:
    """By what an imported file is known."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
