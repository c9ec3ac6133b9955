"""Who came into a segment and who left it, run by run: a sentence, a picture, and the table behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.charts import membership
from evergrove.charts.membership import Day
from evergrove.core import _
from evergrove.web.frame import Block, Column, Table
from evergrove.web.segments.words import path_of, why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.api.segment_answers import History
    from evergrove.text import Formats

QUESTION = _("Who came, and who left?")
ANSWER = _(
    "{members} {members:customer is|customers are} in it; since {since}, {came} came and {went} left by themselves."
)
NEVER = _("Nobody has been in it yet. A run asks each segment; the next one fills this.")
NOTE = _(
    "The bars show who came and left by what they did, or by time; who did because the segment was written or changed"
    " stands in the table only. Those who left are told for 400 days."
)
OURS = "definition"
"""Reason of those who moved because somebody wrote or changed the segment."""
COLUMNS = (
    ("day", _("Run of"), "day"),
    ("came", _("Came"), "number"),
    ("came_because", _("Why they came"), "text"),
    ("left", _("Left"), "number"),
    ("left_because", _("Why they left"), "text"),
    ("members", _("In it then"), "number"),
)


def by_themselves(reasons: Mapping[str, int]) -> int:
    """How many moved by what they did or by time, and not because the segment is another."""
    return sum(count for reason, count in reasons.items() if reason != OURS)


def history_block(history: History, key: str, formats: Formats) -> Block:
    """
    The block.

    Args:
        history: As the API tells it.
        key: Of the segment.
        formats: The reader's language.
    """
    question = formats.say(QUESTION)
    if not history.items:
        return Block("history", question, missing=formats.say(NEVER))
    days = [
        Day(each.day, by_themselves(each.entered), by_themselves(each.left), each.members)
        for each in history.items
    ]
    answer = formats.say(
        ANSWER,
        members=formats.number(days[-1].members),
        since=formats.day(days[0].day),
        came=formats.number(sum(each.came for each in days)),
        went=formats.number(sum(each.went for each in days)),
    )
    rows = [
        (
            each.day,
            sum(each.entered.values()),
            why(each.entered, formats),
            sum(each.left.values()),
            why(each.left, formats),
            each.members,
        )
        for each in reversed(history.items)
    ]
    columns = [Column(name, formats.say(title), kind) for name, title, kind in COLUMNS]  # type: ignore[arg-type]  # kinds
    return Block(
        "history",
        question,
        answer,
        membership(days, formats, answer),
        height=310,
        table=Table(columns, rows),
        note=formats.say(NOTE),
        files=path_of(key, "files/history"),
    )
