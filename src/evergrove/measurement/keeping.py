"""The value ledger's parts, the cap of figures that decide, and playbooks that stopped by themselves: in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.ledger import insert_new
from evergrove.measurement.tables import outcome_cap, self_stop, value_part
from evergrove.measurement.types import PROGRAMME, total_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.measurement.parts import Part
    from evergrove.measurement.stopping import Loss
    from evergrove.measurement.types import By


@dataclass(frozen=True)
class KeptPart:
    """
    A row of the value ledger's parts.

    Attributes:
        by: What the parts differ in.
        name: Of the part.
        as_of: The last day that counts.
        document: The figures, as ``Measured.as_json`` gives them.
    """

    by: str
    name: str
    as_of: date
    document: Mapping[str, Any]


@dataclass(frozen=True)
class SelfStop:
    """
    A playbook that stopped by itself.

    Attributes:
        playbook: Its key.
        as_of: The last day that counted.
        reason: Code.
        params: Fields of its sentence.
        stopped_at: When.
    """

    playbook: str
    as_of: date
    reason: str
    params: Mapping[str, Any]
    stopped_at: datetime


def record_parts(
    connection: Connection, parts: Sequence[Part], as_of: date, run_id: int, now: datetime
) -> None:
    """
    Keep the parts of a day; those of earlier days of its month go, and those of the same day are replaced.

    Args:
        connection: Of a ``writing`` block.
        parts: All of them.
        as_of: Their day.
        run_id: Of the run that measured.
        now: The moment of recording.
    """
    row = value_part.c
    connection.execute(value_part.delete().where(row.as_of >= as_of.replace(day=1), row.as_of <= as_of))
    rows = [
        {
            "playbook": each.measured.playbook,
            "dimension": each.by,
            "part": each.name,
            "as_of": as_of,
            "document": each.measured.as_json(),
            "run_id": run_id,
            "recorded_at": now,
        }
        for each in parts
    ]
    insert_new(connection, value_part, rows)


def recorded_parts(
    connection: Connection, by: By | None = None, playbook: str | None = None, as_of: date | None = None
) -> list[KeptPart]:
    """
    Parts of the newest day, or of another.

    Args:
        connection: Of any block.
        by: Of this kind only.
        playbook: Of this one only; empty: those of all that give a coupon.
        as_of: The day; None: the newest.

    Returns:
        The programme's first, then by playbook, kind and name.
    """
    row = value_part.c
    day = select(func.max(row.as_of)).scalar_subquery() if as_of is None else as_of
    query = select(value_part).where(row.as_of == day)
    query = query if by is None else query.where(row.dimension == by)
    query = query if playbook is None else query.where(row.playbook == playbook)
    found = [
        KeptPart(each["dimension"], each["part"], each["as_of"], _with_total(each["document"]))
        for each in connection.execute(query).mappings()
    ]
    return sorted(found, key=lambda each: (_rank(each.document["playbook"]), each.by, each.name))


def _with_total(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A document as it is kept today; earlier releases kept no total, and took nothing out."""
    told = {"total": total_of(document["margin"], document["people_treated"]), "variance_left": 1.0}
    return {**told, **document}


def _rank(playbook: str) -> tuple[bool, str]:
    return playbook != PROGRAMME, playbook


def kept_cap(connection: Connection, basis: str) -> float | None:
    """The cap of figures that decide; None: nobody has fixed one."""
    query = select(outcome_cap.c.cap).where(outcome_cap.c.basis == basis)
    return connection.execute(query).scalar_one_or_none()


def fix_cap(connection: Connection, basis: str, found: Mapping[str, Any], now: datetime) -> None:
    """
    Fix the cap once and for all; where there is one, nothing changes.

    Args:
        connection: Of a ``writing`` block.
        basis: What the figures count.
        found: ``cap``, ``day``, ``days`` and ``customers`` it comes from.
        now: The moment.
    """
    insert_new(connection, outcome_cap, [{"basis": basis, "set_at": now, **found}])


def keep_stop(
    connection: Connection, playbook: str, loss: Loss, reason: str, as_of: date, run_id: int, now: datetime
) -> None:
    """Keep why a playbook stopped; in a ``writing`` block."""
    row = {
        "playbook": playbook,
        "as_of": as_of,
        "reason": reason,
        "params": loss.params(),
        "run_id": run_id,
        "stopped_at": now,
    }
    insert_new(connection, self_stop, [row])


def stops(connection: Connection, as_of: date | None = None) -> dict[str, SelfStop]:
    """The newest stop of each playbook, on or before a day."""
    query = select(self_stop).order_by(self_stop.c.as_of)
    query = query if as_of is None else query.where(self_stop.c.as_of <= as_of)
    return {
        row["playbook"]: SelfStop(
            row["playbook"], row["as_of"], row["reason"], row["params"], row["stopped_at"]
        )
        for row in connection.execute(query).mappings()
    }


def first_stops(connection: Connection) -> dict[str, date]:
    """The day on which each playbook stopped by itself for the first time."""
    query = select(self_stop.c.playbook, func.min(self_stop.c.as_of)).group_by(self_stop.c.playbook)
    return {row[0]: row[1] for row in connection.execute(query)}
