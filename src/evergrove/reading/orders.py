"""Orders and refunds of one person, as they hold in the facts of today."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.ingest import facts_noted, show_facts
from evergrove.people.identity import members_of, person_ids
from evergrove.warehouse import literal, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
class Theirs:
    """
    The facts of one person, shown in an engine.

    Attributes:
        engine: Shows orders and refunds, of this person and of whoever an order names beside it.
        seen: The snapshot of the facts.
        members: All ids that are this person.
        names: These, and under which the person stands.
    """

    engine: Engine
    seen: Snapshot
    members: tuple[str, ...]
    names: tuple[str, ...]


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


@contextmanager
def facts_of(parts: Parts, customer_id: str) -> Iterator[Theirs | None]:
    """
    The facts of one person alone, shown in an engine; None where nothing was ever told.

    Args:
        parts: Of the workspace.
        customer_id: As the shop's files have it.
    """
    seen = parts.warehouse.newest()
    with parts.ledger.reading() as connection:
        members = members_of(connection, [customer_id])[customer_id]
        persons = person_ids(connection, members)
    if seen is None:
        yield None
        return
    with open_engine(threads=1) as engine:
        engine.run("set parquet_metadata_cache = true")  # a few dozen statements over files that never change
        days = parts.settings.workspace.rate_days
        names = tuple(dict.fromkeys((*members, *persons.values())))
        few = _Few(parts.warehouse, members)
        is_told = show_facts(engine, few, seen, persons=persons, rate_days=days)
        yield Theirs(engine, seen, members, names) if is_told else None


def orders_of(parts: Parts, customer_id: str) -> Bought:
    """
    What a person bought, by any of the ids; nothing where nothing is known.

    Args:
        parts: Of the workspace.
        customer_id: As the shop's files have it.
    """
    with facts_of(parts, customer_id) as told:
        if told is None:
            return Bought((), (), "", None)
        return bought_of(parts, told)


def bought_of(parts: Parts, told: Theirs) -> Bought:
    """What a person bought, from facts that are shown already."""
    whose = f"where customer_id in ({', '.join(map(literal, told.names))})"
    listed = f"order by {{day}} desc, order_id limit {MOST_ORDERS}"
    orders = told.engine.arrow(
        f"select order_id, customer_id, order_date, amount from orders {whose} {listed.format(day='order_date')}"
    )
    refunds = told.engine.arrow(
        f"select order_id, customer_id, refund_date, amount from refunds {whose} {listed.format(day='refund_date')}"
    )
    currency = parts.settings.value.currency or facts_noted(told.seen).currency
    return Bought(orders.to_pylist(), refunds.to_pylist(), currency, told.seen.id)
