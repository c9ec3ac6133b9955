"""Who was once of high value is told under any policy, from figures of past month ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.customers import MonthEndFigures
from evergrove.segments import Stage, Tier
from evergrove.segments.actions import high_at_any, least_high_spend, may_have_been_high
from evergrove.segments.tiers.assign import criteria_of, tiers_by
from evergrove.segments.tiers.documents import read_policy

if TYPE_CHECKING:
    from evergrove.segments.tiers.policy import TierPolicy

POLICIES: dict[str, dict[str, Any]] = {
    "all": {"criteria": {"spend": [100, 600], "repeat_orders": [1, 3]}, "combine": "all"},
    "median": {
        "criteria": {"spend": [100, 600], "repeat_orders": [1, 3], "average_order": [50, 150]},
        "combine": "median",
    },
    "spend_first": {"criteria": {"spend": [100, 600], "orders": [1, 3]}, "combine": "spend_first"},
    "weighted": {
        "criteria": {"spend": [100, 600], "repeat_orders": [1, 3]},
        "combine": "weighted",
        "weights": {"spend": 1, "repeat_orders": 2},
    },
    "predicted": {"criteria": {"clv_12m": [100, 600]}, "combine": "predicted"},
}
TIERS = [
    {"key": "guest", "like": "low"},
    {"key": "member", "like": "medium"},
    {"key": "gold", "like": "high"},
]


def policy(name: str) -> TierPolicy:
    """One of three tiers, the top one playing as high."""
    return read_policy(
        {"format": "evergrove.tier_policy/1", "name": "club", "tiers": TIERS, **POLICIES[name]}
    )


def figures(*ends: tuple[int, float, int, int]) -> MonthEndFigures:
    """Month ends of customers: row, spend, orders, repeat orders."""
    row, spend, orders, repeats = zip(*ends, strict=True)
    return MonthEndFigures(
        row=np.array(row),
        month_end=np.full(len(ends), np.datetime64("2025-01-31")),
        spend_12m=np.array(spend, dtype=np.float64),
        orders_12m=np.array(orders),
        repeat_orders_12m=np.array(repeats),
    )


@pytest.mark.parametrize(
    ("name", "was_high"),
    [
        ("all", [True, False, False, False]),
        ("median", [True, True, False, True]),
        ("spend_first", [True, False, False, False]),
        ("weighted", [True, True, False, False]),
        ("predicted", [True, False, False, True]),
    ],
)
def test_each_month_end_is_judged_by_the_policy_itself(name: str, was_high: list[bool]) -> None:
    """Four customers: good by all; often and dear, spending little less; small; one dear order in the year."""
    rules = policy(name)
    past = figures((0, 90.0, 1, 0), (0, 900.0, 5, 4), (1, 590.0, 3, 3), (2, 90.0, 1, 0), (3, 900.0, 1, 1))

    assert high_at_any(4, past, rules.stated(), rules).tolist() == was_high


@pytest.mark.parametrize("name", POLICIES)
@given(st.lists(st.tuples(st.floats(0, 2000), st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=20))
def test_nobody_who_was_high_is_passed_over(name: str, ends: list[tuple[float, int, int]]) -> None:
    """Whoever is high spends at least what month ends are pruned by."""
    rules = policy(name)
    spend, orders, repeats = (np.array(column, dtype=np.float64) for column in zip(*ends, strict=True))
    criteria = criteria_of(spend, orders, repeats, spend / orders, rules, clv_12m=spend, clv_total=spend)

    high = tiers_by(criteria, rules.stated(), rules).tier == Tier.HIGH

    assert (spend[high] >= least_high_spend(rules.stated(), rules)).all()


def test_only_the_usual_policy_asks_for_many_orders() -> None:
    """Under another one who left after a single order may have been high, too."""
    gone, once, lately = np.array([Stage.CHURNED], dtype=np.int8), np.array([1]), np.array([200])
    rules = policy("spend_first")

    assert may_have_been_high(gone, once, lately, rules.stated(), rules).all()
