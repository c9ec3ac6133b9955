"""What was counted for past months, kept beside the workspace: a month that says the same is not counted again."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from evergrove.core import __version__
from evergrove.measurement.targets.kept import document_of, reading_of
from evergrove.warehouse import NotWritable, write_durably

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from evergrove.measurement.targets import Reading

FORMAT = "evergrove.months_kept/1"
"""Counted up whenever a measure is counted in another way: what was kept before is then counted anew."""
FILE = ("cache", "targets.json")
MOST = 500
"""Entries that are kept; the oldest go."""


class Kept:
    """
    Readings by everything that they follow from; what cannot be read or written is as if it were not there.

    No customer stands in it: it holds counts and shares.
    """

    def __init__(self, folder: Path | None) -> None:
        """
        Look up what is there.

        Args:
            folder: Of the workspace; None: nothing is kept.
        """
        self._path = None if folder is None else folder.joinpath(*FILE)
        self._entries: dict[str, Any] = {}
        self._changed = False
        if self._path is not None:
            with suppress(OSError, ValueError, AttributeError, RecursionError):
                told = json.loads(self._path.read_text(encoding="utf-8"))
                if told.get("format") == FORMAT:
                    self._entries = dict(told["entries"])

    def find(self, follows_from: Mapping[str, Any]) -> dict[str, Reading] | None:
        """
        Readings by measure; None: they were never counted for that.

        Args:
            follows_from: All that can change them, as JSON.
        """
        name = _name(follows_from)
        try:
            kept = self._entries[name]
            if kept["sum"] != _sum(name, kept["readings"]):
                return None
            found = [reading_of(each) for each in kept["readings"]]
        except (LookupError, TypeError, ValueError, AttributeError):
            return None
        return {each.measure: each for each in found}

    def keep(self, follows_from: Mapping[str, Any], readings: Mapping[str, Reading]) -> None:
        """Remember readings; ``write`` makes it last."""
        name, told = _name(follows_from), [document_of(each) for each in readings.values()]
        self._entries[name] = {"readings": told, "sum": _sum(name, told)}
        self._changed = True

    def write(self) -> None:
        """Write down what is new; where the disk refuses, it is counted again another time."""
        if self._path is None or not self._changed:
            return
        newest = dict(list(self._entries.items())[-MOST:])
        text = json.dumps({"format": FORMAT, "entries": newest}, ensure_ascii=False)
        with suppress(NotWritable, OSError):
            write_durably(self._path, lambda part: part.write_text(text, encoding="utf-8"))
        self._changed = False


def _sum(name: str, readings: Any) -> str:
    """Tells figures that were damaged, changed by hand or moved to another month from those that were counted."""
    return sha256(json.dumps([name, readings], sort_keys=True).encode()).hexdigest()


def _name(follows_from: Mapping[str, Any]) -> str:
    """The same for the same facts, settings and version of the code, and for nothing else."""
    told = {"format": FORMAT, "version": __version__, **follows_from}
    return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
