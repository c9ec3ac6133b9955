"""Blocks of the overview: how much depends on a few, who moved between the tiers, and the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import charts
from evergrove.core import _
from evergrove.report.answers import concentration_answer
from evergrove.report.outreach_flows import NEWCOMER, QUESTIONS, WORDS, streams
from evergrove.report.review.targets import QUESTION, targets_block
from evergrove.report.value_blocks import CURVES, FEWEST, TOO_FEW
from evergrove.web.frame import Block, Column, Table
from evergrove.web.overview.cells import grid_of
from evergrove.web.overview.stats import NO_AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.api.targets import Board
    from evergrove.report.page import Table as WrittenTable
    from evergrove.text import Formats
    from evergrove.web.overview.standing import Standing

FILES = "/overview/files"
DEPENDS = _("How much depends on a few?")
RISES = _("The further the curve rises above the dotted line, the fewer customers carry the shop.")
BETWEEN = _(
    "On the left where customers stood on {since}, on the right where they stood on {until}; each stream is as wide as "
    "the customers it carries."
)
OTHER_POLICY = _("The rules for tiers were changed in between: some moved because of that.")
NO_MONTH = _("From the second month of runs on, this shows who rose and who fell within a month.")
NOT_COUNTED = _(
    "Targets are counted with each night's run. The first time, you can have it done now; it takes a moment."
)
EVERY_TENTH = range(10, 101, 10)


def blocks_of(base: Standing) -> list[Block]:
    """All blocks that have a table as a file."""
    return [grid_block(base), concentration_block(base), flows_block(base)]


def grid_block(base: Standing) -> Block:
    """The grid, of which the page draws a picture of its own."""
    grid = grid_of(base)
    return Block("grid", grid.question, grid.answer, table=grid.table, note=grid.note, files=f"{FILES}/grid")


def concentration_block(base: Standing) -> Block:
    """Which share of customers brings which share of value."""
    section, say = base.told.concentration, base.formats.say
    if not section["curves"] or base.figures["customers"] < FEWEST:
        why = TOO_FEW if section["curves"] else NO_AMOUNTS
        return Block("concentration", say(DEPENDS), missing=say(why))
    answer, curves = concentration_answer(section, base.formats), section["curves"]
    columns = (
        Column("customers", say(_("Customers, most valuable first")), "percent"),
        *(Column(curve["of"], say(CURVES[curve["of"]]), "percent") for curve in curves),
    )
    rows = [(tenth / 100, *(curve["points"][tenth][1] for curve in curves)) for tenth in EVERY_TENTH]
    return Block(
        "concentration",
        say(DEPENDS),
        answer,
        charts.lorenz(section, base.formats, answer),
        340,
        Table(columns, rows),
        note=say(RISES),
        files=f"{FILES}/concentration",
    )


def flows_block(base: Standing) -> Block:
    """Who moved between the tiers since about a month ago."""
    flows, formats, names = base.told.flows, base.formats, base.words["tier"]
    question = formats.say(QUESTIONS["tier"])
    if flows is None or not flows["tier"]:
        return Block("flows", question, missing=formats.say(NO_MONTH))
    found = streams(flows["tier"], "tier", names, formats)
    between = formats.say(BETWEEN, since=formats.day(flows["since"]), until=formats.day(flows["until"]))
    columns = (
        Column("from", formats.say(_("At the start"))),
        Column("to", formats.say(_("Now"))),
        Column("customers", formats.say(_("Customers")), "number"),
        Column("clv_12m", formats.say(_("Value of the next 12 months")), "money"),
    )
    rows = [
        (
            _place(row["from"], names, formats),
            _place(row["to"], names, formats),
            row["customers"],
            row["clv_12m"],
        )
        for row in flows["tier"]
    ]
    return Block(
        "flows",
        question,
        found.answer,
        found.chart,
        340,
        Table(columns, rows),
        note=formats.sentences(between, "" if flows["same_policy"] else formats.say(OTHER_POLICY)),
        files=f"{FILES}/flows",
    )


def _place(code: str | None, names: Mapping[str, str], formats: Formats) -> str:
    if code in {None, NEWCOMER}:
        return formats.say(WORDS[code or ""])
    return names.get(str(code), str(code))


def board_block(board: Board, formats: Formats) -> tuple[Block, tuple[str, ...]]:
    """The targets, and what is to be known of single ones."""
    found = targets_block(board.figures, formats)
    assert found.table is not None  # noqa: S101 - a board has always one
    block = Block(
        "targets",
        found.question,
        found.answer,
        found.chart,
        found.height,
        _as_written(found.table),
        note=found.note,
        files="/overview/targets/files/targets",
    )
    return block, found.points


def no_board(formats: Formats) -> Block:
    """In the place of the targets before a night has counted them."""
    return Block("targets", formats.say(QUESTION), missing=formats.say(NOT_COUNTED))


def _as_written(table: WrittenTable) -> Table:
    columns = [Column(f"column_{n}", name) for n, name in enumerate(table.columns, start=1)]
    return Table(columns, table.rows)
