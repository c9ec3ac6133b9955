"""From sums of whole windows to measured cells, and from settings to assumptions: what beliefs are made from. Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from math import sqrt
from typing import TYPE_CHECKING

from evergrove.decisions.effects import MeasuredCell, Prior
from evergrove.measurement.adjusting import adjustment
from evergrove.measurement.rules import LEAST_IN_ARM, comparable
from evergrove.measurement.types import NOBODY_KNOWN, PROGRAMME
from evergrove.stats import pooled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from evergrove.campaigns import Playbook
    from evergrove.measurement.types import Cell
    from evergrove.settings import OutreachSettings
    from evergrove.stats import Paired, Sums

USUAL_DAYS = 90
"""The window while nobody has bought twice."""
MONTHS = 3
"""People of so many months are measured together: half of a half-life."""

Stratum = tuple[str, str, str, float, int]
"""Playbook, tier, stage, probability, quarter: within it people differ by the coin only."""


def measured_cells(cells: Iterable[Cell], needed: int) -> list[MeasuredCell]:
    """
    The effect of each playbook in each cell, for people of one quarter and one control share at a time.

    The variance of a person's figure is that of the whole tier within a playbook: few buyers in a small cell would give
    it a low mean and a low variance together, and the lowest means the greatest weight.

    Args:
        cells: Sums over whole windows; the programme's are passed over.
        needed: Days of the window.
    """
    known: dict[Stratum, dict[str, Paired]]
    known = defaultdict(lambda: {"control": NOBODY_KNOWN, "treated": NOBODY_KNOWN})
    latest: dict[Stratum, date] = {}
    for cell in cells:
        if cell.layer_key == PROGRAMME:
            continue
        key = _stratum(cell)
        known[key][cell.arm] += cell.paired
        latest[key] = max(latest.get(key, cell.last_as_of), cell.last_as_of)
    strata = _adjusted(known)
    spread = _variances(strata)
    return sorted(
        _together(list(_compared(strata, latest, spread, needed))),
        key=lambda each: (each.playbook, each.tier, each.stage, each.as_of),
    )


def _stratum(cell: Cell) -> Stratum:
    quarter = (12 * cell.month.year + cell.month.month - 1) // MONTHS
    return cell.layer_key, cell.tier, cell.stage, cell.probability, quarter


def _adjusted(known: Mapping[Stratum, Mapping[str, Paired]]) -> dict[Stratum, dict[str, Sums]]:
    """Each playbook's figures without what its people had brought before: cells are small, so all share one theta."""
    own: dict[str, list[tuple[Paired, Paired]]] = defaultdict(list)
    for (playbook, *_rest), arms in known.items():
        own[playbook].append((arms["control"], arms["treated"]))
    taken = {playbook: adjustment(comparable(pooled(strata))) for playbook, strata in own.items()}
    return {key: {name: taken[key[0]].of(arm) for name, arm in arms.items()} for key, arms in known.items()}


def _compared(
    strata: Mapping[Stratum, Mapping[str, Sums]],
    latest: Mapping[Stratum, date],
    spread: Mapping[tuple[str, str], float],
    needed: int,
) -> Iterator[MeasuredCell]:
    for key, arms in strata.items():
        playbook, tier, stage, _probability, _quarter = key
        treated, control, variance = arms["treated"], arms["control"], spread[playbook, tier]
        if treated.n and control.n and variance > 0.0:
            yield MeasuredCell(
                playbook,
                tier,
                stage,
                treated.mean - control.mean,
                sqrt(variance * (1.0 / treated.n + 1.0 / control.n)),
                treated.n,
                control.n,
                latest[key] + timedelta(days=needed),
            )


def _variances(strata: Mapping[Stratum, Mapping[str, Sums]]) -> dict[tuple[str, str], float]:
    """Of one person's figure within strata and arms, by playbook and tier; the playbook's where a tier has none."""
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (playbook, tier, *_rest), arms in strata.items():
        for arm in arms.values():
            if arm.n >= LEAST_IN_ARM:
                for key in ((playbook, tier), (playbook, "")):
                    sums[key][0] += arm.variance * (arm.n - 1)
                    sums[key][1] += arm.n - 1
    found = {key: squares / freedom if freedom else 0.0 for key, (squares, freedom) in sums.items()}
    return {
        (playbook, tier): found.get((playbook, tier), 0.0) or found.get((playbook, ""), 0.0)
        for playbook, tier, *_rest in strata
    }


def _together(rows: Sequence[MeasuredCell]) -> Iterator[MeasuredCell]:
    """Rows of one cell and one day, which differ by the control share, as one."""
    groups: dict[tuple[str, str, str, date], list[MeasuredCell]] = defaultdict(list)
    for row in rows:
        groups[row.playbook, row.tier, row.stage, row.as_of].append(row)
    for (playbook, tier, stage, day), group in groups.items():
        weights = [1.0 / row.se**2 for row in group]
        effect = sum(weight * row.effect for weight, row in zip(weights, group, strict=True)) / sum(weights)
        treated, control = (
            sum(getattr(row, name) for row in group) for name in ("people_treated", "people_control")
        )
        yield MeasuredCell(playbook, tier, stage, effect, sum(weights) ** -0.5, treated, control, day)


def assumed(
    playbooks: Iterable[Playbook], usual: float, costs: Mapping[str, float], settings: OutreachSettings
) -> list[Prior]:
    """
    What each playbook is assumed to bring: a share of what a customer brings anyway, by what the playbook does.

    Args:
        playbooks: Of the workspace.
        usual: What a customer brings in a window without any playbook; currency.
        costs: Contact cost of a treated person by playbook; where it is not named, that of its messages.
        settings: The shares, and the cost of a message.

    Returns:
        One for each playbook of which something can be assumed.
    """
    found = []
    for each in playbooks:
        messages = sum(step.do != "wait" for step in each.steps)
        cost = costs.get(each.key, messages * settings.contact_cost)
        prior = Prior(each.key, max(usual, 0.0) * _share(each, settings), cost)
        if prior.sd > 0.0:
            found.append(prior)
    return found


def _share(playbook: Playbook, settings: OutreachSettings) -> float:
    """Of the strongest thing that it does."""
    doings = {step.do for step in playbook.steps}
    if "task" in doings:
        return settings.assumed_task
    if "coupon" in doings or any(step.coupon or step.coupon_campaign for step in playbook.steps):
        return settings.assumed_coupon
    return settings.assumed_message
