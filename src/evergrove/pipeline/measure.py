"""What playbooks have earned so far, from the facts as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.ingest import facts_noted, show_facts
from evergrove.measurement import measure, record
from evergrove.pipeline.nightly import NoOrdersYet
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from datetime import date

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.measurement import Measured
    from evergrove.settings import Settings
    from evergrove.warehouse import Warehouse


def measure_effects(
    ledger: Ledger, warehouse: Warehouse, settings: Settings, clock: Clock, *, as_of: date | None = None
) -> list[Measured]:
    """
    Measure, and keep the figures in the value ledger; those of the same day are replaced.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Margin and zone.
        clock: Dates the figures.
        as_of: The last day whose orders count; None: that of the last run.

    Raises:
        NoOrdersYet: There are no facts.
    """
    seen, last = warehouse.newest(), warehouse.newest("run")
    if seen is None or last is None or last.as_of is None or not facts_noted(seen).seq:
        raise NoOrdersYet
    with open_engine() as engine:
        show_facts(engine, warehouse, seen)
        with ledger.reading() as connection:
            results = measure(engine, connection, settings, as_of or last.as_of)
    with ledger.writing() as connection:
        record(connection, results, last.id, clock.now())
    return results
