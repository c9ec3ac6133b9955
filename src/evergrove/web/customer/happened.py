"""A customer's timeline: each entry as one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.api import customer_life as routes
from evergrove.core import _
from evergrove.web.customer.words import CHANNELS, EVENTS, HAPPENED, ICONS, SENT
from evergrove.web.customers.shown import words_of
from evergrove.web.frame import ask, reader_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.api.customer_life import Happening
    from evergrove.http import Call
    from evergrove.http.paging import Paging
    from evergrove.text import Formats

OF_ORDER = _("of order {order}")
MESSAGE = _("{playbook}, {channel}, {state}")
SCORE = _("Score {score}")


@dataclass(frozen=True)
class Line:
    """
    One entry as a page shows it.

    Attributes:
        icon: Name of the icon of its kind.
        kind: In words.
        says: What happened; empty where the kind says it all.
        when: The day, or the moment where it is known.
        on: The day, for machines.
        amount: Written; empty without one.
        is_waiting: Whether no figure of the newest run has heard of it.
    """

    icon: str
    kind: str
    says: str
    when: str
    on: str
    amount: str
    is_waiting: bool


def happened(call: Call, customer_id: str, paging: Paging, kind: str = "") -> tuple[list[Line], str | None]:
    """Lines of a page of the timeline, and the cursor for what follows."""
    wanted = kind if kind in HAPPENED else None
    found = ask(call, routes.timeline, customer_id=customer_id, page=paging, kind=wanted)
    reader, words = reader_of(call), words_of(call)
    lines = [
        Line(
            icon=ICONS[each.kind],
            kind=reader.formats.say(HAPPENED[each.kind]),
            says=_says(each, reader.formats, words),
            when=reader.formats.day(each.on) if each.at is None else reader.moment(each.at),
            on=each.on.isoformat(),
            amount=_amount(each, reader.formats),
            is_waiting=each.is_waiting,
        )
        for each in found.items
    ]
    return lines, found.next_cursor


def _amount(each: Happening, formats: Formats) -> str:
    if each.amount is None:
        return ""
    written, sign = formats.number(str(each.amount), 2), "−" if each.kind == "refund" else ""
    is_usual = (each.currency or "") == formats.currency
    return f"{sign}{formats.sign if is_usual else f'{each.currency} '}{written}"


def _says(each: Happening, formats: Formats, words: Mapping[str, Mapping[str, str]]) -> str:
    told = {name: str(value) for name, value in each.told.items()}
    saying: dict[str, Callable[[], str]] = {
        "order": lambda: told.get("order_id", ""),
        "refund": lambda: formats.say(OF_ORDER, order=told["order_id"]) if "order_id" in told else "",
        "move": lambda: each.move.sentence if each.move else "",
        "event": lambda: _event(told, formats),
        "ticket": lambda: " · ".join(told[name] for name in ("topic", "status") if name in told),
        "answer": lambda: formats.say(SCORE, score=told["score"]) if "score" in told else "",
        "message": lambda: formats.say(
            MESSAGE,
            playbook=words["action"].get(told["playbook"], told["playbook"]),
            channel=formats.say(CHANNELS.get(told["channel"], told["channel"])),
            state=formats.say(SENT.get(told["state"], told["state"])),
        ),
    }
    return saying[each.kind]()


def _event(told: Mapping[str, str], formats: Formats) -> str:
    name = told.get("kind", "")
    parts = [
        formats.say(EVENTS[name]) if name in EVENTS else name,
        told.get("category", ""),
        told.get("order_id", ""),
    ]
    return " · ".join(filter(None, parts))
