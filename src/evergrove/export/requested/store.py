"""Exports in the ledger: each seen by whom it belongs to, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.access.tokens import new_id
from evergrove.export.requested.tables import EXPORT
from evergrove.export.requested.types import KEPT, Export, UnknownExport, request_of
from evergrove.jobs.tables import JOB
from evergrove.jobs.types import OPEN

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

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
        UnknownExport: Nobody wants it any more.
    """
    row = connection.execute(select(EXPORT).where(EXPORT.c.job == job)).mappings().first()
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
    """Whose file is to be deleted."""
    over = (EXPORT.c.expires_at <= now, EXPORT.c.removed_at.is_(None))
    return [_export(row) for row in connection.execute(select(EXPORT).where(*over)).mappings()]


def forget_file(connection: Connection, name: str, now: datetime) -> None:
    """Say that the file is gone."""
    connection.execute(EXPORT.update().where(EXPORT.c.id == name).values(removed_at=now))


def names_with_files(connection: Connection) -> set[str]:
    """Exports whose file should be there, or is being made."""
    return set(connection.execute(select(EXPORT.c.id).where(EXPORT.c.removed_at.is_(None))).scalars())


def _export(row: RowMapping) -> Export:
    fields: dict[str, Any] = {name: row[name] for name in Export.__dataclass_fields__ if name != "request"}
    return Export(**fields, request=request_of(row["request"]))
