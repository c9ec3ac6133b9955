"""Forgetting a person everywhere in a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from evergrove.audit import note, subject
from evergrove.delivery.links.visits import forget_visits
from evergrove.ingest.events.forgetting import forget_events
from evergrove.ingest.facts.imports import imports
from evergrove.outbox import OUTBOX
from evergrove.outbox.withdrawing import withdraw_customer
from evergrove.people import SealBroken, contacts, erase
from evergrove.people.identity import identifiers_of, members_of
from evergrove.pipeline.inbox import HELD, REFUSED, note_beside
from evergrove.pipeline.inbox import REASON as NOTE
from evergrove.pipeline.rejects import redact_rejects
from evergrove.pipeline.uploads import INBOX, forms_of, is_called, is_named, long_enough, naming, sha256_of
from evergrove.programs import release_ended

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger
    from evergrove.people import Seal

REASON = "people.erased"
TYPED = ("phone", "email")
"""Kinds of identifiers that people write in texts, with blanks and strokes; all others are ids, which fill a cell."""


@dataclass(frozen=True)
class Erased:
    """
    What erasing a person did.

    Attributes:
        is_new: False when it was done before.
        messages: Waiting messages that will not leave.
        rejected_rows: Rejected rows, of whomever, whose raw text was emptied.
        members: All ids of the person.
        uploads: Raw files that named the person and were deleted: their rows had come in, or were refused.
        left: Raw files that name the person and have not come in yet; importing them stores nothing of the person.
    """

    is_new: bool
    messages: int
    rejected_rows: int
    members: tuple[str, ...] = ()
    uploads: tuple[Path, ...] = ()
    left: tuple[Path, ...] = ()


def erase_person(
    folder: Path, ledger: Ledger, seal: Seal, customer_id: str, now: datetime, *, by: str = "cli"
) -> Erased:
    """
    Erase what is personal of a person, under all ids; orders and amounts stay under these, which name nobody.

    The caller holds the workspace's lock. Killed in between, it is done again from the beginning: the ledger,
    which says that it is done, comes last.

    Args:
        folder: Of the workspace.
        ledger: Of the workspace.
        seal: Of the workspace.
        customer_id: Any id of the person; of whom nothing is known is marked too, so that no later file brings
            anything.
        now: When.
        by: Who does it, as the audit trail names them.
    """
    rows = redact_rejects(folder)
    with ledger.reading() as connection:
        members = members_of(connection, [customer_id])[customer_id]
        words, ids = _words(connection, seal, members)
        files, waiting = naming(folder, words, ids), (folder / INBOX, folder / INBOX / HELD)
        done = {path for path in files if path.parent not in waiting or _is_in(connection, path)}
    _delete(ledger, done, subject("customer", customer_id), now, by)
    with ledger.writing() as connection:
        _forget_names(connection, words, ids)
        forget_events(connection, seal, members)
        forget_visits(connection, members)
        is_new = [erase(connection, each, now) for each in members]
        for each in compress(members, is_new):
            note(connection, "people.erased", by, subject("customer", each), at=now)
        messages = sum(withdraw_customer(connection, each, REASON, now) for each in members)
        release_ended(connection, now, OUTBOX.c.customer_id.in_(members))
    ledger.fold_log()
    left = tuple(path for path in files if path not in done)
    return Erased(any(is_new), messages, rows, members, tuple(sorted(done)), left)


def _delete(ledger: Ledger, files: Collection[Path], whose: str, now: datetime, by: str) -> None:
    """
    Delete raw files; how many is noted before, for a killed erasure does not find them again.

    A refused file goes whole: whose its other rows are nobody knows, as they could not be read.
    """
    refused = sum(path.parent.name == REFUSED and not path.name.endswith(NOTE) for path in files)
    if files:
        with ledger.writing() as connection:
            told = {"files": len(files), "refused": refused}
            note(connection, "imports.files_erased", by, whose, told, at=now)
    for path in files:
        path.unlink(missing_ok=True)
        note_beside(path).unlink(missing_ok=True)


def _words(connection: Connection, seal: Seal, members: Sequence[str]) -> tuple[list[str], list[str]]:
    """Whatever is personal of somebody, as it may stand in a file, and all ids; of these only some where the seal does not open."""
    try:
        known = contacts(connection, seal, members).values()
        told = identifiers_of(connection, seal, members)
    except SealBroken:
        return [], list(members)
    values = [(each.kind, each.value) for each in told if each.value]
    phones = [value for kind, value in values if kind == "phone"]
    words = [
        *(text for each in known for text in (each.email, each.name) if text),
        *(value for kind, value in values if kind in TYPED),
        *(phone[at:] for phone in phones for at in (2, 3, 4)),  # without the country, which has 1 to 3 digits
    ]
    return words, [*members, *(value for kind, value in values if kind not in TYPED)]


def _forget_names(connection: Connection, words: Collection[str], ids: Collection[str]) -> None:
    """Name imported files by their content where their own name is the person's: letters-of-ada.csv."""
    own, wanted, cells = imports.c, forms_of(words), long_enough(ids)
    for seq, file, sha256 in connection.execute(select(own.seq, own.file, own.sha256)).all():
        if is_named(file, wanted) or is_called(file, cells):
            connection.execute(update(imports).where(own.seq == seq).values(file=sha256[:12]))


def _is_in(connection: Connection, path: Path) -> bool:
    """Whether a file has been imported: then nobody needs it any more."""
    query = select(imports.c.seq).where(imports.c.sha256 == sha256_of(path))
    return connection.execute(query).first() is not None
