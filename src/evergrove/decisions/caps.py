"""
How many messages one person may get, and how many there were.

Each cap holds twice: over the last 1, 7 or 30 days, and within the calendar day, week (from Monday on) or month of the
customer's zone. All that apply hold together: a cap of a person's own, or of a channel, takes no other one away.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from math import floor
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, select

from evergrove.decisions.calendars import starts
from evergrove.decisions.tables import own_cap
from evergrove.ledger import upsert
from evergrove.outbox import OUTBOX, Counts
from evergrove.outbox.counts import FEW, counted_at, is_counted
from evergrove.outbox.types import SLACK, WINDOWS
from evergrove.people.identity import members_of
from evergrove.people.parts import among, in_parts
from evergrove.settings import Cap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import BindParameter, Connection, Select

    from evergrove.settings import OutreachSettings

LOW = "low"
SPANS = ("day", "week", "month")


@dataclass(frozen=True)
class Tally:
    """Messages of one person: in the last 1, 7 and 30 days, and since the calendar day, week and month began."""

    rolling: Counts = field(default_factory=Counts)
    calendar: Counts = field(default_factory=Counts)

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(_sum(self.rolling, other.rolling), _sum(self.calendar, other.calendar))


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(one.day + other.day, one.week + other.week, one.month + other.month)


ONE = Tally(Counts(1, 1, 1), Counts(1, 1, 1))
"""What one message adds at its moment."""

Tallies = dict[str, Tally]
"""By channel; under "" all channels together."""


@dataclass(frozen=True)
class Full:
    """A cap that is reached."""

    cap: Cap
    is_calendar: bool

    @property
    def code(self) -> str:
        """The code of its reason."""
        kind = "calendar_" if self.is_calendar else ""
        place = "channel_" if self.cap.channel else ""
        return f"decisions.cap_{place}{kind}{self.cap.span}"

    @property
    def params(self) -> dict[str, object]:
        """The fields of its sentence."""
        told: dict[str, object] = {"most": self.cap.most}
        return {**told, "channel": self.cap.channel} if self.cap.channel else told


def caps_for(settings: OutreachSettings, tier: str, own: Iterable[Cap] = ()) -> tuple[Cap, ...]:
    """
    Every cap that holds for a customer: the shop's, less of them for the low tier, and the customer's own beside them.

    Args:
        settings: Of the shop.
        tier: Of the customer.
        own: As the customer wants it; more than the shop sends anyway is no promise.
    """
    kept = settings.caps
    if tier == LOW:
        share = settings.low_tier_share
        kept = tuple(replace(each, most=min(each.most, max(floor(each.most * share), 1))) for each in kept)
    return (*kept, *own)


def full(caps: Sequence[Cap], tallies: Mapping[str, Tally], channel: str) -> Full | None:
    """
    The first cap that leaves no room for one more message by a channel: over all channels first, the shortest span first.

    Args:
        caps: As ``caps_for`` gives them.
        tallies: Messages so far, by channel.
        channel: By which one more would leave.
    """
    order = sorted(caps, key=lambda each: (each.channel != "", SPANS.index(each.span)))
    for cap in order:
        if cap.channel not in {"", channel}:
            continue
        tally = tallies.get(cap.channel, Tally())
        for is_calendar, counts in ((False, tally.rolling), (True, tally.calendar)):
            if getattr(counts, cap.span) >= cap.most:
                return Full(cap, is_calendar)
    return None


def tallies_of(
    connection: Connection,
    customers: Collection[str],
    until: datetime,
    zone: ZoneInfo,
    *,
    planned: bool = True,
    apart_from: Collection[str] = (),
) -> dict[str, Tallies]:
    """
    Marketing messages to each customer before a moment, to everybody who is one person with them.

    Counts what left or may have left, at the moment of its attempt, and the virtual sends of controls at the moment
    they would have left. The rolling windows are four hours short of 1, 7 and 30 days, so that a message that left
    late yesterday does not push out today's; the calendar day keeps it from becoming two on one day.

    Args:
        connection: Of any block.
        customers: Whom to count for.
        until: The moment for which another message is considered; later ones do not count.
        zone: Whose calendar counts.
        planned: Count what waits too, at the moment it is due: for decisions. Before the wire only what has left
            counts, or two waiting messages would stop each other.
        apart_from: Messages that are not counted: those being considered.
    """
    members = members_of(connection, customers)
    wanted = {each for group in members.values() for each in group}
    found = _counted(connection, wanted, until, zone, planned=planned, apart_from=apart_from)
    return {
        customer: _together(own)
        for customer, group in members.items()
        if (own := [found[m] for m in group if m in found])
    }


def _together(several: Sequence[Tallies]) -> Tallies:
    total: Tallies = defaultdict(Tally)
    for each in several:
        for channel, tally in each.items():
            total[channel] += tally
            total[""] += tally
    return dict(total)


def _counted(
    connection: Connection,
    wanted: Collection[str],
    until: datetime,
    zone: ZoneInfo,
    *,
    planned: bool,
    apart_from: Collection[str],
) -> dict[str, Tallies]:
    begun, is_few = starts(until, zone), len(wanted) <= FEW
    asked: dict[str, Any] = {f"rolling_{each}": until - WINDOWS[each] + SLACK for each in SPANS}
    asked |= {f"calendar_{each}": begun[each] for each in SPANS}
    asked |= {"first": min(until - WINDOWS["month"] + SLACK, *begun.values()), "until": until}
    asked |= {"apart": list(apart_from)} if apart_from else {}
    asked |= {"some": list(wanted)} if is_few else {}
    query = _counting(planned=planned, is_apart=bool(apart_from), is_few=is_few)
    found: dict[str, Tallies] = defaultdict(dict)
    for customer, channel, *sums in connection.execute(query, asked):
        if customer in wanted:
            numbers = [int(each) for each in sums]
            found[customer][channel] = Tally(Counts(*numbers[:3]), Counts(*numbers[3:]))
    return found


@cache  # composing the statement takes longer than to run it for a few customers
def _counting(*, planned: bool, is_apart: bool, is_few: bool) -> Select[Any]:
    """Messages by customer and channel, in each rolling window and each calendar one."""
    moment = counted_at()

    def bound(name: str) -> BindParameter[datetime]:
        return bindparam(name, type_=OUTBOX.c.not_before.type)

    # A rolling window begins behind its moment, a calendar one with it.
    since = [
        *(moment > bound(f"rolling_{each}") for each in SPANS),
        *(moment >= bound(f"calendar_{each}") for each in SPANS),
    ]
    sums = [func.sum(case((each, 1), else_=0)) for each in since]
    query = (
        select(OUTBOX.c.customer_id, OUTBOX.c.channel, *sums)
        .where(moment >= bound("first"), moment <= bound("until"), is_counted(planned=planned))
        .group_by(OUTBOX.c.customer_id, OUTBOX.c.channel)
    )
    if is_apart:
        query = query.where(OUTBOX.c.id.not_in(bindparam("apart", expanding=True)))
    return query.where(among(OUTBOX.c.customer_id)) if is_few else query


def set_own_cap(connection: Connection, customer_id: str, cap: Cap, now: datetime) -> None:
    """
    Keep how often a customer wants to hear at most; it stands beside the shop's caps and takes none of them away.

    Args:
        connection: Of a ``writing`` block.
        customer_id: Who; it holds for everybody who is one person with them.
        cap: By one channel, or by all.
        now: When.
    """
    row = {
        "customer_id": customer_id,
        "channel": cap.channel,
        "span": cap.span,
        "most": cap.most,
        "set_at": now,
    }
    upsert(connection, own_cap, [row], ["customer_id", "channel", "span"])


def drop_own_caps(connection: Connection, customer_id: str) -> int:
    """Forget what a customer wanted; the shop's caps hold as before. How many there were."""
    return connection.execute(own_cap.delete().where(own_cap.c.customer_id == customer_id)).rowcount


_OWN = select(own_cap).where(among(own_cap.c.customer_id))


def own_caps(connection: Connection, customers: Collection[str]) -> dict[str, tuple[Cap, ...]]:
    """Caps of customers' own, those of everybody who is one person with them; who has none is not among them."""
    members = members_of(connection, customers)
    found = defaultdict[str, list[Cap]](list)
    for part in in_parts({each for group in members.values() for each in group}):
        for each in connection.execute(_OWN, {"some": part}):
            found[each.customer_id].append(Cap(each.channel, each.span, each.most))
    return {
        customer: told
        for customer, group in members.items()
        if (told := tuple(cap for each in sorted(group) for cap in found.get(each, ())))
    }
