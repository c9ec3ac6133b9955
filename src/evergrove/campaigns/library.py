"""The playbooks of a workspace: installed as drafts, started and paused by people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select

from evergrove.campaigns.errors import NotTheVersion, UnknownPlaybook
from evergrove.campaigns.reading import playbook_of, shipped_documents
from evergrove.campaigns.tables import enrolment, playbook, playbook_version
from evergrove.ledger import insert_new
from evergrove.outbox.withdrawing import withdraw_playbook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.campaigns.definition import Playbook

PlaybookState = Literal["draft", "started", "paused"]


@dataclass(frozen=True)
class Installed:
    """
    A playbook of the workspace.

    Attributes:
        playbook: In the version that new customers enter.
        state: A draft does nothing; a paused one lets nobody in and sends nothing.
        started_at: When it was first started.
        enrolled: Customers by the state of their enrolment.
    """

    playbook: Playbook
    state: PlaybookState
    started_at: datetime | None
    enrolled: Mapping[str, int]


def install_playbooks(
    connection: Connection, now: datetime, documents: Sequence[Mapping[str, Any]] | None = None
) -> tuple[str, ...]:
    """
    Put playbooks into the workspace as drafts; a newer version of an installed one replaces it for new customers.

    Args:
        connection: Of a ``writing`` block.
        now: When.
        documents: As read from TOML; None: those that Evergrove brings.

    Returns:
        Keys of those that are new or newer.

    Raises:
        InvalidPlaybook: One cannot be used; nothing is installed.
        NotTheVersion: One differs from the same version already installed.
    """
    chosen = shipped_documents() if documents is None else tuple(documents)
    read = [(playbook_of(document), dict(document)) for document in chosen]
    return tuple(one.key for one, document in read if _install(connection, one, document, now))


def _install(connection: Connection, one: Playbook, document: dict[str, Any], now: datetime) -> bool:
    stored = _definitions(connection, one.key)
    if one.version in stored:
        if stored[one.version] != document:
            raise NotTheVersion(key=one.key, version=one.version, next=max(stored) + 1)
        return False
    version = {"key": one.key, "version": one.version, "definition": document, "installed_at": now}
    insert_new(connection, playbook_version, [version])
    row = {"key": one.key, "version": one.version, "state": "draft", "installed_at": now}
    if not insert_new(connection, playbook, [row]):
        newer = (playbook.c.key == one.key) & (playbook.c.version < one.version)
        connection.execute(playbook.update().where(newer).values(version=one.version, installed_at=now))
    return True


def _definitions(connection: Connection, key: str) -> dict[int, dict[str, Any]]:
    query = select(playbook_version.c.version, playbook_version.c.definition)
    return {
        row.version: row.definition for row in connection.execute(query.where(playbook_version.c.key == key))
    }


def playbook_in(connection: Connection, key: str, version: int) -> Playbook:
    """One version of an installed playbook."""
    return playbook_of(_definitions(connection, key)[version])


def installed(connection: Connection) -> tuple[Installed, ...]:
    """Every playbook of the workspace, in the order of their keys."""
    counts = _enrolled(connection)
    rows = connection.execute(select(playbook).order_by(playbook.c.key)).mappings().all()
    return tuple(
        Installed(
            playbook_in(connection, row["key"], row["version"]),
            row["state"],
            row["started_at"],
            counts.get(row["key"], {}),
        )
        for row in rows
    )


def _enrolled(connection: Connection) -> dict[str, dict[str, int]]:
    columns = (enrolment.c.playbook, enrolment.c.state)
    found: dict[str, dict[str, int]] = {}
    for key, state, count in connection.execute(select(*columns, func.count()).group_by(*columns)):
        found.setdefault(key, {})[state] = count
    return found


def started_playbooks(connection: Connection) -> tuple[Playbook, ...]:
    """The playbooks that work, in the order of their keys."""
    query = select(playbook.c.key, playbook.c.version).where(playbook.c.state == "started")
    rows = connection.execute(query.order_by(playbook.c.key)).all()
    return tuple(playbook_in(connection, key, version) for key, version in rows)


def start_playbook(connection: Connection, key: str, now: datetime) -> PlaybookState:
    """
    Let a playbook work from the next run on; the state it was in before.

    Raises:
        UnknownPlaybook: It is not installed.
    """
    before = _state_of(connection, key)
    this = playbook.c.key == key
    connection.execute(playbook.update().where(this).values(state="started"))
    connection.execute(playbook.update().where(this, playbook.c.started_at.is_(None)).values(started_at=now))
    return before


def pause_playbook(connection: Connection, key: str, now: datetime) -> int:
    """
    Let a playbook rest: nobody enters, nothing is proposed, and what waits to be sent is taken back.

    Customers stay in it and go on when it is started again; steps whose last day passes meanwhile are missed.

    Returns:
        How many waiting messages were taken back.

    Raises:
        UnknownPlaybook: It is not installed.
    """
    if _state_of(connection, key) == "draft":
        return 0
    connection.execute(playbook.update().where(playbook.c.key == key).values(state="paused"))
    return withdraw_playbook(connection, key, "campaigns.paused", now)


def _state_of(connection: Connection, key: str) -> PlaybookState:
    rows = connection.execute(select(playbook.c.key, playbook.c.state)).all()
    states: dict[str, PlaybookState] = dict(map(tuple, rows))
    if key not in states:
        raise UnknownPlaybook(key=key, known=", ".join(sorted(states)) or "-")
    return states[key]
