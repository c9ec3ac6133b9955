"""What messages cost: by playbook, and by where its people stood when they were assigned."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.campaigns import assignment
from evergrove.campaigns.control import begins
from evergrove.measurement.types import PROGRAMME
from evergrove.outbox import OUTBOX
from evergrove.outbox.types import LEFT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, tzinfo

    from sqlalchemy import ColumnElement, Connection

    Sent = tuple[int, Decimal]
    Place = tuple[str, str, str, str, date]
    """Playbook, period, tier, stage, month of the assignment."""

PAID_FOR = (*LEFT, "bounced")
"""A message that came back was paid for all the same."""
NOTHING_PAID = Decimal("0.0000")
_COST = func.sum(OUTBOX.c.cost, type_=OUTBOX.c.cost.type)


def sent_by_playbook(connection: Connection, as_of: date, zone: tzinfo) -> dict[str, Sent]:
    """Messages that left by the end of ``as_of`` and what they cost: by playbook, and in all."""
    query = (
        select(OUTBOX.c.playbook, func.count(), _COST)
        .where(_left(), OUTBOX.c.attempting_at < _start(as_of + timedelta(days=1), zone))
        .group_by(OUTBOX.c.playbook)
    )
    found = {row[0]: (int(row[1]), row[2]) for row in connection.execute(query)}
    messages, cost = (sum(each[k] for each in found.values()) for k in (0, 1))
    return found | {PROGRAMME: (messages, NOTHING_PAID + cost)}


def sent_by_place(connection: Connection, as_of: date, zone: tzinfo) -> dict[Place, Sent]:
    """
    The same by tier, stage and month of the assignment, and under ``PROGRAMME`` by period of the global control.

    A message counts to the period in which it left; one to somebody who was assigned nowhere is in no place.
    """
    end = _start(as_of + timedelta(days=1), zone)
    own = (assignment.c.layer == "playbook") & (assignment.c.layer_key == OUTBOX.c.playbook)
    found = _placed(connection, OUTBOX.c.playbook, own, OUTBOX.c.attempting_at < end)
    keys = select(assignment.c.layer_key).where(assignment.c.layer == "global", assignment.c.as_of < as_of)
    periods = sorted(connection.execute(keys.distinct()).scalars(), key=begins)
    for key, following in zip_longest(periods, periods[1:]):
        until = end if following is None else min(_start(begins(following), zone), end)
        within = OUTBOX.c.attempting_at < until
        if key != periods[0]:
            within &= OUTBOX.c.attempting_at >= _start(begins(key), zone)
        here = (assignment.c.layer == "global") & (assignment.c.layer_key == key)
        of_period = _placed(connection, assignment.c.layer_key, here, within)
        found |= {(PROGRAMME, key, *place): sent for (_key, _none, *place), sent in of_period.items()}
    return found


def _placed(
    connection: Connection, key: ColumnElement[str], of: ColumnElement[bool], within: ColumnElement[bool]
) -> dict[Place, Sent]:
    place = (assignment.c.tier, assignment.c.stage, assignment.c.as_of)
    query = (
        select(key, *place, func.count(), _COST)
        .join(assignment, (assignment.c.customer_id == OUTBOX.c.customer_id) & of)
        .where(_left(), within)
        .group_by(key, *place)
    )
    found: dict[Place, Sent] = defaultdict(lambda: (0, NOTHING_PAID))
    for name, tier, stage, day, messages, cost in connection.execute(query):
        where = (name, "", tier, stage, day.replace(day=1))
        before = found[where]
        found[where] = before[0] + int(messages), before[1] + cost
    return dict(found)


def total(sent: Mapping[Place, Sent], **of: object) -> Sent:
    """Messages and cost of all places of which this is true: playbook, period, tier, stage, month."""
    names = ("playbook", "period", "tier", "stage", "month")
    chosen = [
        each
        for place, each in sent.items()
        if all(dict(zip(names, place, strict=True))[name] == value for name, value in of.items())
    ]
    return sum(each[0] for each in chosen), NOTHING_PAID + sum(each[1] for each in chosen)


def _left() -> ColumnElement[bool]:
    return OUTBOX.c.state.in_(PAID_FOR) & (OUTBOX.c.arm == "treated")


def _start(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
