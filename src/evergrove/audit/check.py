"""What ``doctor`` asks of the audit trail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.audit.service import guards
from evergrove.audit.tables import AUDIT, TRIGGERS
from evergrove.audit.types import AuditBehind, AuditUnguarded
from evergrove.audit.walking import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.core import EvergroveWarning

PATIENCE = timedelta(days=2)
"""A workspace without a worker seals in its nightly runs; one that has missed two has stopped, which is worth
a note."""


def check_audit(connection: Connection, now: datetime) -> list[EvergroveWarning]:
    """What is wrong with the audit trail; empty when all is well. Reads all of it."""
    return list(_found(connection, now))


def _found(connection: Connection, now: datetime) -> Iterator[EvergroveWarning]:
    missing = sorted(set(TRIGGERS[connection.dialect.name]) - set(guards(connection)))
    if missing:
        yield AuditUnguarded(missing=", ".join(missing))
    broken = verify(connection).broken
    if broken is not None:
        yield broken
    late = select(func.count(), func.min(AUDIT.c.at)).where(
        AUDIT.c.seq.is_(None), AUDIT.c.at < now - PATIENCE
    )
    count, since = connection.execute(late).one()
    if count:
        yield AuditBehind(count=count, since=since.isoformat(timespec="minutes"))
