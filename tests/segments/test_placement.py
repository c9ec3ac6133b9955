"""What a run was placed by goes into its details and comes back the same."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from evergrove.segments import (
    Criterion,
    Placement,
    Policy,
    Rhythm,
    StageCuts,
    Yardsticks,
    policy_of,
    read_placement,
)
from evergrove.segments.states.placement import DamagedPlacement, UnknownPlacement
from evergrove.segments.tiers.documents import read_policy
from evergrove.segments.types import SilenceCut, TierBounds
from evergrove.settings import Settings, StageSettings, TierSettings, ValueSettings

GOLDEN = Path(__file__).parent / "golden" / "placement_1.json"
NEWEST = Path(__file__).parent / "golden" / "placement_2.json"
BOUNDS = TierBounds((1000.0, 2000.5, 5000.1), (1.0, 3.0, inf), (200.0, 400.0, 800.10), basis="quantiles")
CUTS = StageCuts(
    0.184,
    Rhythm(1234, 45.0, 97.0),
    SilenceCut(1.3, "back_test", 0.19, 88),
    SilenceCut(inf, "back_test", 0.4, 99),
)
PLACEMENT = Placement(
    Policy(TierSettings(high_spend=6000.0), StageSettings(mature_orders=8), "CNY"), Yardsticks(BOUNDS, CUTS)
)
STORED = TierSettings(high_spend=6000.0, check_days=90, protect_days=90, sure_p=0.05)
"""As the golden file has them, whatever is the default by now."""

CLUB = read_policy(
    {
        "format": "evergrove.tier_policy/1",
        "name": "club",
        "version": 3,
        "tiers": [
            {"key": "guest", "like": "low"},
            {"key": "member", "like": "medium", "names": {"en": "Member", "zh-Hans": "会员"}},
            {"key": "gold", "like": "high"},
        ],
        "criteria": {"orders": [2, 6], "clv_12m": [300, 1200.5]},
        "combine": "all",
        "basis": "margin",
        "hysteresis": {"dwell_days": 45, "check_days": 90, "protect_days": 90, "sure_p": 0.05},
    }
)
ADOPTED = Placement(
    replace(PLACEMENT.policy, tiers=STORED, adopted=CLUB),
    Yardsticks(CLUB.with_bounds({**CLUB.bounds, Criterion.FREQUENCY: (2.0, inf)}, "fixed"), CUTS),
)


def through_json(placement: Placement) -> Placement:
    """As a ledger keeps it, with the names in another order."""
    return read_placement(json.loads(json.dumps(placement.document(), allow_nan=False, sort_keys=True)))


def test_a_placement_survives_storage() -> None:
    """Bounds that nobody reaches and stretches without end among it."""
    assert through_json(PLACEMENT) == PLACEMENT


def test_what_is_not_known_stays_unknown() -> None:
    """No amounts, no cut, too few gaps: NaN is not equal to itself, so the words are compared."""
    unknown = Yardsticks(None, StageCuts(nan, Rhythm(0, nan, nan), SilenceCut(), SilenceCut()))
    placement = replace(PLACEMENT, yardsticks=unknown)

    assert repr(through_json(placement)) == repr(placement)


def test_equal_settings_are_an_equal_policy() -> None:
    """Only what places customers counts: the discount rate does not, a bound and the currency do."""
    settings = Settings()

    assert policy_of(replace(settings, value=ValueSettings(discount_rate=0.2))) == policy_of(settings)
    assert policy_of(replace(settings, tiers=TierSettings(high_spend=5001.0))) != policy_of(settings)
    assert policy_of(replace(settings, value=ValueSettings(currency="EUR"))) != policy_of(settings)


def test_the_first_format_is_still_read() -> None:
    """A document that the first release wrote; settings that came later take their defaults."""
    document = json.loads(GOLDEN.read_text(encoding="utf-8"))
    del document["tiers"]["fall_checks"]
    document["stages"]["gone_by_now"] = 3

    assert read_placement(document) == PLACEMENT


def test_todays_document_holds_what_its_golden_file_holds() -> None:
    """A change of names needs another format; a setting that is added takes its default in older documents."""
    golden, today = json.loads(NEWEST.read_text(encoding="utf-8")), ADOPTED.document()

    for section in ("tiers", "stages"):
        assert golden[section].items() <= today[section].items()
        today[section] = golden[section]
    assert today == golden
    assert read_placement(golden) == ADOPTED


def test_an_adopted_policy_survives_storage() -> None:
    """Its own tiers, names, and a criterion that is predicted."""
    assert through_json(ADOPTED) == ADOPTED
    assert through_json(ADOPTED).policy.rules.name == "club"


@pytest.mark.parametrize("found", ["evergrove.placement/3", "evergrove.kept/1", None])
def test_other_formats_are_refused(found: str | None) -> None:
    """By name."""
    with pytest.raises(UnknownPlacement, match=r"evergrove\.placement/1"):
        read_placement({"format": found})


@pytest.mark.parametrize(("part", "value"), [("cuts", {}), ("bounds", {"basis": "fixed"}), ("tiers", 3)])
def test_a_damaged_document_is_refused(part: str, value: Any) -> None:
    """Never half a placement."""
    with pytest.raises(DamagedPlacement):
        read_placement(PLACEMENT.document() | {part: value})
