"""What ``doctor`` asks of live value: does it keep up, and does it say what the facts say?"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from math import isclose
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.core import EvergroveWarning, _
from evergrove.ingest.events.content import FACT_KINDS
from evergrove.ingest.events.tables import DIRTY, EVENT
from evergrove.ingest.facts.imports import imports
from evergrove.live.reading import rows as rows_of
from evergrove.live.store import marks_of, waiting_events
from evergrove.live.tables import SETBACK, STATE
from evergrove.live.types import FarBehind, NotWorkedOut
from evergrove.live.working import Asked, gather, work_out
from evergrove.people.profiling import unprofiled_among

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger
    from evergrove.live.ground import Base
    from evergrove.live.types import LiveRow
    from evergrove.settings import Settings
    from evergrove.warehouse import Warehouse

PATIENCE = timedelta(minutes=10)
SAMPLE = 20
"""Rows that are worked out anew: enough to see that something is wrong with all of them, in a second or two."""
COMPACTED = "events"
CLOSE = 1e-9
"""Relative; a row is worked out by itself here, and perhaps among others there: sums add up in another order."""


class LiveDiffers(EvergroveWarning):
    """Live rows say something else than what their facts say."""

    code = "live.differs"
    message = _(
        "Of {looked} live {looked:row|rows} worked out anew, {count} {count:says|say} something else (first: {example})."
    )
    hint = _("The next run replaces them all. Tell us, with this workspace's log of the live part.")


def check_live(
    ledger: Ledger, warehouse: Warehouse, settings: Settings, now: datetime
) -> list[EvergroveWarning]:
    """
    What is wrong with live value; empty when all is well. Reads a sample of the rows, the newest.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace, whose files are whole.
        settings: Of the workspace.
        now: The present moment.
    """
    with ledger.reading() as connection:
        found = list(_behind(connection, now))
        sample = _sample(connection)
    if sample:
        found += _differing(ledger, Base(warehouse, settings), sample, settings.outreach.least_age)
    return found


def _behind(connection: Connection, now: datetime) -> Iterator[EvergroveWarning]:
    told = EVENT.c
    late = (told.state == "waiting") & told.kind.in_(FACT_KINDS) & (told.received_at < now - PATIENCE)
    marked = select(func.count(told.customer_id.distinct())).where(
        late, told.customer_id == DIRTY.c.customer_id
    )
    if waiting := connection.execute(marked).scalar_one():
        yield FarBehind(customers=waiting)
    count, code = connection.execute(select(func.count(), func.min(SETBACK.c.code))).one()
    if count:
        yield NotWorkedOut(customers=count, code=code)


def _sample(connection: Connection) -> dict[str, LiveRow]:
    """The newest rows that hold, of which nothing came in since: neither an event nor a file."""
    files = select(func.max(imports.c.recorded_at)).where(imports.c.table_name != COMPACTED)
    since = connection.execute(files).scalar()
    newest = select(STATE.c.customer_id).order_by(STATE.c.computed_at.desc()).limit(SAMPLE)
    if since is not None:
        newest = newest.where(STATE.c.computed_at > since)
    found = rows_of(connection, connection.execute(newest).scalars().all())
    open_ = marks_of(connection, [name for row in found.values() for name in (row.customer_id, *row.marks)])
    return {name: row for name, row in found.items() if open_.keys().isdisjoint((name, *row.marks))}


def _differing(
    ledger: Ledger, base: Base, sample: dict[str, LiveRow], least_age: int
) -> Iterator[EvergroveWarning]:
    wrong = []
    with base:
        for name, row in sorted(sample.items()):
            again = _again(ledger, base, row, least_age)
            if again is not None and not _says_the_same(row, again):
                wrong.append(name)
    if wrong:
        yield LiveDiffers(looked=len(sample), count=len(wrong), example=wrong[0])


def _again(ledger: Ledger, base: Base, row: LiveRow, least_age: int) -> LiveRow | None:
    """The row as it comes out now, for its own day; None where the person stands nowhere any more."""
    with base.bench() as engine:
        with ledger.reading() as connection:
            ground = base.follow(connection)
            if ground is None or ground.run.id != row.run_id:
                return None
            waiting = partial(waiting_events, connection)
            window, names = gather(engine, base, ground, [row.customer_id], waiting, row.computed_at)
            off = unprofiled_among(connection, names, row.computed_at, least_age=least_age)
        worked = work_out(engine, window, Asked(ground, names, {}, off, row.as_of), row.computed_at)
    return next((each for each in worked.rows if each.customer_id == row.customer_id), None)


def _says_the_same(one: LiveRow, other: LiveRow) -> bool:
    said, again = {**one.scores, **one.tiers}, {**other.scores, **other.tiers}
    return said.keys() == again.keys() and all(_same(value, again[name]) for name, value in said.items())


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)
    return bool(one == other)
