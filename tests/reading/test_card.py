"""One customer: the run's figures or what was worked out since, under whichever id, and never what may not be computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.ingest import show_facts
from evergrove.people import record_consent
from evergrove.people.identity import persons_now
from evergrove.reading import (
    Asked,
    MovesAsked,
    Reader,
    UnknownCustomer,
    customer_card,
    customers_page,
    moves_page,
    orders_of,
)
from evergrove.segments.sentences.moves import TEMPLATES
from evergrove.segments.stages.evidence import fields_of
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.app import Workspace


def test_a_card_says_what_the_run_published(here: Workspace, reader: Reader) -> None:
    """Every published column of scores, tiers and health stands in the card with its very value."""
    with reader.pinned() as view, view.files() as engine:
        for table in ("scores", "tiers", "health"):
            row = engine.arrow(f"select * from {table} where customer_id = 'C000002'").to_pylist()[0]
            card = customer_card(view, here.seal, "C000002", is_full=True)
            assert {name: card.figures[name] for name in row} == row
        assert "C000002" in repr(card)
        assert not any(each.email in repr(card) for each in card.contacts if each.email)


@pytest.mark.slow
def test_reasons_come_with_their_numbers(here: Workspace, reader: Reader) -> None:
    """The rule of the tier stands with figures that agree with the published ones, and as a sentence of the rule."""
    with reader.pinned() as view:
        for row in customers_page(view, Asked(limit=50)).rows:
            card = customer_card(view, here.seal, str(row["customer_id"]))
            why = card.reasons["tier"]
            assert why.code == card.figures["tier_reason"]
            assert why.params["spend"] == pytest.approx(float(row["spend_12m"]))
            assert set(why.params) == set(fields_of(TEMPLATES[why.code]))
            assert why.sentence is not None
            stage = card.reasons["stage"]
            if stage.sentence is not None and "chance" in stage.params:
                assert stage.params["chance"] == card.figures["p_active_180d"]


def test_whoever_is_not_known_is_not_found(here: Workspace, reader: Reader) -> None:
    """An id that no run knows is refused by name and day."""
    with reader.pinned() as view, pytest.raises(UnknownCustomer, match="2026-06-30"):
        customer_card(view, here.seal, "nobody")


@pytest.mark.slow
def test_joined_ids_lead_to_one_person(here: Workspace, reader: Reader, night: Callable[..., int]) -> None:
    """Either id shows the same card, before the next run and after it; orders are those of both."""
    alone = {name: len(orders_of(here, name).orders) for name in ("C000000", "C000002")}
    here.merge("C000000", "C000002")
    for _ in range(2):
        with reader.pinned() as view:
            cards = [customer_card(view, here.seal, name) for name in ("C000000", "C000002")]
            assert {card.customer_id for card in cards} == {cards[0].customer_id}
            assert cards[0].members == ("C000000", "C000002")
        assert len(orders_of(here, "C000000").orders) == sum(alone.values())
        night("N1")
    with reader.pinned() as view:
        assert customer_card(view, here.seal, "C000000").figures["orders"] >= max(alone.values())


def test_whoever_is_not_valued_has_a_card_that_says_why(
    here: Workspace, reader: Reader, night: Callable[..., int]
) -> None:
    """No figure is computed of the customer, and the reason stands there."""
    with here.ledger.writing() as connection:
        record_consent(
            connection, "C000003", "denied", "form", here.clock.now(), channel="any", purpose="profiling"
        )
    night("N1")
    with reader.pinned() as view:
        card = customer_card(view, here.seal, "C000003")
        assert card.figures["unprofiled_reason"] == "people.profiling_refused"
        assert (card.figures["clv_12m"], card.figures["tier"], card.reasons) == (None, None, {})


def test_orders_of_one_are_those_that_hold_of_all(here: Workspace, night: Callable[..., int]) -> None:
    """What is read of one customer alone is what all facts together say of that customer."""
    night("C000002", "N1")
    with here.ledger.reading() as connection:
        persons = persons_now(connection)
    with open_engine(threads=1) as engine:
        assert show_facts(engine, here.warehouse, here.warehouse.newest(), persons=persons)
        for name in ("C000002", "C000066", "N1"):
            expected = engine.arrow(
                "select order_id, customer_id, order_date, amount from orders where customer_id = $name"
                " order by order_date desc, order_id",
                name=name,
            ).to_pylist()
            assert list(orders_of(here, name).orders) == expected
            assert expected


@pytest.mark.slow
def test_moves_come_newest_first_each_once(reader: Reader, night: Callable[..., int]) -> None:
    """Pages of moves fit together, over several runs, and filters keep just what they name."""
    night("N1", "C000001")
    night("C000005")
    with reader.pinned() as view:
        seen, after = [], None
        while True:
            page = moves_page(view, MovesAsked(limit=97, after=after))
            seen += [(row["run_seq"], row["customer_id"], row["axis"]) for row in page.rows]
            if (after := page.after) is None:
                break
        with view.files() as engine:
            expected = engine.run("select run_seq, customer_id, axis from transitions")
        assert seen == sorted(expected, key=lambda row: (-row[0], *row[1:]))
        only = moves_page(view, MovesAsked(limit=500, axis="stage", cause="evidence", since=view.as_of)).rows
        assert all(
            (row["axis"], row["cause"], row["as_of"]) == ("stage", "evidence", view.as_of) for row in only
        )
