"""A door: a ledger, a seal, cheap passwords, a clock, and people who sign in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.access import (
    Actor,
    Attempt,
    HashCost,
    Passwords,
    Role,
    SignedIn,
    account_of,
    actor_of_login,
    enter,
    invite,
    operator,
    sign_in,
)
from evergrove.audit.tables import AUDIT
from evergrove.core import SetClock
from evergrove.people.seal import Seal

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PASSWORD = "four words nobody joins"  # noqa: S105 - of people who do not exist
CHEAP = HashCost(passes=1, memory_kib=8, lanes=1)


@dataclass
class Door:
    """Where people come in."""

    ledger: Ledger
    passwords: Passwords
    seal: Seal = field(default_factory=lambda: Seal(b"k" * 32))
    clock: SetClock = field(default_factory=lambda: SetClock(NOON))

    def later(self, **time: float) -> None:
        """Time passes."""
        self.clock.moment += timedelta(**time)

    def account(self, email: str, role: Role = "admin", *, sees_personal: bool = False) -> str:
        """Somebody who was invited and chose ``PASSWORD``; the account's id."""
        with self.ledger.writing() as connection:
            link = invite(
                connection,
                self.seal,
                operator(),
                email,
                role,
                self.clock.now(),
                lasts=timedelta(hours=1),
                sees_personal=sees_personal,
            )
        return enter(self.ledger, self.passwords, link.token, PASSWORD, self.clock).account_id

    def sign_in(
        self,
        email: str,
        password: str = PASSWORD,
        *,
        address: str = "203.0.113.7",
        device: str = "",
        login: str = "",
    ) -> SignedIn:
        """One attempt."""
        attempt = Attempt(email, password, address, device, login)
        return sign_in(self.ledger, self.seal, self.passwords, attempt, self.clock)

    def actor(self, secret: str) -> Actor:
        """Who a log-in belongs to."""
        return actor_of_login(self.ledger, secret, self.clock)

    def id_of(self, email: str) -> str:
        """The id of an account."""
        with self.ledger.reading() as connection:
            return account_of(connection, self.seal, email).id

    def acts(self) -> list[str]:
        """What the audit trail says was done, oldest first."""
        with self.ledger.reading() as connection:
            return list(connection.execute(select(AUDIT.c.act).order_by(AUDIT.c.id)).scalars())
