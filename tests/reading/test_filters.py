"""A condition is true of the same customers in memory as in the locked engine of segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.people import record_consent
from evergrove.pipeline.segment_asking import find
from evergrove.reading import Asked, Reader, count_customers, customers_page
from evergrove.reading.filters import in_memory
from evergrove.segments.language.catalogue import catalogue
from evergrove.segments.language.compiling import compile_condition
from evergrove.segments.language.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.app import Workspace

IN_MEMORY = (
    "tier = 'low'",
    "not tier = 'low'",
    "tier in ('high', 'potential') and health < 60",
    "days_since_last_order between 30 and 400 or orders >= 9",
    "next_order_date is null",
    "not (health > 50 or clv_12m < 100)",
    "customer_id like 'C0000%' and spend_12m > 0",
    "top_category is not null",
    "order_trend = 'falling' or rfm_group <> 'champions'",
)
IN_FILES = (
    "simple_clv > 100",
    "rfm_monetary = 5 and tier <> 'low'",
    "not p_purchase_7d < 0.1",
)


@pytest.mark.parametrize("text", [*IN_MEMORY, *IN_FILES])
def test_a_condition_is_true_of_the_same_customers_wherever_it_is_asked(
    here: Workspace, reader: Reader, text: str
) -> None:
    """Pages, counts and the segment's own members name the same customers."""
    condition = parse(text)
    expected = find(here, condition).members["customer_id"].to_pylist()

    with reader.pinned() as view:
        compiled = compile_condition(condition, catalogue(), view.as_of)
        assert (in_memory(compiled) is not None) == (text in IN_MEMORY)
        page = customers_page(view, Asked(limit=500, where=condition))
        assert [row["customer_id"] for row in page.rows] == expected
        assert count_customers(view, condition) == len(expected)


def test_whoever_is_not_to_be_valued_is_in_no_answer_to_a_condition(
    here: Workspace, reader: Reader, night: Callable[..., int]
) -> None:
    """Even a condition that is true of everybody is not true of a customer who said no to being valued."""
    with here.ledger.writing() as connection:
        record_consent(
            connection, "C000003", "denied", "form", here.clock.now(), channel="any", purpose="profiling"
        )
    night("N1")
    condition = parse("not customer_id = 'X'")
    with reader.pinned() as view:
        everybody = {row["customer_id"]: row for row in customers_page(view, Asked(limit=500)).rows}
        assert everybody["C000003"]["unprofiled_reason"] == "people.profiling_refused"
        found = {row["customer_id"] for row in customers_page(view, Asked(limit=500, where=condition)).rows}
        assert found == set(everybody) - {"C000003"}
        assert found == set(find(here, condition).members["customer_id"].to_pylist())
