"""Playbooks that nobody has started, for groups of customers in which something can still be saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.api import playbooks as routes
from evergrove.core import _
from evergrove.report.amounts import short
from evergrove.web.frame import ask
from evergrove.web.overview.lines import Button, Line, made

if TYPE_CHECKING:
    from evergrove.api.playbooks import TakesIn
    from evergrove.http import Call
    from evergrove.web.overview.standing import Standing

RESTING = frozenset(("churned", "prospect"))
"""Stages in which no next order is in sight."""
WAITS = _(
    "{playbooks} {playbooks:playbook is|playbooks are} not at work; with the customers they are made for, {value} of the "
    "next 12 months is still open."
)
DECIDE = Button("/todo#playbooks", _("Decide"), "figures.read")


def works_in(told: TakesIn, tier: str | None, stage: str) -> bool:
    """Whether customers of a cell are those that a playbook takes in, and is made for."""
    if (told.for_tiers and tier not in told.for_tiers) or (told.for_stages and stage not in told.for_stages):
        return False
    if told.kind == "next_order":
        return tier in told.tiers and stage not in RESTING
    return bool(told.enters) and told.enters == {"stage": stage, "tier": tier}.get(told.kind)


def waiting(call: Call, base: Standing) -> list[Line]:
    """One line where playbooks rest or were never started, and nothing else works where they would."""
    lines = ask(call, routes.playbooks).items
    at_work = [line.takes_in for line in lines if line.state == "started"]
    resting = [line.takes_in for line in lines if line.state not in {"started", "locked"}]
    left = [
        row
        for row in base.cells
        if row["undecided"]["likely_lost"]
        and not any(works_in(each, row["tier"], row["stage"]) for each in at_work)
    ]
    wanted = [each for each in resting if any(works_in(each, row["tier"], row["stage"]) for row in left)]
    gain = sum(
        row["undecided"]["likely_lost"]
        for row in left
        if any(works_in(each, row["tier"], row["stage"]) for each in wanted)
    )
    if not gain:
        return []
    formats = base.formats
    sentence = formats.say(WAITS, playbooks=formats.number(len(wanted)), value=short(gain, formats))
    return [made("playbooks_wait", sentence, call, DECIDE, must=True)]
