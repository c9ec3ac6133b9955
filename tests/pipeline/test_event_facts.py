"""Events and files of the same orders are the same facts, in whatever order and portions the events come in."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evergrove.ingest import Import, Intake, RowCounts, newest_seq, write_facts
from evergrove.ingest.events.facts import FactRow, take
from evergrove.warehouse import newest_snapshot, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MORNING = datetime(2026, 5, 1, 9, tzinfo=UTC)
numbers = count()
EXAMPLES = 100 if "EVERGROVE_PROVE" in os.environ else 8


def row(order: str, customer: str = "ann", amount: str = "10", hours: int = 0, **other: Any) -> FactRow:
    """An order event some hours after the morning."""
    at = MORNING + timedelta(hours=hours)
    values = {"line": next(numbers), "kind": "order", "order_id": order, "customer_id": customer}
    times = {"happened_at": at, "version_at": at}
    return FactRow(**{**values, **times, "amount": Decimal(amount), **other})


def bring(shop: Any, rows: Sequence[FactRow], zone: str = "UTC") -> tuple[list[int], dict[int, str]]:
    """Take the rows as one import."""
    with shop.ledger.reading() as connection:
        last = newest_snapshot(connection)
        this = Import(
            (last.tables["orders"].facts["seq"] if last else newest_seq(connection)) + 1, MORNING, last
        )
    intake = Intake(RowCounts(), {}, {}, {}, (), {}, "order", "", zone, None, None, has_amounts=True)
    with open_engine(threads=1) as engine:
        found = take(engine, rows, zone, shop.warehouse, this)
        drafts = write_facts(engine, shop.warehouse, this, intake)
    with shop.ledger.writing() as connection:
        shop.warehouse.publish(connection, drafts, kind="facts", details={})
    return found


def test_events_and_a_file_of_the_same_orders_are_the_same_facts(new_shop: Callable[[str], Any]) -> None:
    """An order, one that is amended, one that is cancelled, one of which a part comes back."""
    told, filed = new_shop("told"), new_shop("filed")
    waiting, verdicts = bring(
        told,
        [
            row("A1", amount="10.50"),
            row("A2", "ben", "20"),
            row("A2", "ben", "25", 3, is_amendment=True),
            row("A3", "ben", "30"),
            row("A3", "ben", hours=5, kind="cancel", amount="0"),
            row("A4", "cyd", "40"),
            row("A4", "cyd", "15", 50, kind="refund"),
        ],
    )
    filed.tell(
        "A1,ann,2026-05-01 09:00,10.50,paid,",
        "A2,ben,2026-05-01 09:00,25,paid,",
        "A3,ben,2026-05-01 09:00,30,cancelled,",
        "A4,cyd,2026-05-01 09:00,40,paid,",
        ",cyd,2026-05-03 11:00,-15,paid,A4",
        exported="2026-06-01",
        header="order_id,customer_id,order_date,amount,status,parent_order_id",
    )

    assert waiting == []
    assert sorted(verdicts.values()) == ["duplicate", "duplicate"]  # the versions that hold no more
    assert told.facts() == filed.facts()


def test_a_refund_without_an_amount_gives_back_all_that_is_left_once(one_shop: Any) -> None:
    """In the same portion as a part of it, and a second time in a later one."""
    bring(one_shop, [row("A1", amount="40"), row("A1", amount="15", hours=1, kind="refund")])
    bring(one_shop, [full("A1", 2), full("A1", 3)])
    bring(one_shop, [full("A1", 4)])

    assert [amount for *_rest, amount in one_shop.facts()["refunds"]] == [40.0]


def full(order: str, hours: int) -> FactRow:
    """A refund of all that is left."""
    at = MORNING + timedelta(hours=hours)
    return FactRow(next(numbers), "refund", order, "ann", at, at)


def test_what_names_an_order_that_nobody_told_waits_for_it(one_shop: Any) -> None:
    """An amendment takes the day of its order, whenever that comes in; and a full refund its amount."""
    early = row("A1", amount="12", hours=30, is_amendment=True)
    assert bring(one_shop, [early]) == ([early.line], {})
    back = full("A1", 2)
    assert bring(one_shop, [back]) == ([back.line], {})
    waiting, _verdicts = bring(one_shop, [row("A1"), early])

    assert waiting == []
    assert one_shop.facts()["orders"] == [("A1", "ann", "2026-05-01", 12.0)]


def test_an_order_told_for_another_customer_changes_nothing(one_shop: Any) -> None:
    """The first by its own time holds, and the other is told as changed."""
    other = row("A1", "ben", hours=2)
    _waiting, verdicts = bring(one_shop, [row("A1"), other])

    assert verdicts == {other.line: "changed"}
    assert [customer for _order, customer, *_rest in one_shop.facts()["orders"]] == ["ann"]


@st.composite
def told_twice(draw: st.DrawFn) -> tuple[list[FactRow], list[list[FactRow]], list[list[FactRow]]]:
    """Events, and two ways in which they come in: orders, portions, repetitions."""
    made = []
    for order in draw(st.lists(st.sampled_from(["A1", "A2", "A3"]), min_size=1, max_size=6)):
        kind = draw(st.sampled_from(["order", "order", "cancel", "refund"]))
        customer = draw(st.sampled_from(["ann", "ann", "ben"]))
        made.append(row(order, customer, str(draw(st.integers(1, 3))), draw(st.integers(0, 4)), kind=kind))
    return made, draw(ways(made)), draw(ways(made))


def ways(made: list[FactRow]) -> st.SearchStrategy[list[list[FactRow]]]:
    """Permutations with repetitions, cut into portions."""

    @st.composite
    def way(draw: st.DrawFn) -> list[list[FactRow]]:
        again = draw(st.lists(st.sampled_from(made), max_size=2))
        told = draw(st.permutations([*made, *again]))
        cuts = sorted(draw(st.sets(st.integers(1, len(told)), max_size=3)) | {0, len(told)})
        return [told[start:end] for start, end in pairwise(cuts)]

    return way()


@pytest.mark.slow
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=told_twice())
def test_any_order_portions_and_repetitions_of_events_give_the_same_facts(
    new_shop: Callable[[str], Any], case: tuple[list[FactRow], list[list[FactRow]], list[list[FactRow]]]
) -> None:
    """Reliability c25."""
    _made, *two = case
    found = []
    for way in two:
        shop = new_shop(f"shop-{next(numbers)}")
        for portion in way:
            bring(shop, portion)
        found.append(shop.facts())
        shop.ledger.close()

    assert found[0] == found[1]
