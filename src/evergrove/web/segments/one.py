"""``/segments/{key}``: what a segment means, how many are in it, who came and went, its members and versions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import segments
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import ThisPage, first_page
from evergrove.http.statuses import status_of
from evergrove.web.frame import Pages, Refused, Told, allowed, ask, downloads, page, reader_of, redirect
from evergrove.web.segments.authors import author_of
from evergrove.web.segments.history import OURS, by_themselves, history_block
from evergrove.web.segments.words import CHANGES, PATH, REASONS, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from evergrove.api.segment_answers import Member, Segment
    from evergrove.http import Call
    from evergrove.http.paging import Paging
    from evergrove.web.frame import Block

pages = Pages()

ENDED = Told(
    "segments.page_ended",
    _("{key} is over. After the next run nobody is in it; who was, and when, stays known."),
)
FIRST = 20
"""Members of a page."""


@pages.get(f"{PATH}/{{key}}", right="segments.read")
def segment(call: ThisCall, request: Request, key: segments.Key, paging: ThisPage) -> Response:
    """The page."""
    return _shown(call, request, key, paging)


@pages.get(f"{PATH}/{{key}}/now", right="segments.read")
def segment_now(call: ThisCall, request: Request, key: segments.Key, paging: ThisPage) -> Response:
    """The same, for a key that is also the name of a page."""
    return _shown(call, request, key, paging)


@pages.get(f"{PATH}/{{key}}/changes", right="customers.read")
def changes(call: ThisCall, request: Request, key: segments.Key, paging: ThisPage) -> Response:
    """Who came and who went, by name."""
    found = ask(call, segments.changes, key=key, page=paging)
    formats = reader_of(call).formats
    here = path_of(key, "changes")
    content = {
        "key": key,
        "back": path_of(key),
        "rows": [
            (each, formats.say(CHANGES[each.change]), formats.say(REASONS.get(each.reason, each.reason)))
            for each in found.items
        ],
        "onward": f"{here}?cursor={found.next_cursor}" if found.next_cursor else None,
        "first": here if paging.after is not None else None,
    }
    return page(call, request, "segments/changes.html.j2", active="segments", **content)


@pages.post(f"{PATH}/{{key}}/end", right="segments.write")
def end(call: ThisCall, request: Request, key: segments.Key) -> Response:
    """End it."""
    try:
        ask(call, segments.end, key=key)
    except InputError as error:
        ask(call, segments.segment, key=key)
        answer = _shown(call, request, key, first_page(call, FIRST), Refused.of(error, call.language))
        answer.status_code = status_of(error)
        return answer
    return redirect(PATH, ENDED, key=key)


def _shown(
    call: Call, request: Request, key: str, paging: Paging, refused: Refused | None = None
) -> Response:
    found = ask(call, segments.segment, key=key)
    formats = reader_of(call).formats
    history = ask(call, segments.history, key=key)
    is_published = found.as_of is not None
    members, onward = _members(call, key, replace(paging, limit=FIRST)) if is_published else (None, None)
    content: dict[str, Any] = {
        "one": found,
        "then": history.items[-1].members if history.items else None,
        "entered": (by_themselves(found.entered), found.entered.get(OURS, 0)),
        "left": (by_themselves(found.left), found.left.get(OURS, 0)),
        "members": members,
        "reasons": {each: formats.say(name) for each, name in REASONS.items()},
        "onward": onward,
        "first": path_of(key) if paging.after is not None else None,
        "history": history_block(history, key, formats),
        "versions": _versions(call, found),
        "edit": path_of(key, "edit"),
        "end": path_of(key, "end"),
        "changes": path_of(key, "changes"),
        "where": f"in_segment('{key}')",
        "refused": refused,
    }
    return page(call, request, "segments/one.html.j2", active="segments", **content)


def _members(call: Call, key: str, paging: Paging) -> tuple[list[Member] | None, str | None]:
    """A page of members, the most valuable first; None where whoever asks may not see customers."""
    if not allowed(call, segments.members):
        return None, None
    found = ask(call, segments.members, key=key, page=paging, sort="-clv_12m")
    onward = f"{path_of(key)}?cursor={found.next_cursor}" if found.next_cursor else None
    return found.items, onward


def _versions(call: Call, found: Segment) -> list[tuple[Any, str]]:
    return [(each, author_of(call, each.by)) for each in reversed(found.versions)]


def _blocks(call: Call, request: Request) -> Iterable[Block]:
    key = str(request.path_params["segment_key"])
    formats = reader_of(call).formats
    return (history_block(ask(call, segments.history, key=key), key, formats),)


downloads(pages, f"{PATH}/{{segment_key}}", "segments.read", _blocks)
