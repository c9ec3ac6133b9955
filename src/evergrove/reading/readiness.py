"""What forecasts want of the data, and whether the facts of the newest run give it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.customers import summarise
from evergrove.ingest import facts_noted, show_facts
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.last_night import persons_of
from evergrove.pipeline.readiness import readiness_here
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from datetime import date

    from evergrove.pipeline.segment_asking import Parts
    from evergrove.scoring.checklist import Check


def readiness(parts: Parts) -> tuple[date, tuple[Check, ...]]:
    """
    The checklist of a workspace, as the newest run held it against its facts; and that run's day.

    All orders are summarised anew, which takes seconds for a million customers.

    Raises:
        NothingPublished: There was no run yet.
    """
    run, settings = parts.warehouse.newest("run"), parts.settings
    if run is None or run.as_of is None:
        raise NothingPublished
    with open_engine() as engine, parts.ledger.reading() as connection:
        show_facts(
            engine,
            parts.warehouse,
            run,
            until_seq=run.details["import_seq"],
            persons=persons_of(connection, run),
            tables_seq=run.details.get("tables_seq"),
            rate_days=settings.workspace.rate_days,
        )
        base = summarise(engine, run.as_of, settings.stages, has_amounts=facts_noted(run).has_amounts)
        return run.as_of, readiness_here(connection, engine, base)
