"""Who has to be looked at again on a day, and what time alone will bring in the days to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.export.due import DUE
from evergrove.pipeline.export import NothingPublished
from evergrove.segments.clock.types import BECAUSE, HORIZON
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.warehouse import Snapshot, Warehouse

DAYS = 30
"""That are looked ahead."""
SOON = 7
CUSTOMERS = "select customer_id from due where due_on <= $day order by customer_id"
COUNTED = """
select due_on, because, count(*) as customers
from due
where due_on <= $until and because <> 'horizon'
group by due_on, because
"""
SLIPPING = """
select
    count(*) filter (where decline_on <= $soon) as decline_soon,
    count(*) filter (where decline_on <= $until) as decline,
    count(*) filter (where churn_on <= $soon) as churn_soon,
    count(*) filter (where churn_on <= $until) as churn,
    count(*) as customers
from due
"""


class NoDueDays(InputError):
    """Days are asked for that no run has looked ahead to."""

    code = "pipeline.no_due_days"
    message = _("No run has looked ahead to {as_of}.")
    hint = _("The newest run was as of {last} and looks {days} {days:day|days} ahead.")


@dataclass(frozen=True)
class Ahead:
    """
    What time alone brings in the days to come, if nothing is heard of anybody.

    Attributes:
        as_of: Days after this one are counted; what was due before and nobody has looked at is due on the next.
        run_as_of: The day of the run that looked ahead.
        customers: Whom it knew.
        days: Day -> code of what may happen -> customers; days without any are left out.
        decline: How many will be in decline within 7 days, and within 30.
        churn: How many will be churned.
    """

    as_of: date
    run_as_of: date
    customers: int
    days: Mapping[date, Mapping[str, int]]
    decline: tuple[int, int]
    churn: tuple[int, int]

    @property
    def due(self) -> int:
        """Customers who have to be looked at again within these days."""
        return sum(sum(counts.values()) for counts in self.days.values())

    @property
    def because(self) -> dict[str, int]:
        """The same by what may happen."""
        return {code: n for code in BECAUSE if (n := sum(each.get(code, 0) for each in self.days.values()))}


def due(warehouse: Warehouse, day: date) -> tuple[str, ...]:
    """
    Whom time alone may have moved by a day, by the newest run: of nobody else need tier and stage be worked out again.

    Of whom something was heard since must be looked at in any case; and everybody when models, policy or yardsticks
    are new.

    Args:
        warehouse: Of the workspace.
        day: Not before that run's, and within a year of it.

    Raises:
        NothingPublished: There was no run yet, or none that told it.
        NoDueDays: The day lies too far ahead, or before the run.
    """
    run = _run(warehouse, None)
    _check(run, day)
    with open_engine() as engine:
        warehouse.show(engine, run, DUE)
        return tuple(customer for (customer,) in engine.run(CUSTOMERS, day=day))


def look_ahead(warehouse: Warehouse, as_of: date | None = None) -> Ahead:
    """
    What time alone will bring in the 30 days after one.

    Args:
        warehouse: Of the workspace.
        as_of: By the newest run as of this day or before; None: by the newest, from its day on.

    Raises:
        NothingPublished: There was no run yet, or none that told it.
        NoDueDays: No run has looked ahead so far, or none is kept of that day or before.
    """
    run = _run(warehouse, as_of)
    assert run.as_of is not None  # noqa: S101 - runs have a day
    start = as_of or run.as_of
    _check(run, start + timedelta(days=DAYS))
    until, soon = start + timedelta(days=DAYS), start + timedelta(days=SOON)
    with open_engine() as engine:
        warehouse.show(engine, run, DUE)
        counted = engine.run(COUNTED, until=until)
        ((decline_soon, decline, churn_soon, churn, customers),) = engine.run(
            SLIPPING, soon=soon, until=until
        )
    days: dict[date, dict[str, int]] = {}
    for day, code, n in sorted(counted):
        here = days.setdefault(max(day, start + timedelta(days=1)), {})
        here[code] = here.get(code, 0) + n
    return Ahead(start, run.as_of, customers, days, (decline_soon, decline), (churn_soon, churn))


def _run(warehouse: Warehouse, as_of: date | None) -> Snapshot:
    runs = [run for run in warehouse.snapshots("run") if run.as_of is not None and DUE in run.tables]
    if not runs:
        raise NothingPublished
    known = [run for run in runs if as_of is None or (run.as_of is not None and run.as_of <= as_of)]
    if not known:
        raise NoDueDays(as_of=as_of, last=runs[-1].as_of, days=HORIZON - 1)
    return known[-1]


def _check(run: Snapshot, day: date) -> None:
    assert run.as_of is not None  # noqa: S101 - runs have a day
    if not run.as_of <= day < run.as_of + timedelta(days=HORIZON):
        raise NoDueDays(as_of=day, last=run.as_of, days=HORIZON - 1)
