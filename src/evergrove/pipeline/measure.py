"""What playbooks have earned so far, from the facts as they are now, and what follows from it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove import audit
from evergrove.campaigns import installed, pause_playbook
from evergrove.core import InputError, _
from evergrove.ingest import facts_noted, show_facts
from evergrove.measurement import record
from evergrove.measurement.keeping import keep_stop, record_parts
from evergrove.measurement.kept_experiments import keep_counted
from evergrove.measurement.learning import keep, learn
from evergrove.measurement.service import marked, measure_parts
from evergrove.measurement.stopping import LOSES_MONEY
from evergrove.measurement.surrogate import FittedModels, SurrogateTerms, speaks
from evergrove.people.identity import persons_now
from evergrove.people.profiling import unprofiled
from evergrove.pipeline.experiments import count_experiments
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.tables import model_run
from evergrove.pipeline.types import NoOrdersYet
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.campaigns import Playbook
    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.measurement import Measured
    from evergrove.measurement.stopping import Loss
    from evergrove.settings import Settings
    from evergrove.warehouse import Warehouse

BY_ITSELF = "measure"
"""Who stops a playbook that loses money, as the audit trail names it."""


class NotThereYet(InputError):
    """A day is to be measured that no run has come to."""

    code = "pipeline.not_there_yet"
    message = _("The last run was as of {last}; of {as_of} nothing is known yet.")
    hint = _("Leave --as-of away, or bring in the orders and run first.")


def measure_effects(
    ledger: Ledger, warehouse: Warehouse, settings: Settings, clock: Clock, *, as_of: date | None = None
) -> list[Measured]:
    """
    Measure, keep the figures in the value ledger, learn from them, and stop playbooks that lose money for sure.

    Figures of the same day are replaced. A day of the past stops nothing.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Margin and zone, assumptions, whether playbooks stop by themselves.
        clock: Dates the figures.
        as_of: The last day whose orders count; None: that of the last run.

    Raises:
        NoOrdersYet: There are no facts.
        NothingPublished: There are, but no run yet.
        NotThereYet: No run has come to the day.
    """
    seen, last = warehouse.newest(), warehouse.newest("run")
    if seen is None or not facts_noted(seen).seq:
        raise NoOrdersYet
    if last is None or last.as_of is None:
        raise NothingPublished
    if as_of is not None and as_of > last.as_of:
        raise NotThereYet(last=last.as_of, as_of=as_of)
    day, now = as_of or last.as_of, clock.now()
    with open_engine() as engine, ledger.reading() as connection:
        show_facts(engine, warehouse, seen, persons=persons_now(connection))
        playbooks = installed(connection)
        coupons = {each.playbook.key: coupons_of(each.playbook) for each in playbooks}
        unscored = unprofiled(connection, now, least_age=settings.outreach.least_age)
        by = SurrogateTerms(partial(models_for, connection), settings, unscored.keys())
        results, parts = measure_parts(engine, connection, settings, day, coupons, surrogate_by=by)
        learned = learn(engine, connection, settings, day, results, playbooks)
        counted = None
        if day == last.as_of:
            counted = count_experiments(engine, connection, settings, playbooks, last, learned.cap)
    with ledger.writing() as connection:
        record(connection, results, last.id, now)
        record_parts(connection, parts, day, last.id, now)
        keep(connection, learned, last.id, now)
        if counted is not None:
            keep_counted(connection, counted, now)
        if settings.outreach.self_stop == "on" and day == last.as_of:
            _stop(connection, learned.losses, day, last.id, now)
        return marked(connection, results)


def models_for(connection: Connection, day: date) -> FittedModels | None:
    """The newest models that speak and had seen no order after a day, or else the first since; None: there are none."""
    row = model_run.c
    before = select(row.id).where(row.as_of <= day).order_by(row.as_of.desc(), row.id.desc())
    since = select(row.id).where(row.as_of > day).order_by(row.as_of, row.id.desc())
    for query in (before, since):
        for number in connection.execute(query).scalars().all():
            found = connection.execute(select(row.as_of, row.document).where(row.id == number)).one()
            if speaks(found.document):
                return FittedModels(found.as_of, found.document)
    return None


def coupons_of(playbook: Playbook) -> tuple[str, ...]:
    """Names of the coupons that a playbook gives: its one code, and campaigns of codes."""
    own = (playbook.coupon.code,) if playbook.coupon else ()
    return tuple(
        dict.fromkeys([*own, *(step.coupon_campaign for step in playbook.steps if step.coupon_campaign)])
    )


def _stop(
    connection: Connection, losses: Mapping[str, Loss], as_of: date, run_id: int, now: datetime
) -> None:
    """Pause what loses money, with the reason kept and the act noted."""
    for key, loss in losses.items():
        taken_back = pause_playbook(connection, key, now)
        keep_stop(connection, key, loss, LOSES_MONEY, as_of, run_id, now)
        about = {"reason": LOSES_MONEY, "taken_back": taken_back}
        audit.note(
            connection, "campaigns.stopped_itself", BY_ITSELF, audit.subject("playbook", key), about, at=now
        )
