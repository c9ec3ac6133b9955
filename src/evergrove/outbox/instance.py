"""Which copy of a workspace this is, and whether anything may leave it: a restored one waits for a person."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, insert, select, update

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.outbox.tables import INSTANCE

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

MINUTE = "%Y-%m-%d %H:%M"


class OutboundPaused(InputError):
    """Something was to leave a workspace that came back from a backup and that nobody has confirmed yet."""

    code = "outbox.paused"
    message = _(
        "Nothing leaves this workspace: it came back from a backup of {made_at} UTC, and nobody has confirmed it yet."
    )
    hint = _(
        "What was sent since that backup is not known here. Make sure that no other copy is at work; then evergrove resume."
    )
    exit_status = 3


class Restored(EvergroveWarning):
    """A note of doctor's and of a service's start: this copy is at rest towards the outside."""

    code = "outbox.restored"
    message = _(
        "This workspace came back from a backup of {made_at} UTC (copy {instance}): nothing leaves it."
    )
    hint = _("Make sure that no other copy is at work; then evergrove resume lets it send again.")


class NotPaused(InputError):
    """There is nothing to confirm."""

    code = "outbox.not_paused"
    message = _("Nothing is paused: what is due leaves as usual.")
    hint = _(
        "What people have stopped goes on by its name: evergrove resume everything. A playbook that rests: evergrove playbook start NAME."
    )


@dataclass(frozen=True)
class Instance:
    """
    One copy of a workspace; the original one has none.

    Attributes:
        id: Drawn at random when it was restored: copies share the workspace's id, and never this one.
        made_at: When the backup was made that it came from.
        restored_at: When it was brought back.
        confirmed_at: When a person let it send; None: nothing leaves it.
    """

    id: str
    made_at: datetime
    restored_at: datetime
    confirmed_at: datetime | None

    @property
    def is_paused(self) -> bool:
        """Whether nothing leaves."""
        return self.confirmed_at is None


def begin_instance(connection: Connection, made_at: datetime, now: datetime) -> Instance:
    """Say in a restored ledger that it is a copy, from which nothing leaves before a person says so."""
    begun = Instance(secrets.token_hex(16), made_at, now, None)
    connection.execute(delete(INSTANCE))
    connection.execute(insert(INSTANCE).values(**vars(begun)))
    return begun


def instance_of(connection: Connection) -> Instance | None:
    """Which copy a ledger is; None: the original, of which nothing was ever paused."""
    row = connection.execute(select(INSTANCE)).mappings().first()
    return None if row is None else Instance(**row)


def paused() -> ColumnElement[bool]:
    """The rule as part of a query: true where nothing may leave."""
    return exists().where(INSTANCE.c.confirmed_at.is_(None))


def require_outbound(connection: Connection) -> None:
    """
    Let nothing leave a copy that nobody has confirmed; asked before anything is sent, called or fetched.

    Raises:
        OutboundPaused: Nobody has.
    """
    found = instance_of(connection)
    if found is not None and found.is_paused:
        raise OutboundPaused(made_at=f"{found.made_at:{MINUTE}}")


def confirm_instance(connection: Connection, now: datetime) -> Instance:
    """
    Let things leave again.

    Returns:
        The copy that was confirmed.

    Raises:
        NotPaused: Nothing is paused.
    """
    found = instance_of(connection)
    if found is None or not found.is_paused:
        raise NotPaused
    connection.execute(update(INSTANCE).values(confirmed_at=now))
    return found


def check_instance(connection: Connection) -> list[EvergroveWarning]:
    """What doctor says of it: nothing, but of a copy at rest."""
    found = instance_of(connection)
    if found is None or not found.is_paused:
        return []
    return [Restored(made_at=f"{found.made_at:{MINUTE}}", instance=found.id[:8])]
