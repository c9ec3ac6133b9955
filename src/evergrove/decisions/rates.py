"""
How fast the provider of a channel takes messages: a bucket of tokens in the ledger, for all workers together.

A message that finds the bucket empty goes back into the queue until a token is there again; no worker waits for it, and
no other channel does.
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
