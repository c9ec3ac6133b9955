"""Who may do what: accounts, those who act, and what they hold for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

if TYPE_CHECKING:
    from datetime import datetime

Role = Literal["viewer", "marketer", "analyst", "admin"]
Status = Literal["invited", "active", "disabled"]
Purpose = Literal["first", "invite", "reset"]
FieldClass = Literal["key", "attribute", "personal", "free_text"]
Sight = Literal["shown", "masked", "hidden"]

ROLES: tuple[Role, ...] = get_args(Role)
STATUSES: tuple[Status, ...] = get_args(Status)
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
FIELD_CLASSES: tuple[FieldClass, ...] = get_args(FieldClass)

TOUCH = timedelta(minutes=1)
"""When something was last used is written down at most this often: a read must not cost a durable write."""


class Sealing(Protocol):
    """Seals what is personal of those who sign in, as it does for customers."""

    def seal(self, document: dict[str, Any], owner: str = "") -> bytes:
        """A small document that opens under its owner's name only."""
        ...

    def unseal(self, sealed: bytes, owner: str = "") -> dict[str, Any]:
        """The document again."""
        ...

    def hash(self, kind: str, value: str) -> str:
        """A keyed hash, by which a value is found without being stored."""
        ...


@dataclass(frozen=True)
class Actor:
    """
    Whoever asks for something, with the rights of this moment.

    Attributes:
        account_id: Whose rights they are; None for the operator at the machine itself.
        rights: Names of ``rights.RIGHTS``.
        by: How they showed who they are.
        through: Prefix of the key, where it was one.
    """

    account_id: str | None
    rights: frozenset[str]
    by: Literal["login", "key", "job", "terminal"]
    through: str = ""


@dataclass(frozen=True)
class Account:
    """One who may sign in, or could."""

    id: str
    email: str = field(repr=False)
    role: Role
    sees_personal: bool
    status: Status
    created_at: datetime


@dataclass(frozen=True)
class Link:
    """A way in that opens once; the token is told here and nowhere else."""

    token: str = field(repr=False)
    purpose: Purpose
    expires_at: datetime

    def under(self, base_url: str) -> str:
        """
        The address to hand over.

        Args:
            base_url: As configured. What a request says of its own host is not asked: a forged one would
                send the token to somebody else's machine.
        """
        return f"{base_url.rstrip('/')}/link/{self.token}"


@dataclass(frozen=True)
class Life:
    """How long a log-in lasts: without use, and in all."""

    idle: timedelta = timedelta(hours=12)
    absolute: timedelta = timedelta(days=14)


@dataclass(frozen=True)
class Attempt:
    """
    One try to sign in.

    Attributes:
        address: Where it comes from, as the connection says.
        device: What this device was given at an earlier sign-in; a known one has attempts of its own.
        login: The secret that the browser holds already: that log-in ends.
    """

    email: str = field(repr=False)
    password: str = field(repr=False)
    address: str = field(repr=False)
    device: str = field(default="", repr=False)
    login: str = field(default="", repr=False)


@dataclass(frozen=True)
class SignedIn:
    """A log-in that has just begun; the secrets are told here and nowhere else."""

    account_id: str
    secret: str = field(repr=False)
    device: str = field(repr=False)
    csrf: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class NewKey:
    """A key that has just been made; its text is told here and nowhere else."""

    prefix: str
    text: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class Key:
    """What is shown of a key afterwards."""

    prefix: str
    name: str
    account_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
