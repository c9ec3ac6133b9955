"""Schedules in the ledger: as the settings say them, each moment queued by one of all the workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.jobs.queue import enqueue
from evergrove.jobs.schedule import Schedule, due, read, written, zone_of
from evergrove.jobs.tables import SCHEDULE
from evergrove.jobs.types import Order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

    from evergrove.jobs.schedule import Due
    from evergrove.ledger import Ledger


@dataclass(frozen=True)
class Ticked:
    """
    What a schedule brought about.

    Attributes:
        key: Of the schedule.
        moment: For which a job was due; None where all was missed.
        job: Number of the job that was queued; None also where an earlier one has not ended.
        missed: How many moments were passed over because they lay too far back.
        last_missed: The newest of them.
    """

    key: str
    moment: datetime | None
    job: int | None
    missed: int
    last_missed: datetime | None


@dataclass(frozen=True)
class Standing:
    """A schedule as it stands: when it is due next, and what it missed."""

    schedule: Schedule
    next_at: datetime
    queued_for: datetime | None
    missed: int
    missed_at: datetime | None


def keep_schedules(ledger: Ledger, schedules: Sequence[Schedule], now: datetime) -> bool:
    """
    Make the ledger's schedules those of the settings; what has not changed goes on from where it is.

    A new one, or one at another time or in another zone, begins at this moment: it has missed nothing.

    Returns:
        Whether anything had to be changed.
    """
    wanted = {each.key: _as_row(each) for each in schedules}
    with ledger.reading() as connection:
        if {row["key"]: _said(row) for row in _rows(connection)} == wanted:
            return False
    with ledger.writing() as connection:
        stored = {row["key"]: _said(row) for row in _rows(connection)}
        for key in stored.keys() - wanted.keys():
            connection.execute(SCHEDULE.delete().where(SCHEDULE.c.key == key))
        for key, row in wanted.items():
            _keep(connection, key, row, stored.get(key), now)
    return True


def _keep(
    connection: Connection, key: str, row: dict[str, Any], before: dict[str, Any] | None, now: datetime
) -> None:
    if before is None:
        connection.execute(SCHEDULE.insert().values(**row, last_at=now, missed=0))
    elif before != row:
        is_moved = any(row[name] != before[name] for name in ("rule", "zone"))
        values = {**row, "last_at": now} if is_moved else row
        connection.execute(SCHEDULE.update().where(SCHEDULE.c.key == key).values(**values))


def tick(ledger: Ledger, now: datetime) -> list[Ticked]:
    """Queue what is due by now, once, however many workers ask; and pass over what is too late."""
    with ledger.reading() as connection:
        found = [(row, _due(row, now)) for row in _rows(connection)]
    moved = [(row, what) for row, what in found if what.until != row["last_at"]]
    if not moved:
        return []
    with ledger.writing() as connection:
        told = [_ticked(connection, row, what, now) for row, what in moved]
    return [each for each in told if each is not None]


def _due(row: RowMapping, now: datetime) -> Due:
    late = timedelta(seconds=row["late_s"])
    return due(read(row["rule"]), zone_of(row["zone"]), late, row["last_at"], now)


def _ticked(connection: Connection, row: RowMapping, what: Due, now: datetime) -> Ticked | None:
    """Move a schedule on, if no other worker has; the job is queued in the same transaction."""
    values: dict[str, Any] = {"last_at": what.until, "missed": SCHEDULE.c.missed + what.missed}
    if what.last_missed is not None:
        values["missed_at"] = what.last_missed
    if what.moment is not None:
        values["queued_for"] = what.moment
    # The rule and zone too: another worker may have read newer settings in between.
    same = [SCHEDULE.c[name] == row[name] for name in ("key", "last_at", "rule", "zone")]
    if connection.execute(SCHEDULE.update().where(*same).values(**values)).rowcount != 1:
        return None
    if what.moment is None and not what.missed:
        return None  # a clock that had run ahead
    job = None if what.moment is None else enqueue(connection, _order(row, now), now)
    return Ticked(row["key"], what.moment, job, what.missed, what.last_missed)


def _order(row: RowMapping, now: datetime) -> Order:
    return Order(
        kind=row["kind"],
        params=row["params"],
        unique_key=unique_key(row["kind"]),
        not_before=now,
        most_attempts=row["most_attempts"],
        origin=row["key"],
    )


def unique_key(kind: str) -> str:
    """Under which a kind of work is done once at a time in a workspace."""
    return f"kind:{kind}"


def standings(connection: Connection) -> list[Standing]:
    """Every schedule, the one that is due first at the top."""
    found = [_standing(row) for row in _rows(connection)]
    return sorted(found, key=lambda each: (each.next_at, each.schedule.key))


def _standing(row: RowMapping) -> Standing:
    schedule = Schedule(
        **{name: row[name] for name in ("key", "kind", "zone", "params", "most_attempts")},
        rule=read(row["rule"]),
        late=timedelta(seconds=row["late_s"]),
    )
    next_at = schedule.rule.next_after(row["last_at"], zone_of(schedule.zone))
    return Standing(schedule, next_at, row["queued_for"], row["missed"], row["missed_at"])


def _rows(connection: Connection) -> Sequence[RowMapping]:
    return connection.execute(select(SCHEDULE).order_by(SCHEDULE.c.key)).mappings().all()


def _said(row: RowMapping) -> dict[str, Any]:
    """What of a row comes from the settings."""
    return {name: row[name] for name in ("key", "kind", "params", "rule", "zone", "late_s", "most_attempts")}


def _as_row(schedule: Schedule) -> dict[str, Any]:
    return {
        "key": schedule.key,
        "kind": schedule.kind,
        "params": dict(schedule.params),
        "rule": written(schedule.rule),
        "zone": zone_of(schedule.zone).key,  # refused here, not by each worker at each tick
        "late_s": int(schedule.late.total_seconds()),
        "most_attempts": schedule.most_attempts,
    }
