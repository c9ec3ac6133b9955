"""What playbooks have earned so far, from the facts as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.ingest import facts_noted, show_facts
from evergrove.measurement import measure, record
from evergrove.people.identity import persons_now
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.types import NoOrdersYet
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from datetime import date

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.measurement import Measured
    from evergrove.settings import Settings
    from evergrove.warehouse import Warehouse


class NotThereYet(InputError):
    """A day is to be measured that no run has come to."""

    code = "pipeline.not_there_yet"
    message = _("The last run was as of {last}; of {as_of} nothing is known yet.")
    hint = _("Leave --as-of away, or bring in the orders and run first.")


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
    with open_engine() as engine, ledger.reading() as connection:
        show_facts(engine, warehouse, seen, persons=persons_now(connection))
        results = measure(engine, connection, settings, as_of or last.as_of)
    with ledger.writing() as connection:
        record(connection, results, last.id, clock.now())
    return results
