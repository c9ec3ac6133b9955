"""What a run did to the stored segments, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.app import Workspace
    from evergrove.cli.terminal import Terminal
    from evergrove.pipeline import RunOutcome

LINE = _("Segments, with who entered and who left: {listed}.")
ONE = _("{key} {members} (+{entered} -{left})")
UNMOVED = _("{key} {members}")
MORE = _("{count} more")
SHOWN = 5
"""Segments in the line, those that changed most first; --json has them all."""


def say_segments(terminal: Terminal, here: Workspace, outcome: RunOutcome) -> dict[str, Any]:
    """
    Print the line, where there are segments.

    Args:
        terminal: Where to.
        here: The workspace.
        outcome: Of the run; a dry run has published nothing, and an idle one nothing new.

    Returns:
        By key: ``members``, ``entered`` and ``left``; empty where nothing was published.
    """
    from evergrove.pipeline.segment_standings import tonight  # noqa: PLC0415 -- asks the ledger, which --help does not need

    if outcome.snapshot_id is None or not outcome.is_new:
        return {}
    found = tonight(here)
    if not found:
        return {}
    formats = Formats(terminal.language)
    most = sorted(found.items(), key=lambda each: (-each[1]["entered"] - each[1]["left"], each[0]))
    listed = [
        formats.say(
            ONE if counts["entered"] or counts["left"] else UNMOVED,
            key=key,
            **{name: formats.number(count) for name, count in counts.items()},
        )
        for key, counts in most[:SHOWN]
    ]
    if len(most) > SHOWN:
        listed.append(formats.say(MORE, count=formats.number(len(most) - SHOWN)))
    terminal.say()
    terminal.say(formats.say(LINE, listed=formats.enumerated(listed)))
    return found
