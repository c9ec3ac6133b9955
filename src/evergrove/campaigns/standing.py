"""How far each playbook is: tried or not, waiting for whom, and how many messages have left; and all its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.campaigns.errors import UnknownVersion
from evergrove.campaigns.library import known_playbook
from evergrove.campaigns.tables import playbook, playbook_approval, playbook_trial, playbook_version
from evergrove.outbox import OUTBOX
from evergrove.outbox.types import LEFT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True)
class Asked:
    """
    A start that a second person must agree to, or has agreed to.

    Attributes:
        version: Of the playbook.
        people: Whom it would reach, by its newest trial.
        asked_by: Who asked for it.
        asked_at: When.
        approved_by: Who agreed; None: nobody yet.
        approved_at: When.
    """

    version: int
    people: int
    asked_by: str
    asked_at: datetime
    approved_by: str | None
    approved_at: datetime | None


@dataclass(frozen=True)
class StoredVersion:
    """
    One version of a playbook, which never changes.

    Attributes:
        version: Its number.
        document: As it was put in.
        installed_at: When.
        installed_by: By whom; None: Evergrove brought it, or nobody asked then.
        tried_at: When it was last tried; None: never.
        asked: Its start, where a second person was or is to be asked.
    """

    version: int
    document: Mapping[str, Any]
    installed_at: datetime
    installed_by: str | None
    tried_at: datetime | None
    asked: Asked | None


@dataclass(frozen=True)
class Standings:
    """
    What a list of playbooks shows beside them; each by the playbook's key.

    Attributes:
        untried: Keys whose newest version was neither tried nor at work.
        asked: Starts that wait for a second person.
        sent: Messages that have left.
    """

    untried: frozenset[str]
    asked: Mapping[str, Asked]
    sent: Mapping[str, int]


def standings(connection: Connection) -> Standings:
    """How far all playbooks are."""
    version, row = playbook_version.c, playbook.c
    newest = dict(
        map(
            tuple,
            connection.execute(select(version.key, func.max(version.version)).group_by(version.key)).all(),
        )
    )
    tried = set(map(tuple, connection.execute(select(playbook_trial.c.key, playbook_trial.c.version)).all()))
    at_work = select(row.key, row.version).where(row.state != "draft")
    done = tried | set(map(tuple, connection.execute(at_work).all()))
    asked = {
        key: one
        for (key, number), one in _asked(connection).items()
        if one.approved_at is None and newest.get(key) == number
    }
    left = select(OUTBOX.c.playbook, func.count()).where(OUTBOX.c.state.in_(LEFT), OUTBOX.c.arm == "treated")
    sent = dict(map(tuple, connection.execute(left.group_by(OUTBOX.c.playbook)).all()))
    return Standings(frozenset(key for key in newest if (key, newest[key]) not in done), asked, sent)


def versions_of(connection: Connection, key: str) -> tuple[StoredVersion, ...]:
    """
    All versions of a playbook, the newest first.

    Raises:
        UnknownPlaybook: It is not installed.
    """
    known_playbook(connection, key)
    trial = playbook_trial.c
    last = select(trial.version, func.max(trial.id)).where(trial.key == key).group_by(trial.version)
    of_trial = {number: version for version, number in connection.execute(last)}
    moments = select(trial.id, trial.tried_at).where(trial.id.in_(of_trial))
    tried = {of_trial[number]: moment for number, moment in connection.execute(moments)}
    asked = _asked(connection)
    row = playbook_version.c
    columns = (row.version, row.definition, row.installed_at, row.installed_by)
    found = connection.execute(select(*columns).where(row.key == key).order_by(row.version.desc()))
    return tuple(
        StoredVersion(version, document, moment, by, tried.get(version), asked.get((key, version)))
        for version, document, moment, by in found
    )


def version_of(connection: Connection, key: str, version: int) -> StoredVersion:
    """
    One version of a playbook.

    Raises:
        UnknownPlaybook: It is not installed.
        UnknownVersion: Not in that version.
    """
    found = versions_of(connection, key)
    for each in found:
        if each.version == version:
            return each
    known = ", ".join(str(each.version) for each in reversed(found))
    raise UnknownVersion(key=key, version=version, known=known)


def _asked(connection: Connection) -> dict[tuple[str, int], Asked]:
    row = playbook_approval.c
    columns = (row.version, row.people, row.asked_by, row.asked_at, row.approved_by, row.approved_at)
    return {(key, rest[0]): Asked(*rest) for key, *rest in connection.execute(select(row.key, *columns))}
