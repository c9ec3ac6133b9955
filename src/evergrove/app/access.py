"""The people of a workspace and the keys of its programs: what somebody at the machine itself may do with them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from evergrove import access

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.access import Account, Key, NewKey, Role
    from evergrove.app.workspace import Workspace


def invite(
    here: Workspace, email: str, role: Role, *, sees_personal: bool = False
) -> tuple[str, access.Link]:
    """Let somebody in; the address to hand over, and the link itself."""
    own = here.settings.access
    with here.ledger.writing() as connection:
        link = access.invite(
            connection,
            here.seal,
            access.operator(),
            email,
            role,
            here.clock.now(),
            lasts=timedelta(hours=own.invite_hours),
            sees_personal=sees_personal,
        )
    return link.under(own.base_url), link


def reset(here: Workspace, email: str) -> tuple[str, access.Link]:
    """Let somebody choose a new password; the address to hand over, and the link itself."""
    with here.ledger.writing() as connection:
        found = access.account_of(connection, here.seal, email)
        link = access.reset_link(connection, access.operator(), found.id, here.clock.now())
    return link.under(here.settings.access.base_url), link


def accounts(here: Workspace) -> list[Account]:
    """Everybody who may sign in or could."""
    with here.ledger.reading() as connection:
        return access.accounts(connection, here.seal, access.operator())


def set_role(here: Workspace, email: str, role: Role, *, sees_personal: bool | None = None) -> Account:
    """Give somebody a role; None: personal data stay as they were to them."""
    with here.ledger.writing() as connection:
        found = access.account_of(connection, here.seal, email)
        sees = found.sees_personal if sees_personal is None else sees_personal
        access.set_role(connection, access.operator(), found.id, role, here.clock.now(), sees_personal=sees)
        return access.account_of(connection, here.seal, email)


def disable(here: Workspace, email: str) -> None:
    """Let somebody sign in no more."""
    with here.ledger.writing() as connection:
        found = access.account_of(connection, here.seal, email)
        access.disable(connection, access.operator(), found.id, here.clock.now())


def create_key(here: Workspace, owner: str, name: str, scopes: Sequence[str], days: int) -> NewKey:
    """Make a key for a program of somebody's."""
    with here.ledger.writing() as connection:
        found = access.account_of(connection, here.seal, owner)
        lasts = timedelta(days=days)
        return access.create_key(
            connection, access.operator(), found.id, name, scopes, here.clock.now(), lasts
        )


def keys(here: Workspace) -> list[tuple[Key, str]]:
    """All keys, each with its owner's address."""
    with here.ledger.reading() as connection:
        emails = {each.id: each.email for each in access.accounts(connection, here.seal, access.operator())}
        return [(key, emails[key.account_id]) for key in access.keys_of(connection, access.operator())]


def revoke_key(here: Workspace, prefix: str) -> None:
    """Let a key open nothing any more."""
    with here.ledger.writing() as connection:
        access.revoke_key(connection, access.operator(), prefix, here.clock.now())
