"""What forecasts want of the data, and whether the facts of the newest run give it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.customers import summarise
from evergrove.ingest import facts_noted, show_facts
from evergrove.people.identity import persons_at
from evergrove.pipeline.before_run import yesterday_in
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.last_night import persons_of
from evergrove.pipeline.readiness import readiness_here
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from datetime import date, timedelta

    from evergrove.pipeline.segment_asking import Parts
    from evergrove.scoring.checklist import Check


def readiness(parts: Parts) -> tuple[date, tuple[Check, ...]]:
    """
    The checklist of a workspace as of a day, and that day.

    Of the newest run, held against the facts that it knew; before the first run of the newest facts, as of the last day of
    their orders, but for the silence since: an old file is not taken for a shop that sold yesterday. All orders are summarised
    anew, which takes seconds for a million customers.

    Raises:
        NothingPublished: Nothing has come in yet.
    """
    run, settings = parts.warehouse.newest("run"), parts.settings
    seen = run or parts.warehouse.newest()
    noted = facts_noted(seen)
    if seen is None or noted.last_date is None:
        raise NothingPublished
    day = (run and run.as_of) or noted.last_date
    known = (
        {}
        if run is None
        else {"until_seq": run.details["import_seq"], "tables_seq": run.details.get("tables_seq")}
    )
    with open_engine() as engine, parts.ledger.reading() as connection:
        persons = persons_of(connection, run) if run else persons_at(connection)
        rate_days = settings.workspace.rate_days
        show_facts(engine, parts.warehouse, seen, persons=persons, rate_days=rate_days, **known)
        base = summarise(engine, day, settings.stages, has_amounts=facts_noted(seen).has_amounts)
        checks = readiness_here(connection, engine, base)
    if run is None:
        silence = yesterday_in(settings.value.timezone or noted.timezone, parts.clock) - day
        checks = tuple(_since(each, silence) for each in checks)
    return day, checks


def _since(check: Check, silence: timedelta) -> Check:
    """A line as it reads after days of which nothing is known."""
    if check.name != "last_order" or check.figure is None:
        return check
    return replace(check, figure=check.figure + max(silence.days, 0))
