"""``/v1/persons``: what is known of one person, which ids that is, what was agreed to, and how it is all given or erased."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from evergrove.access import sight
from evergrove.api.customers import CustomerId
from evergrove.api.values import plain
from evergrove.app.asked import hand_out, record_consent
from evergrove.http import Answer, Body, Call, Moment, Routes, ThisCall
from evergrove.people.consent.types import ConsentRow
from evergrove.people.masking import masked, masked_address
from evergrove.pipeline import document_of

routes = Routes("/persons", tag="persons")

MASKED = {"contacts": ("name", "email"), "identifiers": ("value",)}
"""Columns of a person's tables that are personal."""
WRITTEN = {"consent_event": ("reference",), "texts": ("text",)}
"""What people wrote, in columns of its own."""


class Person(Answer):
    """Everything that is known of one person, table by table."""

    person_id: str = Field(description="Under which id the person stands in runs.")
    customer_ids: list[str]
    status: Literal["active", "erased", "unknown"]
    joinings: list[dict[str, Any]] = Field(description="How the ids became one person, oldest first.")
    tables: dict[str, list[dict[str, Any]]] = Field(
        description="Rows by table; personal columns masked, and what people wrote left out, for whom that is not shown."
    )


class Other(Body):
    """Another id of the same person."""

    customer_id: str = Field(min_length=1, max_length=200, examples=["C-2077"])


class Merged(Answer):
    """Two ids that are one person."""

    customer_ids: list[str]
    person_id: str


class Parted(Answer):
    """An id that is one person with others no longer."""

    customer_id: str
    others: list[str]


class Gone(Answer):
    """What was erased."""

    is_new: bool = Field(description="False where it was done before.")
    customer_ids: list[str]
    messages: int = Field(description="Waiting messages that will not leave.")
    rejected_rows: int = Field(description="Rejected rows, of whomever, whose text was emptied.")
    uploads: int = Field(description="Raw files that named the person and were deleted.")
    left: int = Field(description="Raw files that name the person and have not come in yet.")


class Document(Answer):
    """Everything of a person, for the person to keep."""

    format: str = Field(examples=["evergrove.person_export/1"])
    person_id: str
    customer_ids: list[str]
    status: str
    tables: dict[str, list[dict[str, Any]]]


class Consent(Body):
    """What somebody agreed to or withdrew."""

    status: Literal["granted", "denied", "revoked", "pending"]
    purpose: Literal["marketing", "profiling", "analytics", "survey", "ad_share"] = "marketing"
    channel: Literal["email", "sms", "phone", "wechat", "line", "whatsapp", "push", "web", "post", "any"] = (
        Field(default="email", description="Of purposes that are asked for channel by channel.")
    )
    given_at: Moment | None = Field(default=None, description="When; null: now.")
    source: str = Field(
        default="api", min_length=1, max_length=60, pattern=r"^[a-z0-9_.-]+$", examples=["signup_form"]
    )
    policy_version: str | None = Field(
        default=None, max_length=60, description="Which wording was agreed to."
    )
    form: str | None = Field(default=None, max_length=60)
    expires_at: Moment | None = None
    given_by: Literal["guardian"] | None = None
    reference: str | None = Field(
        default=None, max_length=2000, description="What proves it, in words; it is sealed."
    )


class Recorded(Answer):
    """What became of a word: one of these is 1."""

    new: int
    known: int
    erased: int
    unusable: int = Field(description="Of a purpose or a channel that is not known, or dated in the future.")


@routes.get("/{customer_id}", right="persons.read")
def person(call: ThisCall, customer_id: CustomerId) -> Person:
    """What is known of one person, by any of the ids."""
    found = call.here.person(customer_id)
    tables = document_of(found)["tables"]
    return Person(
        person_id=found.person_id,
        customer_ids=list(found.members),
        status=found.status,
        joinings=[plain(vars(each)) for each in found.joinings],
        tables={name: _as_seen(call, name, rows) for name, rows in tables.items()},
    )


@routes.post("/{customer_id}/export", right="persons.export", once=False)
def export(call: ThisCall, customer_id: CustomerId) -> Document:
    """Everything of one person, and nothing of anybody else, for the person to keep; that it was read is noted."""
    return Document(**document_of(hand_out(call.here, customer_id)))


@routes.post("/{customer_id}/merge", right="persons.join")
def merge(call: ThisCall, customer_id: CustomerId, other: Other) -> Merged:
    """Say that two ids are one person; the next run counts them together."""
    name = call.here.merge(customer_id, other.customer_id)
    return Merged(customer_ids=sorted((customer_id, other.customer_id)), person_id=name)


@routes.post("/{customer_id}/unmerge", right="persons.join")
def unmerge(call: ThisCall, customer_id: CustomerId) -> Parted:
    """Undo the newest joining of an id."""
    return Parted(customer_id=customer_id, others=list(call.here.unmerge(customer_id)))


@routes.delete("/{customer_id}", right="persons.erase", resumed=True)
def erase(call: ThisCall, customer_id: CustomerId) -> Gone:
    """Erase a person for good, by all ids; what was bought stays, and names nobody."""
    done = call.here.erase(customer_id)
    return Gone(
        is_new=done.is_new,
        customer_ids=list(done.members),
        messages=done.messages,
        rejected_rows=done.rejected_rows,
        uploads=len(done.uploads),
        left=len(done.left),
    )


@routes.post("/{customer_id}/consents", right="consents.write")
def consent(call: ThisCall, customer_id: CustomerId, word: Consent) -> Recorded:
    """Record what somebody agreed to or withdrew; it is heard before the next message."""
    told = word.model_dump()
    now = call.here.clock.now()
    row = ConsentRow(customer_id=customer_id, **{**told, "given_at": word.given_at or now})
    taken = record_consent(call.here, row)
    return Recorded(new=taken.new, known=taken.known, erased=taken.erased, unusable=taken.unusable)


def _as_seen(call: Call, table: str, rows: Any) -> list[dict[str, Any]]:
    """Rows of one table as whoever asks may see them."""
    is_open = sight(call.actor, "personal") == "shown"
    is_read = sight(call.actor, "free_text") == "shown"
    hidden = () if is_open else MASKED.get(table, ())
    unread = () if is_read else WRITTEN.get(table, ())
    return [
        {
            name: None if name in unread else _mask(row, name) if name in hidden else value
            for name, value in row.items()
        }
        for row in rows
    ]


def _mask(row: dict[str, Any], name: str) -> str | None:
    value = row[name]
    if not value:
        return None
    is_address = name == "email" or row.get("kind") == "email"
    return masked_address(str(value)) if is_address else masked(str(value))
