"""A night names the policy that rules, what it could not go by, own tiers by their names, and flaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from evergrove.cli.night import print_night
from evergrove.cli.run import figures_of
from evergrove.cli.terminal import Terminal
from evergrove.pipeline import RunOutcome
from evergrove.segments.tiers.assign import USUAL
from evergrove.segments.tiers.documents import read_policy

if TYPE_CHECKING:
    import pytest

    from evergrove.text import Language

CLUB = read_policy(
    {
        "format": "evergrove.tier_policy/1",
        "name": "club",
        "version": 3,
        "tiers": [
            {"key": "guest", "like": "low"},
            {"key": "gold", "like": "high", "names": {"en": "Gold card", "zh-Hans": "金卡"}},
        ],
        "criteria": {"spend": [500]},
        "hysteresis": {"dwell_days": 45},
    }
)
COUNTED = {"moves": 5, "flaps": 1, "rate": 0.2, "after": "2025-07-01", "until": "2026-07-01"}
USUAL_NIGHT = RunOutcome(
    date(2026, 7, 1),
    snapshot_id=1,
    customers=9,
    model="mbg-nbd",
    basis="revenue",
    tiers={"low": 4, "high": 5},
    rules=USUAL,
)
CLUB_NIGHT = replace(
    USUAL_NIGHT,
    rules=CLUB,
    is_adopted=True,
    own_tiers={"guest": 4, "gold": 5},
    moves={("tier", "low", "high", "evidence"): 2, ("own_tier", "guest", "gold", "evidence"): 2},
    flaps={
        "axis": "own_tier",
        "within_days": 90,
        "tonight": 2,
        "last_90_days": COUNTED,
        "last_365_days": COUNTED,
    },
)


def said(capsys: pytest.CaptureFixture[str], night: RunOutcome, language: Language = "en") -> str:
    """What the terminal shows of a night."""
    print_night(Terminal(language), night, "CNY", "UTC")
    return capsys.readouterr().out


def test_an_adopted_policy_is_named_and_its_tiers_by_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    """A move is shown once, between own tiers; a tier without a name goes by its key."""
    out, chinese = said(capsys, CLUB_NIGHT), said(capsys, CLUB_NIGHT, "zh-Hans")

    assert "Tiers go by the policy club, version 3, which was adopted." in out
    assert (
        "Moves between tiers: 2 tonight, 5 in the last 365 days; 1 of these went back to the tier before within 90 days."
        in out
    )
    assert "Gold card" in out
    assert "guest" in out
    assert "High value" not in out
    assert "金卡" in chinese
    assert "High value" not in chinese


def test_the_usual_night_says_nothing_of_policies(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor of flaps, as long as nobody can have moved."""
    out = said(capsys, USUAL_NIGHT)

    assert "High value" in out
    assert "policy" not in out
    assert "Moves between tiers" not in out
    assert "No model says" not in out


def test_a_night_without_a_posterior_says_what_lets_tiers_fall(capsys: pytest.CaptureFixture[str]) -> None:
    """Checks and dwell of the policy that rules."""
    out = said(capsys, replace(CLUB_NIGHT, is_doubted=False))

    assert (
        "No model says how likely a customer is to keep a tier: 2 checks and 45 days alone let tiers fall."
        in out
    )


def test_programs_get_the_same() -> None:
    """Keys, not names."""
    found: dict[str, Any] = figures_of(CLUB_NIGHT)

    assert found["policy"] == {"name": "club", "version": 3}
    assert found["own_tiers"] == {"guest": 4, "gold": 5}
    assert (found["falls_doubted"], found["flaps"]["last_365_days"]["flaps"]) == (True, 1)
    assert figures_of(USUAL_NIGHT)["policy"] is None
