"""Words about consent: as they come in, as they are weighed, and as a face may show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from evergrove.people.types import ConsentStatus

FILE = "file"
"""Source of a word that stands in a list: of somebody's who kept it, not of the person at this moment."""
RECORD = "record"
"""Source of a word that names its own moment and says nothing of where it was said."""
GUARDIAN = "guardian"
REFUSALS = ("denied", "revoked")


class Said(NamedTuple):
    """
    One word as it is weighed.

    Attributes:
        given_at: When it was said; of a list, when that was written.
        status: What was said.
        source: Where; ``FILE`` for a list, whose yes is weaker than a person's own no.
        expires_at: From this moment on a yes holds no longer.
        given_by: "guardian" where somebody spoke for a person under age; None: the person.
    """

    given_at: datetime
    status: ConsentStatus
    source: str
    expires_at: datetime | None = None
    given_by: str | None = None


@dataclass(frozen=True)
class ConsentRow:
    """
    One word with its proof, as a file, a form or a program tells it. Personal: never logged, never in an error.

    Attributes:
        customer_id: Whose.
        status: What was said.
        purpose: Of ``PURPOSES``.
        channel: Of ``CHANNELS``; "any" for purposes that have none.
        given_at: When it was said; None: not told, and the word is one of a list.
        source: Where it was said, such as the name of a form.
        reference: What proves it, in words. Sealed.
        ip: From where. Only its keyed hash is kept.
        form: Id of the form.
        policy_version: Which wording was agreed to.
        expires_at: Until when it holds.
        given_by: "guardian" where a guardian spoke; None: the person.
    """

    customer_id: str
    status: ConsentStatus
    purpose: str = "marketing"
    channel: str = "email"
    given_at: datetime | None = None
    source: str | None = None
    reference: str | None = field(default=None, repr=False)
    ip: str | None = field(default=None, repr=False)
    form: str | None = None
    policy_version: str | None = None
    expires_at: datetime | None = None
    given_by: Literal["guardian"] | None = None

    def __repr__(self) -> str:
        return "ConsentRow(...)"


@dataclass(frozen=True)
class ConsentsTaken:
    """
    What taking words has changed: each row is in one of these counts.

    Attributes:
        new: Words that were not known.
        known: Words that were, or that say what an earlier list said.
        erased: Of persons who were erased; nothing was stored.
        refused_elsewhere: A list's yes against the person's own no, or older than it.
        unusable: Of a purpose or a channel that is not declared, or said in the future.
    """

    new: int = 0
    known: int = 0
    erased: int = 0
    refused_elsewhere: int = 0
    unusable: int = 0

    def __add__(self, other: ConsentsTaken) -> ConsentsTaken:
        """Both together."""
        return ConsentsTaken(
            self.new + other.new,
            self.known + other.known,
            self.erased + other.erased,
            self.refused_elsewhere + other.refused_elsewhere,
            self.unusable + other.unusable,
        )


@dataclass(frozen=True)
class ConsentWord:
    """
    One row of somebody's history, as a face may show it.

    Attributes:
        customer_id: Under which id it was said.
        purpose: For what.
        channel: On which channel.
        status: What was said.
        given_at: When.
        recorded_at: When it came in.
        source: Where it was said.
        given_by: "guardian", or None for the person.
        policy_version: Which wording.
        form: Id of the form.
        expires_at: Until when a yes holds.
        file: sha256 of the file that told it.
        reference: What proves it, opened; None: nothing, or no longer kept, or not opened.
        ip_hash: Keyed hash of the address it came from.
        holds: Whether it is the word that holds for its purpose and channel at the moment asked for.
    """

    customer_id: str
    purpose: str
    channel: str
    status: ConsentStatus
    given_at: datetime
    recorded_at: datetime
    source: str
    given_by: str | None
    policy_version: str | None
    form: str | None
    expires_at: datetime | None
    file: str | None
    reference: str | None
    ip_hash: str | None
    holds: bool

    def __repr__(self) -> str:
        return "ConsentWord(...)"
