"""Kinds and states of jobs in words; their reasons are told by ``jobs.words``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.jobs.words import reason_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

__all__ = ["STATES", "kind_word", "reason_words"]

STATES: Mapping[str, str] = {
    "queued": _("waits its turn"),
    "running": _("at work"),
    "done": _("done"),
    "dead": _("given up"),
    "cancelled": _("cancelled"),
}


def kind_word(formats: Formats, kind: str) -> str:
    """What a kind of work is called; one of another version stands for itself."""
    from evergrove.app.jobs import TITLES  # noqa: PLC0415 - pays for the whole workspace

    return formats.say(TITLES[kind]) if kind in TITLES else kind
