"""What is left behind by whoever acts: one row of the audit trail, in the transaction of the act itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import audit
from evergrove.access.types import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def leave(
    connection: Connection, now: datetime, who: Actor | str, act: str, what: str, **params: object
) -> None:
    """
    Leave a row that says who did what; nothing personal stands in it: an account is a random id.

    Args:
        connection: Of the act: without its row there is no act.
        now: When.
        who: An actor, or ``user:<id>`` where somebody is just coming in.
        act: A code, ``access.<act>``.
        what: Kind and id, such as ``user:...`` or ``key:...``.
        params: Numbers, codes and keys.
    """
    audit.note(connection, act, named(who) if isinstance(who, Actor) else who, what, params, at=now)


def named(actor: Actor) -> str:
    """An actor as the trail names it."""
    if actor.account_id is None:
        return "cli"
    return f"key:{actor.through}" if actor.by == "key" else f"user:{actor.account_id}"
