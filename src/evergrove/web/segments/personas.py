"""``/segments/personas``: what sets a tier, a stage or a segment apart from everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import policies, segments, tables
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.segments.codes import TIERS
from evergrove.web.frame import Pages, Refused, ask, downloads, fragment, page, query, reader_of
from evergrove.web.segments.persona_blocks import blocks_of
from evergrove.web.segments.words import PATH, tabs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from evergrove.http import Call
    from evergrove.web.frame import Block

pages = Pages()

HERE = f"{PATH}/personas"
Group = Annotated[str, Query(max_length=80)]


@dataclass(frozen=True)
class Choice:
    """
    A group that can be looked at.

    Attributes:
        group: As the API takes it: tier=high.
        name: For the reader.
    """

    group: str
    name: str


@pages.get(HERE, right="figures.read")
def personas(call: ThisCall, request: Request, group: Group = "", *, whole: bool = False) -> Response:
    """The page; what sets the group apart is fetched when it stands, or comes with it."""
    choices = _choices(call)
    chosen = group or next((each.group for some in choices.values() for each in some), "")
    content: dict[str, Any] = {
        "tabs": tabs(reader_of(call).formats),
        "choices": choices,
        "chosen": chosen,
        "whole": whole and bool(chosen),
    }
    told = _told(call, chosen) if content["whole"] else {}
    return page(call, request, "segments/personas.html.j2", active="segments", **content, **told)


@pages.get(f"{HERE}/part", right="figures.read")
def part(call: ThisCall, request: Request, group: Group = "") -> Response:
    """What sets a group apart: a part of the page."""
    return fragment(call, request, "segments/persona.html.j2", chosen=group, **_told(call, group))


def _told(call: Call, group: str) -> dict[str, Any]:
    _axis, _equals, value = group.partition("=")
    words = reader_of(call).words
    told: dict[str, Any] = {"told": None, "refused": None, "blocks": []}
    told["name"] = words["tier"].get(value, words["stage"].get(value, value))
    try:
        told["told"] = ask(call, tables.persona, group=group)
        told["blocks"] = _blocks(call, group, told["told"])
    except InputError as error:
        told["refused"] = Refused.of(error, call.language)
    return told


def _choices(call: Call) -> dict[str, list[Choice]]:
    """Groups by the name of their axis: tiers, the best first, stages, and segments that somebody is in."""
    formats, words = reader_of(call).formats, reader_of(call).words
    try:
        own = ask(call, policies.tiers, own=True).items
        usual = ask(call, policies.tiers, own=False).items
        stages = ask(call, policies.stages).items
    except InputError:  # nothing is published yet: the page says so
        return {}
    tiers = [each.key for each in own] or [
        key for key in reversed(TIERS) if key in {each.key for each in usual}
    ]
    found = {
        formats.say(_("Tiers")): [Choice(f"tier={key}", words["tier"].get(key, key)) for key in tiers],
        formats.say(_("Stages")): [
            Choice(f"stage={each.key}", words["stage"].get(each.key, each.key)) for each in stages
        ],
        formats.say(_("Segments")): [
            Choice(f"segment={each.key}", each.key)
            for each in ask(call, segments.segments).items
            if each.members
        ],
    }
    return {name: some for name, some in found.items() if some}


def _blocks(call: Call, group: str, told: tables.Persona) -> list[Block]:
    return blocks_of(told.figures, reader_of(call).formats, f"{HERE}/files", query(group=group))


def _files(call: Call, request: Request) -> Iterable[Block]:
    group = request.query_params.get("group", "")[:80]
    return _blocks(call, group, ask(call, tables.persona, group=group))


downloads(pages, HERE, "figures.read", _files)
