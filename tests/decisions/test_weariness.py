"""What a message costs by those whom it drives away: counted from what left lately, and taken off what it brings."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from math import exp, log1p
from typing import TYPE_CHECKING

import pytest
from tests.decisions.test_by_value import believe, brings, kept, night, proposed

from evergrove.decisions import decision
from evergrove.decisions.believed import beliefs_on
from evergrove.decisions.weariness import Carried, carried
from evergrove.outbox import OUTBOX, Message, enqueue
from evergrove.people import record_consent

if TYPE_CHECKING:
    from .conftest import Shop


def sent(shop: Shop, people: int, playbook: str = "A", steps: int = 4, days_ago: int = 20) -> None:
    """Each of some people was sent every step of a playbook by e-mail."""
    when = shop.night(0) - timedelta(days=days_ago)
    messages = [
        Message(
            playbook=playbook,
            version=1,
            customer_id=f"P{at:04d}",
            occasion=f"before {days_ago}",
            step=step,
            channel="email",
            arm="treated",
            template="thanks",
            decision_id="d",
            run_id=0,
            not_before=when,
            valid_until=when + timedelta(days=2),
            params={},
            cost=Decimal("0.01"),
        )
        for at in range(people)
        for step in range(steps)
    ]
    with shop.ledger.writing() as connection:
        enqueue(connection, messages, when)
        connection.execute(OUTBOX.update().values(state="accepted", settled_at=when, attempting_at=when))


def leave(shop: Shop, *people: str) -> None:
    """They unsubscribe."""
    with shop.ledger.writing() as connection:
        for each in people:
            when = shop.night(0) - timedelta(days=10)
            record_consent(connection, each, "revoked", "unsubscribe", when)


def test_the_price_is_that_of_the_integral() -> None:
    """Chance of leaving x contacts to come, discounted, of those still there: summed day by day."""
    channel = Carried(messages=3000, people=1000, left=30, begun={"A": 1500})
    rate = log1p(0.1) + 0.01 * 3 * 365.25 / 90
    per_day = 1500 / 1000 / 90
    summed = sum(per_day * exp(-rate * (day + 0.5) / 365.25) for day in range(60, 730))
    assert channel.hazard == 0.01
    assert channel.lost(60.0, 0.1) == pytest.approx(0.01 * summed, rel=1e-5)
    assert Carried(3000, 1000, 0, {"A": 1500}).lost(60.0, 0.1) == 0.0


def test_what_left_lately_is_counted_and_too_little_says_nothing(shop: Shop) -> None:
    """Messages, people, who left because of one, and how many playbooks were begun; not what lies longer ago."""
    sent(shop, 249)
    with shop.ledger.reading() as connection:
        assert carried(connection, shop.night(0)) == {}
    sent(shop, 300, "B", steps=1)
    sent(shop, 50, "C", days_ago=100)
    leave(shop, "P0001", "P0002")
    with shop.ledger.reading() as connection:
        found = carried(connection, shop.night(0))
    assert found == {"email": Carried(249 * 4 + 300, 300, 2, {"A": 249, "B": 300})}


def test_a_cell_loses_the_profit_of_its_own_later_contacts(shop: Shop) -> None:
    """Where contacts bring little, little is lost by whoever leaves; a channel that has carried nothing loses nothing."""
    sent(shop, 400)
    leave(shop, *(f"P{at:04d}" for at in range(40)))
    believe(shop, brings("A", 20.0), brings("A", 0.4, "low"))
    with shop.ledger.reading() as connection:
        beliefs = beliefs_on(connection, shop.day(0), Decimal("0.01"), shop.night(0))
    cold, warm = beliefs.of("A", "low", "growth"), beliefs.of("A", "high", "growth")
    assert cold is not None
    assert warm is not None
    share = Carried(1600, 400, 40, {"A": 400}).lost(90.0, 0.1)
    assert cold.fatigue["email"] == pytest.approx(share * (0.4 - 0.01))
    assert warm.fatigue["email"] == pytest.approx(share * (20.0 - 0.01))
    assert warm.net("email") == pytest.approx(20.0 - 0.01 - share * 19.99, abs=1e-4)
    assert warm.net("sms") == pytest.approx(19.99)


def test_a_message_that_loses_more_than_it_brings_does_not_leave(shop: Shop) -> None:
    """B would be worth its cost, but for the contacts of A that are lost with those who leave because of B."""
    sent(shop, 400)
    leave(shop, *(f"P{at:04d}" for at in range(40)))
    believe(shop, brings("A", 20.0), brings("B", 0.3))
    with shop.ledger.reading() as connection:
        found = beliefs_on(connection, shop.day(0), Decimal("0.01"), shop.night(0)).of("B", "low", "new")
    assert found is not None
    assert found.net("email") < 0.0 < found.net("sms")
    customers = [f"W{at}" for at in range(40)]
    shop.willing(*customers)
    night(shop, [proposed(each, "B", 1) for each in customers])
    reasons = Counter(each["reason"] for each in kept(shop, decision))
    assert reasons["decisions.no_value"] > 35
