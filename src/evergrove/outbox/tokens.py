"""Tokens: one message for each time that a customer has said yes on the platform, granted, spent, given back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.ledger import insert_new
from evergrove.outbox.channel_tables import CHANNEL_TOKEN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

PART = 500
USUAL_CHANNEL = "wechat"
MOST_AT_ONCE = 100
"""Messages that one acceptance allows at most."""
LONGEST = 128
_WORDS: Mapping[str, str] = dict.fromkeys(
    ("", "weixin", "mini-program", "mini_program", "miniprogram", "微信", "小程序", "微信小程序"),
    USUAL_CHANNEL,
)
_NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_row = CHANNEL_TOKEN.c


@dataclass(frozen=True)
class Grant:
    """
    One acceptance on a platform: it allows one message.

    Attributes:
        customer_id: Whose.
        channel: Such as "wechat".
        template: As the platform names it.
        ref: Names the acceptance, such as the id of the event that told of it.
        granted_at: When.
    """

    customer_id: str
    channel: str
    template: str
    ref: str
    granted_at: datetime


def token_channel(said: str) -> str | None:
    """The channel that somebody names, by its own name or in other words for it; None where it cannot be one."""
    word = said.strip().casefold()
    name = _WORDS.get(word, word)
    return name if _NAME.fullmatch(name) and len(name) <= LONGEST else None


def grants_of(first: Grant, count: int) -> list[Grant]:
    """
    As many grants as one acceptance allows messages.

    The first has the name of the acceptance itself, so that it counts once by whichever way it is told.

    Args:
        first: The acceptance.
        count: From 1 to ``MOST_AT_ONCE``.
    """
    return [first, *(replace(first, ref=f"{first.ref}#{number}") for number in range(2, count + 1))]


def grant(connection: Connection, grants: Sequence[Grant]) -> int:
    """Keep acceptances; one that is known already grants nothing again. How many were new."""
    return insert_new(connection, CHANNEL_TOKEN, [dict(vars(each)) for each in grants])


def balance(
    connection: Connection, customer_ids: Collection[str], channel: str, template: str
) -> dict[str, int]:
    """How many messages customers may still get; who may get none is not among them."""
    found: dict[str, int] = {}
    for part in _parts(customer_ids):
        query = (
            select(_row.customer_id, func.count())
            .where(_row.channel == channel, _row.template == template, _row.customer_id.in_(part))
            .where(_row.spent_by.is_(None))
            .group_by(_row.customer_id)
        )
        found |= {customer: int(count) for customer, count in connection.execute(query)}
    return found


def spend(
    connection: Connection,
    customer_id: str,
    channel: str,
    template: str,
    outbox_id: str,
    now: datetime,
) -> bool:
    """
    Spend a customer's oldest token on a message, in the transaction before the wire.

    One conditional update: of two that reach for the last token one gets it. A message that has one keeps it.

    Returns:
        Whether the message has a token.
    """
    if connection.execute(select(_row.id).where(_row.spent_by == outbox_id)).first():
        return True
    unspent = (
        select(_row.id)
        .where(_row.customer_id == customer_id, _row.channel == channel, _row.template == template)
        .where(_row.spent_by.is_(None))
        .order_by(_row.granted_at, _row.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    oldest = connection.execute(unspent).scalar_one_or_none()
    if oldest is None:
        return False
    taken = CHANNEL_TOKEN.update().where(_row.id == oldest, _row.spent_by.is_(None))
    return connection.execute(taken.values(spent_by=outbox_id, spent_at=now)).rowcount == 1


def give_back(connection: Connection, outbox_ids: Collection[str]) -> int:
    """Give tokens back that were spent on messages of which nothing has left; how many."""
    given = 0
    for part in _parts(outbox_ids):
        back = CHANNEL_TOKEN.update().where(_row.spent_by.in_(part)).values(spent_by=None, spent_at=None)
        given += connection.execute(back).rowcount
    return given


def _parts(names: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(set(names))
    return (ordered[start : start + PART] for start in range(0, len(ordered), PART))
