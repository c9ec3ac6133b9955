"""What a month's review proposes: each proposal names its reason and the command that accepts it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.measurement.words import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HELPS: Mapping[str, tuple[str, ...]] = {
    "early_churn": ("L2",),
    "quarterly_repurchase": ("L3", "T1b"),
    "cross_sell_share": ("L3",),
    "mature_share": ("L4", "T1b"),
    "mature_churn": ("L4", "L5"),
    "referral_conversion": ("L4n",),
}
"""Playbooks that work on a target, by what is measured (engagement: default playbooks)."""
RESTING = ("draft", "paused")
LEAST_SHARE = 0.01
"""Thresholds that would move fewer customers than this are not worth a decision."""


def proposals(
    board: Mapping[str, Any],
    playbooks: Mapping[str, str],
    measured: Sequence[Mapping[str, Any]],
    thresholds: Mapping[str, Any] | None,
) -> list[dict[str, Any]]:
    """
    What to accept or leave, the most certain loss first.

    Args:
        board: The targets board's document.
        playbooks: State of every installed playbook, by key.
        measured: Results of the value ledger, as JSON.
        thresholds: What other yardsticks would do; None where that is not known.

    Returns:
        ``kind``: "pause", "start" or "quantiles"; ``command``: what accepts it, or None where a setting does; and
        the numbers of its sentence.
    """
    return [*_pauses(playbooks, measured), *_starts(board, playbooks), *_bounds(thresholds)]


def _pauses(playbooks: Mapping[str, str], measured: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Started playbooks whose whole interval lies below 0."""
    return [
        {
            "kind": "pause",
            "playbook": result["playbook"],
            "command": f"evergrove playbook pause {result['playbook']}",
            "effect": result["margin"]["effect"],
            "low": result["margin"]["low"],
            "high": result["margin"]["high"],
        }
        for result in measured
        if verdict(result) in {"lost", "lost_so_far"} and playbooks.get(result["playbook"]) == "started"
    ]


def _starts(board: Mapping[str, Any], playbooks: Mapping[str, str]) -> list[dict[str, Any]]:
    """Resting playbooks that work on a missed target; each once, with the first target that asks for it."""
    found: dict[str, dict[str, Any]] = {}
    for target in board["targets"]:
        if target["verdict"] != "missed":
            continue
        for key in HELPS.get(target["measure"], ()):
            if playbooks.get(key) in RESTING and key not in found:
                command = f"evergrove playbook start {key}"
                found[key] = {"kind": "start", "playbook": key, "command": command, "target": target["key"]}
    return list(found.values())


def _bounds(thresholds: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Bounds at quantiles, where they would place enough customers elsewhere."""
    if thresholds is None:
        return []
    return [
        {
            "kind": "quantiles",
            "command": None,
            "setting": 'tiers.bounds = "quantiles"',
            "customers": customers,
            "share": customers / thresholds["customers"],
        }
        for option in thresholds["options"]
        for customers in (sum(each["customers"] for each in option["tier"]),)
        if option["key"] == "quantiles" and customers >= LEAST_SHARE * thresholds["customers"]
    ]
