"""Night after night of simulated shops: time alone moves nobody whom the index of due days had not named."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from benchmarks.due_nights import Nights, watch
from benchmarks.due_shop import load

from evergrove.segments.codes import Criterion
from evergrove.segments.tiers.adoption import policy_named
from evergrove.segments.tiers.policy import Hysteresis, OwnTier, TierPolicy
from evergrove.settings import Settings, StageSettings, TierSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from benchmarks.due_nights import Watched

BESIDE = {"events": 4000, "tickets": 1500, "surveys": 900}
SUBSCRIBED = {"subscriptions": 160}
BY_DAYS = StageSettings(shop_gaps=10**9, own_gaps=40)
"""No rhythm is known: days of the settings decide, and a login puts decline off."""
NERVOUS = StageSettings(trend_window_days=60, trend_certainty=0.6, won_back_days=40)
HASTY = TierPolicy(
    name="hasty",
    version=1,
    tiers=(OwnTier("guest", 0), OwnTier("member", 1), OwnTier("gold", 3)),  # type: ignore[arg-type]
    bounds={Criterion.SPEND: (400.0, 2000.0), Criterion.AVERAGE_ORDER: (150.0, 420.0)},
    combine="all",
    hysteresis=Hysteresis(dwell_days=2, check_days=2, protect_days=25, demote_p=0.9, sure_p=0.5),
)


def watched(rows: dict[str, int], *, seed: int, nights: int = 70, step: int = 1, **shop: Any) -> Watched:
    """Nights of which the last twenty bring nothing new at all."""
    with open_engine(threads=1) as engine:
        end = load(engine, 260, seed, rows)
        some = Nights(engine, tuple(rows), hears="events" in rows, **shop)
        return watch(some, end - timedelta(days=nights * step - 20), nights + 1, step)


CASES: dict[str, dict[str, Any]] = {
    "pareto": {"rows": {}, "seed": 31, "model": "pareto-nbd"},
    "mbg, quantiles": {"rows": {}, "seed": 32, "settings": Settings(tiers=TierSettings(bounds="quantiles"))},
    "health": {"rows": BESIDE, "seed": 33},
    "days and logins": {"rows": BESIDE, "seed": 34, "settings": Settings(stages=BY_DAYS)},
    "nervous trend": {"rows": BESIDE, "seed": 35, "settings": Settings(stages=NERVOUS)},
    "subscriptions": {"rows": SUBSCRIBED, "seed": 36},
    "three tiers": {"rows": {}, "seed": 37, "adopted": policy_named("three_tiers")},
    "own hasty policy": {"rows": {}, "seed": 38, "adopted": HASTY},
    "every third night": {"rows": {}, "seed": 39, "step": 3, "nights": 60},
}

SHORT = ("days and logins", "own hasty policy")
"""In ``make test``; the others are long."""


@cache
def found_of(name: str) -> Watched:
    """What was found in the nights of a case, once for all tests that ask."""
    return watched(**CASES[name])


def _each(*names: str) -> list[Any]:
    return [pytest.param(name, marks=() if name in SHORT else pytest.mark.long) for name in names]


@pytest.mark.slow
@pytest.mark.parametrize("name", _each(*CASES))
def test_nobody_moves_by_time_alone_who_was_not_due(name: str) -> None:
    """
    Whoever was looked at only when due, or when something was heard, stands where the nightly run puts him.

    In tier, stage, their reasons, bands and checks, over 60 nights and more; and on most nights most are not due.
    """
    found = found_of(name)

    assert found.late == []
    assert found.nights >= 60
    assert found.tiers > 0
    assert found.stages > 20
    assert found.due < 0.2 * found.silent


MOVED_BY = {
    "health": (
        "churn_chance",
        "decline_silence",
        "figures",
        "trend",
        "won_back_over",
        "tier_doubt",
        "health",
    ),
    "subscriptions": ("subscription",),
    "own hasty policy": ("tier_check", "tier_protection", "churn_silence"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", _each(*MOVED_BY))
def test_what_a_shop_is_there_for_is_among_what_moves(name: str) -> None:
    """The shops that are watched are not so calm that whole parts of the index are never asked."""
    told = found_of(name).because

    for code in MOVED_BY[name]:
        assert told[code][1] > 0, code


@pytest.mark.slow
def test_an_index_that_is_late_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Due days that all come a day later leave movers unnamed: the comparison can fail."""
    from benchmarks import due_nights

    honest = due_nights.Nights.night

    def later(self: Nights, as_of: Any) -> Any:
        standing, ahead = honest(self, as_of)
        return standing, {customer: (days + 1, because) for customer, (days, because) in ahead.items()}

    monkeypatch.setattr(due_nights.Nights, "night", later)

    assert len(watched({}, seed=31, nights=30).late) > 10
