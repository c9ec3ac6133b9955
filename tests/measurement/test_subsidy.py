"""The subsidy rate against shops whose truth is known: who would have bought anyway, and who bought for the coupon."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.random import Generator, default_rng

import evergrove.app.tables  # noqa: F401 - every station's tables
from evergrove.campaigns import assignment
from evergrove.measurement.subsidy import (
    NO_CONTROL,
    NOBODY_REDEEMED,
    NOBODY_YET,
    TOO_FEW,
    Arm,
    keep_subsidies,
    kept_subsidies,
    measure_subsidies,
    subsidy_rate,
)
from evergrove.outbox import Message, enqueue
from evergrove.programs.coupons import Order, issue, put_campaign, redeem
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = date(2026, 7, 1)


def shop(
    chance: Generator, people: int, always: float, persuaded: float, used_by_always: float, share: float = 0.3
) -> tuple[Arm, Arm]:
    """Some buy anyway, and some of these use the coupon; others buy for the coupon alone, and all of these use it."""
    is_treated = chance.random(people) >= share
    kind = chance.random(people)
    anyway, by_coupon = kind < always, (kind >= always) & (kind < always + persuaded)
    redeems = is_treated & (by_coupon | (anyway & (chance.random(people) < used_by_always)))
    buys = anyway | (is_treated & by_coupon)
    return tuple(  # type: ignore[return-value]
        Arm(*(int(np.sum(arm & each)) for each in (np.ones(people, bool), buys, redeems, buys & redeems)))
        for arm in (is_treated, ~is_treated)
    )


@pytest.mark.parametrize(("persuaded", "used"), [(0.0, 0.5), (0.04, 0.3), (0.1, 0.0)])
def test_the_interval_holds_the_truth_as_often_as_it_says(persuaded: float, used: float) -> None:
    """800 shops of 2,000 people in two strata: 80 % within 3 standard errors; rates from 0 to 1."""
    chance, always, runs = default_rng(11), (0.15, 0.35), 800
    truth = np.mean([each * used for each in always]) / (
        np.mean([each * used for each in always]) + persuaded
    )
    inside, found = 0, []
    for _run in range(runs):
        strata = [shop(chance, 1_000, each, persuaded, used) for each in always]
        rate = subsidy_rate(strata)
        assert rate.rate is not None
        assert rate.low is not None
        assert rate.high is not None
        inside += bool(rate.low <= truth <= rate.high)
        found.append(rate.rate)
    assert abs(inside / runs - 0.8) < 3 * np.sqrt(0.8 * 0.2 / runs) + 0.005
    assert abs(np.median(found) - truth) < 4 * np.std(found) / np.sqrt(runs)


def test_coupons_of_people_who_would_buy_anyway_are_all_subsidy() -> None:
    """Identity 15 of the definitions: 1.00 within its standard error, and it is not cut off at 1."""
    found = [subsidy_rate([shop(default_rng(seed), 20_000, 0.3, 0.0, 0.6)]).rate for seed in range(60)]
    rates = np.array(found, float)
    assert abs(rates.mean() - 1.0) < 3 * rates.std() / np.sqrt(len(rates))
    assert rates.max() > 1.0 > rates.min()


def test_without_chance_the_rate_is_that_of_the_formula() -> None:
    """30 % buy with it, 20 % without, 20 % use it: half of the users would have bought."""
    rate = subsidy_rate([(Arm(1000, 300, 200, 200), Arm(1000, 200, 0, 0))])
    assert rate.rate == pytest.approx(0.5)
    assert rate.extra_buyers == pytest.approx(0.1)
    assert rate.redeemed_share == pytest.approx(0.2)
    deterred = subsidy_rate([(Arm(1000, 150, 100, 100), Arm(1000, 200, 0, 0))])
    assert deterred.rate == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("strata", "reason"),
    [
        ([], NOBODY_YET),
        ([(Arm(1000, 300, 100, 100), Arm())], NO_CONTROL),
        ([(Arm(1000, 300, 0, 0), Arm(1000, 200, 0, 0))], NOBODY_REDEEMED),
        ([(Arm(1000, 300, 1, 1), Arm(1000, 200, 0, 0))], TOO_FEW),
    ],
)
def test_what_is_not_known_says_why(strata: list[tuple[Arm, Arm]], reason: str) -> None:
    """No figure stands in the place of one that nobody knows."""
    found = subsidy_rate(strata)
    assert (found.rate, found.low, found.high, found.reason) == (None, None, None, reason)


def test_a_stratum_without_control_says_nothing() -> None:
    """It is left out of the comparison, and of nothing else."""
    known = (Arm(1000, 300, 200, 200), Arm(1000, 200, 0, 0))
    alone = (Arm(500, 500, 400, 400), Arm(1, 1, 0, 0))
    assert subsidy_rate([known, alone]).rate == subsidy_rate([known]).rate
    assert subsidy_rate([known, alone]).redeemers == 600


def test_the_ledger_and_the_facts_tell_the_rate(ledger: Ledger) -> None:
    """
    40 treated, of whom 16 buy and 8 of these use their code; 20 control, of whom 4 buy.

    0.4 - 0.2 = 0.2 extra buyers against 0.2 redeemers: nobody would have bought anyway. Orders of the day of the
    assignment itself count for nobody, nor do other playbooks' people.
    """
    people = [(f"T{n}", "treated") for n in range(40)] + [(f"K{n}", "control") for n in range(20)]
    buyers = [f"T{n}" for n in range(16)] + [f"K{n}" for n in range(4)]
    messages = [_message(name) for name, arm in people if arm == "treated"]
    with ledger.writing() as connection:
        put_campaign(connection, CAMPAIGN, "UTC", NOW)
        connection.execute(assignment.insert(), [_assigned(*each) for each in people])
        connection.execute(assignment.insert(), [_assigned("K9", "treated", "L9")])
        enqueue(connection, messages, NOW)
        given = issue(connection, "welcome", [(each.customer_id, each.id) for each in messages], NOW)
        for each in messages[:8]:
            asked = Order(f"A-{each.customer_id}", Decimal(100), "CNY", each.customer_id)
            redeem(connection, given[each.id].code, asked, NOW + timedelta(days=1))
    with ledger.writing() as connection, open_engine() as engine:
        bought = ", ".join(f"('{name}', date '2026-07-03')" for name in buyers)
        engine.create(
            "orders",
            f"select * from (values {bought}, ('K9', date '2026-07-01')) as o(customer_id, order_date)",
        )
        found = measure_subsidies(engine, connection, date(2026, 7, 30))
        assert found.keys() == {("welcome", "L2")}
        rate = found["welcome", "L2"]
        assert (rate.people_treated, rate.people_control, rate.redeemers) == (40, 20, 8)
        assert rate.rate == pytest.approx(0.0)
        keep_subsidies(connection, found, DAY, NOW)
        keep_subsidies(connection, found, date(2026, 7, 30), NOW)
        (kept,) = kept_subsidies(connection, "welcome")
        assert (kept.playbook, kept.as_of, kept.found) == ("L2", date(2026, 7, 30), rate)
        nobody = measure_subsidies(engine, connection, DAY)["welcome", "L2"]
        assert nobody.reason == NOBODY_YET


CAMPAIGN = {
    "format": "evergrove.coupons/1",
    "key": "welcome",
    "version": 1,
    "name": "Welcome",
    "kind": "amount",
    "value": "30.00",
    "currency": "CNY",
}


def _message(customer: str) -> Message:
    return Message(
        playbook="L2",
        version=1,
        customer_id=customer,
        occasion="once",
        step=0,
        channel="email",
        arm="treated",
        template="new-coupon",
        decision_id="d",
        run_id=1,
        params={"coupon_campaign": "welcome"},
        not_before=NOW,
        valid_until=NOW + timedelta(days=1),
    )


def _assigned(customer: str, arm: str, playbook: str = "L2") -> dict[str, object]:
    return {
        "id": f"{playbook} {customer}",
        "layer": "playbook",
        "layer_key": playbook,
        "customer_id": customer,
        "arm": arm,
        "probability": 2 / 3,
        "salt": "s",
        "tier": "low",
        "stage": "new",
        "assigned_at": NOW,
        "run_id": 1,
        "as_of": DAY,
    }
