"""The playbooks of a workspace: installed as drafts, started and paused by people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select

from evergrove.campaigns.conditions import check_conditions
from evergrove.campaigns.errors import NotTheVersion, PlaybookLocked, UnknownPlaybook
from evergrove.campaigns.reading import playbook_of, shipped_documents
from evergrove.campaigns.tables import enrolment, playbook, playbook_approval, playbook_version
from evergrove.ledger import insert_new
from evergrove.outbox import OUTBOX
from evergrove.outbox.withdrawing import withdraw_playbook
from evergrove.programs import release_ended

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.campaigns.definition import Playbook

PlaybookState = Literal["draft", "started", "paused"]
ShownState = Literal["draft", "started", "paused", "waiting", "locked"]
"""With what is not stored: a draft that waits for approval, or that needs what nothing gives yet."""


@dataclass(frozen=True)
class Installed:
    """
    A playbook of the workspace.

    Attributes:
        playbook: In the version that new customers enter.
        state: A draft does nothing; a paused one lets nobody in and sends nothing.
        started_at: When it was first started.
        enrolled: Customers by the state of their enrolment.
        newest: The newest version that is installed; new customers enter it once it is started.
        waits: Whether the newest version waits for a second person.
    """

    playbook: Playbook
    state: PlaybookState
    started_at: datetime | None
    enrolled: Mapping[str, int]
    newest: int = 0
    waits: bool = False

    @property
    def shown(self) -> ShownState:
        """The state as people read it."""
        if self.waits:
            return "waiting"
        return "locked" if self.state == "draft" and self.playbook.missing else self.state


def install_playbooks(
    connection: Connection,
    now: datetime,
    documents: Sequence[Mapping[str, Any]] | None = None,
    by: str | None = None,
) -> tuple[str, ...]:
    """
    Put playbooks into the workspace as drafts.

    Of one that was started new customers enter a newer version once that is started, too.

    Args:
        connection: Of a ``writing`` block.
        now: When.
        documents: As read from TOML; None: those that Evergrove brings.
        by: Who puts them in; None: Evergrove itself.

    Returns:
        Keys of those that are new or newer.

    Raises:
        InvalidPlaybook: One cannot be used; nothing is installed.
        NotTheVersion: One differs from the same version already installed.
    """
    chosen = shipped_documents() if documents is None else tuple(documents)
    read = [(playbook_of(document), dict(document)) for document in chosen]
    if documents is not None:
        for one, _document in read:
            check_conditions(connection, one)
    return tuple(one.key for one, document in read if _install(connection, one, document, now, by))


def rehearse(connection: Connection, document: Mapping[str, Any], now: datetime) -> Playbook:
    """Put a playbook to work in a ledger that nothing is sent from; who gives it has checked its conditions."""
    one = playbook_of(document)
    _install(connection, one, dict(document), now, None)
    start_playbook(connection, one.key, now)
    return one


def document_of(connection: Connection, key: str) -> dict[str, Any]:
    """
    A playbook's newest version as it was put in.

    Raises:
        UnknownPlaybook: It is not installed.
    """
    return _definitions(connection, key)[known_playbook(connection, key).version]


def _install(
    connection: Connection, one: Playbook, document: dict[str, Any], now: datetime, by: str | None
) -> bool:
    stored = _definitions(connection, one.key)
    if one.version in stored:
        if stored[one.version] != document:
            raise NotTheVersion(key=one.key, version=one.version, next=max(stored) + 1)
        return False
    version = {"key": one.key, "version": one.version, "definition": document, "installed_at": now}
    version["installed_by"] = by
    insert_new(connection, playbook_version, [version])
    row = {"key": one.key, "version": one.version, "state": "draft", "installed_at": now}
    if not insert_new(connection, playbook, [row]):
        newer = (playbook.c.key == one.key) & (playbook.c.version < one.version)
        drafted = newer & (playbook.c.state == "draft")
        connection.execute(playbook.update().where(drafted).values(version=one.version, installed_at=now))
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
    counts, newest = _enrolled(connection), newest_versions(connection)
    waiting = waiting_versions(connection)
    rows = connection.execute(select(playbook).order_by(playbook.c.key)).mappings().all()
    return tuple(
        Installed(
            playbook_in(connection, row["key"], row["version"]),
            row["state"],
            row["started_at"],
            counts.get(row["key"], {}),
            newest[row["key"]],
            (row["key"], newest[row["key"]]) in waiting,
        )
        for row in rows
    )


def newest_versions(connection: Connection) -> dict[str, int]:
    """The newest installed version of every playbook."""
    row = playbook_version.c
    query = select(row.key, func.max(row.version)).group_by(row.key)
    return {key: int(version) for key, version in connection.execute(query)}


def waiting_versions(connection: Connection) -> set[tuple[str, int]]:
    """Key and version of what waits for a second person."""
    row = playbook_approval.c
    query = select(row.key, row.version).where(row.approved_at.is_(None))
    return {(key, version) for key, version in connection.execute(query)}


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


def started_since(connection: Connection) -> tuple[tuple[Playbook, datetime | None], ...]:
    """The playbooks that work, each with the moment at which it was first started."""
    since = dict(map(tuple, connection.execute(select(playbook.c.key, playbook.c.started_at)).all()))
    return tuple((each, since[each.key]) for each in started_playbooks(connection))


def start_playbook(connection: Connection, key: str, now: datetime) -> PlaybookState:
    """
    Let a playbook work from the next run on, in its newest version; the state it was in before.

    Whether it was tried, and approved, is asked by ``starting.ask_to_start``.

    Raises:
        UnknownPlaybook: It is not installed.
        PlaybookLocked: It needs what no station gives yet.
    """
    before = _state_of(connection, key)
    newest = newest_versions(connection)[key]
    check_unlocked(playbook_in(connection, key, newest))
    this = playbook.c.key == key
    connection.execute(playbook.update().where(this).values(state="started", version=newest))
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
    taken_back = withdraw_playbook(connection, key, "campaigns.paused", now)
    release_ended(connection, now, OUTBOX.c.playbook == key)
    return taken_back


def check_unlocked(one: Playbook) -> None:
    """
    Refuse a playbook that needs what no station gives yet.

    Raises:
        PlaybookLocked: It does.
    """
    if one.missing:
        raise PlaybookLocked(key=one.key, missing=", ".join(one.missing))


def known_playbook(connection: Connection, key: str) -> Playbook:
    """
    A playbook in its newest version.

    Raises:
        UnknownPlaybook: It is not installed.
    """
    _state_of(connection, key)
    return playbook_in(connection, key, newest_versions(connection)[key])


def _state_of(connection: Connection, key: str) -> PlaybookState:
    rows = connection.execute(select(playbook.c.key, playbook.c.state)).all()
    states: dict[str, PlaybookState] = dict(map(tuple, rows))
    if key not in states:
        raise UnknownPlaybook(key=key, known=", ".join(sorted(states)) or "-")
    return states[key]


def versions_in_use(connection: Connection, playbooks: Sequence[Playbook]) -> tuple[Playbook, ...]:
    """Playbooks in the version that is entered, and in every other that somebody is in."""
    row = enrolment.c
    keys = [each.key for each in playbooks]
    query = select(row.playbook, row.version).where(row.playbook.in_(keys), row.state == "active").distinct()
    entered = {(each.key, each.version): each for each in playbooks}
    lived = {(key, version) for key, version in connection.execute(query)} - entered.keys()
    return (*playbooks, *(playbook_in(connection, key, version) for key, version in sorted(lived)))
