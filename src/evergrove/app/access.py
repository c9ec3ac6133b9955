"""The people of a workspace and the keys of its programs: what is done with them, by somebody who signed in or at the machine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from evergrove import access
from evergrove.access.errors import NoSuchAccount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.access import Account, Actor, Key, Link, NewKey, Role
    from evergrove.app.workspace import Workspace


def invite(
    here: Workspace, email: str, role: Role, *, sees_personal: bool = False, by: Actor | None = None
) -> tuple[str, Link]:
    """Let somebody in; the address to hand over, and the link itself."""
    own = here.settings.access
    with here.ledger.writing() as connection:
        link = access.invite(
            connection,
            here.seal,
            by or access.operator(),
            email,
            role,
            here.clock.now(),
            lasts=timedelta(hours=own.invite_hours),
            sees_personal=sees_personal,
        )
    return link.under(own.base_url), link


def is_set_up(here: Workspace) -> bool:
    """Whether there is somebody who can let others in."""
    with here.ledger.reading() as connection:
        return access.has_admin(connection)


def account_named(here: Workspace, email: str) -> Account:
    """The account of an address."""
    with here.ledger.reading() as connection:
        return access.account_of(connection, here.seal, email)


def reset(here: Workspace, account_id: str, *, by: Actor | None = None) -> tuple[str, Link]:
    """Let somebody choose a new password; the address to hand over, and the link itself."""
    with here.ledger.writing() as connection:
        link = access.reset_link(connection, by or access.operator(), account_id, here.clock.now())
    return link.under(here.settings.access.base_url), link


def accounts(here: Workspace, *, by: Actor | None = None) -> list[Account]:
    """Everybody who may sign in or could."""
    with here.ledger.reading() as connection:
        return access.accounts(connection, here.seal, by or access.operator())


def account_with(here: Workspace, account_id: str, *, by: Actor | None = None) -> Account:
    """
    One account.

    Raises:
        NoSuchAccount: There is none.
    """
    found = next((each for each in accounts(here, by=by) if each.id == account_id), None)
    if found is None:
        raise NoSuchAccount(given=account_id)
    return found


def change(
    here: Workspace,
    account_id: str,
    *,
    role: Role | None = None,
    sees_personal: bool | None = None,
    email: str | None = None,
    by: Actor | None = None,
) -> Account:
    """Give somebody another role or address; None: it stays. All of it, or nothing."""
    actor, now = by or access.operator(), here.clock.now()
    with here.ledger.writing() as connection:
        found = {each.id: each for each in access.accounts(connection, here.seal, actor)}.get(account_id)
        if found is None:
            raise NoSuchAccount(given=account_id)
        sees = found.sees_personal if sees_personal is None else sees_personal
        if (role or found.role, sees) != (found.role, found.sees_personal):
            access.set_role(connection, actor, account_id, role or found.role, now, sees_personal=sees)
        if email is not None:
            access.change_email(connection, here.seal, actor, account_id, email, now)
    return account_with(here, account_id, by=by)


def disable(here: Workspace, account_id: str, *, by: Actor | None = None) -> None:
    """Let somebody sign in no more."""
    with here.ledger.writing() as connection:
        access.disable(connection, by or access.operator(), account_id, here.clock.now())


def create_key(
    here: Workspace, owner: str, name: str, scopes: Sequence[str], days: int, *, by: Actor | None = None
) -> NewKey:
    """Make a key for a program of somebody's; ``owner`` is the account."""
    with here.ledger.writing() as connection:
        lasts = timedelta(days=days)
        return access.create_key(
            connection, by or access.operator(), owner, name, scopes, here.clock.now(), lasts
        )


def keys(here: Workspace, *, by: Actor | None = None) -> list[Key]:
    """The keys that somebody may see: their own, or everybody's."""
    with here.ledger.reading() as connection:
        return access.keys_of(connection, by or access.operator())


def keys_with_owners(here: Workspace) -> list[tuple[Key, str]]:
    """All keys, each with its owner's address."""
    emails = {each.id: each.email for each in accounts(here)}
    return [(key, emails[key.account_id]) for key in keys(here)]


def revoke_key(here: Workspace, prefix: str, *, by: Actor | None = None) -> None:
    """Let a key open nothing any more."""
    with here.ledger.writing() as connection:
        access.revoke_key(connection, by or access.operator(), prefix, here.clock.now())
