"""What doctor says of live value: nothing where it says what the facts say, and which row where it does not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from evergrove.live.check import check_live
from evergrove.live.store import set_back
from evergrove.live.tables import STATE

if TYPE_CHECKING:
    from tests.live.conftest import Seen


def found(seen: Seen) -> dict[str, dict[str, object]]:
    """What is wrong, by code."""
    here = seen.here
    listed = check_live(here.ledger, here.warehouse, here.settings, seen.clock.now())
    return {each.code: each.params for each in listed}


def test_rows_that_say_what_the_facts_say_are_sound(seen: Seen) -> None:
    """Before anything came in, after passes, and after what waited was taken into the facts."""
    assert found(seen) == {}
    for number, customer in enumerate(("c003", "c004", "newcomer")):
        seen.tell("order", customer, f"e{number}", 100 + number)
    seen.catch_up()
    assert found(seen) == {}
    seen.compact()
    assert found(seen) == {}


def test_a_row_that_somebody_changed_is_named(seen: Seen) -> None:
    """In its figures or in its tier."""
    seen.tell("order", "c003", "e1", 350)
    seen.tell("order", "c004", "e2", 350)
    seen.catch_up()
    with seen.here.ledger.writing() as connection:
        mine = STATE.c.customer_id == "c004"
        document = dict(connection.execute(select(STATE.c.document).where(mine)).scalar_one())
        document["scores"] = {**document["scores"], "clv_12m": 1e6}
        connection.execute(update(STATE).where(mine).values(document=document))

    assert found(seen)["live.differs"] == {"looked": 2, "count": 1, "example": "c004"}


def test_what_waits_too_long_or_cannot_be_worked_out_is_told(seen: Seen) -> None:
    """Ten minutes for a mark; a customer who is set back at once."""
    seen.tell("order", "c003", "e1", 350)
    assert found(seen) == {}
    seen.clock.moment += timedelta(minutes=11)
    assert found(seen)["live.far_behind"] == {"customers": 1}
    with seen.here.ledger.writing() as connection:
        set_back(connection, ["c003"], "live.unforeseen", {}, seen.clock.now())
    assert found(seen)["live.not_worked_out"] == {"customers": 1, "code": "live.unforeseen"}
