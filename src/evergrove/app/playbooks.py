"""Verbs on playbooks: tried on the past, started, approved by a second person, and let in what was held back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evergrove import access, audit
from evergrove.campaigns import install_playbooks, playbook_of, read_document
from evergrove.campaigns.errors import NotTried
from evergrove.campaigns.held import held_batches, release
from evergrove.campaigns.library import document_of, known_playbook
from evergrove.campaigns.standing import standings, version_of, versions_of
from evergrove.campaigns.starting import approve, ask_to_start, keep_trial, newest_trial
from evergrove.campaigns.written import document_written, lines_named
from evergrove.jobs.types import BY_HAND, OF_A_PERSON
from evergrove.pipeline.trying import try_playbook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.app.workspace import Workspace
    from evergrove.campaigns import Playbook
    from evergrove.campaigns.held import HeldBatch
    from evergrove.campaigns.standing import Standings, StoredVersion
    from evergrove.campaigns.starting import Answer, KeptTrial
    from evergrove.pipeline.trying import Tried
    from evergrove.pipeline.types import Announce


def person_behind(connection: Connection, by: str) -> str:
    """Whose an act is: a person, whichever key is used; at the machine there is one."""
    if by.startswith(OF_A_PERSON):
        return by
    for key in access.keys_of(connection, access.operator()):
        if by == f"key:{key.prefix}":
            return f"{OF_A_PERSON}{key.account_id}"
    return BY_HAND


def add(here: Workspace, document: Mapping[str, Any], origin: str = "") -> str | None:
    """
    Install a playbook as a draft, or a newer version; its key, None when it was there already.

    Args:
        here: The workspace.
        document: As its file says it.
        origin: Where it is from, for errors; empty: its key.

    Raises:
        InvalidPlaybook: It cannot be used.
        NotTheVersion: It differs from the same version already installed.
    """
    playbook_of(document, origin=origin)  # says what is wrong with it before anything is written
    now = here.clock.now()
    with here.ledger.writing() as connection:
        by = person_behind(connection, here.by)
        keys = install_playbooks(connection, now, [document], by)
        for key in keys:
            audit.note(connection, "campaigns.installed", here.by, audit.subject("playbook", key), at=now)
    return keys[0] if keys else None


def add_text(here: Workspace, text: str) -> str | None:
    """
    Install a playbook from the text of its file; errors name the line.

    Raises:
        UnreadablePlaybook: It is no TOML.
        InvalidPlaybook: It cannot be used.
        NotTheVersion: It differs from the same version already installed.
    """
    document = document_written(text)
    with lines_named(text):
        return add(here, document)


def how_far(here: Workspace) -> Standings:
    """Which playbooks were never tried, which wait for whom, and how much each has sent."""
    with here.ledger.reading() as connection:
        found = standings(connection)
    if here.warehouse.newest("run") is None:  # there is no night to try one on
        return replace(found, untried=frozenset())
    return found


def versions(here: Workspace, key: str) -> tuple[StoredVersion, ...]:
    """
    All versions of a playbook, the newest first.

    Raises:
        UnknownPlaybook: It is not installed.
    """
    with here.ledger.reading() as connection:
        return versions_of(connection, key)


def in_version(here: Workspace, key: str, version: int) -> Playbook:
    """
    A playbook in one of its versions.

    Raises:
        UnknownPlaybook, UnknownVersion: There is none.
    """
    with here.ledger.reading() as connection:
        return playbook_of(version_of(connection, key, version).document)


def start(here: Workspace, key: str) -> Answer:
    """
    Let a playbook work from the next run on, or have it wait for a second person.

    Raises:
        UnknownPlaybook, PlaybookLocked, NotTried: It cannot be.
    """
    now, has_history = here.clock.now(), here.warehouse.newest("run") is not None
    with here.ledger.writing() as connection:
        answer = ask_to_start(
            connection,
            key,
            person_behind(connection, here.by),
            now,
            approve_above=here.settings.outreach.approve_above,
            has_history=has_history,
        )
        act = "campaigns.started" if answer == "started" else "campaigns.approval_asked"
        audit.note(connection, act, here.by, audit.subject("playbook", key), at=now)
    return answer


def agree(here: Workspace, key: str) -> None:
    """
    Agree to the start of a playbook, which starts it.

    Raises:
        UnknownPlaybook, NothingToApprove, OwnApproval: It cannot be.
    """
    now = here.clock.now()
    with here.ledger.writing() as connection:
        approve(connection, key, person_behind(connection, here.by), now)
        audit.note(connection, "campaigns.approved", here.by, audit.subject("playbook", key), at=now)


def try_on_the_past(
    here: Workspace, key: str, since: date | None, until: date | None, announce: Announce
) -> Tried:
    """
    What an installed playbook would have done on the nights that were published; it is kept.

    Raises:
        UnknownPlaybook, PlaybookLocked: It cannot be tried.
    """
    with here.ledger.reading() as connection:
        document = document_of(connection, key)
    tried = _tried(here, document, since, until, announce)
    now = here.clock.now()
    with here.ledger.writing() as connection:
        version = tried.playbook.version
        keep_trial(connection, key, version, tried.people, tried.document(), here.by, now)
        about = {"version": version, "people": tried.people}
        audit.note(connection, "campaigns.tried", here.by, audit.subject("playbook", key), about, at=now)
    return tried


def try_file(
    here: Workspace, file: Path, since: date | None, until: date | None, announce: Announce
) -> Tried:
    """
    What the playbook of a file would have done; nothing is kept, for it is not installed.

    Raises:
        UnreadablePlaybook, InvalidPlaybook, PlaybookLocked: It cannot be tried.
    """
    document = read_document(file)
    playbook_of(document, origin=str(file))
    return _tried(here, document, since, until, announce)


def _tried(
    here: Workspace, document: Mapping[str, Any], since: date | None, until: date | None, announce: Announce
) -> Tried:
    return try_playbook(
        here.ledger,
        here.warehouse,
        here.settings,
        here.clock,
        document,
        announce,
        since=since,
        until=until,
    )


def require_trial(here: Workspace, key: str) -> KeptTrial:
    """
    The newest trial of a playbook's newest version.

    Raises:
        UnknownPlaybook: It is not installed.
        NotTried: There is none.
    """
    with here.ledger.reading() as connection:
        version = known_playbook(connection, key).version
        found = newest_trial(connection, key, version)
    if found is None:
        raise NotTried(key=key, version=version)
    return found


def waiting(here: Workspace, key: str | None = None) -> tuple[HeldBatch, ...]:
    """What waits for somebody to release it, of one playbook or of all."""
    with here.ledger.reading() as connection:
        return held_batches(connection, key)


def let_in(here: Workspace, key: str, most: int | None = None, cause: str = "") -> int:
    """
    Let those who were held back, for one cause or for any, enter a playbook with the next run; how many.

    Raises:
        UnknownPlaybook: It is not installed.
    """
    now = here.clock.now()
    with here.ledger.writing() as connection:
        released = release(connection, key, here.by, now, most, cause)
        about = {"customers": released, **({"cause": cause} if cause else {})}
        audit.note(connection, "campaigns.released", here.by, audit.subject("playbook", key), about, at=now)
    return released
