"""Marks: exactly what was answered is taken back, and exactly what was answered counts as caught up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from evergrove.ingest.events.tables import DIRTY
from evergrove.live import has_caught_up
from evergrove.live.store import drop_marks

if TYPE_CHECKING:
    from tests.live.conftest import Seen

    from evergrove.ledger import Ledger


def test_only_the_very_marks_that_were_answered_are_taken_back(ledger: Ledger) -> None:
    """One that has grown stays, and so does one that was made anew for a run, which has the number 0."""
    with ledger.writing() as connection:
        told = {"same": 5, "grown": 7, "anew": 0, "another": 5}
        connection.execute(insert(DIRTY), [{"customer_id": name, "seq": told[name]} for name in told])

        drop_marks(connection, {"same": 5, "grown": 6, "anew": 4})

        left = {row.customer_id: row.seq for row in connection.execute(select(DIRTY))}
    assert left == {"grown": 7, "anew": 0, "another": 5}


def test_whoever_waits_for_an_earlier_event_has_its_answer_while_a_later_one_waits(seen: Seen) -> None:
    """The very event that a row answers is answered; the next one of the same customer is not."""
    first = seen.tell("order", "c003", "e1", 350)
    seen.catch_up()
    second = seen.tell("order", "c003", "e2", 40)

    with seen.here.ledger.reading() as connection:
        assert has_caught_up(connection, first)
        assert not has_caught_up(connection, second)
        assert not has_caught_up(connection, {"c003": first["c003"] + 1})
