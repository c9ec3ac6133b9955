"""What the last run did not know of each customer."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from evergrove.customers.news import facts_since
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.warehouse import Engine

LAST_DAY, TODAY = date(2026, 6, 10), date(2026, 6, 12)

# customer, day, import; the last run knew imports 1 and 2 and counted up to 10 June
ORDERS = [
    ("known", "2026-06-01", 1),
    ("bought", "2026-06-01", 1),
    ("bought", "2026-06-11", 3),
    ("caught up", "2026-01-05", 3),
    ("caught up", "2026-02-05", 4),
    ("ahead", "2026-06-11", 2),  # recorded before the last run, dated after its last day
    ("tomorrow", "2026-06-13", 3),
    ("later", "2026-06-11", 9),
]
REFUNDS = [("known", "2026-05-01", 2), ("refunded", "2026-06-12", 4), ("bought", "2026-06-12", 4)]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """The facts above."""
    with open_engine() as opened:
        for table, day, rows in (
            ("order_facts", "order_date", ORDERS),
            ("refund_facts", "refund_date", REFUNDS),
        ):
            values = ", ".join(f"('{customer}', date '{on}', {seq})" for customer, on, seq in rows)
            opened.run(
                f"create table {table} as select * from (values {values}) t(customer_id, {day}, import_seq)"
            )
        yield opened


def found(engine: Engine) -> dict[str, tuple[object, ...]]:
    """The table by customer."""
    rows = engine.run("select customer_id, facts, first_day, last_day, newest_seq from facts_since")
    return {row[0]: row[1:] for row in rows}


def test_news_is_what_was_recorded_or_became_due_since(engine: Engine) -> None:
    """Orders and refunds together; nothing dated after today, nothing that the last run had counted."""
    customers = facts_since(engine, after_seq=2, previous_day=LAST_DAY, as_of=TODAY, until_seq=4)

    june = date(2026, 6, 11)
    assert found(engine) == {
        "bought": (2, june, TODAY, 4),
        "caught up": (2, date(2026, 1, 5), date(2026, 2, 5), 4),
        "ahead": (1, june, june, 2),
        "refunded": (1, TODAY, TODAY, 4),
    }
    assert customers == 4


def test_a_replay_does_not_see_later_imports(engine: Engine) -> None:
    """Import 3 was the newest then; without a limit everything counts."""
    facts_since(engine, after_seq=2, previous_day=LAST_DAY, as_of=TODAY, until_seq=3)
    assert set(found(engine)) == {"bought", "caught up", "ahead"}

    facts_since(engine, after_seq=2, previous_day=LAST_DAY, as_of=TODAY)
    assert set(found(engine)) == {"bought", "caught up", "ahead", "refunded", "later"}


def test_without_anything_new_the_table_is_empty(engine: Engine) -> None:
    """The same night again."""
    assert facts_since(engine, after_seq=9, previous_day=TODAY, as_of=TODAY) == 0
