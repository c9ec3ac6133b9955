"""What is known of a person, and what it allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from evergrove.text import Language

ConsentStatus = Literal["granted", "denied", "revoked", "pending"]
"""What somebody may say: yes, no, no longer, and a yes that still waits to be confirmed (double opt-in)."""
ConsentState = Literal["granted", "denied", "revoked", "pending", "expired", "minor", "unknown"]
"""What it comes to: only "granted" allows anything."""
PersonStatus = Literal["active", "erased", "unknown"]
EMAIL = "email"
MARKETING = "marketing"


@dataclass(frozen=True)
class PersonRow:
    """
    What one row of a file says of a customer; None: it says nothing, and what is known stays.

    Attributes:
        customer_id: As in the orders.
        email: One address, checked.
        name: On one line.
        language: Of messages.
        zone: IANA name.
        consent: To marketing e-mail.
        identifiers: Kind and normal form of each that the row tells, beside the address.
        born: Year and month of birth, YYYY-MM.
        is_minor: Whether the row calls the person under age.
    """

    customer_id: str
    email: str | None = None
    name: str | None = None
    language: Language | None = None
    zone: str | None = None
    consent: ConsentStatus | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    born: str | None = None
    is_minor: bool | None = None

    def __repr__(self) -> str:
        return "PersonRow(...)"


@dataclass(frozen=True)
class Contact:
    """Where and how a person is reached; None: not known. Personal: never logged, never in an error."""

    customer_id: str
    email: str | None
    name: str | None
    language: str | None
    zone: str | None
    address: str | None = None
    """Where the person is reached on the channel that was asked about; the same as ``email`` for e-mail."""

    def __repr__(self) -> str:
        return "Contact(...)"


@dataclass(frozen=True)
class Standing:
    """
    Whether a person may be written to on one channel for one purpose.

    Attributes:
        status: "unknown" for a customer of whom no file has told.
        consent: What all words come to; only "granted" is a yes.
        suppressed: Why nothing is sent to the address; None: nothing speaks against it.
        has_address: Whether there is one.
        language: Of messages; None: not known.
        zone: IANA name; None: not known.
        sealed: The address and the name that this was said of, as ``contact_of`` opens them.
        owner: The customer of whose row they are: another member's, where the customer has no address.
        place: Kind and keyed hash of the address, and whose it is, on channels other than e-mail.
        sealed_place: That address, as ``contact_of`` opens it.
        unprofiled: Why nothing that comes of the person's value may be proposed; None: nothing speaks against it.
    """

    status: PersonStatus
    consent: ConsentState
    suppressed: str | None
    has_address: bool
    language: Language | None = None
    zone: str | None = None
    sealed: bytes | None = field(default=None, repr=False)
    owner: str = ""
    unprofiled: str | None = None
    place: tuple[str, str, str] | None = field(default=None, repr=False)
    sealed_place: bytes | None = field(default=None, repr=False)

    @property
    def block(self) -> str | None:
        """The first reason not to write, in the fixed order erased, consent, suppression; None: allowed."""
        if self.status == "erased":
            return "people.erased"
        if self.consent != "granted":
            return f"people.consent_{self.consent}"
        if self.suppressed is not None:
            return self.suppressed
        return None if self.has_address else "people.no_address"


@dataclass(frozen=True)
class Stored:
    """
    What storing rows has changed.

    Attributes:
        people: Persons added or changed.
        consents: Words about consent added.
        erased: Rows of persons, or of addresses, that were erased; nothing of them was stored.
        refused_elsewhere: Grants that did not count: the person had refused by another way than a file, or
            since the file was written.
        identifiers: Identifiers of customers that were not known.
        ages: Customers of whose age there is news.
    """

    people: int = 0
    consents: int = 0
    erased: int = 0
    refused_elsewhere: int = 0
    identifiers: int = 0
    ages: int = 0

    def __add__(self, other: Stored) -> Stored:
        """Both together."""
        return Stored(
            self.people + other.people,
            self.consents + other.consents,
            self.erased + other.erased,
            self.refused_elsewhere + other.refused_elsewhere,
            self.identifiers + other.identifiers,
            self.ages + other.ages,
        )
