"""Coming in by a link: the first administrator, whoever was invited, whoever forgot the password."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.access.accounts import EMAIL, compared_email, create, end_all, has_admin
from evergrove.access.errors import AccountExists, AdminExists, LinkUnusable, NotAnEmail, TooManyAttempts
from evergrove.access.limits import take_all
from evergrove.access.links import link_row, new_link, use_link, void_links
from evergrove.access.logins import USUAL, open_login
from evergrove.access.passwords import check_rules
from evergrove.access.rights import require_person
from evergrove.access.sign_in import strangers
from evergrove.access.tables import account, known_device
from evergrove.access.trail import leave

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.access.passwords import Passwords
    from evergrove.access.types import Actor, Life, Link, Purpose, Sealing, SignedIn
    from evergrove.core import Clock
    from evergrove.ledger import Ledger

FIRST_LASTS = timedelta(hours=1)
RESET_LASTS = timedelta(minutes=30)


def first_link(connection: Connection, now: datetime) -> Link:
    """
    The way in for the first administrator, for the first start to print; there is no default password.

    Raises:
        AdminExists: There is an administrator already.
    """
    if has_admin(connection):
        raise AdminExists
    return new_link(connection, "first", None, now, now + FIRST_LASTS)


def set_up(
    ledger: Ledger, seal: Sealing, passwords: Passwords, token: str, email: str, password: str, clock: Clock
) -> SignedIn:
    """
    Make the first administrator; of two set-ups at the same moment one does.

    Raises:
        AdminExists: There is one already; asked first, so that an old link tells nothing else.
        LinkUnusable: The link is used, over, or never was one.
        NotAnEmail: The address is none.
        PasswordRefused: The password is too easy; the link can be used again.
    """
    now, spelled = clock.now(), compared_email(email)
    check_rules(password)
    with ledger.reading() as connection:
        if has_admin(connection):
            raise AdminExists
        _check(link_row(connection, token, now).purpose, "first")
    values = {
        "role": "admin",
        "sees_personal": False,
        "status": "active",
        "is_first": True,
        "password_hash": passwords.hash(password),
    }
    try:
        with ledger.writing() as connection:
            _check(use_link(connection, token, now).purpose, "first")
            if has_admin(connection):
                raise AdminExists
            # Whoever was only invited, or stood here once, makes place; never an administrator who came in meanwhile.
            is_in = account.c.status == "active"
            connection.execute(account.update().where(~is_in).values(is_first=None))
            mine = account.c.email_hash == seal.hash(EMAIL, spelled)
            connection.execute(account.delete().where(mine, ~is_in))
            name = create(connection, seal, spelled, now, values)
            leave(connection, now, f"user:{name}", "access.set_up", f"user:{name}")
            return open_login(connection, name, now)
    except AccountExists as error:
        raise AdminExists from error


def _check(found: Purpose, *wanted: Purpose) -> None:
    if found not in wanted:
        raise LinkUnusable


def reset_link(connection: Connection, actor: Actor, account_id: str, now: datetime) -> Link:
    """
    A way to a new password, for an administrator to hand over.

    Raises:
        RightMissing, PersonNeeded: The actor may not.
        LinkUnusable: The account cannot sign in; it can be invited anew.
    """
    require_person(actor, "users.manage")
    active = select(account.c.id).where(account.c.id == account_id, account.c.status == "active")
    if connection.execute(active).first() is None:
        raise LinkUnusable
    leave(connection, now, actor, "access.reset_offered", f"user:{account_id}")
    return new_link(connection, "reset", account_id, now, now + RESET_LASTS)


def ask_reset(ledger: Ledger, seal: Sealing, email: str, address: str, clock: Clock) -> Link | None:
    """
    A way to a new password for whoever asks at the door, to be sent to that address and to be shown to nobody.

    Returns:
        None where nobody who can sign in has the address: the face answers the same in both cases.

    Raises:
        TooManyAttempts: It was asked too often, for this account or from this address.
    """
    now = clock.now()
    try:
        hashed = seal.hash(EMAIL, compared_email(email))
    except NotAnEmail:
        hashed = ""
    active = select(account.c.id).where(account.c.email_hash == hashed, account.c.status == "active")
    with ledger.writing() as connection:
        wait_s = take_all(connection, strangers(seal, email, address), now)
        name = None if wait_s else connection.execute(active).scalar()
        link = new_link(connection, "reset", name, now, now + RESET_LASTS) if name else None
        if not wait_s:
            who = f"user:{name}" if name else "nobody"
            leave(connection, now, who, "access.reset_asked", who)
    if wait_s:
        raise TooManyAttempts(seconds=ceil(wait_s))
    return link


def enter(
    ledger: Ledger, passwords: Passwords, token: str, password: str, clock: Clock, life: Life = USUAL
) -> SignedIn:
    """
    Choose a password by an invitation or a reset: all log-ins end, a new one begins, the link is used up.

    Raises:
        LinkUnusable: It is used, over, void, or never was one.
        PasswordRefused: The password is too easy; the link can be used again.
    """
    now = clock.now()
    check_rules(password)
    with ledger.reading() as connection:  # no hashing for those who make links up
        link_row(connection, token, now)
    hashed = passwords.hash(password)
    with ledger.writing() as connection:
        link = use_link(connection, token, now)
        _check(link.purpose, "invite", "reset")
        expected = "invited" if link.purpose == "invite" else "active"
        mine = (account.c.id == link.account_id, account.c.status == expected)
        values = {"status": "active", "password_hash": hashed}
        if connection.execute(account.update().where(*mine).values(**values)).rowcount != 1:
            raise LinkUnusable
        end_all(connection, link.account_id)
        # Whoever had the password before may have made a device known.
        connection.execute(known_device.delete().where(known_device.c.account_id == link.account_id))
        void_links(connection, link.account_id)
        who = f"user:{link.account_id}"
        leave(connection, now, who, "access.entered", who, purpose=link.purpose)
        return open_login(connection, link.account_id, now, life=life)
