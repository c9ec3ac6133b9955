"""``/playbooks``: all playbooks, how far each is, for whom, and what it has earned so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import playbooks as routes
from evergrove.campaigns.words import INPUT_WORDS
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.frame import Block, Column, Pages, Table, allowed, ask, downloads, query, reader_of
from evergrove.web.outreach.rooms import room
from evergrove.web.playbooks.earnings import effect_of, measured
from evergrove.web.playbooks.words import PATH, STATES, cell, path_of, takes_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.responses import Response

    from evergrove.api.playbooks import PlaybookLine
    from evergrove.http import Call
    from evergrove.text import Formats

pages = Pages()

COLUMNS = (
    ("key", _("Key"), "text"),
    ("playbook", _("Playbook"), "text"),
    ("goal", _("Goal"), "text"),
    ("state", _("State"), "text"),
    ("for_whom", _("For whom"), "text"),
    ("active", _("In it now"), "number"),
    ("over", _("Been through it"), "number"),
    ("sent", _("Messages sent"), "number"),
    ("control", _("Kept untreated"), "percent"),
    ("effect", _("Effect for each customer"), "money"),
    ("low", _("At least"), "money"),
    ("high", _("At most"), "money"),
)
Chosen = Annotated[
    Literal["", "started", "waiting", "paused", "draft", "locked"],
    Query(description="Playbooks in this state only; empty: all."),
]


@pages.get(PATH, right="figures.read")
def all_playbooks(call: ThisCall, request: Request, state: Chosen = "") -> Response:
    """The page."""
    lines, formats = _sorted(ask(call, routes.playbooks).items), reader_of(call).formats
    effects = measured(call)
    together = next(
        (row for row in effects.values() if row["playbook"] not in {one.key for one in lines}), None
    )
    content: dict[str, Any] = {
        "rows": [_row(call, each, effects.get(each.key)) for each in lines if state in {"", each.state}],
        "filters": _filters(lines, formats),
        "state": state,
        "together": None if together is None else effect_of(together, "", formats).finding,
        "block": _block(call),
        "may_write": allowed(call, routes.install),
    }
    return room(call, request, "playbooks", "playbooks/list.html.j2", **content)


def missing_of(line: PlaybookLine, formats: Formats) -> str:
    """What a locked playbook needs, in words; empty where nothing is missing."""
    return formats.enumerated([formats.say(INPUT_WORDS.get(each, each)) for each in line.missing])


def _sorted(lines: Sequence[PlaybookLine]) -> list[PlaybookLine]:
    order = list(STATES)
    return sorted(lines, key=lambda each: (order.index(each.state), each.key))


def _filters(lines: Sequence[PlaybookLine], formats: Formats) -> list[tuple[str, str, str]]:
    """Path, name with how many, and key of each state that some playbook is in."""
    counts = [(state, sum(each.state == state for each in lines)) for state in STATES]
    found = [(PATH, _named(formats.say(_("All")), len(lines), formats), "")]
    return found + [
        (f"{PATH}{query(state=state)}", _named(formats.say(STATES[state][0]), number, formats), state)
        for state, number in counts
        if number
    ]


def _named(word: str, number: int, formats: Formats) -> str:
    return f"{word} · {formats.number(number)}"


def _over(line: PlaybookLine) -> int:
    return sum(number for state, number in line.enrolled.items() if state != "active")


def _row(call: Call, line: PlaybookLine, found: dict[str, Any] | None) -> dict[str, Any]:
    reader = reader_of(call)
    formats, words = reader.formats, reader.words
    word, kind = STATES[line.state]
    return {
        "line": line,
        "path": path_of(line.key),
        "tag": (formats.say(word), kind),
        "missing": missing_of(line, formats),
        "cell": cell(line.takes_in, formats, words),
        "takes_in": takes_in(line.takes_in, formats, words),
        "active": line.enrolled.get("active", 0),
        "over": _over(line),
        "effect": None if found is None else effect_of(found, line.name, formats),
    }


def _block(call: Call) -> Block:
    formats, effects = reader_of(call).formats, measured(call)
    rows = []
    for line in _sorted(ask(call, routes.playbooks).items):
        row = _row(call, line, effects.get(line.key))
        found = row["effect"]
        rows.append(
            (
                line.key,
                line.name,
                line.goal,
                row["tag"][0],
                row["cell"] or row["takes_in"],
                row["active"],
                row["over"],
                line.sent,
                line.control,
                *((None, None, None) if found is None else (found.value, found.low, found.high)),
            )
        )
    columns = [Column(key, formats.say(name), kind) for key, name, kind in COLUMNS]  # type: ignore[arg-type]  # kinds
    return Block("playbooks", "", table=Table(columns, rows), files=f"{PATH}/files/playbooks")


def _blocks(call: Call, _request: Request) -> Iterable[Block]:
    return (_block(call),)


downloads(pages, PATH, "figures.read", _blocks)
