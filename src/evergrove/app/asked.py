"""What somebody asks of a workspace from elsewhere: each act once, in one transaction, noted with who did it."""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from sqlalchemy import select

from evergrove import access, audit
from evergrove.app.held import TAKE, held_here, key_of, params_of
from evergrove.app.restored import restored_unless_done
from evergrove.app.room import check_room
from evergrove.ingest.facts.imports import imports
from evergrove.jobs import Order, enqueue, unique_key
from evergrove.jobs.errors import AlreadyQueued
from evergrove.jobs.queue import open_job
from evergrove.jobs.types import BY_HAND, OF_A_PERSON
from evergrove.measurement.targets.own import FILE, own_targets
from evergrove.people.consent.taking import take_consents
from evergrove.pipeline.inbox import HELD, uploaded_name
from evergrove.pipeline.segmented import catalogue_here
from evergrove.pipeline.uploads import INBOX
from evergrove.segments.language.store import check_definable, define, definitions, remove
from evergrove.segments.tiers.adoption import adopt
from evergrove.warehouse import NotWritable, write_durably
from evergrove.warehouse.durable import flush_file, make_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.app.held import Wish
    from evergrove.app.workspace import Workspace
    from evergrove.measurement.targets.types import Target
    from evergrove.people.consent.types import ConsentRow, ConsentsTaken
    from evergrove.pipeline import PersonFound
    from evergrove.segments.language.store import Definition
    from evergrove.segments.language.types import Condition
    from evergrove.segments.tiers.adoption import Adopted
    from evergrove.segments.tiers.policy import TierPolicy

MOST_UPLOADED = 512 * 1024 * 1024
"""Bytes of a file that comes in over HTTP; larger ones are put into the inbox, or ingested at the machine."""


def start(here: Workspace, kind: str, params: Mapping[str, Any] | None = None) -> int:
    """
    Have work done by the next worker that is free; the number of the job.

    Args:
        here: The workspace.
        kind: Of ``app.jobs.DOING``.
        params: What the work needs to know; nothing personal.

    Raises:
        AlreadyQueued: Work of the kind waits or runs already.
    """
    return _queued(here, kind, unique_key(kind), params or {})


def _origin(connection: Connection, by: str) -> str:
    """Whose the work is: a job asks for its owner's rights again when it is done."""
    if by.startswith(OF_A_PERSON):
        return by
    for key in access.keys_of(connection, access.operator()):
        if by == f"key:{key.prefix}":
            return f"{OF_A_PERSON}{key.account_id}"
    return BY_HAND


def _queued(here: Workspace, kind: str, key: str, params: Mapping[str, Any]) -> int:
    now, most = here.clock.now(), here.settings.jobs.attempts
    with here.ledger.writing() as connection:
        order = Order(
            kind=kind,
            params=dict(params),
            not_before=now,
            unique_key=key,
            most_attempts=most,
            origin=_origin(connection, here.by),
        )
        number = enqueue(connection, order, now)
        if number is None:
            raise AlreadyQueued(number=open_job(connection, key))
        audit.note(connection, "jobs.queued", here.by, f"job:{number}", {"kind": kind}, at=now)
    return number


STEP = 8 * 1024 * 1024
"""Bytes after which it is looked again whether there is room."""


class Upload:
    """
    A file on its way into the inbox, under a name that nothing there reads until all of it has come.

    A context manager: what breaks off is gone.
    """

    def __init__(self, here: Workspace, ending: str, name: str = "", *, expected: int = 0) -> None:
        """
        Prepare to take a file; ``begin`` comes before its bytes.

        Args:
            here: The workspace.
            ending: What the file is.
            name: As whoever sends it calls it.
            expected: Bytes that are to come, where that is told beforehand.
        """
        self._expected, self._unchecked = expected, 0
        self._here, self._ending, self._called = here, ending, name
        self._part = here.folder / INBOX / f".{uuid4().hex}.part"
        self._digest, self.bytes, self._open = hashlib.sha256(), 0, ExitStack()

    def __enter__(self) -> Self:
        return self

    def begin(self) -> None:
        """
        Look whether there is room, which takes as long as the inbox is full, and make the file.

        Raises:
            NotWritable: The disk refused.
            UploadsFull, DiskReserved: There is no room.
        """
        make_folder(self._part.parent)
        check_room(self._here, self._expected)
        try:
            handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise NotWritable(path=self._part.name, reason=str(error.strerror)) from error
        self._stream = self._open.enter_context(os.fdopen(handle, "wb"))

    def __exit__(self, *_error: object) -> None:
        self._open.close()
        self._part.unlink(missing_ok=True)

    @property
    def sha256(self) -> str:
        """Of what has come so far."""
        return self._digest.hexdigest()

    def add(self, part: bytes) -> None:
        """
        Take some bytes.

        Raises:
            NotWritable: The disk refused.
            UploadsFull, DiskReserved: There is no room for more.
        """
        self._unchecked += len(part)
        if self._unchecked >= STEP:  # others send files too, and what is to come may not have been told
            self._unchecked = 0
            check_room(self._here, max(len(part), self._expected - self.bytes))
        try:
            self._stream.write(part)
        except OSError as error:
            raise NotWritable(path=self._part.name, reason=str(error.strerror)) from error
        self._digest.update(part)
        self.bytes += len(part)

    def known(self) -> tuple[int, ...]:
        """The imports of just these bytes; none, where they never came in."""
        query = select(imports.c.seq).where(imports.c.sha256 == self.sha256).order_by(imports.c.seq)
        with self._here.ledger.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def finish(self) -> int:
        """
        Leave the file in the inbox, durably, and have it taken in; the number of the job.

        The same bytes, sent again before they were taken, are the same job.

        Raises:
            NotWritable: The disk refused.
        """
        name = self._left(self._here.folder / INBOX)
        try:
            return _queued(self._here, "inbox", f"inbox:{self.sha256[:32]}", {"file": name})
        except AlreadyQueued as queued:
            return int(str(queued.params["number"]))

    def hold(self) -> str:
        """
        Leave the file where somebody can look at it before it is taken; its id among the files that wait.

        Raises:
            NotWritable: The disk refused.
        """
        folder = self._here.folder / INBOX / HELD
        make_folder(folder)
        return key_of(folder / self._left(folder))

    def _left(self, folder: Path) -> str:
        """Leave it in a folder, durably; under one name, however often these bytes are sent."""
        name = uploaded_name(self.sha256, self._ending, self._called)
        before = next(folder.glob(f"upload-{self.sha256[:32]}*"), None)
        name = name if before is None else before.name
        try:
            self._stream.flush()
            flush_file(self._part)
            self._part.replace(folder / name)
        except OSError as error:
            raise NotWritable(path=name, reason=str(error.strerror)) from error
        return name


def take_in(here: Workspace, key: str, wish: Wish) -> int:
    """
    Have a file that waits taken in as somebody says; the number of the job.

    Raises:
        NoSuchFile: It is not there.
        AlreadyQueued: It is on its way in.
    """
    held_here(here, key)
    return _queued(here, TAKE, f"{TAKE}:{key}", params_of(key, wish))


def define_segment(here: Workspace, key: str, condition: Condition, note: str = "") -> Definition | None:
    """Store a segment or a new version of it; None where that is what it says already."""
    with here.ledger.writing() as connection:
        return define(connection, key, condition, here.clock.now(), note=note, by=here.by)


def check_segment(here: Workspace, key: str, condition: Condition) -> None:
    """Refuse what ``define_segment`` would not store."""
    with here.ledger.reading() as connection:
        check_definable(connection, key, condition)


def remove_segment(here: Workspace, key: str) -> Definition:
    """End a segment."""
    with here.ledger.writing() as connection:
        return remove(connection, key, here.clock.now(), by=here.by)


def adopt_policy(here: Workspace, policy: TierPolicy | None) -> Adopted:
    """Let a policy of tiers rule from the next run on; None: that of the settings."""
    with here.ledger.writing() as connection:
        return adopt(connection, policy, here.clock.now(), by=here.by)


def own_targets_here(here: Workspace) -> tuple[str, tuple[Target, ...]]:
    """The shop's own targets: the text of its file, and what it says; empty where there is none."""
    path = here.folder / FILE
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    return text, _read_targets(here, path)


def set_targets(here: Workspace, text: str) -> tuple[Target, ...]:
    """
    Put other targets in the place of the shop's own; an empty text takes them away.

    Raises:
        UnreadableTargets, InvalidTarget, UnreadableCondition: They cannot be; nothing changes.
        NotWritable: The disk refused.
    """
    path = here.folder / FILE
    draft = path.with_name(f".{uuid4().hex}") / FILE
    try:
        write_durably(draft, lambda part: part.write_text(text, encoding="utf-8"))
        found = _read_targets(here, draft) if text.strip() else ()
    finally:
        draft.unlink(missing_ok=True)
        draft.parent.rmdir()
    with restored_unless_done(path), here.ledger.writing() as connection:
        audit.note(
            connection, "targets.set", here.by, "workspace", {"targets": len(found)}, at=here.clock.now()
        )
        if text.strip():
            write_durably(path, lambda part: part.write_text(text, encoding="utf-8"))
        else:
            path.unlink(missing_ok=True)
    return found


def _read_targets(here: Workspace, path: Path) -> tuple[Target, ...]:
    with here.ledger.reading() as connection:
        return own_targets(path, catalogue_here(connection), definitions(connection))


def hand_out(here: Workspace, customer_id: str) -> PersonFound:
    """
    Everything of one person, to be handed to that person; that it was asked for is noted.

    Raises:
        UnknownPerson: Nothing is known of the id.
    """
    found = here.person(customer_id)
    with here.ledger.writing() as connection:
        subject = audit.subject("customer", customer_id)
        audit.note(connection, "people.handed_out", here.by, subject, at=here.clock.now())
    return found


def record_consent(here: Workspace, row: ConsentRow) -> ConsentsTaken:
    """Record what a person agreed to or withdrew."""
    now = here.clock.now()
    with here.ledger.writing() as connection:
        taken = take_consents(connection, here.seal, [row], now)
        about = {"purpose": row.purpose, "channel": row.channel, "status": row.status}
        subject = audit.subject("customer", row.customer_id)
        audit.note(connection, "people.consent_recorded", here.by, subject, about, at=now)
    return taken
