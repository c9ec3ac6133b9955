"""The policy benchmark in words: whether its targets are met, and its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.policy_headline import SAID, mean_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models import Floats

RULES = ("nothing", "everybody", "random", "RFM", "CLV", "churn", "uplift")
ORDER = ("oracle", "latent oracle", "ours", *RULES)
WON, SHARE, AS_GOOD = 0.9, 0.85, 0.98
BEGIN, END = "<!-- results: written by python -m benchmarks.policy -->", "<!-- end of results -->"
NAMES = {
    "repurchase": "repurchase in the third quarter",
    "recall": "recall of customers churned at day 0",
    "return": "margin for each unit of contact cost",
    "lifetime": "weeks from first to latest order",
}


def of(result: Mapping[str, Any], world: str, policy: str, field: str = "profit") -> Floats:
    """One field of a policy in a world, by seed."""
    rows = [row for row in result["rows"] if row["world"] == world and row["policy"] == policy]
    return np.array([row[field] for row in sorted(rows, key=lambda row: row["seed"])], dtype=np.float64)


def worlds_of(result: Mapping[str, Any]) -> list[str]:
    """Worlds in the order in which they were lived in."""
    return list(dict.fromkeys(row["world"] for row in result["rows"]))


def judged(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The targets, what was found, and whether it is enough."""
    found: list[dict[str, Any]] = []
    for world in worlds_of(result):
        found += _heterogeneous(result, world) if world == "heterogeneous" else [_elsewhere(result, world)]
    if coverage := result["coverage"]:
        share = coverage["share"]
        found.append(
            {
                "target": "80 % intervals hold 80 % of true effects, within 3 standard errors",
                "found": f"{share['mean']:.1%} of {share['intervals']:,}, standard error {share['se']:.1%}",
                "met": bool(coverage["holds"]),
            }
        )
    return found


def _heterogeneous(result: Mapping[str, Any], world: str) -> list[dict[str, Any]]:
    ours, oracle = of(result, world, "ours"), of(result, world, "oracle")
    found = []
    for rule in RULES:
        gain = ours - of(result, world, rule)
        mean, low, high = mean_interval(gain)
        won = int((gain > 0).sum())
        found.append(
            {
                "target": f"{world}: more than {rule}, at 95 % and in {WON:.0%} of seeds",
                "found": f"{mean:+.2f} ({low:+.2f} to {high:+.2f}) a customer, {won} of {len(gain)}",
                "met": low > 0 and won >= WON * len(gain),
            }
        )
    share = float(ours.sum() / oracle.sum())
    found.append(
        {
            "target": f"{world}: at least {SHARE:.0%} of the oracle in the third quarter",
            "found": f"{share:.1%}",
            "met": share >= SHARE,
        }
    )
    return found


def _elsewhere(result: Mapping[str, Any], world: str) -> dict[str, Any]:
    """98 % of the best rule; where the best is to do nothing, no more is lost than contacts drawn at random lost."""
    means = {rule: float(of(result, world, rule).mean()) for rule in RULES}
    best = max(means, key=lambda rule: means[rule])
    ours = float(of(result, world, "ours").mean())
    if means[best] > 0:
        return {
            "target": f"{world}: at least {AS_GOOD:.0%} of the best rule ({best}) in the third quarter",
            "found": f"{ours / means[best]:.1%}",
            "met": ours >= AS_GOOD * means[best],
        }
    spent = float(of(result, world, "ours", "exploration_loss").mean())
    return {
        "target": f"{world}: nothing pays; no more lost than exploration costs",
        "found": f"{ours:+.3f} a customer, of which by exploration {-spent:+.3f}",
        "met": ours >= -spent - 1e-9,
    }


def printed(result: Mapping[str, Any]) -> str:
    """Tables and targets as Markdown."""
    count = len(result["seeds"])
    seeds = f"{count} seeds ({result['seeds'][0]} to {result['seeds'][-1]})"
    where = result["machine"]
    lines = [
        f"Commit {result['commit']}; {where['processor']}, {where['cores']} cores; {seeds}.",
        "",
        "Expected incremental profit a customer, mean over seeds; in brackets its share of the oracle's.",
    ]
    for score, title in (("profit", "Score 1: the third quarter"), ("cumulative", "Score 2: from day 0 on")):
        lines += ["", f"### {title}", "", *_scores(result, score)]
    lines += ["", "### Targets", "", "| target | found | |", "|---|---|---|"]
    lines += [
        f"| {each['target']} | {each['found']} | {'met' if each['met'] else '**missed**'} |"
        for each in result["judged"]
    ]
    if result["coverage"]:
        lines += ["", "### Coverage of 80 % intervals", "", *_coverage(result["coverage"])]
    if result["headlines"]:
        lines += ["", "### The brief's headlines, against customers never contacted", "", *_headlines(result)]
    return "\n".join(lines)


def page(text: str, result: Mapping[str, Any]) -> str:
    """A document with its results replaced."""
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{printed(result)}\n\n{END}{after}"


def _scores(result: Mapping[str, Any], field: str) -> list[str]:
    worlds = worlds_of(result)
    lines = [f"| policy | {' | '.join(worlds)} |", f"|---|{'---:|' * len(worlds)}"]
    for policy in ORDER:
        cells = []
        for world in worlds:
            mean, oracle = (float(of(result, world, each, field).mean()) for each in (policy, "oracle"))
            cells.append(f"{mean:.2f}" + (f" ({mean / oracle:.0%})" if oracle > 0.5 else ""))
        lines.append(f"| {policy} | {' | '.join(cells)} |")
    return lines


def _coverage(coverage: Mapping[str, Any]) -> list[str]:
    rows = [*coverage["by_playbook"].items(), ("all", coverage["share"])]
    return [
        "| playbook | intervals | hold the truth | standard error |",
        "|---|---:|---:|---:|",
        *(f"| {key} | {each['intervals']} | {each['mean']:.3f} | {each['se']:.3f} |" for key, each in rows),
    ]


def _headlines(result: Mapping[str, Any]) -> list[str]:
    lines = [
        "| figure | programme | control | change, 95 % interval | the brief's texts |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in result["headlines"]:
        name = row["name"]
        if name == "return":
            levels, change = ("", ""), "{change:.2f} ({low:.2f} to {high:.2f})"
        else:
            form = "{:.1f}" if name == "lifetime" else "{:.1%}"
            levels = form.format(row["programme"]), form.format(row["control"])
            change = "{change:+.1%} ({low:+.1%} to {high:+.1%})"
        lines.append(f"| {NAMES[name]} | {levels[0]} | {levels[1]} | {change.format(**row)} | {SAID[name]} |")
    return lines
