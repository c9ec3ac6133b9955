"""Who came into a segment and who left it, run by run: a sentence, a picture, and the table behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.charts import membership
from evergrove.core import _
from evergrove.web.frame import Block, Column, Table
from evergrove.web.segments.words import path_of, why

if TYPE_CHECKING:
    from evergrove.api.segment_answers import History
    from evergrove.text import Formats

QUESTION = _("Who came, and who left?")
ANSWER = _("{members} {members:customer is|customers are} in it; since {since}, {came} came and {went} left.")
NEVER = _("Nobody has been in it yet. A run asks each segment; the next one fills this.")
NOTE = _(
    "Only runs move members: a segment that is changed is asked anew by the next one. Those who left are told for 400 days."
)
COLUMNS = (
    ("day", _("Run of"), "day"),
    ("came", _("Came"), "number"),
    ("came_because", _("Why they came"), "text"),
    ("left", _("Left"), "number"),
    ("left_because", _("Why they left"), "text"),
    ("members", _("In it then"), "number"),
)


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
        {
            "day": each.day,
            "came": sum(each.entered.values()),
            "went": sum(each.left.values()),
            "members": each.members,
        }
        for each in history.items
    ]
    answer = formats.say(
        ANSWER,
        members=formats.number(history.items[-1].members),
        since=formats.day(history.items[0].day),
        came=formats.number(sum(int(each["came"]) for each in days)),  # type: ignore[call-overload]  # a count
        went=formats.number(sum(int(each["went"]) for each in days)),  # type: ignore[call-overload]  # same
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
