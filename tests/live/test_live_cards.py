"""A card shows what was worked out since the run in the place of what the run said, and the move that led there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.live.conftest import NOW

import evergrove.reading.card as card_module
from evergrove.reading import Reader, UnknownCustomer, customer_card
from evergrove.reading.card import newest_card

if TYPE_CHECKING:
    from tests.live.conftest import Seen


def test_a_card_is_live_where_something_was_heard_and_of_the_run_elsewhere(seen: Seen) -> None:
    """Who ordered shows the live figures, reasons and day; everybody else shows the run's."""
    reader = Reader(seen.here)
    with reader.pinned() as view:
        before = customer_card(view, seen.here.seal, "c003")
    seen.tell("order", "c003", "e1", 350)
    seen.catch_up()

    with reader.pinned() as view:
        card, other = (customer_card(view, seen.here.seal, name) for name in ("c003", "c004"))
    reader.close()

    (row,) = seen.live("c003").values()
    assert before.live is None
    assert other.live is None
    assert card.live == row
    assert {name: card.figures[name] for name in row.tiers} == {**row.tiers, "customer_id": "c003"}
    assert card.figures["clv_12m"] == row.scores["clv_12m"] != before.figures["clv_12m"]
    assert card.figures["health"] == before.figures["health"]  # waits for the night
    assert {axis: each.code for axis, each in card.reasons.items()} == {
        axis: each.code for axis, each in row.reasons.items()
    }
    assert all(each.as_of == row.as_of for each in card.reasons.values())


def test_a_newcomer_has_a_card_before_any_run_knows_of_it(seen: Seen) -> None:
    """Tier, stage and the moves that led there, with their cause."""
    reader = Reader(seen.here)
    with reader.pinned() as view, pytest.raises(UnknownCustomer):
        customer_card(view, seen.here.seal, "newcomer")
    seen.tell("order", "newcomer", "e1", 350)
    seen.catch_up()

    with reader.pinned() as view:
        card = customer_card(view, seen.here.seal, "newcomer")
    reader.close()

    assert card.figures["stage"] == "new"
    assert [(move["axis"], move["to_"], move["cause"], move["run_seq"]) for move in card.moves] == [
        ("stage", "new", "evidence", None),
        ("tier", card.figures["tier"], "evidence", None),
    ]


@pytest.mark.parametrize("days", [0, 1])
def test_whoever_has_waited_sees_the_own_order_while_a_run_is_published(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """The card was begun in the run before: of an order that the new run covers its live row is gone, else it is newer."""
    reader = Reader(seen.here)
    with reader.pinned() as view:
        before = customer_card(view, seen.here.seal, "c003").figures["orders"]
    seen.tell("order", "c003", "e1", 350, at=NOW - timedelta(days=days, hours=1))
    seen.catch_up()

    def published_meanwhile(*arguments: Any, **chosen: Any) -> Any:
        monkeypatch.setattr(card_module, "customer_card", customer_card)
        seen.compact()
        seen.here.run()
        with seen.passes() as passes:
            passes.follow()
            passes.once()
        return customer_card(*arguments, **chosen)

    monkeypatch.setattr(card_module, "customer_card", published_meanwhile)

    with newest_card(reader, seen.here.seal, "c003") as (view, card):
        assert card.figures["orders"] == before + 1
        assert view.run.id == reader.newest().id
    reader.close()


def test_of_nobody_there_is_no_card_of_any_run(seen: Seen) -> None:
    """It is said at once, without another look."""
    reader = Reader(seen.here)
    with (
        pytest.raises(UnknownCustomer),
        newest_card(reader, seen.here.seal, "nobody"),
    ):
        pytest.fail("there is none")
    reader.close()
