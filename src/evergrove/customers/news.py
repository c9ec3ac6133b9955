"""What came in about each customer since the last run: what tells a customer's own doing from ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.customers.origins import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.warehouse import Engine

LAST_SEQ = 2**62


def facts_since(
    engine: Engine, *, after_seq: int, previous_day: date, as_of: date, until_seq: int | None = None
) -> int:
    """
    Leave the table facts_since in the engine: one row per customer with news.

    Args:
        engine: Holds order_facts(customer_id, order_date, import_seq) and refund_facts(customer_id, refund_date,
            import_seq): every version of every fact, with the import that brought it.
        after_seq: The newest import that the last run knew.
        previous_day: The last day whose orders counted in the last run.
        as_of: The last day whose orders count now.
        until_seq: The newest import that counts now; None takes all.

    Returns:
        Customers with news.
    """
    engine.create(
        "facts_since",
        statement(STATION, "facts_since"),
        after_seq=after_seq,
        previous_day=previous_day,
        as_of=as_of,
        until_seq=LAST_SEQ if until_seq is None else until_seq,
    )
    return int(engine.value("select count(*) from facts_since"))
