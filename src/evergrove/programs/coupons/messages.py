"""Codes of messages: given when a message is queued, taken back when it has ended and never reached anybody."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.outbox import OUTBOX
from evergrove.outbox.withdrawing import WITHDRAWN
from evergrove.people.parts import in_parts
from evergrove.programs.coupons.errors import UnknownCampaign
from evergrove.programs.coupons.issuing import issue_all, release_issued
from evergrove.programs.coupons.tables import coupon_given

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from evergrove.outbox import Message

CAMPAIGN = "coupon_campaign"
"""Among a message's values: the key of the campaign that its code comes from."""
OUT_OF_STOCK = "programs.issue_stock"
NEVER_REACHED = ("failed", "skipped", "expired", "bounced")
"""Ends of messages that nobody has, and so nobody has their code."""


def give_codes(connection: Connection, messages: Iterable[Message], now: datetime) -> int:
    """
    Give a code to each message whose step names a campaign.

    A message that gets none, because the campaign rests, is over, has reached a limit or does not exist, stays without:
    its letter then misses the value, and is not sent. Where the shop's own codes have run out, it is skipped at once,
    and says so.

    Args:
        connection: Of the ``writing`` block that queues the messages.
        messages: Treated ones; one that has a code keeps it.
        now: When.

    Returns:
        How many have a code.
    """
    asked: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in messages:
        if each.params.get(CAMPAIGN):
            asked[each.params[CAMPAIGN]].append((each.customer_id, each.id))
    given = 0
    for key in sorted(asked):
        try:
            found = issue_all(connection, key, asked[key], now)
        except UnknownCampaign:
            continue  # said when the letter is written, and when the playbook is tried
        given += len(found.issued)
        _skip(connection, [ref for ref, why in found.refused.items() if why == OUT_OF_STOCK], key, now)
    return given


def _skip(connection: Connection, refs: Sequence[str], key: str, now: datetime) -> None:
    """Say of messages that wait that they will not leave: there was no code for them."""
    values = {"state": WITHDRAWN, "reason": OUT_OF_STOCK, "detail": {"campaign": key}, "settled_at": now}
    for part in in_parts(refs):
        waiting = OUTBOX.c.id.in_(part) & (OUTBOX.c.state == "queued")
        connection.execute(OUTBOX.update().where(waiting).values(values))


def release_ended(connection: Connection, now: datetime, which: ColumnElement[bool] | None = None) -> int:
    """
    Take codes back of messages that have ended and never reached anybody.

    Args:
        connection: Of the ``writing`` block in which they end.
        now: When.
        which: Among these messages; None: among all.

    Returns:
        How many messages had one.
    """
    own = coupon_given.c
    query = select(own.ref).join(OUTBOX, OUTBOX.c.id == own.ref)
    query = query.where(own.released_at.is_(None), OUTBOX.c.state.in_(NEVER_REACHED))
    ended = connection.execute(query if which is None else query.where(which)).scalars().all()
    return release_issued(connection, ended, now) if ended else 0


def given_by_messages(connection: Connection, key: str) -> bool:
    """Whether any message has carried a code of a campaign."""
    mine = select(coupon_given.c.ref).join(OUTBOX, OUTBOX.c.id == coupon_given.c.ref)
    query = mine.where(coupon_given.c.campaign == key).limit(1)
    return connection.execute(query).first() is not None
