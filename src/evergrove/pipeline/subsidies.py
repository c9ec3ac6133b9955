"""What share of the redeemers of each coupon campaign would have bought anyway, from the facts as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from evergrove.ingest import show_facts
from evergrove.measurement.subsidy import keep_subsidies, measure_subsidies
from evergrove.people.identity import persons_now
from evergrove.programs.coupons.tables import coupon_given
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from datetime import date, datetime

    from evergrove.ledger import Ledger
    from evergrove.measurement.subsidy import Subsidy
    from evergrove.warehouse import Warehouse


def measure_coupons(
    ledger: Ledger, warehouse: Warehouse, now: datetime, as_of: date | None = None
) -> dict[tuple[str, str], Subsidy]:
    """
    Measure the subsidy rates of all coupon campaigns, and keep them; those measured before are replaced.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        now: Dates the figures.
        as_of: The last day whose orders count; None: that of the last run.

    Returns:
        By campaign and playbook; nothing where no code was given to anybody, or nothing was run yet.
    """
    seen, last = warehouse.newest(), warehouse.newest("run")
    day = as_of or (last.as_of if last is not None else None)
    with ledger.reading() as connection:
        is_given = connection.execute(select(exists().where(coupon_given.c.ref.is_not(None)))).scalar()
        if not is_given or seen is None or day is None:
            return {}
        with open_engine() as engine:
            show_facts(engine, warehouse, seen, persons=persons_now(connection))
            found = measure_subsidies(engine, connection, day)
    with ledger.writing() as connection:
        keep_subsidies(connection, found, day, now)
    return found
