"""The head of the chain in a file of its own, to be kept where whoever can change the ledger cannot reach."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.audit.service import note, seal
from evergrove.audit.tables import AUDIT
from evergrove.audit.types import NOTHING_BEFORE, Head, HeadNotContinued, HeadUnreadable
from evergrove.core import Term, _, reason_of
from evergrove.warehouse import write_durably

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger

FORMAT = "evergrove.audit_head/1"
HEAD_ENDING = ".audit_head"
MOST_BYTES = 4096
_HASH = re.compile(r"[0-9a-f]{64}\Z")


def head_beside(key_file: Path, copy: str) -> Path:
    """
    Where a head is put when nobody says otherwise: beside the master key, outside of the workspace.

    Args:
        key_file: The master key, which all copies of a workspace share.
        copy: Tells them apart: each goes on with a chain of its own, and the head of another one stays as it is.
    """
    return key_file.with_name(f"{key_file.name}.{copy}{HEAD_ENDING}")


def newest_beside(key_file: Path, workspace: str) -> Head | None:
    """The longest chain of which a head lies beside a master key, whichever copy it is of."""
    found = []
    for path in key_file.parent.glob(f"*{HEAD_ENDING}"):
        if path.name.startswith(f"{key_file.name}."):
            with suppress(HeadUnreadable):
                found.append(read_head(path, workspace))
    return max(found, key=lambda head: head.seq, default=None)


def lost_since(connection: Connection, former: Head) -> bool:
    """Whether a chain lacks the row that a head names, or has another one in its place."""
    if former.seq == 0:
        return former.hash != NOTHING_BEFORE
    found = connection.execute(select(AUDIT.c.hash).where(AUDIT.c.seq == former.seq)).scalar()
    return found != former.hash


def export_head(ledger: Ledger, path: Path, workspace: str, now: datetime, *, replace: bool = False) -> Head:
    """
    Seal what waits, and write the head to a file; one that is there is replaced only by a head that continues it.

    Args:
        ledger: Of the workspace.
        path: The file.
        workspace: Its id.
        now: When.
        replace: Also where the file's head is of another chain, as after a restore; that is noted in the trail.

    Raises:
        HeadNotContinued: The chain no longer holds the row that the file names.
        HeadUnreadable: The file is something else, or another workspace's.
        NotWritable: The disk refused.
    """
    head = seal(ledger)
    if path.exists():
        former = read_head(path, workspace)
        with ledger.reading() as connection:
            is_lost = lost_since(connection, former)
        if is_lost:
            if not replace:
                raise HeadNotContinued(file=str(path))
            with ledger.writing() as connection:
                lost = {"seq": former.seq, "hash": former.hash}
                note(connection, "audit.head_replaced", "cli", "audit_head", lost, at=now)
            head = seal(ledger)
    document = {
        "format": FORMAT,
        "workspace": workspace,
        "seq": head.seq,
        "hash": head.hash,
        "exported_at": now.isoformat(),
    }
    write_durably(path, lambda part: part.write_text(json.dumps(document, indent=1) + "\n", encoding="ascii"))
    return head


def read_head(path: Path, workspace: str) -> Head:
    """
    The head that a file tells.

    Raises:
        HeadUnreadable: It is none, or another workspace's.
    """
    try:
        with path.open("rb") as stream:
            said = json.loads(stream.read(MOST_BYTES))
    except OSError as error:
        raise HeadUnreadable(file=str(path), reason=reason_of(error)) from error
    except (ValueError, RecursionError) as error:
        raise HeadUnreadable(file=str(path), reason=Term(_("it is not JSON"))) from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise HeadUnreadable(file=str(path), reason=Term(_("it is of another format")))
    if said.get("workspace") != workspace:
        raise HeadUnreadable(file=str(path), reason=Term(_("it belongs to another workspace")))
    return _head(said, path)


def exported_at(path: Path) -> datetime | None:
    """When a file's head was exported; None where there is none, or it does not say."""
    try:
        with path.open("rb") as stream:
            return datetime.fromisoformat(json.loads(stream.read(MOST_BYTES))["exported_at"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _head(said: dict[str, Any], path: Path) -> Head:
    seq, hashed = said.get("seq"), said.get("hash")
    if type(seq) is not int or seq < 0 or not isinstance(hashed, str) or not _HASH.match(hashed):
        raise HeadUnreadable(file=str(path), reason=Term(_("it is of another format")))
    return Head(seq, hashed)
