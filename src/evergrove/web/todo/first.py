"""Whom to look at first, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.answers import first_answer
from evergrove.report.compose import why
from evergrove.web.frame import Block, Column, Table
from evergrove.web.overview.cells import page_of

if TYPE_CHECKING:
    from evergrove.api.overview import Attention, Leaving
    from evergrove.web.overview.standing import Standing

QUESTION = _("Who needs a word from you first?")
NOBODY = _(
    "Nobody before the others: it is as good as decided who stays, or the data do not say what each is worth."
)
READING = _(
    "Those of whom most is likely lost while their chance of still being there lies between 20% and 80%: it is not decided yet."
)


def first_block(found: Attention, base: Standing) -> Block:
    """The customers of GET /v1/overview/attention."""
    formats, rows = base.formats, found.look_at_first
    if not rows:
        return Block("look-first", formats.say(QUESTION), formats.say(NOBODY))
    section = {"rows": rows, "likely_lost": sum(row.likely_lost for row in rows)}
    return Block(
        "look-first",
        formats.say(QUESTION),
        first_answer(section, formats),
        table=_table(rows, base),
        note=formats.say(READING),
        files="/todo/files/look-first",
    )


def _table(rows: list[Leaving], base: Standing) -> Table:
    formats = base.formats
    columns = (
        Column("customer_id", formats.say(_("Customer"))),
        Column("tier", formats.say(_("Value tier")), "tier"),
        Column("stage", formats.say(_("Life-cycle stage")), "stage"),
        Column("why", formats.say(_("Why"))),
        Column("p_alive", formats.say(_("Chance of still being there")), "percent"),
        Column("value_if_alive", formats.say(_("Worth if they stay")), "money"),
        Column("likely_lost", formats.say(_("Likely lost")), "money"),
    )
    cells = [
        (
            row.customer_id,
            row.tier,
            row.stage,
            why(row.model_dump() | {"why": "once" if row.usual_gap_days is None else "rhythm"}, formats),
            row.p_alive,
            row.value_if_alive,
            row.likely_lost,
        )
        for row in rows
    ]
    return Table(columns, cells, [page_of(row.customer_id) for row in rows])
