"""Accounts: who is invited, what role they have, and when they may no longer sign in."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from evergrove.access.errors import AccountExists, InvitedMeanwhile, LastAdmin, NoSuchAccount, NotAnEmail
from evergrove.access.links import new_link, void_links
from evergrove.access.rights import require, require_person
from evergrove.access.tables import account, known_device, login
from evergrove.access.tokens import new_id
from evergrove.access.trail import leave
from evergrove.access.types import Account
from evergrove.ledger import insert_new

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Row

    from evergrove.access.types import Actor, Link, Role, Sealing

EMAIL = "account email"
ACCOUNT_FORMAT = "evergrove.account/1"
_MOST = 254
_ADDRESS = re.compile(r"[^\s@,;:<>\"()\\]+@[^\s@,;:<>\"()\\]+")


def compared_email(given: str) -> str:
    """
    The one spelling under which an account is found.

    Raises:
        NotAnEmail: It is none.
    """
    text = unicodedata.normalize("NFKC", given).strip().casefold()
    if len(text) > _MOST or not text.isprintable() or not _ADDRESS.fullmatch(text):
        raise NotAnEmail(given=given[:_MOST])
    return text


def invite(
    connection: Connection,
    seal: Sealing,
    actor: Actor,
    email: str,
    role: Role,
    now: datetime,
    *,
    lasts: timedelta,
    sees_personal: bool = False,
) -> Link:
    """
    Let somebody in by a link that opens once; who was invited before, or disabled, is invited anew.

    Raises:
        RightMissing, PersonNeeded: The actor may not.
        NotAnEmail: The address is none.
        AccountExists: They can sign in already, or somebody else lets them in at this very moment.
    """
    require_person(actor, "users.manage")
    spelled = compared_email(email)
    found = _row_of(connection, seal, spelled)
    if found is not None and found.status == "active":
        raise AccountExists(email=spelled, role=found.role)
    values = {"role": role, "sees_personal": sees_personal, "status": "invited", "password_hash": None}
    if found is None:
        known = create(connection, seal, spelled, now, values)
    else:
        known = found.id
        connection.execute(account.update().where(account.c.id == known).values(**values))
    leave(connection, now, actor, "access.invited", f"user:{known}", role=role, sees_personal=sees_personal)
    return new_link(connection, "invite", known, now, now + lasts)


def create(connection: Connection, seal: Sealing, spelled: str, now: datetime, values: dict[str, Any]) -> str:
    """
    Put an account's row there; its id.

    Raises:
        InvitedMeanwhile: Somebody else has put one there at the same moment, under this address or as the first.
    """
    name = new_id()
    row = {
        "id": name,
        "email_hash": seal.hash(EMAIL, spelled),
        "sealed": seal.seal({"format": ACCOUNT_FORMAT, "email": spelled}, _owner(name)),
        "created_at": now,
    }
    if not insert_new(connection, account, [{**row, **values}]):
        raise InvitedMeanwhile(email=spelled)
    return name


def set_role(
    connection: Connection, actor: Actor, account_id: str, role: Role, now: datetime, *, sees_personal: bool
) -> None:
    """
    Give somebody another role: all log-ins end, so that no page goes on with the old one.

    Raises:
        RightMissing, PersonNeeded: The actor may not.
        NoSuchAccount: There is none.
        LastAdmin: Nobody else could give roles.
    """
    require_person(actor, "users.manage")
    before = _locked(connection, account_id, keeps_admin=role == "admin")
    connection.execute(
        account.update().where(account.c.id == account_id).values(role=role, sees_personal=sees_personal)
    )
    end_all(connection, account_id)
    was = {"role_before": before.role, "sees_personal_before": before.sees_personal}
    leave(
        connection,
        now,
        actor,
        "access.role_given",
        f"user:{account_id}",
        role=role,
        sees_personal=sees_personal,
        **was,
    )


def disable(connection: Connection, actor: Actor, account_id: str, now: datetime) -> None:
    """
    Let somebody sign in no more: log-ins, links and known devices go, keys stop to work.

    Raises:
        RightMissing, PersonNeeded: The actor may not.
        NoSuchAccount: There is none.
        LastAdmin: Nobody else could invite anybody.
    """
    require_person(actor, "users.manage")
    _locked(connection, account_id, keeps_admin=False)
    connection.execute(
        account.update().where(account.c.id == account_id).values(status="disabled", password_hash=None)
    )
    end_all(connection, account_id)
    void_links(connection, account_id)
    connection.execute(delete(known_device).where(known_device.c.account_id == account_id))
    leave(connection, now, actor, "access.disabled", f"user:{account_id}")


def change_email(
    connection: Connection, seal: Sealing, actor: Actor, account_id: str, email: str, now: datetime
) -> None:
    """
    Let somebody sign in under another address; links that went to the old one open nothing any more.

    Raises:
        RightMissing, PersonNeeded: The actor may not.
        NotAnEmail: The address is none.
        AccountExists: It is somebody else's, perhaps since this very moment.
        NoSuchAccount: There is no such account.
    """
    require_person(actor, "users.manage")
    spelled = compared_email(email)
    other = _row_of(connection, seal, spelled)
    if other is not None and other.id != account_id:
        raise AccountExists(email=spelled, role=other.role)
    sealed = seal.seal({"format": ACCOUNT_FORMAT, "email": spelled}, _owner(account_id))
    values = {"email_hash": seal.hash(EMAIL, spelled), "sealed": sealed}
    mine = account.update().where(account.c.id == account_id).values(**values)
    try:
        changed = connection.execute(mine)
    except IntegrityError as error:
        raise InvitedMeanwhile(email=spelled) from error
    if not changed.rowcount:
        raise NoSuchAccount(given=account_id)
    end_all(connection, account_id)
    void_links(connection, account_id)
    leave(connection, now, actor, "access.email_changed", f"user:{account_id}")


def accounts(connection: Connection, seal: Sealing, actor: Actor) -> list[Account]:
    """
    Everybody who may sign in or could, oldest first.

    Raises:
        RightMissing: The actor may not.
    """
    require(actor, "users.manage")
    found = (_account(seal, row) for row in connection.execute(select(account)))
    return sorted(found, key=lambda one: (one.created_at, one.email))


def account_of(connection: Connection, seal: Sealing, email: str) -> Account:
    """
    The account of an address.

    Raises:
        NotAnEmail: The address is none.
        NoSuchAccount: Nobody has it.
    """
    row = _row_of(connection, seal, compared_email(email))
    if row is None:
        raise NoSuchAccount(given=email)
    return _account(seal, row)


def has_admin(connection: Connection) -> bool:
    """Whether anybody could invite others."""
    found = select(account.c.id).where(account.c.role == "admin", account.c.status == "active").limit(1)
    return connection.execute(found).first() is not None


def end_all(connection: Connection, account_id: str) -> int:
    """End all log-ins of an account; how many."""
    return connection.execute(delete(login).where(login.c.account_id == account_id)).rowcount


def _row_of(connection: Connection, seal: Sealing, spelled: str) -> Row[Any] | None:
    hashed = seal.hash(EMAIL, spelled)
    return connection.execute(select(account).where(account.c.email_hash == hashed)).first()


def _locked(connection: Connection, account_id: str, *, keeps_admin: bool) -> Row[Any]:
    """An account's row; all administrators' stay locked, or two could take the role from each other at once."""
    active = select(account.c.id).where(account.c.role == "admin", account.c.status == "active")
    admins = set(connection.execute(active.order_by(account.c.id).with_for_update()).scalars())
    row = connection.execute(select(account).where(account.c.id == account_id).with_for_update()).first()
    if row is None:
        raise NoSuchAccount(given=account_id)
    if not keeps_admin and admins == {account_id}:
        raise LastAdmin
    return row


def _owner(account_id: str) -> str:
    """Under which name an account's part is sealed: no customer's id is spelled like it."""
    return f"account:{account_id}"


def _account(seal: Sealing, row: Row[Any]) -> Account:
    email = str(seal.unseal(row.sealed, _owner(row.id))["email"])
    return Account(row.id, email, row.role, row.sees_personal, row.status, row.created_at)
