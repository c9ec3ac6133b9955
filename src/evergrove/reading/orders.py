"""Orders and refunds of one person, as they hold in the facts of today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.ingest import facts_noted, show_facts
from evergrove.people.identity import members_of, person_ids
from evergrove.warehouse import literal, open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.pipeline.segment_asking import Parts
    from evergrove.warehouse import Engine, Snapshot, Warehouse

MOST_ORDERS = 5_000


@dataclass(frozen=True)
class Bought:
    """
    What a person bought.

    Attributes:
        orders: order_id, customer_id, order_date, amount; the newest first.
        refunds: order_id, customer_id, refund_date, amount; likewise.
        currency: Of the amounts; empty: not declared.
        snapshot: The facts that were read; None: there are none.
    """

    orders: Sequence[Mapping[str, Any]]
    refunds: Sequence[Mapping[str, Any]]
    currency: str
    snapshot: int | None


@dataclass(frozen=True)
class _Few:
    """A shelf that shows the facts of some customers alone, with all versions of their orders."""

    warehouse: Warehouse
    names: tuple[str, ...]

    def show(self, engine: Engine, seen: Snapshot, table: str, name: str | None = None) -> bool:
        called = name or table
        if not self.warehouse.show(engine, seen, table, f"all_{called}"):
            return False
        if table not in ("orders", "refunds", "known"):
            engine.view(called, f"select * from all_{called}")
            return True
        listed = ", ".join(map(literal, self.names))
        theirs = f"select * from all_{called} where customer_id in ({listed})"
        if table == "orders" and facts_noted(seen).has_versions:
            # An order that several customers claim is judged with all that was said of it.
            keys = f"select order_key from all_{called} where customer_id in ({listed})"
            theirs = f"select * from all_{called} where order_key in ({keys})"
        engine.view(called, theirs)
        return True


def orders_of(parts: Parts, customer_id: str) -> Bought:
    """
    What a person bought, by any of the ids; nothing where nothing is known.

    Args:
        parts: Of the workspace.
        customer_id: As the shop's files have it.
    """
    seen = parts.warehouse.newest()
    with parts.ledger.reading() as connection:
        members = members_of(connection, [customer_id])[customer_id]
        persons = person_ids(connection, members)
    if seen is None:
        return Bought((), (), "", None)
    few = _Few(parts.warehouse, members)
    with open_engine(threads=1) as engine:
        days = parts.settings.workspace.rate_days
        if not show_facts(engine, few, seen, persons=persons, rate_days=days):
            return Bought((), (), "", seen.id)
        whose, limit = (
            f"where customer_id in ({', '.join(map(literal, {*members, *persons.values()}))})",
            MOST_ORDERS,
        )
        orders = engine.arrow(
            f"select order_id, customer_id, order_date, amount from orders {whose} order by order_date desc, order_id limit {limit}"
        )
        refunds = engine.arrow(
            f"select order_id, customer_id, refund_date, amount from refunds {whose} order by refund_date desc, order_id limit {limit}"
        )
    currency = parts.settings.value.currency or facts_noted(seen).currency
    return Bought(orders.to_pylist(), refunds.to_pylist(), currency, seen.id)
