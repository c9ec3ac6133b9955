"""Exports that people ask for: queued as jobs, made with the rights that their owner has then, kept for a day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove import access, audit
from evergrove.access.errors import SignInNeeded
from evergrove.access.trail import named
from evergrove.export import requested
from evergrove.export.requested.store import names_with_files, of_job
from evergrove.export.requested.types import MOST_OPEN, LinkSpent, NotMadeYet, PersonGone, TooManyExports
from evergrove.jobs import JOB, Order, enqueue
from evergrove.people.identity.members import members_of
from evergrove.people.tables import person
from evergrove.pipeline.requested import RIGHTS, check_request, write_requested
from evergrove.pipeline.requested_customers import PERSONAL
from evergrove.warehouse.durable import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.access import Actor
    from evergrove.app.workspace import Workspace
    from evergrove.export.requested import Export, ExportRequest
    from evergrove.jobs import Task

PERSONAL_COLUMNS = frozenset(PERSONAL)
FOLDER = "exports"
KIND = "export"


def ask_export(here: Workspace, actor: Actor, request: ExportRequest) -> Export:
    """
    Have a file made by the next worker that is free; people take turns.

    Raises:
        RightMissing: The actor may not.
        SignInNeeded: Nobody's files are not made: the operator has ``evergrove export``.
        TooManyExports: Enough of the actor's wait.
        InputError: No such file could be made.
    """
    for right in RIGHTS:
        access.require(actor, right)
    if actor.account_id is None:
        raise SignInNeeded
    check_request(here, request)
    now, owner = here.clock.now(), f"user:{actor.account_id}"
    order = Order(kind=KIND, not_before=now, most_attempts=here.settings.jobs.attempts, origin=owner)
    with here.ledger.writing() as connection:
        if (waiting := requested.open_exports(connection, actor.account_id)) >= MOST_OPEN:
            raise TooManyExports(count=waiting)
        number = enqueue(connection, order, now)
        assert number is not None  # noqa: S101 - without a key every order is taken
        key = actor.through if actor.by == "key" else ""
        name = requested.add(connection, number, actor.account_id, key, request, now)
        told = {"table": request.table, "ending": request.format, "job": number}
        audit.note(connection, "exports.asked", named(actor), f"export:{name}", told, at=now)
        return requested.found(connection, name, actor.account_id)


def make_export(here: Workspace, task: Task) -> dict[str, Any]:
    """
    Make the file of a job, with the rights that its owner has now.

    Raises:
        SignInNeeded, RightMissing: They were withdrawn.
        PersonGone: Somebody was erased meanwhile; the next attempt is without that person.
        InputError: It can no longer be made.
    """
    with here.ledger.reading() as connection:
        export = of_job(connection, task.hold.id)
        actor = owner_now(connection, export, here.clock.now())
        gone = erased_count(connection)
    remove_expired(here)
    folder = here.folder / FOLDER
    make_folder(folder)
    path = _path(here, export)
    rows = write_requested(here, here.seal, actor, export.request, path, task.stage)
    now = here.clock.now()
    with here.ledger.writing() as connection:
        if erased_count(connection) != gone:
            _delete(path)
            raise PersonGone
        size = path.stat().st_size
        requested.made(connection, export.id, rows, size, now)
        personal = [name for name in export.request.columns if name in PERSONAL]
        told = {"rows": rows, "table": export.request.table, "personal": personal}
        audit.note(
            connection, "exports.made", f"user:{export.account_id}", f"export:{export.id}", told, at=now
        )
    return {"rows": rows, "bytes": size, "is_unmasked": access.may(actor, "personal.read")}


def owner_now(connection: Connection, export: Export, now: datetime) -> Actor:
    """
    Whoever asked for an export, with the rights of this moment; through a key with no more than that still has.

    Raises:
        SignInNeeded: The account or the key is no longer good.
    """
    actor = access.actor_of_account(connection, export.account_id)
    if not export.key:
        return actor
    for key in access.keys_of(connection, access.operator()):
        if key.prefix == export.key and key.revoked_at is None and now < key.expires_at:
            return replace(actor, rights=actor.rights & set(key.scopes), through=key.prefix)
    raise SignInNeeded


def erased_count(connection: Connection) -> int:
    """How many have been erased so far."""
    asked = select(func.count()).select_from(person).where(person.c.status == "erased")
    return int(connection.execute(asked).scalar_one())


def link_to(here: Workspace, actor: Actor, name: str) -> tuple[str, datetime]:
    """
    A secret that opens the file of an export once, and until when.

    Raises:
        UnknownExport: It is none of the actor's.
        NotMadeYet: There is no file.
    """
    now = here.clock.now()
    with here.ledger.writing() as connection:
        export = requested.found(connection, name, actor.account_id or "")
        if not _path(here, export).exists():  # a workspace that came back from a backup has none
            raise NotMadeYet
        _check_reader(connection, actor, export)
        return requested.new_link(connection, export, now)


def opened_by(here: Workspace, actor: Actor, token: str) -> tuple[Export, Path]:
    """
    The file that a link opens; the link is spent by it.

    Raises:
        LinkSpent: It opens nothing, or nothing to this actor.
    """
    now = here.clock.now()
    with here.ledger.writing() as connection:
        export = requested.use_link(connection, token, actor.account_id or "", now)
        _check_reader(connection, actor, export)
        audit.note(connection, "exports.fetched", named(actor), f"export:{export.id}", at=now)
    path = _path(here, export)
    if not path.exists():
        raise LinkSpent
    return export, path


def _check_reader(connection: Connection, actor: Actor, export: Export) -> None:
    """
    Let nobody have a file who could not have it made now: not through a narrower key, not after a right has gone.

    Raises:
        RightMissing: A right is missing; where addresses stand unmasked in the file, that to read them.
    """
    for right in RIGHTS:
        access.require(actor, right)
    if not PERSONAL_COLUMNS & set(export.request.columns):
        return
    told = connection.execute(select(JOB.c.result).where(JOB.c.id == export.job)).scalar()
    if told is None or told.get("is_unmasked", True):
        access.require(actor, "personal.read")


def remove_expired(here: Workspace) -> int:
    """Delete files whose day is over, and what no export knows of; how many."""
    with here.ledger.reading() as connection:
        return _forget(here, requested.expired(connection, here.clock.now()), names_with_files(connection))


def remove_naming(here: Workspace, customer_id: str) -> int:
    """
    Delete every file, for somebody who is being erased may stand in any; whoever wants one asks again.

    What is being made just now notices, and is made again; what waits goes on, unless it names that person.
    """
    with here.ledger.reading() as connection:
        names = members_of(connection, [customer_id])[customer_id]
        return _forget(here, requested.naming(connection, names), set())


def _forget(here: Workspace, over: Sequence[Export], known: set[str]) -> int:
    known = known - {each.id for each in over}
    count = sum(
        _delete(path) for path in _files(here.folder / FOLDER) if path.name.split(".")[0] not in known
    )
    if over:
        with here.ledger.writing() as connection:
            for each in over:
                requested.forget_file(connection, each, here.clock.now())
    return count


def _path(here: Workspace, export: Export) -> Path:
    return here.folder / FOLDER / export.file


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.iterdir())) if folder.is_dir() else iter(())


def _delete(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True
