"""Keys of programs: a prefix that is shown, a secret that is shown once, and never more rights than the owner has."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from evergrove.access.errors import NoSuchKey, ScopeTooWide, UnknownKey, UnknownScope
from evergrove.access.rights import RIGHTS, require, require_person, rights_of
from evergrove.access.tables import account, api_key
from evergrove.access.tokens import are_same, digest, new_secret
from evergrove.access.trail import leave
from evergrove.access.types import TOUCH, Actor, Key, NewKey

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Row

    from evergrove.core import Clock
    from evergrove.ledger import Ledger

MARK = "evg"
SCOPES_FORMAT = "evergrove.scopes/1"
_DECOY = digest(secrets.token_urlsafe())
# Composed once: it is asked with each request of a program.
_BY_PREFIX = (
    select(api_key, account.c.role, account.c.sees_personal, account.c.status)
    .select_from(api_key.join(account, account.c.id == api_key.c.account_id))
    .where(api_key.c.prefix == bindparam("prefix"))
)


def create_key(
    connection: Connection,
    actor: Actor,
    owner: str,
    name: str,
    scopes: Collection[str],
    now: datetime,
    lasts: timedelta,
) -> NewKey:
    """
    Make a key.

    Args:
        connection: Of a ``writing`` block.
        actor: Who makes it: for oneself ``keys.own`` is needed, for others ``users.manage``.
        owner: Id of the account whose rights bound it, now and whenever it is used.
        name: What it is for, in words.
        scopes: Names of rights.
        now: The present moment.
        lasts: How long it is valid; every key ends.

    Raises:
        RightMissing, PersonNeeded: The actor may not.
        UnknownScope: Some scope is no right.
        ScopeTooWide: The owner lacks some of them, or the actor does.
        UnknownKey: The owner may not sign in.
    """
    require_person(actor, "keys.own" if owner == actor.account_id else "users.manage")
    _check_scopes(connection, actor, owner, scopes)
    prefix, secret, expires_at = f"{MARK}_{secrets.token_hex(6)}", new_secret(), now + lasts
    row = {"prefix": prefix, "secret_hash": digest(secret), "account_id": owner, "name": name}
    held = {"format": SCOPES_FORMAT, "scopes": sorted(set(scopes))}
    connection.execute(api_key.insert().values(**row, scopes=held, created_at=now, expires_at=expires_at))
    leave(connection, now, actor, "access.key_made", f"key:{prefix}", owner=owner, scopes=held["scopes"])
    return NewKey(prefix, f"{prefix}_{secret}", expires_at)


def _check_scopes(connection: Connection, actor: Actor, owner: str, scopes: Collection[str]) -> None:
    if strange := sorted(set(scopes) - set(RIGHTS)):
        raise UnknownScope(scopes=", ".join(strange), known=", ".join(RIGHTS))
    row = connection.execute(
        select(account).where(account.c.id == owner, account.c.status == "active")
    ).first()
    if row is None:
        raise UnknownKey
    allowed = rights_of(row.role, sees_personal=row.sees_personal) & actor.rights
    if beyond := sorted(set(scopes) - allowed):
        raise ScopeTooWide(scopes=", ".join(beyond))


def actor_of_key(ledger: Ledger, presented: str, clock: Clock) -> Actor:
    """
    Who a key belongs to: its scopes, as far as the owner has these rights now.

    Raises:
        UnknownKey: It is not known, over, revoked, or its owner may no longer sign in.
    """
    now = clock.now()
    prefix, secret = _parts(presented)
    with ledger.reading() as connection:
        row = _row(connection, prefix)
    # A key that is not there is compared as well: the time must not tell which prefixes there are.
    is_right = are_same(digest(secret), row.secret_hash if row is not None else _DECOY)
    if row is None or not is_right or not _is_valid(row, now):
        raise UnknownKey
    if row.last_used_at is None or now - row.last_used_at >= TOUCH:
        with ledger.writing() as connection:
            connection.execute(api_key.update().where(api_key.c.prefix == prefix).values(last_used_at=now))
    rights = rights_of(row.role, sees_personal=row.sees_personal) & set(row.scopes["scopes"])
    return Actor(row.account_id, rights, "key", prefix)


def keys_of(connection: Connection, actor: Actor) -> list[Key]:
    """
    The keys that somebody may see: their own, or with ``keys.manage`` everybody's; newest last.

    Raises:
        RightMissing: The actor may see none.
    """
    asked = select(api_key).order_by(api_key.c.created_at, api_key.c.prefix)
    if "keys.manage" not in actor.rights:
        require(actor, "keys.own")
        asked = asked.where(api_key.c.account_id == actor.account_id)
    return [_key(row) for row in connection.execute(asked)]


def revoke_key(connection: Connection, actor: Actor, prefix: str, now: datetime) -> None:
    """
    Let a key open nothing from this moment on.

    Raises:
        NoSuchKey: There is none, or it is somebody else's: whether there is one is not told.
        RightMissing: The actor may revoke none.
    """
    if all(key.prefix != prefix for key in keys_of(connection, actor)):
        raise NoSuchKey(prefix=prefix)
    open_one = (api_key.c.prefix == prefix, api_key.c.revoked_at.is_(None))
    if connection.execute(api_key.update().where(*open_one).values(revoked_at=now)).rowcount:
        leave(connection, now, actor, "access.key_revoked", f"key:{prefix}")


def _parts(presented: str) -> tuple[str, str]:
    """Prefix and secret; the secret may itself hold the sign between them."""
    mark, _bar, rest = presented.partition("_")
    shown, _bar, secret = rest.partition("_")
    return f"{mark}_{shown}", secret


def _row(connection: Connection, prefix: str) -> Row[Any] | None:
    return connection.execute(_BY_PREFIX, {"prefix": prefix}).first()


def _is_valid(row: Row[Any], now: datetime) -> bool:
    return row.revoked_at is None and now < row.expires_at and row.status == "active"


def _key(row: Row[Any]) -> Key:
    moments = (row.created_at, row.expires_at, row.last_used_at, row.revoked_at)
    return Key(row.prefix, row.name, row.account_id, tuple(row.scopes["scopes"]), *moments)
