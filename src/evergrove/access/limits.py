"""
Token buckets: so many attempts at once, and one more every so many seconds.

Attempts to sign in are counted in the ledger: a restart must not give them back, nor a second server process double
them, and each costs a durable row anyway. Requests of those who are known are counted in memory: a row for each would
cost more than the request, and a process that counts for itself is limit enough against a client that runs wild.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from evergrove.access.errors import TooManyAttempts
from evergrove.access.tables import sign_in_limit
from evergrove.ledger import insert_new

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

HOUSEHOLD_BITS = 64
REMEMBERED = 10_000
"""Buckets that a process holds at most; the one unused for longest goes first."""


@dataclass(frozen=True)
class Limit:
    """So many at once, and one more every ``refill_s`` seconds."""

    capacity: int
    refill_s: float


PER_ACCOUNT = Limit(5, 180.0)
"""480 guesses a day at most, whoever guesses."""
PER_ADDRESS = Limit(20, 30.0)
"""A whole office may stand behind one address."""
PER_ACTOR = Limit(120, 0.1)
"""Requests of one key or log-in: ten a second in the long run."""


@dataclass(frozen=True)
class Bucket:
    """
    What is left, and since when it has been filling.

    Attributes:
        at_s: On any clock, in seconds.
    """

    tokens: float
    at_s: float


def filled(limit: Limit, bucket: Bucket | None, now_s: float) -> Bucket:
    """A bucket as it stands now; a clock that was set back neither fills nor stops it."""
    if bucket is None:
        return Bucket(limit.capacity, now_s)
    passed = max(0.0, now_s - bucket.at_s)
    return Bucket(min(limit.capacity, bucket.tokens + passed / limit.refill_s), now_s)


def take(limit: Limit, bucket: Bucket | None, now_s: float) -> tuple[Bucket, float]:
    """
    Take one token.

    Returns:
        The bucket afterwards, and the seconds to wait: 0 where one was there.
    """
    now = filled(limit, bucket, now_s)
    if now.tokens >= 1:
        return Bucket(now.tokens - 1, now_s), 0.0
    return now, (1 - now.tokens) * limit.refill_s


class Buckets:
    """Buckets in memory, by name; many threads may take at once."""

    def __init__(self, limit: Limit, monotonic: Callable[[], float]) -> None:
        self._limit, self._monotonic = limit, monotonic
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        """
        Take one token.

        Raises:
            TooManyAttempts: None is left.
        """
        with self._lock:
            bucket, wait_s = take(self._limit, self._buckets.pop(name, None), self._monotonic())
            self._buckets[name] = bucket
            if len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        if wait_s:
            raise TooManyAttempts(seconds=ceil(wait_s))

    def give_back(self, name: str) -> None:
        """Put one token back: what turned out to be right was no attempt."""
        with self._lock:
            now = filled(self._limit, self._buckets.pop(name, None), self._monotonic())
            self._buckets[name] = Bucket(min(self._limit.capacity, now.tokens + 1), now.at_s)


def take_all(connection: Connection, wanted: Mapping[str, Limit], now: datetime) -> float:
    """
    Take one token from each of some buckets of the ledger; all of them, or none.

    Args:
        connection: Of a ``writing`` block: two processes cannot take the same token.
        wanted: Limit by name, hashed.
        now: The present moment.

    Returns:
        Seconds to wait, 0 where all were taken.
    """
    moment = now.timestamp()
    there = {name: _bucket(connection, name, limit, now) for name, limit in wanted.items()}
    taken = {name: take(limit, there[name], moment) for name, limit in wanted.items()}
    wait_s = max(wait for _after, wait in taken.values())
    for name, limit in wanted.items():
        # Refused, the moment is kept all the same: after a clock was set back it would be ahead for hours.
        after = filled(limit, there[name], moment) if wait_s else taken[name][0]
        _keep(connection, name, limit, after, now)
    return wait_s


def give_back(connection: Connection, wanted: Mapping[str, Limit], now: datetime) -> None:
    """Give one token back to each: what was right was no attempt."""
    for name, limit in wanted.items():
        now_filled = filled(limit, _bucket(connection, name, limit, now), now.timestamp())
        more = Bucket(min(limit.capacity, now_filled.tokens + 1), now_filled.at_s)
        _keep(connection, name, limit, more, now)


def forget_full(connection: Connection, now: datetime) -> int:
    """Delete the buckets that are full again; how many."""
    return connection.execute(delete(sign_in_limit).where(sign_in_limit.c.full_at <= now)).rowcount


def _bucket(connection: Connection, name: str, limit: Limit, now: datetime) -> Bucket:
    """A bucket, its row locked until the transaction ends: in PostgreSQL others would read the same token."""
    new = {"name_hash": name, "tokens": float(limit.capacity), "refilled_at": now, "full_at": now}
    insert_new(connection, sign_in_limit, [new])
    row = connection.execute(
        select(sign_in_limit).where(sign_in_limit.c.name_hash == name).with_for_update()
    ).one()
    return Bucket(row.tokens, row.refilled_at.timestamp())


def _keep(connection: Connection, name: str, limit: Limit, bucket: Bucket, now: datetime) -> None:
    full_at = now + timedelta(seconds=(limit.capacity - bucket.tokens) * limit.refill_s)
    connection.execute(
        sign_in_limit.update()
        .where(sign_in_limit.c.name_hash == name)
        .values(tokens=bucket.tokens, refilled_at=now, full_at=full_at)
    )


def household(address: str) -> str:
    """
    What of an address stands for one sender: of IPv6 the first 64 bits, which one household has to itself.

    What cannot be read as an address is one sender too: it must not escape the count.
    """
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return "?"
    if isinstance(read, IPv6Address):
        mapped = read.ipv4_mapped
        return str(mapped) if mapped else f"{int(read) >> HOUSEHOLD_BITS:x}/{HOUSEHOLD_BITS}"
    return str(read)
