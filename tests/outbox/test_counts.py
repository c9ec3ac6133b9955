"""The frequency cap's counts: what left, what is planned, what a control would have got."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.outbox import Counts, begin, claim, enqueue, sent_counts, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from evergrove.ledger import Ledger
    from evergrove.outbox import Message, Outcome

DAY = timedelta(days=1)


def sent(ledger: Ledger, message: Message, moment: datetime, outcome: Outcome = "accepted") -> None:
    """Put one message in and let it leave at a moment."""
    with ledger.writing() as connection:
        enqueue(connection, [message], moment)
    for held in claim(ledger, "w", moment):
        with ledger.writing() as connection:
            assert begin(connection, held, moment)
            assert settle(connection, held, outcome, moment, reason="test.reason")


def counts(ledger: Ledger, until: datetime, *, planned: bool = True) -> dict[str, Counts]:
    """What counts for the two customers of these tests."""
    with ledger.reading() as connection:
        return sent_counts(connection, ["C-1", "C-2"], until, planned=planned)


def test_windows_end_with_the_moment_asked_for(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """1, 7 and 30 days, each four hours short: yesterday's late message does not push out today's."""
    for step, ago in enumerate((0.5, 1, 6, 7, 29, 30, 40)):
        moment = noon - ago * DAY
        sent(ledger, message(step=step, not_before=moment, valid_until=moment + DAY), moment)
    late = noon - DAY + timedelta(hours=3)
    sent(ledger, message("C-2", not_before=noon - DAY, valid_until=noon), late)
    sent(ledger, message("C-3", not_before=noon - DAY, valid_until=noon), late)

    assert counts(ledger, noon) == {"C-1": Counts(1, 3, 5), "C-2": Counts(0, 1, 1)}
    assert counts(ledger, noon - timedelta(minutes=60))["C-2"] == Counts(
        0, 1, 1
    )  # 20 hours are over, to the second
    assert counts(ledger, noon - timedelta(minutes=61))["C-2"] == Counts(1, 1, 1)
    assert counts(ledger, late - timedelta(minutes=1)).get("C-2") is None


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [("accepted", 1), ("unknown", 1), ("failed", 0), ("skipped", 0), ("expired", 0)],
)
def test_what_may_have_reached_the_customer_counts(
    ledger: Ledger, message: Callable[..., Message], noon: datetime, outcome: Outcome, counted: int
) -> None:
    """Unknown counts: the customer may have it. What certainly did not leave does not."""
    sent(ledger, message(), noon, outcome)

    assert counts(ledger, noon).get("C-1", Counts()) == Counts(counted, counted, counted)


def test_planned_messages_count_for_decisions_and_not_before_the_wire(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Two waiting messages must not stop each other; a third must know of both."""
    with ledger.writing() as connection:
        enqueue(connection, [message(), message(step=1)], noon)
    (held, _other) = claim(ledger, "w", noon)
    with ledger.writing() as connection:
        assert begin(connection, held, noon)
        own = sent_counts(connection, ["C-1"], noon, planned=False, apart_from=held.id)

    assert own == {}
    assert counts(ledger, noon) == {"C-1": Counts(2, 2, 2)}
    assert counts(ledger, noon, planned=False) == {"C-1": Counts(1, 1, 1)}


def test_virtual_sends_count_and_service_messages_do_not(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """A control is capped as if written to; the cap is one on marketing."""
    with ledger.writing() as connection:
        enqueue(connection, [message(arm="control"), message("C-2", category="service")], noon)

    assert counts(ledger, noon, planned=False) == {"C-1": Counts(1, 1, 1)}
    assert counts(ledger, noon) == {"C-1": Counts(1, 1, 1)}  # the service message waits, and is planned
    assert counts(ledger, noon - timedelta(hours=1)) == {}


def test_many_customers_are_counted_as_few_are(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Beyond some hundreds the query asks for everybody; the answer names only whom one asked for."""
    with ledger.writing() as connection:
        enqueue(connection, [message(f"C-{n}") for n in range(1500)], noon)
        asked = [f"C-{n}" for n in range(5, 1200)]
        found = sent_counts(connection, asked, noon)

    assert found == dict.fromkeys(asked, Counts(1, 1, 1))
