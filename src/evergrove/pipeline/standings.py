"""Where everybody stood on a past day: as a run published it, else looked back upon from what was known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from evergrove.customers import left_truncation, summarise
from evergrove.export import tiers_query
from evergrove.ingest import facts_noted, show_facts
from evergrove.pipeline.joined import under_todays_names
from evergrove.pipeline.left_out import leave_out, reasons_of
from evergrove.pipeline.nights import SCORES, TIERS
from evergrove.scoring import Extras, scored_by, value_customers
from evergrove.segments import draw_up, place, read_placement, realise
from evergrove.warehouse import identifier, open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from evergrove.customers import CustomerBase
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot, Warehouse

SPENT = "select cast(customer_id as varchar) as customer_id, spend_12m from customer_summary"
HOLDS_DAYS = 7
"""States of a run stand for the days after it, until the next; where that takes longer, nobody looked."""
STOOD = "customer_id, tier, stage, spend_12m"
NOBODY = (
    "select cast(null as varchar) as customer_id, cast(null as varchar) as tier, cast(null as varchar) as stage,"
    " cast(null as decimal(18, 4)) as spend_12m where false"
)


@dataclass(frozen=True)
class Known:
    """
    What was known in a run.

    Attributes:
        run: Whose knowledge it is.
        persons: Who stood under whose name.
    """

    run: Snapshot
    persons: Mapping[str, str]

    @property
    def import_seq(self) -> int:
        """The newest import of orders."""
        return int(self.run.details["import_seq"])

    @property
    def tables_seq(self) -> int:
        """The newest import of a table beside them."""
        return int(self.run.details.get("tables_seq", 0))


def run_of(runs: Sequence[Snapshot], day: date) -> Snapshot | None:
    """The newest run of a day or the ``HOLDS_DAYS`` before it; of several of one day the last."""
    found: Snapshot | None = None
    for run in runs:
        if run.as_of is None or run.as_of > day:
            continue
        if found is None or found.as_of is None or run.as_of >= found.as_of:
            found = run
    if found is None or found.as_of is None or day - found.as_of > timedelta(days=HOLDS_DAYS):
        return None
    return found


class Looking:
    """Looks back upon past days; what was looked at once is kept, for months share their ends."""

    def __init__(self, warehouse: Warehouse, seen: Snapshot | None, settings: Settings) -> None:
        self._warehouse = warehouse
        self._seen = seen
        currency = settings.value.currency or facts_noted(seen).currency
        self._settings = replace(settings, value=replace(settings.value, currency=currency))
        self._found: dict[tuple[date, int], Any] = {}

    def show(self, engine: Engine, run: Snapshot | None, day: date, known: Known, into: str) -> None:
        """
        Leave where everybody stood on a day in a table, under the names of what is known.

        Args:
            engine: As ``show_facts`` left it.
            run: Whose states these are; None: no run had them, and they are looked back upon.
            day: The day.
            known: The facts that count.
            into: Name of the table; columns as ``STOOD`` lists them.
        """
        told = f"told_{into}"
        if run is None:
            engine.register(told, self._looked_back(day, known))
            engine.create(into, f"select * from {identifier(told)}")
            engine.unregister(told)
            return
        for table in (TIERS, SCORES):
            self._warehouse.show(engine, run, table, f"{told}_{table}")
        engine.create(
            told,
            f"select t.customer_id, t.tier, t.stage, s.spend_12m from {told}_{TIERS} t"
            f" left join {told}_{SCORES} s on s.customer_id = t.customer_id",
        )
        under_todays_names(engine, told, into)

    def _looked_back(self, day: date, known: Known) -> Any:
        """An Arrow table; without a row where nobody had bought by then."""
        key = (day, known.run.id)  # whom it knew as one, and whom it was not to value, count as its facts do
        if key not in self._found:
            self._found[key] = self._night(day, known)
        return self._found[key]

    def _night(self, day: date, known: Known) -> Any:
        with open_engine() as engine:
            base = summarised_then(engine, self._warehouse, self._seen, self._settings, day, known)
            if len(base) == 0:
                return engine.arrow(NOBODY)
            value, stages = self._settings.value, self._settings.stages
            extras = Extras(
                complete_from=left_truncation(engine, base).fit_from,
                engine=engine,
                intervals=False,
                total_interval=False,
            )
            scored = scored_by(value_customers(base, value, stages, "auto", extras), base, stages)
            policy = read_placement(known.run.details["placement"]).policy
            roster = draw_up(engine, base)
            scores, cut = scored.scores, scored.cut.cut
            segments = realise(engine, base, scores.p_active_180d, policy, cut=cut, scores=scores)
            states = place(segments, roster, policy)
            return engine.arrow(
                f"select {STOOD} from ({tiers_query(engine, states)}) as t left join ({SPENT}) as s using (customer_id)"
            )


def summarised_then(
    engine: Engine,
    warehouse: Warehouse,
    seen: Snapshot | None,
    settings: Settings,
    day: date,
    known: Known,
) -> CustomerBase:
    """
    The customers as of a day, from facts as known in a run; whoever was not to be valued then is left out.

    Args:
        engine: Shows these facts afterwards.
        warehouse: Where they lie.
        seen: The snapshot that is read.
        settings: Of the workspace.
        day: The last day whose orders count.
        known: The facts that count.
    """
    show_known(engine, warehouse, seen, settings, known)
    has_amounts, stages = facts_noted(seen).has_amounts, settings.stages
    unprofiled = reasons_of(engine, warehouse, known.run)
    if unprofiled is not None:
        leave_out(engine, unprofiled, day, stages, has_amounts=has_amounts)
    return summarise(engine, day, stages, has_amounts=has_amounts)


def show_known(
    engine: Engine, warehouse: Warehouse, seen: Snapshot | None, settings: Settings, known: Known
) -> None:
    """Show the facts that a run knew."""
    show_facts(
        engine,
        warehouse,
        seen,
        until_seq=known.import_seq,
        persons=known.persons,
        tables_seq=known.tables_seq,
        rate_days=settings.workspace.rate_days,
    )
