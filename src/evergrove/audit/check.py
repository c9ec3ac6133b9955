"""What ``doctor`` asks of the audit trail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.audit.heads import lost_since
from evergrove.audit.service import guards, head_of
from evergrove.audit.tables import AUDIT, TRIGGERS
from evergrove.audit.types import AuditBehind, AuditRewritten, AuditTailCut, AuditUnguarded
from evergrove.audit.walking import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.audit.types import Head
    from evergrove.core import EvergroveWarning

PATIENCE = timedelta(days=2)
"""A workspace without a worker seals in its nightly runs; one that has missed two has stopped, which is worth
a note."""


def check_audit(
    connection: Connection, now: datetime, exported: Head | None = None
) -> list[EvergroveWarning]:
    """What is wrong with the audit trail, also compared with a head that was exported; empty when all is well. Reads all of it."""
    return list(_found(connection, now, exported))


def check_trail_at_a_glance(connection: Connection, exported: Head | None = None) -> list[EvergroveWarning]:
    """What can be seen without walking along the trail: its triggers, and the row that a head was exported of."""
    found: list[EvergroveWarning] = [*_unguarded(connection)]
    if exported is not None and lost_since(connection, exported):
        last = head_of(connection).seq
        is_cut = last < exported.seq
        found.append(
            AuditTailCut(seq=last + 1, known=exported.seq) if is_cut else AuditRewritten(seq=exported.seq)
        )
    return found


def _unguarded(connection: Connection) -> Iterator[EvergroveWarning]:
    missing = sorted(set(TRIGGERS[connection.dialect.name]) - set(guards(connection)))
    if missing:
        yield AuditUnguarded(missing=", ".join(missing))


def _found(connection: Connection, now: datetime, exported: Head | None) -> Iterator[EvergroveWarning]:
    yield from _unguarded(connection)
    broken = verify(connection, exported).broken
    if broken is not None:
        yield broken
    late = select(func.count(), func.min(AUDIT.c.at)).where(
        AUDIT.c.seq.is_(None), AUDIT.c.at < now - PATIENCE
    )
    count, since = connection.execute(late).one()
    if count:
        yield AuditBehind(count=count, since=since.isoformat(timespec="minutes"))
