"""Who went where in the month: streams between tiers and between stages, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.outreach_flows import streams
from evergrove.report.page import Block
from evergrove.segments.codes import CAUSES, Cause
from evergrove.segments.sentences.words import CAUSE_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Figures
    from evergrove.text import Formats

QUESTIONS: Mapping[str, str] = {
    "tier": _("Who moved between the tiers in this month?"),
    "stage": _("Who moved between the stages in this month?"),
}
NO_START = _("No run of the week before the month is kept, so nobody knows where customers stood then.")
READING = _(
    "On the left the end of the month before, on the right the end of this one; each stream is as wide as the customers it carries."
)
MOVES = _("Moves by cause: {moves}.")
MOVE = _("{cause} {moves}")
FLAPPED = _(
    "Of {moves} {moves:move|moves} between tiers, {flaps} went back within 90 days to where the move before had begun."
)


def stream_block(section: Figures, axis: str, names: Mapping[str, str], formats: Formats) -> Block:
    """
    The streams of one axis, the matrix beside them.

    Args:
        section: ``flows`` of the review's figures.
        axis: "tier" or "stage".
        names: Of its values.
        formats: The reader's language.
    """
    question, found = formats.say(QUESTIONS[axis]), section[axis]
    if not found["flows"]:
        return Block(f"flow_{axis}", question, "", missing=formats.say(NO_START))
    drawn = streams(found["flows"], axis, names, formats)
    return Block(
        f"flow_{axis}",
        question,
        drawn.answer,
        drawn.chart,
        drawn.height,
        drawn.table,
        note=formats.sentences(
            formats.say(READING),
            _causes(found["causes"], formats),
            flapped(section, formats) if axis == "tier" else "",
        ),
    )


def flapped(section: Figures, formats: Formats) -> str:
    """How many moves between tiers were flaps; "" in figures of an earlier release, and where nobody moved."""
    found = section.get("flaps")
    if not found or not found["moves"]:
        return ""
    return formats.say(FLAPPED, moves=found["moves"], flaps=found["flaps"])


def _causes(causes: Mapping[str, int], formats: Formats) -> str:
    if not causes:
        return ""
    written = [
        formats.say(
            MOVE, cause=formats.say(CAUSE_WORDS[Cause(CAUSES.index(cause))]), moves=formats.number(moves)
        )
        for cause, moves in causes.items()
    ]
    return formats.say(MOVES, moves=formats.enumerated(written))
