"""
How fast the provider of a channel takes messages: a bucket of tokens in the ledger, for all workers together.

A message that finds the bucket empty goes back into the queue until a token is there again. Whoever sends asks first how
many there are, and claims no more messages than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.decisions.tables import send_rate
from evergrove.ledger import insert_new

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.settings import Rate


@dataclass(frozen=True)
class Room:
    """
    What a bucket holds at a moment.

    Attributes:
        places: Messages that may leave at once.
        next_at: When the next token is there of which none is yet; the present moment where there are places.
        step: From one token to the next.
        most: Tokens that the bucket holds.
    """

    places: int
    next_at: datetime
    step: timedelta
    most: int

    def at(self, places: int) -> datetime:
        """When an empty bucket holds so many tokens, or as many as it ever does."""
        return self.next_at + (max(min(places, self.most), 1) - 1) * self.step


def room_for(connection: Connection, channel: str, rate: Rate, now: datetime) -> Room:
    """
    What the bucket of a channel holds; nothing is taken.

    Args:
        connection: Of any block.
        channel: Whose.
        rate: At which it fills.
        now: The present moment.
    """
    row, step = send_rate.c, timedelta(seconds=rate.seconds / rate.messages)
    found = connection.execute(select(row.next_at).where(row.channel == channel)).scalar_one_or_none()
    full_at = now if found is None else max(found, now)
    span = timedelta(seconds=rate.seconds)
    places = int((now + span - full_at) // step) if step else rate.messages
    next_at = now if places else full_at + step - span
    return Room(max(places, 0), next_at, step, rate.messages)


@dataclass(frozen=True)
class Pace:
    """
    Tokens that are taken in the transaction before the wire.

    ``next_at`` is the moment at which the bucket would be full again: a token is there as long as that lies no further
    ahead than the bucket's span less one step (the generic cell rate algorithm of ATM networks, ITU-T I.371, which
    counts exactly as a bucket of ``messages`` tokens that fills evenly within ``seconds``).

    Attributes:
        connection: Of a ``writing`` block.
        rates: By channel; one that is not among them is not slowed down.
        now: The present moment.
    """

    connection: Connection
    rates: Mapping[str, Rate]
    now: datetime

    def place(self, channel: str) -> datetime | None:
        """
        Take a token of a channel.

        Returns:
            None: it was there. Otherwise when the next one will be; none was taken.
        """
        rate = self.rates.get(channel)
        if rate is None:
            return None
        insert_new(self.connection, send_rate, [{"channel": channel, "next_at": self.now}])
        row = send_rate.c
        query = select(row.next_at).where(row.channel == channel).with_for_update()
        full_at = max(self.connection.execute(query).scalar_one(), self.now)
        step = timedelta(seconds=rate.seconds / rate.messages)
        token_at: datetime = full_at + step - timedelta(seconds=rate.seconds)
        if token_at > self.now:
            return token_at
        self.connection.execute(
            send_rate.update().where(row.channel == channel).values(next_at=full_at + step)
        )
        return None
