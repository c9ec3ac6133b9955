"""``/v1/users``: who may sign in, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Path
from pydantic import Field, StrictBool

from evergrove.access.types import Role, Status
from evergrove.api.parts import part_of
from evergrove.api.sign_in import Email
from evergrove.app import access as people
from evergrove.http import Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage

if TYPE_CHECKING:
    from evergrove.access import Account

routes = Routes("/users", tag="users")

AccountId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Random; it names nobody.")]


class User(Answer):
    """Somebody who may sign in, was invited, or could once."""

    id: str = Field(description="Random; names nobody.", examples=["0f8fad5bd9cb469fa16570867728950e"])
    email: str = Field(examples=["ada@shop.example"])
    role: Role
    sees_personal: bool = Field(description="Whether names, addresses and phones are shown unmasked.")
    status: Status
    created_at: Moment


class Invitation(Body):
    """Somebody to be let in."""

    email: Email
    role: Role
    sees_personal: StrictBool = False


class Given(Body):
    """What is to be otherwise; what is left out stays."""

    role: Role | None = None
    sees_personal: StrictBool | None = None
    email: Email | None = None


class OneTimeLink(Answer):
    """A way in that opens once. It is told here and nowhere else."""

    link: str = Field(description="Under the configured address; opens once.")
    expires_at: Moment


class Invited(OneTimeLink):
    """Somebody who was let in, and the way in."""

    user: User


def _shown(one: Account) -> User:
    return User(
        id=one.id,
        email=one.email,
        role=one.role,
        sees_personal=one.sees_personal,
        status=one.status,
        created_at=one.created_at,
    )


@routes.get("", right="users.manage")
def users(call: ThisCall, page: ThisPage) -> Page[User]:
    """Everybody who may sign in or could, oldest first."""
    found = people.accounts(call.here, by=call.actor)
    shown, cursor = part_of(found, page, lambda one: (one.created_at.isoformat(), one.id))
    return Page[User](items=[_shown(one) for one in shown], next_cursor=cursor)


@routes.post(
    "", right="users.manage", person=True, status_code=201, once=False
)  # what is told once is not kept
def invite(body: Invitation, call: ThisCall) -> Invited:
    """Invite somebody by a link that opens once; who was invited before, or disabled, is invited anew."""
    here = call.here
    link, made = people.invite(here, body.email, body.role, sees_personal=body.sees_personal, by=call.actor)
    user = people.account_named(here, body.email)
    return Invited(link=link, expires_at=made.expires_at, user=_shown(user))


@routes.get("/{account_id}", right="users.manage")
def user(account_id: AccountId, call: ThisCall) -> User:
    """One of them."""
    return _shown(people.account_with(call.here, account_id, by=call.actor))


@routes.patch("/{account_id}", right="users.manage", person=True)
def change(account_id: AccountId, body: Given, call: ThisCall) -> User:
    """Give somebody another role, sight or address: their log-ins end."""
    given = body.model_dump(exclude_none=True)
    return _shown(people.change(call.here, account_id, **given, by=call.actor))


@routes.post("/{account_id}/reset", right="users.manage", person=True, status_code=201, once=False)
def reset(account_id: AccountId, call: ThisCall) -> OneTimeLink:
    """Make somebody a link for a new password, to hand over."""
    link, made = people.reset(call.here, account_id, by=call.actor)
    return OneTimeLink(link=link, expires_at=made.expires_at)


@routes.post("/{account_id}/disable", right="users.manage", person=True)
def disable(account_id: AccountId, call: ThisCall) -> User:
    """Let somebody sign in no more, from this moment on; their keys stop to work."""
    people.disable(call.here, account_id, by=call.actor)
    return _shown(people.account_with(call.here, account_id, by=call.actor))
