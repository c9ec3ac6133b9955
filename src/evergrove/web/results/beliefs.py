"""``/beliefs``: what each playbook is believed to bring a customer, by tier and stage, and how much of that is assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import value_ledger as routes
from evergrove.charts.palette import STAGE_SYMBOLS, TIER_SYMBOLS
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.report.earned import unbroken
from evergrove.web.frame import Block, Column, Pages, Table, ask, downloads, query, reader_of
from evergrove.web.results.rooms import BELIEFS, playbook_names, room

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.responses import Response

    from evergrove.api.value_ledger import BeliefLine
    from evergrove.http import Call
    from evergrove.text import Formats

pages = Pages()

DEPTHS = 4
"""Steps from nothing to the largest belief of a playbook."""
LEVEL = 0.8
COLUMNS = (
    ("playbook", _("Playbook"), "text"),
    ("tier", _("Tier"), "text"),
    ("stage", _("Stage"), "text"),
    ("mean", _("Effect for each customer"), "money"),
    ("low", _("At least"), "money"),
    ("high", _("At most"), "money"),
    ("cost", _("Cost of messages"), "money"),
    ("people_treated", _("Treated"), "number"),
    ("people_control", _("Control"), "number"),
    ("assumed_weight", _("Share that is assumed"), "percent"),
)
Chosen = Annotated[
    str,
    Query(
        max_length=60, description="The playbook whose cells are shown; empty: the first that was measured."
    ),
]


@dataclass(frozen=True)
class Cell:
    """
    A belief as it is shown.

    Attributes:
        it: As the API gives it.
        mean: Written.
        interval: Written.
        people: Treated and control, written.
        assumed: Share of the mean that is assumed, written.
        look: Class of its field: the more it brings, the deeper; "less" where it takes away.
    """

    it: BeliefLine
    mean: str
    interval: str
    people: str
    assumed: str
    look: str


@pages.get(BELIEFS, right="figures.read")
def beliefs(call: ThisCall, request: Request, playbook: Chosen = "") -> Response:
    """The page."""
    formats, names = reader_of(call).formats, playbook_names(call)
    items = ask(call, routes.effects).items
    wholes = _measured_first([each for each in items if not each.tier and not each.stage])
    chosen = _chosen(wholes, playbook)
    own = [each for each in items if each.playbook == chosen and each.tier]
    largest = max((abs(each.mean) for each in own), default=0.0)
    content: dict[str, Any] = {
        "rows": [
            (each, names.get(each.playbook, each.playbook), _cell(each, 0.0, formats)) for each in wholes
        ],
        "chosen": chosen,
        "chosen_name": names.get(chosen, chosen),
        "links": {each.playbook: f"{BELIEFS}{query(playbook=each.playbook)}#cells" for each in wholes},
        "cells": {(each.tier, each.stage): _cell(each, largest, formats) for each in own},
        "rest": next((_cell(each, 0.0, formats) for each in wholes if each.playbook == chosen), None),
        "tiers": _in_order([each.tier for each in own], tuple(TIER_SYMBOLS)),
        "stages": _in_order([each.stage for each in own], tuple(STAGE_SYMBOLS)),
        "as_of": items[0].as_of if items else None,
        "window": next((each.rests_on.get("window_days") for each in wholes), None),
        "files": f"{BELIEFS}/files/beliefs",
    }
    return room(call, request, "beliefs", "results/beliefs.html.j2", **content)


def _measured_first(wholes: Sequence[BeliefLine]) -> list[BeliefLine]:
    return sorted(wholes, key=lambda each: (not each.people_treated, each.playbook))


def _chosen(wholes: Sequence[BeliefLine], playbook: str) -> str:
    """The one asked for; else that of which most people were measured."""
    known = {each.playbook: each.people_treated + each.people_control for each in wholes}
    if playbook in known or not known:
        return playbook if playbook in known else ""
    return max(known, key=lambda key: known[key])


def _in_order(found: Iterable[str], order: Sequence[str]) -> list[str]:
    """Each once, those of the house in their order, others behind."""
    place = {name: number for number, name in enumerate(order)}
    return sorted(set(found), key=lambda name: (place.get(name, len(order)), name))


def _cell(each: BeliefLine, largest: float, formats: Formats) -> Cell:
    low, high = (unbroken(formats.money(bound)) for bound in (each.low, each.high))
    people = f"{formats.number(each.people_treated)} / {formats.number(each.people_control)}"
    depth = round(DEPTHS * max(each.mean, 0.0) / largest) if largest else 0
    return Cell(
        each,
        unbroken(formats.money(each.mean)),
        formats.interval(low, high, LEVEL),
        people,
        formats.percent(each.assumed_weight, 0),
        "less" if each.mean < 0 else f"d{depth}",
    )


def _blocks(call: Call, _request: Request) -> Iterable[Block]:
    formats = reader_of(call).formats
    columns = [Column(key, formats.say(name), kind) for key, name, kind in COLUMNS]  # type: ignore[arg-type]  # kinds
    rows = [
        tuple(getattr(each, key) for key, _name, _kind in COLUMNS) for each in ask(call, routes.effects).items
    ]
    return (Block("beliefs", "", table=Table(columns, rows)),)


downloads(pages, BELIEFS, "figures.read", _blocks)
