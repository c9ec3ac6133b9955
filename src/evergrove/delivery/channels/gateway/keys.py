"""Access tokens of platforms: fetched when they are needed, kept sealed until they are over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import delete, select

from evergrove.ledger import upsert
from evergrove.outbox import CHANNEL_KEY

if TYPE_CHECKING:
    from evergrove.ledger import Ledger
    from evergrove.people import Seal

FORMAT = "evergrove.channel_key/1"
EARLY = timedelta(minutes=5)
"""So long before its end a token is not used any more: the call itself takes time, and clocks differ."""


class Keys(Protocol):
    """Where access tokens are kept."""

    def known(self, channel: str, now: datetime) -> str | None:
        """The token that may still be used."""
        ...

    def keep(self, channel: str, token: str, expires_at: datetime) -> None:
        """Keep a token that was fetched."""
        ...

    def forget(self, channel: str) -> None:
        """Let go of a token that the platform does not take any more."""
        ...


@dataclass
class MemoryKeys:
    """Kept for as long as the process lives."""

    kept: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def known(self, channel: str, now: datetime) -> str | None:
        """The token that may still be used."""
        token, end = self.kept.get(channel, ("", now))
        return token if now < end - EARLY else None

    def keep(self, channel: str, token: str, expires_at: datetime) -> None:
        """Keep a token that was fetched."""
        self.kept[channel] = (token, expires_at)

    def forget(self, channel: str) -> None:
        """Let go of it."""
        self.kept.pop(channel, None)


@dataclass(frozen=True)
class LedgerKeys:
    """Kept sealed in the ledger: one token for all processes, as most platforms give out few a day."""

    ledger: Ledger
    seal: Seal

    def known(self, channel: str, now: datetime) -> str | None:
        """The token that may still be used."""
        query = select(CHANNEL_KEY.c.sealed).where(
            CHANNEL_KEY.c.channel == channel, CHANNEL_KEY.c.expires_at > now + EARLY
        )
        with self.ledger.reading() as connection:
            sealed = connection.execute(query).scalar_one_or_none()
        return None if sealed is None else str(self.seal.unseal(sealed, _owner(channel))["token"])

    def keep(self, channel: str, token: str, expires_at: datetime) -> None:
        """Keep a token that was fetched."""
        sealed = self.seal.seal({"format": FORMAT, "token": token}, _owner(channel))
        row = {"channel": channel, "sealed": sealed, "expires_at": expires_at}
        with self.ledger.writing() as connection:
            upsert(connection, CHANNEL_KEY, [row], ["channel"])

    def forget(self, channel: str) -> None:
        """Let go of it."""
        with self.ledger.writing() as connection:
            connection.execute(delete(CHANNEL_KEY).where(CHANNEL_KEY.c.channel == channel))


def _owner(channel: str) -> str:
    return f"channel/{channel}"
