"""The targets board on a page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evergrove import charts
from evergrove.core import _
from evergrove.measurement.targets import words
from evergrove.report.definitions import Definition
from evergrove.report.page import Block, table

if TYPE_CHECKING:
    from evergrove.report.page import Table
    from evergrove.report.types import Figures
    from evergrove.text import Formats

QUESTION = _("Where does the customer base stand?")
COLUMNS = (
    _("Target"),
    _("Goal"),
    _("Verdict"),
    _("Now"),
    _("Interval"),
    _("Gap"),
    _("In 3 months"),
)
SAYS = _("{name}: {value} ({bounds})")
GOAL = _("{name}: {goal}")
RATIO = "referral_conversion"


def targets_block(board: Figures, formats: Formats) -> Block:
    """
    All targets, those that are shares also as a chart.

    Args:
        board: As ``Board.as_json`` gives it.
        formats: The reader's language.
    """
    answer = words.headline(board, formats)
    rows = [
        _drawn(each, formats)
        for each in board["targets"]
        if each["value"] is not None and each["measure"] != RATIO
    ]
    notes = [
        formats.say(_("{name}: {note}"), name=words.name_of(each, formats), note=words.note(each, formats))
        for each in board["targets"]
        if words.note(each, formats)
    ]
    level = formats.say(words.LEVEL, level=formats.percent(board["level"], 0))
    return Block(
        "targets",
        formats.say(QUESTION),
        answer,
        charts.targets(rows, formats, answer) if rows else None,
        84 + 54 * len(rows),
        _table(board, formats),
        note=formats.sentences(words.basis(board, formats), level),
        definitions=tuple(f"target_{each['key']}" for each in _measured(board)),
        points=tuple(notes),
        is_wide=True,
    )


def target_definitions(board: Figures, formats: Formats) -> dict[str, Definition]:
    """What each measure counts, in the reader's language."""
    return {
        f"target_{each['key']}": Definition(words.name_of(each, formats), words.meaning(each, formats))
        for each in _measured(board)
    }


def _measured(board: Figures) -> list[Figures]:
    """Targets that say what they count: the six, and those by conditions of the shop's own."""
    return [each for each in board["targets"] if each["asks"] or each["key"] == each["measure"]]


def _drawn(target: Figures, formats: Formats) -> dict[str, Any]:
    name = words.name_of(target, formats)
    fields = {
        "value": words.figure(target, target["value"], formats),
        "bounds": words.bounds(target, formats),
    }
    return {
        "what": name,
        **{key: target[key] for key in ("value", "low", "high", "bound", "verdict")},
        "says": formats.say(SAYS, name=name, **fields),
        "goal": formats.say(GOAL, name=name, goal=words.goal(target, formats)),
    }


def _table(board: Figures, formats: Formats) -> Table:
    """Without the change in three months where nothing is known of the month three months before."""
    known = any(each["change"] is not None for each in board["targets"])
    columns = COLUMNS if known else COLUMNS[:-1]
    rows = [
        (
            words.name_of(each, formats),
            words.goal(each, formats),
            formats.say(words.VERDICTS[each["verdict"]]),
            words.figure(each, each["value"], formats),
            words.bounds(each, formats),
            words.gap(each, formats),
            words.moved(each, formats),
        )[: len(columns)]
        for each in board["targets"]
    ]
    return replace(table([formats.say(name) for name in columns], rows, words=3), stacked=True)
