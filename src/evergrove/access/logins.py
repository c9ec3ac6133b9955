"""Log-ins, kept on the server: a random secret, stored as its hash, over after idleness and in any case after a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from evergrove.access.errors import SignInNeeded
from evergrove.access.rights import rights_of
from evergrove.access.tables import account, known_device, login
from evergrove.access.tokens import csrf_token, digest, new_secret
from evergrove.access.trail import leave
from evergrove.access.types import TOUCH, Actor, Life, SignedIn

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.core import Clock
    from evergrove.ledger import Ledger

USUAL = Life()


def open_login(
    connection: Connection,
    account_id: str,
    now: datetime,
    *,
    life: Life = USUAL,
    old: str = "",
    device: str = "",
) -> SignedIn:
    """
    Begin a log-in, under a secret that nobody held before; the one that the browser held ends.

    Args:
        connection: Of a ``writing`` block.
        account_id: Whose.
        now: The present moment.
        life: How long it may last.
        old: The secret that the browser holds, if any: somebody else may have put it there.
        device: The token of a known device; without one the device becomes known now.
    """
    if old:
        connection.execute(delete(login).where(login.c.secret_hash == digest(old)))
    secret, expires_at = new_secret(), now + life.absolute
    row = {"created_at": now, "seen_at": now, "expires_at": expires_at}
    connection.execute(login.insert().values(secret_hash=digest(secret), account_id=account_id, **row))
    return SignedIn(
        account_id, secret, _known(connection, account_id, device, now), csrf_token(secret), expires_at
    )


def actor_of_login(ledger: Ledger, secret: str, clock: Clock, life: Life = USUAL) -> Actor:
    """
    Who a log-in belongs to, with the rights of this moment.

    Raises:
        SignInNeeded: It ended: by log-out, idleness, age, a new password, another role, or with the account.
    """
    now = clock.now()
    with ledger.reading() as connection:
        row = _row(connection, secret)
    if row is None or row.status != "active" or now >= row.expires_at or now - row.seen_at >= life.idle:
        raise SignInNeeded
    if now - row.seen_at >= TOUCH:
        with ledger.writing() as connection:
            mine = login.c.secret_hash == digest(secret)
            connection.execute(login.update().where(mine).values(seen_at=now))
    return Actor(row.id, rights_of(row.role, sees_personal=row.sees_personal), "login")


def log_out(connection: Connection, secret: str, now: datetime) -> None:
    """End a log-in on the server; a secret that is none changes nothing."""
    row = _row(connection, secret)
    if row is not None:
        connection.execute(delete(login).where(login.c.secret_hash == digest(secret)))
        leave(connection, now, f"user:{row.id}", "access.signed_out", f"user:{row.id}")


def actor_of_account(connection: Connection, account_id: str) -> Actor:
    """
    With whose rights a job goes on: those of its owner now, not of the moment in which it was made.

    Raises:
        SignInNeeded: The owner may no longer sign in.
    """
    row = connection.execute(select(account).where(account.c.id == account_id)).first()
    if row is None or row.status != "active":
        raise SignInNeeded
    return Actor(row.id, rights_of(row.role, sees_personal=row.sees_personal), "job")


def is_known_device(connection: Connection, account_id: str | None, device: str) -> bool:
    """Whether an account has signed in on a device before."""
    mine = known_device.c.account_id == account_id
    found = select(known_device.c.token_hash).where(known_device.c.token_hash == digest(device), mine)
    return connection.execute(found).first() is not None


def _known(connection: Connection, account_id: str, device: str, now: datetime) -> str:
    """The token of a device that is known from now on."""
    mine = (known_device.c.token_hash == digest(device), known_device.c.account_id == account_id)
    if device and connection.execute(known_device.update().where(*mine).values(used_at=now)).rowcount:
        return device
    token = new_secret()
    connection.execute(
        known_device.insert().values(token_hash=digest(token), account_id=account_id, used_at=now)
    )
    return token


def _row(connection: Connection, secret: str) -> Row[Any] | None:
    columns: list[Any] = [account.c.id, account.c.role, account.c.sees_personal, account.c.status]
    columns += [login.c.seen_at, login.c.expires_at]
    asked = select(*columns).select_from(login.join(account, account.c.id == login.c.account_id))
    return connection.execute(asked.where(login.c.secret_hash == digest(secret))).first()
