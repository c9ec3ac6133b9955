"""``/outbox``: how many messages stand how, the list of them, and the channels with their stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import channels, outbox, outreach
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import ThisPage, first_page
from evergrove.outbox.types import CONTROL
from evergrove.web.frame import Pages, ask, query, reader_of
from evergrove.web.outbox.words import GROUPS, PATH, channel_name, group_of, row_of
from evergrove.web.outreach.rooms import room

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.outbox import MessageCounts
    from evergrove.http import Call
    from evergrove.http.paging import Paging
    from evergrove.text import Formats
    from evergrove.web.outbox.words import Row

pages = Pages()

LOST_SHOWN = 10
ALWAYS = ("queued", "accepted", "delivered")
"""Figures that stand though they are 0: a row of them is how a reader knows the page."""
Named = Annotated[str, Query(max_length=60)]


@dataclass(frozen=True)
class Chosen:
    """
    What of the messages is asked for.

    Attributes:
        state: Key of a kind of messages; empty: all.
        playbook: Key; empty: all.
        channel: Name; empty: all.
    """

    state: str
    playbook: str
    channel: str

    @property
    def is_everything(self) -> bool:
        """Whether nothing was left out."""
        return not (self.state or self.playbook or self.channel)

    def link(self, **other: str | None) -> str:
        """The page with something else chosen."""
        return f"{PATH}{query(**{**vars(self), **other})}"


@pages.get(PATH, right="outreach.read")
def messages(
    call: ThisCall,
    request: Request,
    paging: ThisPage,
    state: Named = "",
    playbook: Named = "",
    channel: Named = "",
) -> Response:
    """The page."""
    chosen = Chosen(state if state in GROUPS else "", playbook, channel)
    counts = ask(call, outbox.counts, playbook=playbook, channel=channel)
    rows, cursor = _rows(call, chosen, paging)
    figures = _figures(call, counts, chosen)
    lost = next((each["count"] for each in figures if each["key"] == "unknown"), 0)
    is_beginning = not chosen.state and paging.after is None
    content: dict[str, Any] = {
        "chosen": chosen,
        "figures": figures,
        "lost": lost,
        "lost_rows": _lost(call, chosen) if lost and is_beginning else (),
        "rows": rows,
        "onward": chosen.link(cursor=cursor) if cursor else None,
        "first": chosen.link() if paging.after is not None else None,
        "channels": _channels(call, counts.channels),
        **_choices(call, counts),
    }
    return room(call, request, "outbox", "outbox/list.html.j2", **content)


def _rows(call: Call, chosen: Chosen, paging: Paging) -> tuple[list[Row], str | None]:
    group = GROUPS.get(chosen.state)
    found = ask(
        call,
        outbox.messages,
        page=paging,
        state=list(group.states) if group else None,
        arm=group.arm if group else None,
        channel=chosen.channel,
        customer_id="",
        playbook=chosen.playbook,
    )
    return [row_of(call, each) for each in found.items], found.next_cursor


def _lost(call: Call, chosen: Chosen) -> list[Row]:
    """Those that wait for somebody to look them up: they stand first."""
    wanted = Chosen("unknown", chosen.playbook, chosen.channel)
    return _rows(call, wanted, first_page(call, LOST_SHOWN))[0]


def _figures(call: Call, counts: MessageCounts, chosen: Chosen) -> list[dict[str, Any]]:
    say = reader_of(call).formats.say
    sums = dict.fromkeys(GROUPS, 0)
    for each in counts.items:
        sums[group_of(each.state, is_control=each.reason == CONTROL)] += each.messages
    return [
        {
            "key": key,
            "name": say(group.name),
            "note": say(group.note) if group.note else "",
            "count": sums[key],
            "href": chosen.link(state=key),
        }
        for key, group in GROUPS.items()
        if sums[key] or key in ALWAYS
    ]


def _choices(call: Call, counts: MessageCounts) -> dict[str, list[tuple[str, str]]]:
    reader = reader_of(call)
    names, formats = reader.words["action"], reader.formats
    return {
        "states": [(key, formats.say(group.name)) for key, group in GROUPS.items()],
        "playbooks": [(key, names.get(key, key)) for key in counts.playbooks],
        "by_channel": [(name, channel_name(formats, name)) for name in counts.channels],
    }


def _channels(call: Call, in_use: list[str]) -> list[dict[str, Any]]:
    """Those that are set up, that the settings or messages speak of, and those that are stopped."""
    formats: Formats = reader_of(call).formats
    stops = {each.scope: each for each in ask(call, outreach.state).stopped}
    return [
        {
            "it": each,
            "name": channel_name(formats, each.name),
            "scope": f"channel:{each.name}",
            "stop": stops.get(f"channel:{each.name}"),
        }
        for each in ask(call, channels.channels).items
        if each.ready or each.wanted or each.name in in_use or f"channel:{each.name}" in stops
    ]
