"""Exports in the ledger: each seen by whom it belongs to, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, true

from evergrove.access.tokens import new_id
from evergrove.export.requested.tables import EXPORT
from evergrove.export.requested.types import KEPT, Export, UnknownExport, request_of
from evergrove.jobs.tables import JOB
from evergrove.jobs.types import OPEN

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping

    from evergrove.export.requested.types import ExportRequest

PAGE = 50


def add(
    connection: Connection, job: int, account_id: str, key: str, request: ExportRequest, now: datetime
) -> str:
    """Write down what is wanted, in the transaction that queues its job; the export's id."""
    name = new_id()
    row = {"job": job, "account_id": account_id, "key": key, "request": request.document(), "asked_at": now}
    connection.execute(EXPORT.insert().values(id=name, **row))
    return name


def found(connection: Connection, name: str, account_id: str) -> Export:
    """
    One export of somebody's.

    Raises:
        UnknownExport: There is none, or it is another's.
    """
    mine = (EXPORT.c.id == name, EXPORT.c.account_id == account_id)
    row = connection.execute(select(EXPORT).where(*mine)).mappings().first()
    if row is None:
        raise UnknownExport
    return _export(row)


def of_job(connection: Connection, job: int) -> Export:
    """
    What a job is to make.

    Raises:
        UnknownExport: It was forgotten: nobody knows its condition any more.
    """
    there = (EXPORT.c.job == job, EXPORT.c.removed_at.is_(None))
    row = connection.execute(select(EXPORT).where(*there)).mappings().first()
    if row is None:
        raise UnknownExport
    return _export(row)


def listed(
    connection: Connection, account_id: str, *, before: int | None = None, limit: int = PAGE
) -> list[Export]:
    """Somebody's exports, the newest first; ``before`` is the job of the last one of the page before."""
    asked = select(EXPORT).where(EXPORT.c.account_id == account_id).order_by(EXPORT.c.job.desc()).limit(limit)
    if before is not None:
        asked = asked.where(EXPORT.c.job < before)
    return [_export(row) for row in connection.execute(asked).mappings()]


def open_exports(connection: Connection, account_id: str) -> int:
    """How many of somebody's exports wait or run."""
    joined = EXPORT.join(JOB, JOB.c.id == EXPORT.c.job)
    asked = select(func.count()).select_from(joined).where(EXPORT.c.account_id == account_id)
    return int(connection.execute(asked.where(JOB.c.state.in_(OPEN))).scalar_one())


def made(connection: Connection, name: str, rows: int, size: int, now: datetime) -> None:
    """Say that the file is there, and until when."""
    values = {"made_at": now, "rows": rows, "bytes": size, "expires_at": now + KEPT, "removed_at": None}
    connection.execute(EXPORT.update().where(EXPORT.c.id == name).values(**values))


def expired(connection: Connection, now: datetime) -> list[Export]:
    """What is to be forgotten: made a day ago, or asked for a day ago and given up or cancelled."""
    settled = select(JOB.c.id).where(JOB.c.id == EXPORT.c.job, JOB.c.state.not_in(OPEN)).exists()
    is_over = or_(
        EXPORT.c.expires_at <= now,
        and_(EXPORT.c.made_at.is_(None), EXPORT.c.asked_at <= now - KEPT, settled),
    )
    return _those(connection, is_over)


def naming(connection: Connection, names: Collection[str]) -> list[Export]:
    """What may tell of somebody: every file that was made, and conditions in which one of the names stands."""
    those = _those(connection, true())
    return [each for each in those if each.made_at or any(name in each.request.condition for name in names)]


def _those(connection: Connection, condition: ColumnElement[bool]) -> list[Export]:
    asked = select(EXPORT).where(condition, EXPORT.c.removed_at.is_(None))
    return [_export(row) for row in connection.execute(asked).mappings()]


def forget_file(connection: Connection, export: Export, now: datetime) -> None:
    """Say that the file is gone; the condition goes with it, for somebody may be named in it."""
    document = replace(export.request, condition="").document()
    row = EXPORT.update().where(EXPORT.c.id == export.id)
    connection.execute(row.values(removed_at=now, request=document))


def names_with_files(connection: Connection) -> set[str]:
    """Exports whose file should be there, or is being made."""
    return set(connection.execute(select(EXPORT.c.id).where(EXPORT.c.removed_at.is_(None))).scalars())


def _export(row: RowMapping) -> Export:
    fields: dict[str, Any] = {name: row[name] for name in Export.__dataclass_fields__ if name != "request"}
    return Export(**fields, request=request_of(row["request"]))
