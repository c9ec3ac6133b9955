"""What a review proposes follows from what was measured, and never twice."""

from __future__ import annotations

from typing import Any

import pytest

from evergrove.measurement.review import LEAST_SHARE, proposals


def board(**verdicts: str) -> dict[str, Any]:
    """A board on which only these were judged."""
    return {
        "targets": [{"key": key, "measure": key, "verdict": verdict} for key, verdict in verdicts.items()]
    }


def result(playbook: str, low: float, high: float, **changed: Any) -> dict[str, Any]:
    """A playbook's row of the value ledger."""
    margin = {"effect": (low + high) / 2, "low": low, "high": high}
    return {"playbook": playbook, "margin": margin, "complete": True, "trustworthy": True} | changed


def test_a_missed_target_asks_for_the_playbook_that_works_on_it_once() -> None:
    """Mature churn and mature share both ask for L4; L5 is at work already, L4n is not installed."""
    judged = board(
        mature_share="missed", mature_churn="missed", early_churn="met", referral_conversion="missed"
    )
    found = proposals(judged, {"L2": "draft", "L4": "paused", "L5": "started"}, [], None)
    assert [(each["kind"], each["playbook"], each["target"]) for each in found] == [
        ("start", "L4", "mature_share")
    ]
    assert found[0]["command"] == "evergrove playbook start L4"


@pytest.mark.parametrize("verdict", ["open", "unknown", "met"])
def test_what_is_not_certainly_missed_asks_for_nothing(verdict: str) -> None:
    """An open question is no reason to write to anybody."""
    assert proposals(board(early_churn=verdict), {"L2": "draft"}, [], None) == []


def test_only_a_started_playbook_that_surely_loses_is_to_rest() -> None:
    """Its whole interval lies below 0; what cannot be trusted, is not sure or rests already is left alone."""
    measured = [
        result("L2", -3.0, -1.0),
        result("L5", -3.0, 1.0),
        result("T1b", -3.0, -1.0, trustworthy=False),
        result("L3", -3.0, -1.0),
        result("global", -3.0, -1.0),
    ]
    states = {"L2": "started", "L5": "started", "T1b": "started", "L3": "paused"}
    found = proposals(board(), states, measured, None)
    assert [(each["kind"], each["playbook"]) for each in found] == [("pause", "L2")]
    assert found[0]["command"] == "evergrove playbook pause L2"


def test_bounds_are_proposed_where_they_would_move_enough_people() -> None:
    """One in a hundred at least; measured anew they are taken over by themselves, which is no proposal."""

    def would(customers: int) -> dict[str, Any]:
        moves = [{"from": "low", "to": "medium", "customers": customers}]
        return {"customers": 1000, "options": [{"key": key, "tier": moves} for key in ("anew", "quantiles")]}

    assert proposals(board(), {}, [], would(int(1000 * LEAST_SHARE) - 1)) == []
    (found,) = proposals(board(), {}, [], would(40))
    assert (found["kind"], found["customers"], found["share"]) == ("quantiles", 40, 0.04)
