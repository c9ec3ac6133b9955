"""Who is not to be valued: taken out of a night before anything is computed, and named in what it publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from evergrove.customers import summarise
from evergrove.export.left_out import (
    LEFT_OUT,
    unprofiled_query,
    with_left_out_scores,
    with_left_out_tiers,
)
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine, Snapshot, Warehouse

UNPROFILED = "unprofiled"
"""Table that a night publishes, once anybody was left out: customer and reason."""
FACTS = ("current_orders", "orders", "refunds", "known_customers", "order_facts", "refund_facts")
"""What ``show_facts`` shows, and a night reads."""


def leave_out(
    engine: Engine, reasons: Mapping[str, str], as_of: date, stages: StageSettings, *, has_amounts: bool
) -> dict[str, int]:
    """
    Take persons out of the facts that an engine shows; the table ``left_out`` keeps what they bought, and when.

    Args:
        engine: As ``show_facts`` left it.
        reasons: Person to the code of why.
        as_of: The last day whose orders count.
        stages: As for ``summarise``.
        has_amounts: As for ``summarise``.

    Returns:
        How many are left out for each reason: those of whom any order or refund is known.
    """
    names = sorted(reasons)
    columns = {"customer_id": names, "reason": [reasons[name] for name in names]}
    given = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    engine.register("reasons_given", given)
    engine.create("unprofiled_persons", "select * from reasons_given")
    engine.unregister("reasons_given")
    for name in FACTS:  # before any of them changes: some are views of others
        engine.create(f"told_{name}_of_all", f"select * from {name}")
    _show(engine, "semi")
    summarise(engine, as_of, stages, has_amounts=has_amounts)
    engine.create(
        LEFT_OUT,
        "select cast(k.customer_id as varchar) as customer_id, u.reason, c.* exclude (customer_id)"
        " from known_customers k join unprofiled_persons u on u.customer_id = k.customer_id"
        " left join customer_summary c on c.customer_id = k.customer_id",
    )
    _show(engine, "anti")
    return dict(engine.run(f"select reason, count(*) from {LEFT_OUT} group by reason order by reason"))


def _show(engine: Engine, join: str) -> None:
    engine.drop(*FACTS)
    for name in FACTS:
        engine.view(
            name, f"select * from told_{name}_of_all {join} join unprofiled_persons using (customer_id)"
        )


def with_left_out(
    queries: Mapping[str, str], left_out: Mapping[str, int] | None, *, currency: str, basis: str
) -> dict[str, str]:
    """
    A night's queries with the rows of those who are left out, and one that says why.

    Args:
        queries: By table; scores and tiers among them.
        left_out: As ``leave_out`` counted; None: nobody ever was, and nothing changes.
        currency: ISO code or empty.
        basis: What value means.
    """
    if left_out is None:
        return dict(queries)
    return {
        **queries,
        "scores": with_left_out_scores(queries["scores"], currency=currency, basis=basis),
        "tiers": with_left_out_tiers(queries["tiers"]),
        UNPROFILED: unprofiled_query(),
    }


def let_in_again(engine: Engine, table: str) -> list[int]:
    """
    Rows of the roster of those whom the night before left out, and tonight does not.

    Args:
        engine: Holds the roster.
        table: Yesterday's tiers there; who was left out has a row in them that says nothing.
    """
    found = engine.arrays(
        f"select r.row from roster r join {identifier(table)} t on t.customer_id = r.customer_id"
        " where t.stage_since is null"
    )
    return list(found["row"])


def reasons_of(engine: Engine, warehouse: Warehouse, run: Snapshot) -> dict[str, str] | None:
    """Who was left out of a published night, and why; None: it published no such table."""
    if UNPROFILED not in run.details["digests"]:
        return None
    warehouse.show(engine, run, UNPROFILED, "stored_unprofiled")
    return dict(engine.run("select customer_id, reason from stored_unprofiled"))
