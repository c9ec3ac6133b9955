"""How much playbooks differ from one another, and the cells of a playbook: found in the measurements themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.decisions.effects.evidence import Evidence, Floats

STEPS = 16
"""Spreads that are tried on each level, in even steps from half a step on."""
REACH = 3.0
"""The largest spread tried, in units of the observed one; beyond it the likelihood is negligible."""
LEAST_PLAYBOOKS = 3
"""Of fewer, nobody can tell how much playbooks differ; each then stands alone."""


@dataclass(frozen=True)
class Spread:
    """
    One pair of standard deviations, and how likely it is.

    Attributes:
        cells: Of the cells of a playbook about the playbook's effect; currency.
        playbooks: Of playbooks about the programme's effect; None: each stands alone.
        weight: Its share of the likelihood; those of all pairs add up to 1.
    """

    cells: float
    playbooks: float | None
    weight: float


def likely_spreads(evidence: Evidence) -> list[Spread]:
    r"""
    Pairs of spreads on a grid, weighted by the likelihood of what was measured.

    A single best pair would be 0 in many small programmes, and the beliefs too sure of themselves; so all are kept. With
    :math:`w = 1 / (v + \tau_c^2)` and the playbook's effect integrated out,

    .. math::

        \ell(\tau_c) = \tfrac12 \sum_p \Big[ \sum_c \log w_{pc} - \log \sum_c w_{pc}
            - \sum_c w_{pc} (y_{pc} - m_p)^2 \Big]

    and the same one level up for :math:`\tau_p`, with :math:`m_p` and its variance in the place of effects.

    Source:
        Gelman (2006), Prior distributions for variance parameters in hierarchical models, Bayesian Analysis 1, 515-533:
        uniform on the standard deviation; Gelman et al., Bayesian Data Analysis, section 5.4, for the likelihoods.
    """
    if not evidence.effect.size:
        return [Spread(0.0, None, 1.0)]
    found: list[tuple[float, float | None, float]] = []
    for cells in _tried(_scale_of_cells(evidence)):
        means, variances, within = _within(evidence, cells)
        if len(means) < LEAST_PLAYBOOKS:
            found.append((cells, None, within))
            continue
        scale = _scale(means, variances)
        within += float(np.log(scale))  # the step is as wide as the scale: uniform on the spread itself
        found += [(cells, tau, within + _between(means, variances + tau**2)) for tau in _tried(scale)]
    logs = np.array([each[2] for each in found])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    return [Spread(c, p, float(w)) for (c, p, _log), w in zip(found, weights, strict=True)]


def _tried(scale: float) -> list[float]:
    return [REACH * scale * (k + 0.5) / STEPS for k in range(STEPS)]


def _within(evidence: Evidence, tau: float) -> tuple[Floats, Floats, float]:
    """Effects of the measured playbooks, their variances on the programme's day, and the likelihood of the cells."""
    means, variances, logs = [], [], 0.0
    for k in np.flatnonzero(evidence.measured):
        own = evidence.owner == k
        variance = evidence.variance[own] + tau**2
        weight = 1.0 / variance
        mean = float(weight @ evidence.effect[own] / weight.sum())
        logs += _between(evidence.effect[own], variance)
        means.append(mean)
        variances.append(evidence.behind[k] / weight.sum())
    return np.array(means), np.array(variances), logs


def _between(values: Floats, variances: Floats) -> float:
    """Log likelihood of values about an unknown mean."""
    weight = 1.0 / variances
    mean = weight @ values / weight.sum()
    return float(0.5 * (np.log(weight).sum() - np.log(weight.sum()) - weight @ (values - mean) ** 2))


def _scale_of_cells(evidence: Evidence) -> float:
    """The observed spread of cells within their playbooks; half the usual assumption where no playbook has two cells."""
    squares, freedom, weights = 0.0, 0, 0.0
    for k in np.flatnonzero(evidence.measured):
        own = evidence.owner == k
        weight, count = 1.0 / evidence.variance[own], int(own.sum())
        mean = weight @ evidence.effect[own] / weight.sum()
        squares += float(weight @ (evidence.effect[own] - mean) ** 2)
        freedom += count - 1
        weights += float(weight.sum()) * (count - 1) / count
    if freedom:
        return float(np.sqrt(max(squares, freedom) / weights))
    assumed = evidence.assumed_precision[evidence.assumed_precision > 0.0]
    return float(np.median(assumed**-0.5)) / (2.0 * REACH) if assumed.size else 0.0


def _scale(values: Floats, variances: Floats) -> float:
    """The observed spread of values about their mean, and never less than their errors."""
    weight = 1.0 / variances
    mean = weight @ values / weight.sum()
    squares, freedom = float(weight @ (values - mean) ** 2), len(values) - 1
    return float(np.sqrt(max(squares, freedom) / (weight.sum() * freedom / len(values))))
