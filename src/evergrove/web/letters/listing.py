"""``/letters``: all letters, what they are for, in which languages and forms there are, and who changed them when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import letters
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.frame import Block, Column, Pages, Table, allowed, ask, downloads, reader_of
from evergrove.web.letters.uses import uses
from evergrove.web.letters.words import CATEGORIES, FORMS, PATH, named, path_of
from evergrove.web.outreach.rooms import room

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from evergrove.api.letters import LetterLine
    from evergrove.http import Call
    from evergrove.web.letters.uses import Use

pages = Pages()

COLUMNS = (
    ("name", _("Letter")),
    ("playbooks", _("Used by")),
    ("category", _("Kind")),
    ("languages", _("Languages")),
    ("forms", _("Forms")),
    ("version", _("Version")),
    ("created_at", _("Changed")),
)


@pages.get(PATH, right="letters.read")
def all_letters(call: ThisCall, request: Request) -> Response:
    """The page."""
    found, used, formats = ask(call, letters.letters).items, uses(call), reader_of(call).formats
    content: dict[str, Any] = {
        "own": [_row(each, used) for each in found if each.version],
        "shipped": [_row(each, used) for each in found if not each.version],
        "forms": named(FORMS, formats),
        "categories": named(CATEGORIES, formats),
        "may_write": allowed(call, letters.add),
        "files": f"{PATH}/files/letters",
    }
    return room(call, request, "letters", "letters/list.html.j2", **content)


def _row(each: LetterLine, used: dict[str, list[Use]]) -> dict[str, Any]:
    return {"letter": each, "path": path_of(each.name), "uses": used.get(each.name, [])}


def _blocks(call: Call, _request: Request) -> Iterable[Block]:
    formats, used = reader_of(call).formats, uses(call)
    rows = [
        (
            each.name,
            " ".join(sorted({use.playbook for use in used.get(each.name, [])})),
            each.category,
            " ".join(each.languages),
            " ".join(each.forms),
            each.version,
            each.created_at,
        )
        for each in ask(call, letters.letters).items
    ]
    columns = [Column(key, formats.say(name)) for key, name in COLUMNS]
    return (Block("letters", formats.say(_("Letters")), table=Table(columns, rows)),)


downloads(pages, PATH, "letters.read", _blocks)
