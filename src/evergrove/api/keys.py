"""``/v1/keys``: keys of programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Path
from pydantic import Field

from evergrove.api.parts import part_of
from evergrove.app import access as people
from evergrove.http import Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage

if TYPE_CHECKING:
    from evergrove import access

routes = Routes("/keys", tag="keys")

Prefix = Annotated[
    str, Path(pattern="^evg_[0-9a-f]{12}$", description="What a key begins with; it is no secret.")
]


class KeyLine(Answer):
    """What is shown of a key; the key itself was shown when it was made."""

    prefix: str = Field(examples=["evg_3f9c02a41b7d"])
    name: str = Field(examples=["till"])
    account_id: str = Field(description="Whose it is: it can do no more than they may.")
    scopes: list[str] = Field(examples=[["events.write"]])
    created_at: Moment
    expires_at: Moment
    last_used_at: Moment | None
    revoked_at: Moment | None


class NewKey(Body):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=200, description="What it is for.", examples=["till"])
    scopes: list[str] = Field(
        max_length=100, description="Names of rights: docs/reference/rights.md.", examples=[["events.write"]]
    )
    days: int = Field(365, ge=1, le=3650, description="How long it is valid; every key ends.")
    account_id: str | None = Field(
        None, pattern="^[0-9a-f]{32}$", description="Whose it is to be; null: one's own."
    )


class MadeKey(Answer):
    """A key that was made. Its text is told here and nowhere else."""

    prefix: str = Field(examples=["evg_3f9c02a41b7d"])
    key: str = Field(examples=["evg_3f9c02a41b7d_Wq3..."])
    expires_at: Moment


def _line(one: access.Key) -> KeyLine:
    return KeyLine(
        prefix=one.prefix,
        name=one.name,
        account_id=one.account_id,
        scopes=list(one.scopes),
        created_at=one.created_at,
        expires_at=one.expires_at,
        last_used_at=one.last_used_at,
        revoked_at=one.revoked_at,
    )


@routes.get("", right="keys.own")
def keys(call: ThisCall, page: ThisPage) -> Page[KeyLine]:
    """One's own keys; with the right keys.manage everybody's. Oldest first."""
    found = people.keys(call.here, by=call.actor)
    shown, cursor = part_of(found, page, lambda one: (one.created_at.isoformat(), one.prefix))
    return Page[KeyLine](items=[_line(one) for one in shown], next_cursor=cursor)


@routes.post("", right="keys.own", person=True, status_code=201, once=False)  # what is told once is not kept
def create(body: NewKey, call: ThisCall) -> MadeKey:
    """Make a key for oneself, or with the right users.manage for somebody else; it can do no more than its maker."""
    actor = call.actor
    owner = body.account_id or actor.account_id or ""
    made = people.create_key(call.here, owner, body.name, body.scopes, body.days, by=actor)
    return MadeKey(prefix=made.prefix, key=made.text, expires_at=made.expires_at)


@routes.delete("/{prefix}", right="keys.own", status_code=204)
def revoke(prefix: Prefix, call: ThisCall) -> None:
    """Let a key open nothing any more, from this moment on; doing it again changes nothing."""
    people.revoke_key(call.here, prefix, by=call.actor)
