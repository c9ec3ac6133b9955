"""Signing in: counted before the password is looked at, and the same answer whether there is such an account or not."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.access.accounts import EMAIL, compared_email, end_all
from evergrove.access.errors import NotAnEmail, SignInNeeded, TooManyAttempts, WrongSignIn
from evergrove.access.limits import PER_ACCOUNT, PER_ADDRESS, give_back, household, take_all
from evergrove.access.links import void_links
from evergrove.access.logins import USUAL, is_known_device, open_login
from evergrove.access.passwords import check_rules
from evergrove.access.tables import account
from evergrove.access.tokens import are_same, digest
from evergrove.access.trail import leave
from evergrove.core import watching

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.access.limits import Limit
    from evergrove.access.passwords import Passwords, Verdict
    from evergrove.access.types import Actor, Attempt, Life, Sealing, SignedIn
    from evergrove.core import Clock
    from evergrove.ledger import Ledger

NOBODY = "nobody"


def sign_in(
    ledger: Ledger, seal: Sealing, passwords: Passwords, attempt: Attempt, clock: Clock, life: Life = USUAL
) -> SignedIn:
    """
    Begin a log-in for whoever knows the password.

    An attempt is counted before its password is looked at, so that a hundred at the same moment are no more than
    one after another; one that was right is given back. Unknown addresses, invited and disabled accounts cost
    the same work and get the same answer as a wrong password.

    Raises:
        WrongSignIn: Address and password do not go together.
        TooManyAttempts: The account or the address has no attempt left.
        SignInBusy: Too many passwords wait to be checked.
    """
    now = clock.now()
    with ledger.writing() as connection:
        found = _row_of(connection, seal, attempt.email)
        buckets = _buckets(connection, seal, attempt, found)
        wait_s = take_all(connection, buckets, now)
    if wait_s:
        watching.counted("access.refused", "too_many")
        raise TooManyAttempts(seconds=ceil(wait_s))
    stored = found.password_hash if found is not None and found.status == "active" else None
    verdict = passwords.check(attempt.password, stored)
    with ledger.writing() as connection:
        done = _decide(connection, attempt, found, verdict, now, life)
        if done is not None:
            give_back(connection, buckets, now)
    if done is None:
        watching.counted("access.refused", "wrong")
        raise WrongSignIn
    return done


def change_password(
    ledger: Ledger,
    passwords: Passwords,
    secret: str,
    actor: Actor,
    old: str,
    new: str,
    clock: Clock,
    life: Life = USUAL,
) -> SignedIn:
    """
    Give an account another password: all its log-ins end and a new one begins.

    Args:
        ledger: Where the account is.
        passwords: Hashes them.
        secret: Of the log-in that asks.
        actor: Whose it is, as ``actor_of_login`` said.
        old: The password so far: whoever finds a browser open does not know it.
        new: The password from now on.
        clock: What time it is.
        life: How long the new log-in may last.

    Raises:
        WrongSignIn: The old password is not right.
        TooManyAttempts: It was wrong too often.
        PasswordRefused: The new one is too easy.
        SignInNeeded: The account may no longer sign in, or no log-in asks.
    """
    check_rules(new)
    now, bucket = clock.now(), {digest(f"change {actor.account_id}"): PER_ACCOUNT}
    with ledger.writing() as connection:
        found = _row(connection, actor.account_id)
        wait_s = take_all(connection, bucket, now)
    if wait_s:
        raise TooManyAttempts(seconds=ceil(wait_s))
    if found is None or actor.by != "login":
        raise SignInNeeded
    if not passwords.check(old, found.password_hash).is_right:
        raise WrongSignIn
    hashed = passwords.hash(new)
    with ledger.writing() as connection:
        if not _is_unchanged(_row(connection, found.id), found):
            raise SignInNeeded
        connection.execute(account.update().where(account.c.id == found.id).values(password_hash=hashed))
        end_all(connection, found.id)
        void_links(connection, found.id)
        give_back(connection, bucket, now)
        leave(connection, now, actor, "access.password_changed", f"user:{found.id}")
        return open_login(connection, found.id, now, life=life, old=secret)


def _decide(
    connection: Connection,
    attempt: Attempt,
    found: Row[Any] | None,
    verdict: Verdict,
    now: datetime,
    life: Life,
) -> SignedIn | None:
    """A log-in where the password was right and the account is still as it was when it was looked at."""
    who = f"user:{found.id}" if found is not None else NOBODY
    if found is None or not verdict.is_right or not _is_unchanged(_row(connection, found.id), found):
        leave(connection, now, who, "access.sign_in_refused", who)
        return None
    if verdict.new_hash is not None:
        mine = account.c.id == found.id
        connection.execute(account.update().where(mine).values(password_hash=verdict.new_hash))
    leave(connection, now, who, "access.signed_in", who)
    return open_login(connection, found.id, now, life=life, old=attempt.login, device=attempt.device)


def _buckets(
    connection: Connection, seal: Sealing, attempt: Attempt, found: Row[Any] | None
) -> Mapping[str, Limit]:
    """Which attempts are counted together: those from a known device by themselves, or strangers could lock it out."""
    if attempt.device and is_known_device(
        connection, found.id if found is not None else None, attempt.device
    ):
        return {digest(f"device {attempt.device}"): PER_ACCOUNT}
    return strangers(seal, attempt.email, attempt.address)


def strangers(seal: Sealing, email: str, address: str) -> Mapping[str, Limit]:
    """The buckets of an account and of an address; there is one for accounts that do not exist too."""
    return {
        seal.hash("sign-in account", _spelled(email)): PER_ACCOUNT,
        seal.hash("sign-in address", household(address)): PER_ADDRESS,
    }


def _spelled(email: str) -> str:
    try:
        return compared_email(email)
    except NotAnEmail:
        return ""


def _row_of(connection: Connection, seal: Sealing, email: str) -> Row[Any] | None:
    hashed = seal.hash(EMAIL, _spelled(email))
    return connection.execute(select(account).where(account.c.email_hash == hashed)).first()


def _row(connection: Connection, account_id: str | None) -> Row[Any] | None:
    """The account's row, locked: what is decided by it holds until it is written."""
    return connection.execute(select(account).where(account.c.id == account_id).with_for_update()).first()


def _is_unchanged(now: Row[Any] | None, then: Row[Any]) -> bool:
    """Whether an account can still sign in with the password that was looked at: checking it took a while."""
    if now is None or now.status != "active" or then.status != "active":
        return False
    return are_same(now.password_hash, then.password_hash)
