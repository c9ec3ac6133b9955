"""Identifiers, what links them to customers, and what the log says of a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

Action = Literal["join", "hold", "part"]
"""join: the link counts; hold: it would join too many, or two persons for certain; part: it counts no longer."""


@dataclass(frozen=True)
class Identifier:
    """One identifier of a customer, in its normal form. Personal: never logged, never in an error."""

    customer_id: str
    kind: str
    value: str

    def __repr__(self) -> str:
        return f"Identifier({self.kind}, ...)"


class Link(NamedTuple):
    """That a customer was told with a value; the value by its keyed hash, or the name of a pair."""

    customer_id: str
    kind: str
    value_hash: str


@dataclass(frozen=True)
class Word:
    """
    The newest that the log says of a link.

    Attributes:
        id: Number of the row.
        action: What became of it.
        reason: Why, as a code of ``evergrove.people.REASONS``.
        recorded_at: When.
    """

    id: int
    action: Action
    reason: str
    recorded_at: datetime


@dataclass(frozen=True)
class Taken:
    """
    What taking identifiers has changed.

    Attributes:
        new: Identifiers of customers that were not known.
        known: Those that were.
        erased: Those of erased persons, or of erased customers; nothing of them was stored.
    """

    new: int = 0
    known: int = 0
    erased: int = 0

    def __add__(self, other: Taken) -> Taken:
        """Both together."""
        return Taken(self.new + other.new, self.known + other.known, self.erased + other.erased)


@dataclass(frozen=True)
class Settled:
    """
    What looking at all identifiers anew has changed.

    Attributes:
        joined: Links that count from now on.
        held: Links that are held back from now on.
        parted: Links that count no longer.
        persons: Customers who stand under another person's name than before.
    """

    joined: int = 0
    held: int = 0
    parted: int = 0
    persons: int = 0


@dataclass(frozen=True)
class KnownIdentifier:
    """
    An identifier as a face may show it.

    Attributes:
        customer_id: With whom it was told.
        kind: Of ``KINDS``.
        value: Opened; None where only its hash is known.
        state: Whether it joins: "join", "hold", "part"; None: nobody else has it.
        reason: Why, as a code; None where there is no state.
        recorded_at: When it was first told.
    """

    customer_id: str
    kind: str
    value: str | None
    state: Action | None
    reason: str | None
    recorded_at: datetime

    def __repr__(self) -> str:
        return f"KnownIdentifier({self.kind}, ...)"


@dataclass(frozen=True)
class Joining:
    """
    One row of the log of a person.

    Attributes:
        customer_id: Whose link.
        kind: Of the identifier; "hand" for a joining by hand, "apart" for one who is held apart.
        action: What happened.
        reason: Why, as a code.
        recorded_at: When.
        with_: The others who share the value.
    """

    customer_id: str
    kind: str
    action: Action
    reason: str
    recorded_at: datetime
    with_: tuple[str, ...]
