"""Measured cells and assumptions as arrays, each made as uncertain as its age demands."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evergrove.decisions.effects.errors import MeasuredLater, NoSpread, NotAnEffect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from evergrove.decisions.effects.types import MeasuredCell, Prior

Floats = NDArray[np.float64]
HALF_LIFE_DAYS = 180.0
"""After so many days half of what was known is left: the variance has doubled."""


@dataclass(frozen=True)
class Evidence:
    """
    What is known, cell by cell and playbook by playbook.

    Within a playbook everything is as old as its newest measurement leaves it, so that its own mean stays where it is
    while time passes and nothing new is measured. ``age`` and ``behind`` say what has to be added for others.

    Attributes:
        playbooks: Keys, in order; those with a measurement or an assumption.
        cells: (playbook, tier, stage) of each measured cell, in order.
        owner: Which playbook each cell belongs to. Shape (cells,).
        effect: Of each cell. Shape (cells,).
        variance: Of each effect. Shape (cells,).
        people: Treated and control of each cell. Shape (cells, 2).
        assumed: Mean of each playbook's assumption; 0 without one. Shape (playbooks,).
        assumed_precision: Inverse variance of it; 0 without one. Shape (playbooks,).
        measured: Whether the playbook has cells. Shape (playbooks,).
        behind: By what its variance grows until the newest measurement of any playbook, >= 1. Shape (playbooks,).
        age: By what its variance grows until the day of the belief, >= 1. Shape (playbooks,).
    """

    playbooks: tuple[str, ...]
    cells: tuple[tuple[str, str, str], ...]
    owner: NDArray[np.intp]
    effect: Floats
    variance: Floats
    people: NDArray[np.int64]
    assumed: Floats
    assumed_precision: Floats
    measured: NDArray[np.bool_]
    behind: Floats
    age: Floats


def gathered(
    measured: Sequence[MeasuredCell], priors: Sequence[Prior], as_of: date, half_life_days: float
) -> Evidence:
    """
    Bring measurements and assumptions together.

    Raises:
        NotAnEffect: An effect or an assumption is no number, or an error is not above 0.
        MeasuredLater: A cell was measured after the day of the belief.
        NoSpread: An assumption has no uncertainty.
    """
    _check(measured, priors, as_of)
    assumptions = {each.playbook: each for each in priors}
    rows = _by_cell(measured)
    playbooks = tuple(sorted({*assumptions, *(key for key, _tier, _stage in rows)}))
    days = {key: [each.as_of for each in measured if each.playbook == key] for key in playbooks}
    newest = {key: max(days[key], default=as_of) for key in playbooks}
    latest = max((newest[key] for key in playbooks if days[key]), default=as_of)
    combined = [_combined(each, newest[each[0].playbook], half_life_days) for each in rows.values()]
    place = {key: k for k, key in enumerate(playbooks)}
    return Evidence(
        playbooks=playbooks,
        cells=tuple(rows),
        owner=np.array([place[key] for key, _tier, _stage in rows], dtype=np.intp),
        effect=np.array([effect for effect, _variance in combined]),
        variance=np.array([variance for _effect, variance in combined]),
        people=np.array(
            [
                [sum(r.people_treated for r in each), sum(r.people_control for r in each)]
                for each in rows.values()
            ],
            dtype=np.int64,
        ).reshape(-1, 2),
        assumed=np.array([assumptions[key].mean if key in assumptions else 0.0 for key in playbooks]),
        assumed_precision=np.array(
            [
                _precision(
                    assumptions, key, grown(min(days[key], default=as_of), newest[key], half_life_days)
                )
                for key in playbooks
            ]
        ),
        measured=np.array([bool(days[key]) for key in playbooks], dtype=np.bool_),
        behind=np.array([grown(newest[key], max(latest, newest[key]), half_life_days) for key in playbooks]),
        age=np.array([grown(newest[key], as_of, half_life_days) for key in playbooks]),
    )


def grown(since: date, until: date, half_life_days: float) -> float:
    """By what a variance has grown from one day to another."""
    return float(2.0 ** ((until - since).days / half_life_days))


def _precision(assumptions: Mapping[str, Prior], key: str, age: float) -> float:
    """The assumption was made before the first people were measured, and has aged with them since."""
    return 0.0 if key not in assumptions else 1.0 / (assumptions[key].sd ** 2 * age)


def _by_cell(measured: Sequence[MeasuredCell]) -> dict[tuple[str, str, str], list[MeasuredCell]]:
    found: dict[tuple[str, str, str], list[MeasuredCell]] = {}
    for each in sorted(measured, key=lambda row: (row.playbook, row.tier, row.stage, row.as_of)):
        found.setdefault((each.playbook, each.tier, each.stage), []).append(each)
    return found


def _combined(rows: Sequence[MeasuredCell], until: date, half_life_days: float) -> tuple[float, float]:
    """Effect and variance of one cell from its people of different times, older ones counting less."""
    weights = [1.0 / (each.se**2 * grown(each.as_of, until, half_life_days)) for each in rows]
    mean = sum(weight * each.effect for weight, each in zip(weights, rows, strict=True)) / sum(weights)
    return mean, 1.0 / sum(weights)


def _check(measured: Sequence[MeasuredCell], priors: Sequence[Prior], as_of: date) -> None:
    for each in measured:
        if not (isfinite(each.effect) and isfinite(each.se) and each.se > 0.0):
            cell = f"{each.tier} / {each.stage}"
            raise NotAnEffect(playbook=each.playbook, cell=cell, effect=each.effect, se=each.se)
        if each.as_of > as_of:
            raise MeasuredLater(playbook=each.playbook, measured=each.as_of, as_of=as_of)
    for prior in priors:
        if not isfinite(prior.mean) or not isfinite(prior.sd):
            raise NotAnEffect(playbook=prior.playbook, cell="-", effect=prior.mean, se=prior.sd)
        if not prior.sd > 0.0:
            raise NoSpread(playbook=prior.playbook)
