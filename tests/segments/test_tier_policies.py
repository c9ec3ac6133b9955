"""Tier policies: read strictly, written back the same, combined so that a better figure never lowers a tier."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.segments.codes import Criterion, Tier
from evergrove.segments.tiers.adoption import SHIPPED, policy_named
from evergrove.segments.tiers.assign import played_as, tiers_by
from evergrove.segments.tiers.combine import combined
from evergrove.segments.tiers.documents import policy_document, read_policy
from evergrove.segments.tiers.errors import InvalidTierPolicy, UnknownPolicy
from evergrove.segments.tiers.policy import policy_from
from evergrove.segments.types import Criteria
from evergrove.settings import TierSettings

OWN: dict[str, Any] = {
    "format": "evergrove.tier_policy/1",
    "name": "club",
    "tiers": [
        {"key": "guest"},
        {"key": "member", "names": {"en": "Member", "zh-Hant": "會員"}},
        {"key": "gold"},
    ],
    "criteria": {"spend": [50, 500], "orders": [1, 3], "clv_12m": [100.5, 900]},
    "combine": "weighted",
    "weights": {"spend": 0.2, "orders": 0.3, "clv_12m": 0.5},
    "basis": "margin",
    "hysteresis": {"dwell_days": 45, "sure_p": 0},
}


def test_a_policy_survives_being_written() -> None:
    """What the ledger and a night's document hold is all of it."""
    policy = read_policy(OWN)

    assert read_policy(json.loads(json.dumps(policy_document(policy)))) == policy
    assert [tier.like for tier in policy.tiers] == [Tier.LOW, Tier.POTENTIAL, Tier.HIGH]
    assert policy.frequency_basis == "orders"


def test_the_shipped_default_is_what_the_settings_state() -> None:
    """One rule, told twice: bounds, shares, combination and hysteresis."""
    shipped, stated = policy_named("default"), policy_from(TierSettings())

    assert shipped is not None
    for part in ("tiers", "bounds", "choice", "shares", "combine", "frequency_basis", "hysteresis"):
        assert getattr(shipped, part) == getattr(stated, part), part


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_policies_are_read(name: str) -> None:
    """Under their own names."""
    policy = policy_named(name)

    assert policy is not None
    assert policy.name == name


def changed(**parts: Any) -> dict[str, Any]:
    """The policy with some entries replaced; None takes one away."""
    return {name: value for name, value in (OWN | parts).items() if value is not None}


@pytest.mark.parametrize(
    ("document", "code", "names"),
    [
        (changed(format="evergrove.tier_policy/9"), "segments.policy_format", "tier_policy/9"),
        (changed(name=None), "segments.policy_missing", "name"),
        (changed(name="settings"), "segments.policy_unusable", "name"),
        (changed(criteria={"spend": [50, 10**400]}), "segments.policy_unusable", "criteria.spend"),
        (changed(criteria=None), "segments.policy_missing", "criteria"),
        (changed(colour="gold"), "segments.policy_unknown", "colour"),
        (changed(criteria={"spent": [1, 2]}), "segments.policy_unknown", "criteria.spent"),
        (changed(tiers=[{"key": "only"}]), "segments.policy_unusable", "tiers"),
        (
            changed(tiers=[{"key": "a"}, {"key": "a"}, {"key": "b"}]),
            "segments.policy_unusable",
            "tiers[1].key",
        ),
        (changed(tiers=[{"key": "Gold!"}] * 3), "segments.policy_unusable", "tiers[0].key"),
        (
            changed(tiers=[{"key": f"t{k}", "like": "high"} for k in range(7)]),
            "segments.policy_unusable",
            "tiers",
        ),
        (
            changed(tiers=[{"key": "a", "like": "high"}, {"key": "b", "like": "low"}, {"key": "c"}]),
            "segments.policy_unusable",
            "tiers[1].like",
        ),
        (changed(criteria={"spend": [500, 50]}), "segments.policy_bounds_fall", "500, 50"),
        (changed(criteria={"spend": [50, math.nan]}), "segments.policy_unusable", "criteria.spend"),
        (changed(criteria={"spend": [50, math.inf]}), "segments.policy_unusable", "criteria.spend"),
        (changed(criteria={"spend": [50]}), "segments.policy_unusable", "criteria.spend"),
        (changed(criteria={"spend": [True, 2]}), "segments.policy_unusable", "criteria.spend"),
        (changed(weights={"spend": 1}), "segments.policy_contradicts", "weighted"),
        (changed(weights={}, combine="predicted"), "segments.policy_contradicts", "predicted"),
        (changed(hysteresis={"demote_p": 0.9}), "segments.policy_unusable", "hysteresis.demote_p"),
        (changed(hysteresis={"dwell": 3}), "segments.policy_unknown", "hysteresis.dwell"),
        (changed(criteria={"spend": "quantiles"}, weights={"spend": 1}), "segments.policy_missing", "shares"),
        (changed(bounds="auto", shares=[0.3, 0.1]), "segments.policy_contradicts", "auto"),
    ],
)
def test_what_a_policy_gets_wrong_is_named(document: dict[str, Any], code: str, names: str) -> None:
    """Never passed over, never guessed."""
    with pytest.raises(InvalidTierPolicy) as caught:
        read_policy(document, "club.toml")

    assert caught.value.code == code
    assert names in str(caught.value)


def test_a_policy_that_is_nowhere_is_said_to_be() -> None:
    """With what there is."""
    with pytest.raises(UnknownPolicy, match="three_tiers"):
        policy_named("no/such/file.toml")


COMBINATIONS = ("median", "all", "spend_first", "weighted")
bands = st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=30)


@given(bands, st.sampled_from(COMBINATIONS), st.integers(0, 2))
def test_every_combination_is_total_and_monotone(rows: list[list[int]], combine: str, better: int) -> None:
    """A tier for everybody, and a better band never lowers it."""
    weights = {} if combine != "weighted" else OWN["weights"]
    policy = read_policy(changed(combine=combine, weights=weights))
    before = np.array(rows, dtype=np.int8).T
    after = before.copy()
    after[better] = np.minimum(after[better] + 1, 2)

    tier, more = combined(before, policy), combined(after, policy)

    assert ((tier >= 0) & (tier <= 2)).all()
    assert (more >= tier).all()
    assert (played_as(more, policy) >= played_as(tier, policy)).all()


def test_combinations_say_what_their_names_say() -> None:
    """One customer: spend 2, orders 0, expected value 1."""
    row = np.array([[2], [0], [1]], dtype=np.int8)
    said = {
        name: combined(
            row, read_policy(changed(combine=name, weights=OWN["weights"] if name == "weighted" else {}))
        )
        for name in COMBINATIONS
    }

    # .2 x 2 + .3 x 0 + .5 x 1 = .9, rounded 1; spend alone says 2, and the best of the others 1.
    assert {name: int(tier[0]) for name, tier in said.items()} == {
        "median": 1,
        "all": 0,
        "spend_first": 1,
        "weighted": 1,
    }


def test_own_tiers_play_as_the_usual_ones() -> None:
    """Playbooks and stages know four tiers; the policy's own stand beside."""
    policy = read_policy(changed(combine="all", weights={}))
    one = np.array([600.0, 60.0, 0.0])
    criteria = Criteria(one, np.array([5, 2, 0]), one, clv_12m=np.array([950.0, 800.0, 0.0]))

    tiering = tiers_by(criteria, policy.stated(), policy)

    assert tiering.ranks.tolist() == [2, 1, 0]
    assert tiering.tier.tolist() == [Tier.HIGH, Tier.POTENTIAL, Tier.LOW]
    assert tiering.criteria == (Criterion.SPEND, Criterion.FREQUENCY, Criterion.CLV_12M)
