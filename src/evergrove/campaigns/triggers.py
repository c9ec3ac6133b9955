"""The table [trigger] of a playbook's file, one reader for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from evergrove.campaigns.definition import (
    ANSWERERS,
    DAILY,
    MONTHLY,
    WEEKLY,
    Rhythm,
    Trigger,
    TriggerKind,
)
from evergrove.segments.codes import STAGES, TIERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.campaigns.entries import Entries

CAUSES = ("evidence", "clock")
"""The causes of a transition that may start outreach."""
FIRST_KINDS = ("stage", "tier", "nps", "next_order")
"""What the first format knows."""
EVENT_KEYS = ("cart_id", "order_id", "product_id", "category", "campaign", "page")
"""Columns of events that can tell one occasion from another."""
MOST_SPEND = 1e12
MOST_HOURS = 24 * 30
ANY = ""


def read_trigger(entries: Entries, *, is_first_format: bool) -> Trigger:
    """
    The trigger that a table describes.

    Args:
        entries: Of the table; whatever nobody took is refused.
        is_first_format: Only what that knows is taken.

    Raises:
        InvalidPlaybook: An entry cannot be used.
    """
    kinds = FIRST_KINDS if is_first_format else get_args(TriggerKind)
    kind = cast("TriggerKind", entries.word("kind", kinds))
    if is_first_format and kind in {"stage", "tier"}:
        trigger = _entered(entries, kind)
    else:
        trigger = _READERS[kind](entries, kind)
    entries.end()
    return trigger


def _entered(entries: Entries, kind: TriggerKind) -> Trigger:
    enters = entries.word("enters", STAGES if kind == "stage" else TIERS)
    causes, silent = entries.words("causes", CAUSES), entries.whole("silent_days", 0, default=0)
    return Trigger(kind, enters, causes, silent)


def _moved(entries: Entries, kind: TriggerKind) -> Trigger:
    """Who enters or leaves; of tiers also just who rises or falls."""
    names = STAGES if kind == "stage" else TIERS
    direction = entries.word("direction", ("up", "down", ANY), ANY) if kind == "tier" else ANY
    enters = entries.word("enters", names) if entries.has("enters") else ANY
    leaves = entries.word("leaves", names) if entries.has("leaves") else ANY
    if not (enters or leaves or direction):
        enters = entries.word("enters", names)  # says that it is missing
    causes, silent = entries.words("causes", CAUSES), entries.whole("silent_days", 0, default=0)
    return Trigger(
        kind,
        enters,
        causes,
        silent,
        leaves=leaves,
        direction=direction,
        audience=entries.condition("audience"),
    )


def _segment(entries: Entries, kind: TriggerKind) -> Trigger:
    leaves = entries.maybe_text("leaves")
    enters = entries.maybe_text("enters") if leaves else entries.text("enters")
    causes = entries.words("causes", CAUSES, CAUSES)
    silent = entries.whole("silent_days", 0, default=0)
    return Trigger(kind, enters, causes, silent, leaves=leaves, audience=entries.condition("audience"))


def _answer(entries: Entries, kind: TriggerKind) -> Trigger:
    return Trigger(kind, entries.word("enters", ANSWERERS), ("evidence",))


def _order_ahead(entries: Entries, kind: TriggerKind) -> Trigger:
    return Trigger(kind, tiers=entries.words("tiers", TIERS), widest_days=entries.whole("widest_days", 1))


def _health(entries: Entries, kind: TriggerKind) -> Trigger:
    below, causes = entries.share("below", 100.0), entries.words("causes", CAUSES, CAUSES)
    silent = entries.whole("silent_days", 0, default=0)
    return Trigger(
        kind, causes=causes, silent_days=silent, below=below, audience=entries.condition("audience")
    )


def _milestone(entries: Entries, kind: TriggerKind) -> Trigger:
    orders = entries.whole("orders", 0, default=0)
    spend = entries.share("spend", MOST_SPEND, 0.0)
    if (orders > 0) == (spend > 0):
        raise entries.unusable("orders", orders, "orders = 1-3650 | spend = 1-")
    audience = entries.condition("audience")
    return Trigger(kind, causes=("evidence",), orders=orders, spend=spend, audience=audience)


def _anniversary(entries: Entries, kind: TriggerKind) -> Trigger:
    return Trigger(kind, causes=("clock",), audience=entries.condition("audience"))


def _schedule(entries: Entries, kind: TriggerKind) -> Trigger:
    unit = entries.word("every", (DAILY, WEEKLY, MONTHLY))
    if unit == DAILY:
        rhythm = Rhythm(unit, entries.whole("days", 1))
    elif unit == WEEKLY:
        rhythm = Rhythm(unit, entries.whole("weekday", 1, 7))
    else:
        rhythm = Rhythm(unit, entries.whole("day", 1, 31))
    audience = entries.condition("audience")
    return Trigger(kind, causes=("clock",), rhythm=rhythm, audience=audience)


def _event(entries: Entries, kind: TriggerKind) -> Trigger:
    event, unless = entries.text("event"), entries.maybe_text("unless")
    key = entries.word("key", EVENT_KEYS) if entries.has("key") else entries.maybe_text("key")
    hours = entries.whole("within_hours", 1, MOST_HOURS) if unless else 0
    audience = entries.condition("audience")
    return Trigger(
        kind, event=event, key=key, unless=unless, within_hours=hours, causes=("evidence",), audience=audience
    )


_READERS: Mapping[TriggerKind, Callable[[Entries, TriggerKind], Trigger]] = {
    "stage": _moved,
    "tier": _moved,
    "segment": _segment,
    "nps": _answer,
    "next_order": _order_ahead,
    "health": _health,
    "milestone": _milestone,
    "anniversary": _anniversary,
    "schedule": _schedule,
    "event": _event,
}
