"""
Acts that happen once, however often they are asked for under the same Idempotency-Key.

An act of one transaction is kept with it; one of several is begun anew where it broke off, see ``Claim.is_resumed``.

A row is *running* while somebody is at work on it, under a lease. The first transaction that writes anything for the
act also turns it to *acted*: the same commit keeps both. Whoever is killed before that has changed nothing, and when
the lease is over the next one begins anew. Whoever is killed after it has acted, and nobody acts again: the answer is
lost, and that is what later ones are told. *Done* rows hold the answer, which is given again as it was.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from evergrove.access.tables import idempotency
from evergrove.core import EvergroveError, InputError, _
from evergrove.ledger import database_now, insert_new

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.ledger import Ledger
    from evergrove.people import Seal

LEASE = timedelta(seconds=60)
KEPT = timedelta(hours=24)
FORMAT = "evergrove.answer/1"


class KeyReused(InputError):
    """An Idempotency-Key comes with another request than before."""

    code = "http.key_reused"
    message = _("This Idempotency-Key was sent with another request before.")
    hint = _("A new request needs a new key; a repeated one must be the same, byte for byte.")


class StillRunning(InputError):
    """The first request of this key is still at work; a face answers 409."""

    code = "http.still_running"
    message = _("The first request with this Idempotency-Key is still at work.")
    hint = _("Ask again in {seconds} {seconds:second|seconds}.")


class AnswerLost(EvergroveError):
    """The service ended between the act and its answer; a face answers 409."""

    code = "http.answer_lost"
    message = _(
        "What this Idempotency-Key asked for was stored, and the service ended before it could answer."
    )
    hint = _("It is not done a second time. Look at what it was about; to act again, send a new key.")


class Overtaken(EvergroveError):
    """A request was paused past its lease, and another one acts in its place; a face answers 409."""

    code = "http.overtaken"
    message = _("This request took too long, and a later one with its Idempotency-Key is at work.")
    hint = _("Nothing more of it was stored; ask again with the same key.")


@dataclass(frozen=True)
class Kept:
    """An answer as it is given again."""

    status: int
    body: bytes
    media_type: str


@dataclass(frozen=True)
class Claim:
    """
    The right to do an act, for one lease.

    Attributes:
        name: Keyed hash of key, route and actor.
        token: Higher with each claim: an older one proves nothing.
        is_resumed: Whether the act is begun anew when it breaks off, as it changes nothing when it is done twice.
    """

    name: str
    token: int
    is_resumed: bool = False

    def prove(self, connection: Connection) -> None:
        """
        Begin a writing transaction of the act: it is acted upon from its commit on.

        An act of several transactions is not: killed between two of them half of it is done, and nobody would do the
        rest if that counted. It stays *running* until its answer is kept, and whoever asks again does all of it.

        Raises:
            Overtaken: The lease was over, and another one has claimed the act.
        """
        mine = _mine(self) & idempotency.c.state.in_(("running", "acted"))
        state = "running" if self.is_resumed else "acted"
        if not connection.execute(idempotency.update().where(mine).values(state=state)).rowcount:
            raise Overtaken


def claim(ledger: Ledger, seal: Seal, name: str, request: str, *, is_resumed: bool = False) -> Claim | Kept:
    """
    Begin an act, or hear how it ended.

    Args:
        ledger: Where claims are kept.
        seal: Opens the answer.
        name: Keyed hash of key, route and actor.
        request: Keyed hash of all that was sent.
        is_resumed: Of the act, see ``Claim``.

    Raises:
        KeyReused: Something else was sent under this key.
        StillRunning: Another request is at work on it.
        AnswerLost: It was acted upon, and its answer is lost.
    """
    found = None
    while found is None:
        found = _claimed(ledger, seal, name, request)
    return replace(found, is_resumed=is_resumed) if isinstance(found, Claim) else found


def _claimed(ledger: Ledger, seal: Seal, name: str, request: str) -> Claim | Kept | None:
    """As ``claim``; None where the row that was in the way went meanwhile: then the key is free."""
    with ledger.writing() as connection:
        now = database_now(connection)
        connection.execute(delete(idempotency).where(idempotency.c.expires_at <= now))
        new = _running(1, now) | {"name_hash": name, "request_hash": request, "expires_at": now + KEPT}
        if insert_new(connection, idempotency, [new]):
            return Claim(name, 1)
        mine = idempotency.c.name_hash == name
        row = connection.execute(select(idempotency).where(mine).with_for_update()).one_or_none()
        if row is None:
            return None
        if row.request_hash != request:
            raise KeyReused
        if row.state == "done":
            return _kept(seal, row)
        if now < row.lease_until:
            raise StillRunning(seconds=max(1, int((row.lease_until - now).total_seconds())))
        if row.state == "acted":
            raise AnswerLost
        connection.execute(idempotency.update().where(mine).values(_running(row.token + 1, now)))
        return Claim(name, row.token + 1)


def settle(ledger: Ledger, seal: Seal, held: Claim, answer: Kept) -> None:
    """Keep the answer of an act; one that was overtaken meanwhile changes nothing."""
    told: dict[str, Any] = {"format": FORMAT, "status": answer.status, "media_type": answer.media_type}
    sealed = seal.seal(told | {"body": b64encode(answer.body).decode()}, held.name)
    with ledger.writing() as connection:
        connection.execute(idempotency.update().where(_mine(held)).values(state="done", sealed=sealed))


def release(ledger: Ledger, held: Claim) -> None:
    """Give a claim back after an error: what was not acted upon can be asked for again at once."""
    with ledger.writing() as connection:
        now = database_now(connection)
        running = _mine(held) & (idempotency.c.state == "running")
        if not connection.execute(delete(idempotency).where(running)).rowcount:
            acted = _mine(held) & (idempotency.c.state == "acted")
            connection.execute(idempotency.update().where(acted).values(lease_until=now))


def has_acted(ledger: Ledger, held: Claim) -> bool:
    """Whether anything was stored for the act."""
    with ledger.reading() as connection:
        state = connection.execute(select(idempotency.c.state).where(_mine(held))).scalar()
    return state == "acted"


def _running(token: int, now: datetime) -> dict[str, Any]:
    return {"state": "running", "token": token, "lease_until": now + LEASE}


def _mine(held: Claim) -> Any:
    return (idempotency.c.name_hash == held.name) & (idempotency.c.token == held.token)


def _kept(seal: Seal, row: Row[Any]) -> Kept:
    told = seal.unseal(row.sealed, row.name_hash)
    return Kept(told["status"], b64decode(told["body"]), told["media_type"])
