"""Is live value sound, and does anybody work it out? For doctor and for whoever watches over a service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import isclose
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.core import EvergroveWarning, _
from evergrove.ingest.events.tables import DIRTY, EVENT
from evergrove.ingest.facts.imports import imports
from evergrove.live.reading import read_row
from evergrove.live.store import waiting_events
from evergrove.live.tables import LEASE, SETBACK, STATE
from evergrove.live.working import Asked, gather, work_out
from evergrove.people.profiling import unprofiled_among
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.live.ground import Base
    from evergrove.live.types import LiveRow

LATE = timedelta(minutes=1)
"""An event that has waited for so long for its live value waits for somebody who is not there."""
SAMPLE = 50
"""Rows that are worked out anew, the newest."""
COMPACTED = "events"
"""Under which name what waited comes into the facts."""
NEAR = 1e-9
"""Relative difference of two estimates that say the same; see docs/live.md."""


class NotWorkedOut(EvergroveWarning):
    """Customers of whom something came in, and whose state could not be worked out."""

    code = "live.not_worked_out"
    message = _(
        "The live state of {customers} {customers:customer|customers} could not be worked out ({reason}); the last one stands."
    )
    hint = _("They are tried again by themselves, and the next run works them out with all others.")


class FarBehind(EvergroveWarning):
    """Events are not answered."""

    code = "live.far_behind"
    message = _(
        "{customers} {customers:customer waits|customers wait} for a live state for more than a minute."
    )
    hint = _(
        "Is evergrove serve running, with its live part? Until then these customers stand as of the last run."
    )


class LiveDiffers(EvergroveWarning):
    """Live rows that the facts do not give."""

    code = "live.differs"
    message = _(
        "Of {looked_at} live {looked_at:row|rows} worked out anew, {customers} {customers:says|say} something else than the facts (first: {example})."
    )
    hint = _("evergrove run puts all of them right. Please tell us, with what evergrove --version says.")


@dataclass(frozen=True)
class Heart:
    """
    Whether anybody works live values out.

    Attributes:
        beat_at: The last sign of life; None: there never was one.
        marks: Customers who wait.
        set_back: Of these, those who are tried again later.
    """

    beat_at: datetime | None
    marks: int
    set_back: int


def heart(connection: Connection) -> Heart:
    """The last sign of life of the loop, and how much waits."""
    beat = connection.execute(select(func.max(LEASE.c.beat_at))).scalar()
    marks, set_back = (
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (DIRTY, SETBACK)
    )
    return Heart(beat, marks, set_back)


def check_live(connection: Connection, now: datetime) -> list[EvergroveWarning]:
    """What is wrong with live value at a glance; nothing, if all is well."""
    found: list[EvergroveWarning] = []
    count, reason = connection.execute(select(func.count(), func.min(SETBACK.c.code))).one()
    if count:
        found.append(NotWorkedOut(customers=count, reason=reason))
    late = (
        select(func.count(EVENT.c.customer_id.distinct()))
        .join(DIRTY, DIRTY.c.customer_id == EVENT.c.customer_id)
        .where(
            EVENT.c.state == "waiting",
            EVENT.c.received_at < now - LATE,
            DIRTY.c.customer_id.not_in(select(SETBACK.c.customer_id)),
        )
    )
    behind = connection.execute(late).scalar_one()
    has_run = select(snapshot.c.id).where(snapshot.c.kind == "run").limit(1)
    if behind and connection.execute(has_run).first() is not None:  # before a run marks wait for it
        found.append(FarBehind(customers=behind))
    return found


def check_rows(base: Base, ledger: Ledger, clock: Clock, *, least_age: int = 0) -> list[EvergroveWarning]:
    """
    Work some live rows out anew from the facts of now.

    Rows that were worked out before a file came in are left out: what it told is the next run's.

    Args:
        base: With what passes stand on.
        ledger: Of the workspace.
        clock: What time it is.
        least_age: As for ``people.unprofiled``.
    """
    now, wrong, looked_at = clock.now(), list[str](), 0
    with ledger.reading() as connection:
        ground = base.follow(connection)
        if ground is None:
            return []
        for day, kept in _by_day(connection, ground.run.id).items():
            with base.bench() as engine:
                waiting = partial(waiting_events, connection)
                window, names = gather(engine, base, ground, {*kept}, waiting, now)
                off = unprofiled_among(connection, names, now, least_age=least_age)
                worked = work_out(engine, window, Asked(ground, names, {}, off, day), now)
            again = {row.customer_id: row for row in worked.rows}
            looked_at += len(kept)
            wrong += [name for name, row in kept.items() if not _alike(row, again.get(name))]
    return [LiveDiffers(customers=len(wrong), looked_at=looked_at, example=min(wrong))] if wrong else []


def _by_day(connection: Connection, run_id: int) -> Mapping[date, dict[str, LiveRow]]:
    """Rows that the facts of now must give, by the day that they speak of."""
    files = select(func.max(imports.c.recorded_at)).where(imports.c.file != COMPACTED)
    rows = (
        select(STATE)
        .where(STATE.c.run_id == run_id, STATE.c.customer_id.not_in(select(DIRTY.c.customer_id)))
        .order_by(STATE.c.computed_at.desc())
        .limit(SAMPLE)
    )
    if (told_at := connection.execute(files).scalar()) is not None:
        rows = rows.where(STATE.c.computed_at > told_at)
    marked = set(connection.execute(select(DIRTY.c.customer_id)).scalars())
    found: dict[date, dict[str, LiveRow]] = {}
    for row in map(read_row, connection.execute(rows)):
        if marked.isdisjoint(row.marks):
            found.setdefault(row.as_of, {})[row.customer_id] = row
    return found


def _alike(one: LiveRow, other: LiveRow | None) -> bool:
    if other is None:
        return False
    pairs = [(one.scores, other.scores), (one.tiers, other.tiers)]
    return all(_same(here[name], there[name]) for here, there in pairs for name in here)


def _same(here: Any, there: Any) -> bool:
    if isinstance(here, float) and isinstance(there, float):
        return isclose(here, there, rel_tol=NEAR, abs_tol=NEAR)
    return bool(here == there)
