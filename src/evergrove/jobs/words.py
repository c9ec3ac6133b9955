"""Why a job waits or was given up, in words of whoever reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

REASONS: Mapping[str, str] = {
    "jobs.worker_died": _("Each of its workers ended without a word."),
    "jobs.cancelled": _("Somebody cancelled it."),
    "jobs.waits": _("Another command is at work in the workspace."),
    "jobs.handed_back": _("Its worker was ended; the next one goes on with it."),
}
OTHER = _("The reason is {code}.")


def reason_words(formats: Formats, code: str | None, detail: Mapping[str, Any] | None) -> str:
    """Why a job waits or was given up; nothing, where there is no reason."""
    if code is None:
        return ""
    if code in REASONS:
        return formats.say(REASONS[code])
    if not detail:
        return formats.say(OTHER, code=code)
    texts = (detail["message"], detail["hint"])
    return formats.sentences(*(formats.say(text, **detail["params"]) for text in texts if text))
