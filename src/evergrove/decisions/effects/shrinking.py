"""From measured cells and assumptions to beliefs: programme, playbook, tier x stage. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.effects.evidence import HALF_LIFE_DAYS, gathered
from evergrove.decisions.effects.spreads import likely_spreads
from evergrove.decisions.effects.types import ANYWHERE, Effect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.decisions.effects.evidence import Evidence, Floats
    from evergrove.decisions.effects.spreads import Spread
    from evergrove.decisions.effects.types import MeasuredCell, Prior


def shrink(
    measured: Sequence[MeasuredCell],
    priors: Sequence[Prior],
    as_of: date,
    half_life_days: float = HALF_LIFE_DAYS,
) -> list[Effect]:
    r"""
    What each playbook is believed to bring in each cell in which somebody was measured, and in all others.

    A cell's effect is drawn about its playbook's, a playbook's about the programme's, and assumptions speak of playbooks:

    .. math::

        y_{pc} \sim N(\theta_{pc}, v_{pc}), \quad \theta_{pc} \sim N(\mu_p, \tau_c^2), \quad
        \mu_p \sim N(M, \tau_p^2), \quad a_p \sim N(\mu_p, \max(|a_p|, cost)^2)

    with M unknown and told by measurements of other playbooks only, once there are three. The spreads are averaged over
    their likelihood (``likely_spreads``). Age makes a playbook's whole belief less sure, assumption included: the
    variance doubles every half-life, and the mean stays where it is until something new is measured.

    Args:
        measured: At most one row a cell and time; several times of a cell are put together, older ones weighing less.
        priors: At most one a playbook; a playbook without one starts from nothing.
        as_of: The day of the belief; no measurement may be later.
        half_life_days: After so many days a variance has doubled.

    Returns:
        By playbook: first the effect that stands for all its other cells, with tier and stage empty, then cells in order.

    Raises:
        NotAnEffect, MeasuredLater, NoSpread: Something cannot be used.
    """
    evidence = gathered(measured, priors, as_of, half_life_days)
    beliefs = [(_believed(evidence, spread), spread.weight) for spread in likely_spreads(evidence)]
    cells = _mixed([(each.cells, weight) for each, weight in beliefs])
    playbooks = _mixed([(each.playbooks, weight) for each, weight in beliefs])
    found = []
    for k, key in enumerate(evidence.playbooks):
        own = np.flatnonzero(evidence.owner == k)
        places = [((ANYWHERE, ANYWHERE), evidence.people[own].sum(axis=0), playbooks[:, k])]
        places += [(evidence.cells[c][1:], evidence.people[c], cells[:, c]) for c in own]
        for (tier, stage), (treated, control), (mean, variance, weight) in places:
            sd = float(np.sqrt(variance * evidence.age[k]))
            share = float(weight) if own.size else 1.0
            found.append(Effect(key, tier, stage, float(mean), sd, int(treated), int(control), share, as_of))
    return found


@dataclass(frozen=True)
class _Belief:
    """
    Posterior mean, variance and weight of the assumption, given the spreads.

    Attributes:
        cells: Of each measured cell. Shape (3, cells).
        playbooks: Of a cell of each playbook that is not measured. Shape (3, playbooks).
    """

    cells: Floats
    playbooks: Floats


def _believed(evidence: Evidence, spread: Spread) -> _Belief:
    number = len(evidence.playbooks)
    weight = 1.0 / (evidence.variance + spread.cells**2)
    own: Floats = np.bincount(evidence.owner, weight, number).astype(np.float64)
    own_sum: Floats = np.bincount(evidence.owner, weight * evidence.effect, number).astype(np.float64)
    above, above_sum = _from_above(evidence, spread, own, own_sum)
    total, total_sum = above + own, above_sum + own_sum
    new_cell = np.where(evidence.measured, spread.cells**2, 0.0)  # an assumption is of any cell as it stands
    playbooks = np.array(
        [total_sum / total, 1.0 / total + new_cell, evidence.assumed_precision / total],
    )
    return _Belief(_cells(evidence, spread, total, total_sum, weight), playbooks)


def _cells(evidence: Evidence, spread: Spread, total: Floats, total_sum: Floats, weight: Floats) -> Floats:
    """Each cell from its own measurement and from all that is known of the playbook beside it."""
    of, precision = evidence.owner, 1.0 / evidence.variance
    rest = np.maximum(total[of] - weight, 0.0)
    rest_sum = total_sum[of] - weight * evidence.effect
    alone = rest <= 1e-12 * total[of]  # the only cell of a playbook of which nothing is assumed
    safe = np.where(alone, 1.0, rest)
    prior = np.where(alone, 0.0, 1.0 / (1.0 / safe + spread.cells**2))
    both = prior + precision
    mean = (prior * rest_sum / safe + precision * evidence.effect) / both
    assumed = prior * evidence.assumed_precision[of] / safe / both
    return np.array([mean, 1.0 / both, assumed])


def _from_above(evidence: Evidence, spread: Spread, own: Floats, own_sum: Floats) -> tuple[Floats, Floats]:
    """Precision, and precision times mean, of what assumptions and other playbooks say of each playbook."""
    above = evidence.assumed_precision
    above_sum = above * evidence.assumed
    if spread.playbooks is None:
        return above, above_sum
    there = evidence.measured
    mean = np.divide(own_sum, own, out=np.zeros_like(own), where=there)
    variance = np.divide(evidence.behind, own, out=np.ones_like(own), where=there)
    share = np.where(there, 1.0 / (variance + spread.playbooks**2), 0.0)
    others = share.sum() - share
    programme = 1.0 / (spread.playbooks**2 + 1.0 / others)
    return above + programme, above_sum + programme * ((share @ mean - share * mean) / others)


def _mixed(parts: list[tuple[Floats, float]]) -> Floats:
    """Mean, variance and weight of a mixture; the variance takes in how far the parts lie apart."""
    mean = sum((weight * part[0] for part, weight in parts), np.zeros(parts[0][0].shape[1]))
    second = sum((weight * (part[1] + (part[0] - mean) ** 2) for part, weight in parts), np.zeros_like(mean))
    assumed = sum((weight * part[2] for part, weight in parts), np.zeros_like(mean))
    return np.array([mean, second, assumed])
