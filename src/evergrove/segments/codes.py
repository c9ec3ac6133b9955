"""The codes that customers carry, and the names under which they are published."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_CODE = -1
"""The code of a customer for whom nothing can be said; published as NULL."""


class Tier(IntEnum):
    """Rank by value over the last 12 months; a greater code is a better customer."""

    LOW = 0
    MEDIUM = 1
    POTENTIAL = 2
    HIGH = 3


class Stage(IntEnum):
    """Place in the life cycle, the second axis."""

    PROSPECT = 0
    NEW = 1
    GROWTH = 2
    MATURE = 3
    DECLINE = 4
    CHURNED = 5
    WON_BACK = 6


class Action(IntEnum):
    """Key of the playbook: L by stage, T by tier, T4h for those who were of high value and are gone."""

    L1 = 0
    L2 = 1
    L3 = 2
    L4 = 3
    L5 = 4
    L6 = 5
    T1 = 6
    T2 = 7
    T3 = 8
    T4 = 9
    T4h = 10


class Criterion(IntEnum):
    """What a tier can look at: the last 12 months, or what is predicted."""

    SPEND = 0
    FREQUENCY = 1
    AVERAGE_ORDER = 2
    CLV_12M = 3
    CLV_TOTAL = 4


class Direction(IntEnum):
    """Where the frequency of orders is heading, at the certainty that the settings ask for."""

    UNKNOWN = 0
    FALLING = 1
    STEADY = 2
    RISING = 3


class RfmGroup(IntEnum):
    """The groups of the RFM method."""

    CHAMPIONS = 0
    LOYAL = 1
    PROMISING = 2
    NEW = 3
    NEEDS_ATTENTION = 4
    AT_RISK = 5
    CANNOT_LOSE = 6
    HIBERNATING = 7
    LOST = 8


class Subscribed(IntEnum):
    """How a customer's subscription stands; of several the least code counts."""

    ACTIVE = 0
    RESUMED = 1
    TRIAL = 2
    PAST_DUE = 3
    PAUSED = 4
    ENDING = 5
    ENDED = 6


class StageRule(IntEnum):
    """Which rule put a customer into the stage; in which order they are asked says ``assign_stages``."""

    PROSPECT = 0
    CHURNED_CHANCE = 1
    CHURNED_OWN_RHYTHM = 2
    CHURNED_SHOP_RHYTHM = 3
    CHURNED_DAYS = 4
    DECLINE_OWN_RHYTHM = 5
    DECLINE_SHOP_RHYTHM = 6
    DECLINE_DAYS = 7
    DECLINE_TREND = 8
    WON_BACK = 9
    NEW = 10
    MATURE_ORDERS = 11
    MATURE_HIGH = 12
    GROWTH = 13
    WON_BACK_ORDERED = 14
    DECLINE_HEALTH = 15
    CHURNED_CATEGORY_RHYTHM = 16
    DECLINE_CATEGORY_RHYTHM = 17
    DECLINE_HEALTH_HELD = 18
    SUBSCRIPTION_ENDED = 19
    SUBSCRIPTION_ENDING = 20
    SUBSCRIPTION_PAUSED = 21
    SUBSCRIPTION_PAST_DUE = 22
    SUBSCRIPTION_RESUMED = 23
    SUBSCRIPTION_TRIAL = 24


class TierReason(IntEnum):
    """Why a customer is in a tier: measured, or held above what was measured."""

    NONE = 0
    MEDIAN = 1
    TOO_SELDOM = 2
    HELD_CHECKS = 3
    HELD_DWELL = 4
    HELD_EXPECTED = 5
    OWN = 6
    HELD_PROTECTED = 7


class Axis(IntEnum):
    """What can change about a customer."""

    TIER = 0
    STAGE = 1
    OWN_TIER = 2


class Cause(IntEnum):
    """Why a customer moved; those after CLOCK are newer and come before all others, then the first that holds."""

    INITIAL = 0
    BACKFILL = 1
    POLICY = 2
    MODEL = 3
    EVIDENCE = 4
    CLOCK = 5
    IDENTITY = 6
    CONSENT = 7
    RATES = 8


REALISED = (Criterion.SPEND, Criterion.FREQUENCY, Criterion.AVERAGE_ORDER)
"""Criteria that look at the last 12 months; these three make the tiers unless a policy says otherwise."""
PREDICTED = (Criterion.CLV_12M, Criterion.CLV_TOTAL)
"""Criteria that look ahead."""
TRIGGERING = (Cause.EVIDENCE, Cause.CLOCK)
"""Only what the customer did or left undone starts outreach; the rest is our own doing."""
TIERS = tuple(tier.name.lower() for tier in Tier)
STAGES = tuple(stage.name.lower() for stage in Stage)
ACTIONS = tuple(action.name for action in Action)
AXES = tuple(axis.name.lower() for axis in Axis)
DIRECTIONS = tuple(direction.name.lower() for direction in Direction)
CAUSES = tuple(cause.name.lower() for cause in Cause)
RFM_GROUPS = tuple(group.name.lower() for group in RfmGroup)
CODED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "tier": TIERS,
    "stage": STAGES,
    "action": ACTIONS,
    "rfm_group": RFM_GROUPS,
}
"""Published columns that hold codes, and the names that codes 0, 1, ... are published under."""
