"""Effects of all offers learned together, with how sure they are: a Bayesian regression with known chances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.learned import WrongFeatures
from evergrove.models.uplift.errors import TooFewPeople
from evergrove.models.uplift.spreads import given, likely

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evergrove.models.types import Floats
    from evergrove.models.uplift.moments import Moments
    from evergrove.models.uplift.trial import Trial

LEAST = 10
"""Rows for each column below which nothing is learned."""


@dataclass(frozen=True, eq=False)
class JointEffects:
    """
    What is believed of the effects of all offers.

    Attributes:
        offers: Names of the k offers.
        outcome: Coefficients of the expected outcome under the chances of the log, of 1 and the features. Shape (1 + f,).
        mean: Of the coefficients of effects, shape (k, 1 + f).
        covariance: Of each offer's coefficients, shape (k, 1 + f, 1 + f).
        noise: Variance of an outcome of weight 1 about what is expected.
        spread: Variance of the coefficients of standardised features by group, then of average effects.
    """

    offers: tuple[str, ...]
    outcome: Floats
    mean: Floats
    covariance: Floats
    noise: float
    spread: Floats

    def predict(self, X: Floats) -> Floats:
        """
        Expected effect of each offer, before the costs of a contact. Shape (n, k).

        Raises:
            WrongFeatures: Another number of columns.
        """
        return np.asarray(self._framed(X) @ self.mean.T)

    def sd(self, X: Floats) -> Floats:
        """How unsure the expected effects are: their standard deviations. Shape (n, k)."""
        frame = self._framed(X)
        found = [np.einsum("ij,ij->i", frame @ each, frame) for each in self.covariance]
        return np.asarray(np.sqrt(np.maximum(np.column_stack(found), 0.0)))

    def residual(self, trial: Trial) -> Floats:
        """What outcomes are beyond what is expected under the chances of the log. Shape (n,)."""
        return np.asarray(trial.outcome - self._framed(trial.X) @ self.outcome)

    def _framed(self, X: Floats) -> Floats:
        table = np.asarray(X, dtype=np.float64)
        features = self.mean.shape[1] - 1
        if table.ndim != 2 or table.shape[1] != features:
            raise WrongFeatures(wanted=features, given=table.shape[1] if table.ndim == 2 else 0)
        return np.column_stack([np.ones(len(table)), table])


def fit_joint(
    moments: Moments, groups: ArrayLike | None = None, like: JointEffects | None = None
) -> JointEffects:
    r"""
    Learn effects of all offers at once.

    .. math::

        y = z'\gamma + \sum_a (W_a - e_a(x)) \, z'\beta_a + \varepsilon, \qquad
        \beta_{aj} \sim N(0, \tau^2_{a, g(j)}), \quad z = (1, x)

    with x standardised, W the draw and e its known chance. As W - e has mean 0 whatever x is, a wrong form of
    :math:`z'\gamma` costs precision only. Each offer has a spread of its own for each group of features, found by
    maximal marginal likelihood: a group that tells nothing apart is shrunk to nothing. Average effects share one.

    Args:
        moments: Of a log of random offers.
        groups: Of each feature, whole numbers from 0; None puts all into one. Shape (f,).
        like: Take over its spreads and its noise, as for a part of the rows that it was learned from.

    Raises:
        TooFewPeople: Fewer than ten rows for each column, and nothing to take over.

    Source:
        The form: Robinson (1988), Root-N-consistent semiparametric regression, Econometrica 56(4), 931-954, with
        chances that are known.
    """
    k, q = len(moments.offers), moments.columns
    if like is None and moments.rows < LEAST * q:
        raise TooFewPeople(arm="-", people=moments.rows, needed=LEAST * q)
    shape = _standard(moments.gram[:q, :q])
    blocks = moments.gram.reshape(1 + k, q, 1 + k, q)
    gram = np.einsum("ja,ijkl,lb->iakb", shape, blocks, shape, optimize=True).reshape(moments.gram.shape)
    along = (moments.along.reshape(1 + k, q) @ shape).ravel()
    place = _places(np.zeros(q - 1, dtype=np.int64) if groups is None else np.asarray(groups), k)
    if like is None:
        found = likely(gram, along, moments.squares, moments.rows, place)
    else:
        found = given(gram, along, place, like.spread, like.noise)
    outcome, *mean = found.mean.reshape(1 + k, q) @ shape.T
    own = [found.covariance[a * q : (a + 1) * q, a * q : (a + 1) * q] for a in range(1, k + 1)]
    covariance = np.stack([shape @ each @ shape.T for each in own])
    return JointEffects(moments.offers, outcome, np.stack(mean), covariance, found.noise, found.spread)


def _standard(gram: Floats) -> Floats:
    """What turns (1, x) into (1, standardised x), and coefficients back; 0 where x is always the same. Shape (q, q)."""
    mean = gram[0] / gram[0, 0]
    variance = np.diag(gram) / gram[0, 0] - mean**2
    told = variance > 1e-12 * np.maximum(mean**2, 1.0)
    scale = np.where(told, 1.0 / np.sqrt(np.where(told, variance, 1.0)), 0.0)
    found = np.diag(scale)
    found[0] = -mean * scale
    found[0, 0] = 1.0
    return np.asarray(found)


def _places(groups: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Which spread each coefficient has; -1 for the mean outcome, which has none. Shape (m,)."""
    count = int(groups.max(initial=-1)) + 1
    average = (1 + k) * count
    parts = [np.concatenate([[-1], groups])]
    parts += [np.concatenate([[average], groups + (1 + a) * count]) for a in range(k)]
    return np.concatenate(parts)
