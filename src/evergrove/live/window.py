"""A warehouse seen through a window: the facts of a few customers, with what has come in since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.ingest.tables.declared import declared_tables
from evergrove.pipeline.nights import TIERS
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from evergrove.live.bench import Bench
    from evergrove.warehouse import Engine, Snapshot

FACTS = ("orders", "refunds", "known")
ASKED, KEYS = "live_asked", "live_keys"
LINES = "order_lines"


class Window:
    """Shows of every table the rows of some customers; tables without customers are shown whole."""

    def __init__(self, far: Mapping[str, str]) -> None:
        self._far = far

    def look_at(self, engine: Engine, customers: Collection[str]) -> None:
        """
        Fetch the facts of some customers.

        Args:
            engine: Facts that were fetched before are replaced.
            customers: All ids of the persons who are looked at.
        """
        _listed(engine, ASKED, "customer_id", customers)
        for table in FACTS:
            if table in self._far:
                near = f"select * from {self._far[table]} semi join {ASKED} using (customer_id)"
                engine.create(near_of(table), near)

    def take_in(self, engine: Bench) -> None:
        """Put what ``take`` left among the facts: every statement of the night that reads them is the shorter for it."""
        for table in FACTS:
            near, news = near_of(table), f"new_{table}"
            if table in self._far and not engine.is_empty(news):
                engine.create(near, f"select * from {near} union all by name select * from {news}")

    def owners(self, engine: Engine, order_keys: Collection[str]) -> set[str]:
        """Customers of whom a version of some orders tells, by a look at all orders: it takes its time."""
        _listed(engine, KEYS, "order_key", order_keys)
        found = engine.run(
            f"select distinct customer_id from {self._far['orders']} semi join {KEYS} using (order_key)"
        )
        return {str(customer) for (customer,) in found}

    def show(self, engine: Engine, seen: Snapshot, table: str, name: str | None = None) -> bool:
        """As ``Warehouse.show``, of the customers that are looked at."""
        if table not in seen.tables or table not in self._far:
            return False
        far, name = self._far[table], name or table
        if table in FACTS:
            engine.view(name, f"select * from {near_of(table)}")
        elif table == TIERS:
            engine.create(name, f"select * from {far} semi join {ASKED} using (customer_id)")
        elif table == LINES:
            of_orders = "order_id in (select order_id from current_orders)"
            engine.create(name, _with_one_more(far, of_orders))
        elif _tells_of_customers(table):
            engine.create(name, _with_one_more(far, f"customer_id in (select customer_id from {ASKED})"))
        else:
            engine.view(name, f"select * from {far}")
        return True


def near_of(table: str) -> str:
    """How the engine calls the facts that were fetched."""
    return f"live_near_{table}"


def _listed(engine: Engine, table: str, column: str, names: Collection[str]) -> None:
    """Put names into a table; bound, for statements may be logged and ids may not."""
    engine.create(table, f"select unnest($names) as {identifier(column)}", names=sorted(names) or [""])
    if not names:
        engine.run(f"delete from {table}")


def _with_one_more(far: str, condition: str) -> str:
    """Rows under a condition, and one of anybody: a table that tells of others only is not one that tells nothing."""
    return f"select * from {far} where {condition} union (select * from {far} limit 1)"


def _tells_of_customers(table: str) -> bool:
    declared = declared_tables().get(table)
    return declared is not None and declared.column("customer_id") is not None
