"""Refunds to come: by hand, money by money, and in a shop whose refunds are all known in the end."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

from evergrove.models.spend import RefundDelays
from evergrove.models.spend.late_refunds import InvalidRefunds, RefundTailUnseen

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"


def test_by_hand() -> None:
    """
    Four orders of 100, aged 0, 1, 2 and 5 days; refunds of 50 on day 0, of 100 on day 1, of 30 on day 2.

    Day 0: 50 of 400. Day 1: 100 of 300 that are a day old (the refunded order is of today). Day 2: 30 of the
    200 of the two oldest, none of which went back before.
    """
    found = RefundDelays.fit([100.0] * 4, [0, 1, 2, 5], [0, 1, 2], [0, 1, 2], [50.0, 100.0, 30.0])
    np.testing.assert_allclose(found.left, np.cumprod([350 / 400, 200 / 300, 170 / 200]), rtol=1e-14)
    np.testing.assert_allclose(found.worth([0, 1, 2, 5]), [200 / 300 * 0.85, 0.85, 1.0, 1.0], rtol=1e-14)
    come = found.to_come([50.0, 0.0, 70.0, 100.0], [0, 1, 2, 5])
    assert come.expected == pytest.approx(50 * (1 - 200 / 300 * 0.85), rel=1e-12)
    assert come.factor == pytest.approx(1 - come.expected / 220, rel=1e-12)
    assert come.low <= come.expected <= come.high
    assert come.factor_low <= come.factor <= come.factor_high


@dataclass(frozen=True)
class Shop:
    """Orders, and refunds of which those after the last day are not known yet."""

    amount: np.ndarray
    age: np.ndarray
    customer: np.ndarray
    order: np.ndarray
    delay: np.ndarray
    refund: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Which refunds are dated by the last day."""
        return np.asarray(self.delay <= self.age[self.order])

    @property
    def standing(self) -> np.ndarray:
        """What stands of each order today."""
        so_far = np.bincount(self.order[self.known], self.refund[self.known], len(self.amount))
        return np.asarray(self.amount - so_far)

    @property
    def later(self) -> float:
        """What will yet be refunded."""
        return float(self.refund[~self.known].sum())

    def delays(self) -> RefundDelays:
        """The estimate from what is known."""
        told = self.known
        return RefundDelays.fit(
            self.amount, self.age, self.order[told], self.delay[told], self.refund[told], self.customer
        )


def shop(orders: int, seed: int) -> Shop:
    """Every customer returns an order with a chance of his own, whole or half, some ten days later."""
    random = np.random.default_rng(seed)
    customer = random.integers(0, orders // 4, orders)
    chance = random.beta(1.0, 4.0, orders // 4)[customer]
    amount = random.gamma(2.0, 50.0, orders)
    order = np.flatnonzero(random.uniform(size=orders) < chance)
    part = random.choice([0.5, 1.0], len(order))
    delay = np.minimum(random.negative_binomial(3, 0.2, len(order)), 45)
    return Shop(amount, random.integers(0, 200, orders), customer, order, delay, amount[order] * part)


def test_every_unit_of_money_followed_alone() -> None:
    """The product limit over single units of money, counted by a plain loop."""
    small = shop(60, seed=3)
    amount, refund = np.ceil(small.amount / 20), np.ceil(small.refund / 40)
    told = small.known
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RefundTailUnseen)
        found = RefundDelays.fit(amount, small.age, small.order[told], small.delay[told], refund[told])
    left, values = 1.0, []
    for day in range(found.longest + 1):
        at_risk = back = 0.0
        for i, (paid, age) in enumerate(zip(amount, small.age, strict=True)):
            mine = [
                (d, r)
                for o, d, r in zip(small.order[told], small.delay[told], refund[told], strict=True)
                if o == i
            ]
            if age >= day:
                at_risk += paid - sum(r for d, r in mine if d < day)
                back += sum(r for d, r in mine if d == day)
        left *= 1 - back / at_risk
        values.append(left)
    np.testing.assert_allclose(found.left, values, rtol=1e-12)


def test_refunds_to_come_are_foretold() -> None:
    """60,000 orders: the share refunded in the end and the delays within 1 %, the sum to come within its interval."""
    made = shop(60_000, seed=1)
    found = made.delays()
    assert found.refund_share == pytest.approx(made.refund.sum() / made.amount.sum(), rel=0.01)
    assert found.longest == 45
    come = found.to_come(made.standing, made.age)
    assert come.standing == pytest.approx(made.standing.sum())
    assert come.expected == pytest.approx(made.later, rel=0.05)
    worth = found.worth(made.age)
    assert come.expected == pytest.approx(made.standing @ (1 - worth), rel=1e-12)
    np.testing.assert_array_equal(worth[made.age >= 45], 1.0)
    old = made.age >= 45
    assert found.to_come(made.standing[old], made.age[old]).expected == 0.0


def test_the_interval_covers_what_then_comes() -> None:
    """80 of 100 intervals hold the refunds that come; half refunds make them a little wide, so none too few."""
    sets = 1000 if PROVE else 150
    covered = 0
    errors = np.zeros(sets)
    for seed in range(sets):
        made = shop(3000, seed=1000 + seed)
        come = made.delays().to_come(made.standing, made.age)
        covered += come.low <= made.later <= come.high
        errors[seed] = come.expected - made.later
    assert 0.8 - 4 * np.sqrt(0.8 * 0.2 / sets) <= covered / sets <= 0.93
    assert abs(errors.mean()) < 4 * errors.std() / np.sqrt(sets)


def test_more_than_was_paid_cannot_come_back() -> None:
    """Refunds beyond their order's amount are left out, the latest first; nothing standing is worth 1."""
    found = RefundDelays.fit([100.0, 100.0], [9, 9], [0, 0, 0], [1, 3, 2], [60.0, 30.0, 70.0])
    np.testing.assert_allclose(found.refunded.sum(axis=0), [0.0, 60.0, 40.0, 0.0])
    assert found.to_come([0.0], [0]).factor == 1.0
    nothing = RefundDelays.fit([100.0], [9], [], [], [])
    assert nothing.refund_share == 0.0
    assert nothing.to_come([100.0], [0]).factor_low == 1.0


def test_impossible_refunds_and_a_short_history_are_said() -> None:
    """A refund of no order, before its order or after the data; delays as long as the history."""
    for order, delay, rule in ((5, 1, "the order exists"), (0, -1, "0 <= delay"), (0, 3, "0 <= delay")):
        with pytest.raises(InvalidRefunds, match=rule):
            RefundDelays.fit([100.0, 100.0], [2, 9], [order], [delay], [10.0])
    with pytest.warns(RefundTailUnseen, match="10% of all amounts") as caught:
        RefundDelays.fit(np.full(10, 100.0), np.arange(10), [9], [9], [10.0])
    assert caught[0].filename == __file__
