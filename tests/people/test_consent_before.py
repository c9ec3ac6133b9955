"""Words of a ledger from before words had their own moment: what held then holds afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from evergrove.ledger.migration import climb
from evergrove.people import consent_history, consent_of

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

WORDS = [
    ("a", "granted", "file", 3_000_000),
    ("a", "revoked", "unsubscribe", 1_000_000),  # recorded by a clock that had been set back
    ("b", "denied", "file", 1_000_000),
    ("b", "granted", "file", 2_000_000),
    ("c", "granted", "file", 5_000_000),
    ("c", "denied", "file", 5_000_000),
    ("d", "granted", "file", 1_000_000),
]


def test_what_held_before_words_had_moments_holds(empty_ledger: Ledger) -> None:
    """The newest row of each held, whatever the clock had said; all rows stay, in their order."""
    with empty_ledger.rebuilding() as connection:
        climb(connection, to="0002")
        for customer, status, source, recorded in WORDS:
            connection.execute(
                text(
                    "insert into consent_event (customer_id, purpose, channel, status, source, recorded_at)"
                    " values (:customer, 'marketing', 'email', :status, :source, :recorded)"
                ),
                {"customer": customer, "status": status, "source": source, "recorded": recorded},
            )
        climb(connection)
    with empty_ledger.reading() as connection:
        assert consent_of(connection, ["a", "b", "c", "d"]) == {
            "a": "revoked",
            "b": "granted",
            "c": "denied",
            "d": "granted",
        }
        kept = [
            (each.customer_id, each.status, each.source)
            for name in "abcd"
            for each in consent_history(connection, name)
        ]
    assert kept == [word[:3] for word in WORDS]
