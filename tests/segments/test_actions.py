"""Playbooks by the definitions' table, and who was once of high value."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.customers import MonthEndFigures
from evergrove.segments.actions import (
    assign_actions,
    high_at_any,
    least_high_spend,
    may_have_been_high,
    month_ends,
    playbook,
)
from evergrove.segments.codes import ACTIONS, NO_CODE, Action, Direction, Stage, Tier
from evergrove.segments.tiers.assign import fixed_bounds, tiers_by
from evergrove.segments.tiers.policy import policy_from
from evergrove.segments.types import Criteria
from evergrove.settings import TierSettings

SETTINGS = TierSettings()
POLICY = fixed_bounds(SETTINGS)

# The stage decides for prospect, new, decline and churned; otherwise the tier.
BY_STAGE = {Stage.PROSPECT: "L1", Stage.NEW: "L2", Stage.DECLINE: "L5", Stage.CHURNED: "L6"}
BY_TIER = {Tier.HIGH: "T1", Tier.POTENTIAL: "T2", Tier.MEDIUM: "T3", Tier.LOW: "T4"}


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("tier", Tier)
def test_the_stage_decides_for_some_and_the_tier_for_the_rest(stage: Stage, tier: Tier) -> None:
    """All 28 cells; won back goes by tier, as growth does."""
    expected = BY_STAGE.get(stage, BY_TIER[tier])
    codes = np.array([stage], dtype=np.int8), np.array([tier], dtype=np.int8)

    assert playbook(stage, tier).name == expected
    assert ACTIONS[assign_actions(*codes, np.array([False]))[0]] == expected


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("tier", Tier)
def test_a_rising_frequency_is_room_to_grow_below_the_potential_tier(
    stage: Stage, tier: Tier, direction: Direction
) -> None:
    """T2 for medium and low where the tier decides; the stage and the high tier go before."""
    expected = BY_STAGE.get(stage, BY_TIER[tier])
    if direction == Direction.RISING and expected in {"T3", "T4"}:
        expected = "T2"

    codes = np.array([stage], dtype=np.int8), np.array([tier], dtype=np.int8)
    action = assign_actions(*codes, np.array([False]), np.array([direction], dtype=np.int8))

    assert ACTIONS[action[0]] == expected


@pytest.mark.parametrize("stage", Stage)
def test_who_was_of_high_value_is_called_back_once_churned_and_only_then(stage: Stage) -> None:
    """T4h whatever the tier is now."""
    codes = np.array([stage], dtype=np.int8), np.array([Tier.LOW], dtype=np.int8)

    action = Action(int(assign_actions(*codes, np.array([True]))[0]))

    assert (action == Action.T4h) == (stage == Stage.CHURNED)
    assert playbook(stage, Tier.LOW, was_high=True) == action


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Stage.NEW, "L2"),
        (Stage.GROWTH, "L3"),
        (Stage.MATURE, "L4"),
        (Stage.WON_BACK, "L3"),
        (Stage.CHURNED, "L6"),
    ],
)
def test_without_tiers_the_playbook_of_the_stage_stands_in(stage: Stage, expected: str) -> None:
    """Data without amounts still say what to do."""
    codes = np.array([stage], dtype=np.int8), np.array([NO_CODE], dtype=np.int8)

    assert ACTIONS[assign_actions(*codes, np.array([False]))[0]] == expected == playbook(stage, None).name


def test_month_ends_are_the_last_24_that_have_passed() -> None:
    """A month that ends today counts; the running one does not; February has its leap day."""
    ends = month_ends(date(2024, 3, 30))

    assert ends[:3] == (date(2024, 2, 29), date(2024, 1, 31), date(2023, 12, 31))
    assert ends[-1] == date(2022, 3, 31)
    assert len(ends) == 24
    assert month_ends(date(2024, 2, 29))[0] == date(2024, 2, 29)
    assert month_ends(date(2024, 1, 31), months=2) == (date(2024, 1, 31), date(2023, 12, 31))


@given(
    st.integers(1, 40),
    st.integers(0, 1),
    st.floats(0, 5000),
    st.lists(st.floats(1, 9000), min_size=3, max_size=3),
)
def test_nobody_is_high_with_less_than_the_least_spend(
    orders: int,
    first: int,
    average: float,
    highs: list[float],
) -> None:
    """Whatever the bounds: two top bands of three, and spend = orders x average order, make it necessary."""
    settings = TierSettings(
        medium_spend=1, potential_spend=1, high_spend=highs[0],
        medium_frequency=1, potential_frequency=1, high_frequency=max(1.0, round(highs[1] / 300)),
        medium_average_order=1, potential_average_order=1, high_average_order=highs[2],
    )  # fmt: skip
    bounds, spend = fixed_bounds(settings), orders * average
    criteria = Criteria(np.array([spend]), np.array([orders - first]), np.array([average]))

    if tiers_by(criteria, bounds).tier[0] == Tier.HIGH:
        assert spend >= least_high_spend(bounds) * (1 - 1e-12)


@pytest.mark.parametrize(
    ("stage", "orders", "silence", "may"),
    [
        (Stage.CHURNED, 4, 200, True),  # 3 repeat orders: the potential band
        (Stage.CHURNED, 3, 200, False),
        (Stage.DECLINE, 20, 200, False),
        (Stage.CHURNED, 20, 24 * 31 + 365, True),
        (Stage.CHURNED, 20, 24 * 31 + 366, False),  # nothing in any of the 12-month windows
    ],
)
def test_only_churned_customers_who_can_have_been_high_are_looked_at(
    stage: Stage,
    orders: int,
    silence: int,
    may: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    """The condition needs no more than columns at hand."""
    found = may_have_been_high(
        np.array([stage], dtype=np.int8),
        np.array([orders]),
        np.array([silence]),
        POLICY,
        policy_from(SETTINGS),
    )

    assert found.tolist() == [may]


def test_where_the_first_order_counts_it_counts_here_too() -> None:
    """With frequency_basis = "orders", three orders reach the potential band."""
    settings = TierSettings(frequency_basis="orders")

    assert may_have_been_high(
        np.array([Stage.CHURNED], dtype=np.int8),
        np.array([3]),
        np.array([200]),
        POLICY,
        policy_from(settings),
    ).all()


def test_high_at_one_month_end_is_enough() -> None:
    """Three customers over several month ends, by the same rule as tiers of today."""
    figures = MonthEndFigures(
        row=np.array([0, 0, 2, 3, 3]),
        month_end=np.array(
            ["2025-01-31", "2025-02-28", "2025-01-31", "2025-01-31", "2025-02-28"], "datetime64[D]"
        ),
        spend_12m=np.array([4000.0, 6000.0, 9000.0, 9000.0, 4999.0]),
        orders_12m=np.array([5, 7, 3, 9, 6]),
        repeat_orders_12m=np.array([4, 6, 2, 9, 5]),
    )

    assert high_at_any(4, figures, POLICY, policy_from(SETTINGS)).tolist() == [True, False, False, True]
