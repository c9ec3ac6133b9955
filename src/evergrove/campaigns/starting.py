"""Starting a playbook: only a version that was tried on the past, and a large one only with a second person's word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select

from evergrove.campaigns.errors import NothingToApprove, NotTried, OwnApproval, UnknownStored
from evergrove.campaigns.library import check_unlocked, known_playbook, start_playbook
from evergrove.campaigns.tables import playbook, playbook_approval, playbook_trial, playbook_version
from evergrove.ledger import insert_new

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.campaigns.definition import Playbook

FORMAT = "evergrove.trial/1"
Answer = Literal["started", "waiting"]


@dataclass(frozen=True)
class KeptTrial:
    """
    What a version of a playbook would have done in the past.

    Attributes:
        key: Of the playbook.
        version: Of it.
        people: Customers whom it would have reached.
        document: The whole of it.
        tried_at: When.
        tried_by: By whom.
    """

    key: str
    version: int
    people: int
    document: Mapping[str, Any]
    tried_at: datetime
    tried_by: str


def keep_trial(
    connection: Connection,
    key: str,
    version: int,
    people: int,
    document: Mapping[str, Any],
    by: str,
    now: datetime,
) -> None:
    """Keep what a playbook would have done in the past; with it, the version may be started."""
    row = {"key": key, "version": version, "people": people, "tried_at": now, "tried_by": by}
    connection.execute(playbook_trial.insert().values(**row, document={"format": FORMAT, **document}))


def newest_trial(connection: Connection, key: str, version: int | None = None) -> KeptTrial | None:
    """
    The newest trial of a playbook; None without one.

    Args:
        connection: Of any block.
        key: Of the playbook.
        version: Of it; None: the newest that is installed.

    Raises:
        UnknownPlaybook: It is not installed.
        UnknownStored: It is kept in a format that this version does not read.
    """
    version = known_playbook(connection, key).version if version is None else version
    row = playbook_trial.c
    columns = (row.key, row.version, row.people, row.document, row.tried_at, row.tried_by)
    query = select(*columns).where(row.key == key, row.version == version).order_by(row.id.desc())
    found = connection.execute(query.limit(1)).one_or_none()
    if found is not None and found.document.get("format") != FORMAT:
        raise UnknownStored(found=str(found.document.get("format")), known=FORMAT)
    return None if found is None else KeptTrial(*found)


def ask_to_start(
    connection: Connection, key: str, by: str, now: datetime, *, approve_above: int, has_history: bool
) -> Answer:
    """
    Start a playbook in its newest version, or have it wait for a second person.

    Args:
        connection: Of a ``writing`` block.
        key: Of the playbook.
        by: Who asks: a person, whichever key is used.
        now: When.
        approve_above: From more people than that on a second person must agree; 0: never.
        has_history: Whether there is any night that it could have been tried on.

    Raises:
        UnknownPlaybook: It is not installed.
        PlaybookLocked: It needs what no station gives yet.
        NotTried: There were nights, and it was not tried on them.
    """
    one = known_playbook(connection, key)
    check_unlocked(one)
    if at_work_once(connection, one):  # it rests, and goes on
        start_playbook(connection, key, now)
        return "started"
    trial = newest_trial(connection, key, one.version)
    if trial is None and has_history:
        raise NotTried(key=key, version=one.version)
    people = 0 if trial is None else trial.people
    if approve_above and people > approve_above and not _is_approved(connection, key, one.version):
        asked = {"key": key, "version": one.version, "people": people, "asked_by": by, "asked_at": now}
        insert_new(connection, playbook_approval, [asked])
        return "waiting"
    start_playbook(connection, key, now)
    return "started"


def at_work_once(connection: Connection, one: Playbook) -> bool:
    """Whether just this version of a playbook was started already."""
    row = playbook.c
    asked = select(row.key).where(row.key == one.key, row.version == one.version, row.state != "draft")
    return connection.execute(asked).scalar_one_or_none() is not None


def _is_approved(connection: Connection, key: str, version: int) -> bool:
    row = playbook_approval.c
    query = select(row.approved_at).where(row.key == key, row.version == version)
    return connection.execute(query).scalar_one_or_none() is not None


def approve(connection: Connection, key: str, by: str, now: datetime) -> None:
    """
    Agree to the start of a playbook, which starts it.

    A changed playbook is another version: what was approved of the one before does not hold for it.

    Args:
        connection: Of a ``writing`` block.
        key: Of the playbook.
        by: Who agrees: a person, whichever key is used.
        now: When.

    Raises:
        UnknownPlaybook: It is not installed.
        NothingToApprove: It does not wait.
        OwnApproval: It is one's own.
    """
    one = known_playbook(connection, key)
    row = playbook_approval.c
    this = (row.key == key) & (row.version == one.version)
    asked = connection.execute(select(row.asked_by, row.approved_at).where(this)).one_or_none()
    if asked is None or asked.approved_at is not None:
        raise NothingToApprove(key=key)
    version = playbook_version.c
    written = select(version.installed_by).where(version.key == key, version.version == one.version)
    if by in {asked.asked_by, connection.execute(written).scalar_one()}:
        raise OwnApproval(key=key)
    connection.execute(playbook_approval.update().where(this).values(approved_by=by, approved_at=now))
    start_playbook(connection, key, now)
