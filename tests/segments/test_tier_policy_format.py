"""A policy of tiers is read back as a release kept it; of another format it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evergrove.segments.codes import Criterion, Tier
from evergrove.segments.tiers.documents import FORMAT, policy_document, read_policy
from evergrove.segments.tiers.errors import UnknownPolicyFormat
from evergrove.segments.tiers.policy import Hysteresis, OwnTier, TierPolicy

GOLDEN = Path(__file__).parent / "golden" / "tier_policy_1.json"
POLICY = TierPolicy(
    name="house",
    version=3,
    tiers=(
        OwnTier("base", Tier.LOW, {"en": "Base", "zh-Hans": "普通", "zh-Hant": "一般"}),
        OwnTier("plus", Tier.POTENTIAL),
        OwnTier("gold", Tier.HIGH, {"en": "Gold"}),
    ),
    bounds={
        Criterion.SPEND: (1500.0, 6000.0),
        Criterion.FREQUENCY: (),
        Criterion.CLV_12M: (900.0, 4000.0),
    },
    choice="fixed",
    shares=(0.3, 0.1),
    combine="weighted",
    weights={Criterion.SPEND: 0.5, Criterion.FREQUENCY: 0.2, Criterion.CLV_12M: 0.3},
    basis="margin",
    frequency_basis="orders",
    least_high_share=0.02,
    hysteresis=Hysteresis(0.65, 0.3, 3, 45, 61, 151, 0.1),
)


def golden() -> dict[str, Any]:
    """A policy as the first release kept it; never changed."""
    found: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return found


def test_a_policy_is_read_and_written_as_ever() -> None:
    """Every entry, with tiers, bounds and weights of its own."""
    assert read_policy(golden()) == POLICY
    assert policy_document(POLICY) == golden()


@pytest.mark.parametrize("told", ["evergrove.tier_policy/2", "evergrove.playbook/1", None])
def test_a_policy_of_another_format_is_refused(told: str | None) -> None:
    """With what it is, and which are read."""
    with pytest.raises(UnknownPolicyFormat) as refused:
        read_policy(golden() | {"format": told})

    assert refused.value.code.startswith("segments.")
    assert FORMAT in str(refused.value)
