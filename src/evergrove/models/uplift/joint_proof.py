"""Does an offer pay where it seems to? Asked of customers whom it was not learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from evergrove.models.types import Floats
    from evergrove.models.uplift.trial import Trial


class Learned(Protocol):
    """Effects of all offers, and what outcomes are expected without them: ``JointEffects``, or several together."""

    def predict(self, X: Floats) -> Floats:
        """Expected effect of each offer, before the costs of a contact. Shape (n, k)."""

    def residual(self, trial: Trial) -> Floats:
        """What outcomes are beyond what is expected under the chances of the log. Shape (n,)."""


def proofs(
    trial: Trial,
    learned: Sequence[Learned],
    fold: NDArray[np.int64],
    costs: ArrayLike,
    unit: Floats | None = None,
    weight: Floats | None = None,
) -> Floats:
    r"""
    By how many standard errors each offer pays among those for whom it seems to pay. Shape (k,).

    .. math::

        U_a = \sum_{i: g_{ia} > 0} w_i \, g_{ia} \, D_{ia} (r_{ia} - D_{ia} c_a), \qquad
        g_{ia} = \hat\tau_a(x_i) - c_a, \quad D_{ia} = [A_i = a] - e_{ia}

    with r the outcome less what is expected of it without the offer's effect, learned from other customers, as g is.
    Where an offer brings exactly its cost c, each term has mean 0 whatever was learned: only the draw decides. The
    figure is U over the root of the sum of its terms' squares.

    Args:
        trial: A log of random offers.
        learned: Effects that were learned without the customers of each part.
        fold: Which part each row is in. Shape (n,).
        costs: Of one contact, with all that it loses beside the outcome (such as orders that it only pulled forward,
            where outcomes cover few weeks), as far as that is known from other customers. Shape (k,) or (n, k).
        unit: Money that one unit of each row's outcome is; None: 1. Shape (n,).
        weight: As it was learned with. Shape (n,).

    Source:
        The orthogonal score of the partly linear model with known chances: Chernozhukov et al. (2018),
        Double/debiased machine learning, Econometrics Journal 21(1), C1-C68, section 4.1.
    """
    n, k = len(trial), len(trial.offers)
    money = np.ones(n) if unit is None else unit
    worth = (np.ones(n) if weight is None else weight) / money**2
    effect, left = np.empty((n, k)), np.empty(n)
    for part, each in enumerate(learned):
        rows = np.flatnonzero(fold == part)
        effect[rows] = each.predict(trial.X[rows])
        left[rows] = each.residual(trial.rows(rows))
    drawn = (trial.arm[:, None] == np.arange(1, k + 1)) - trial.probability[:, 1:]
    own = drawn * effect
    rest = (left - own.sum(axis=1))[:, None] + own
    gain = np.maximum(effect * money[:, None] - np.asarray(costs), 0.0)
    terms = worth[:, None] * gain * drawn * (rest * money[:, None] - drawn * np.asarray(costs))
    root = np.sqrt((terms**2).sum(axis=0))
    found: Floats = np.divide(terms.sum(axis=0), root, out=np.zeros(k), where=root > 0)
    return found
