"""Cohorts' log-likelihoods as parabolas: their marginal likelihood under a normal prior, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.types import Floats

WEAK_SD = (
    3.0  # of the mean's prior around 0, a typical size: a factor of 20 up or down, as for posterior draws
)
WEAK = 0.25  # of curvature: below, a log parameter is known to no better than a factor of 50 up or down
MOST_TO_GAIN = 2.0  # of log-likelihood, along such a direction


class Marginal(NamedTuple):
    """
    The restricted marginal log-likelihood of a covariance between cohorts, its mean profiled out.

    Attributes:
        value: Up to a constant.
        slope: Its derivative by the covariance, shape (k, k), symmetric.
        mean: Generalised least squares estimate of the mean, shape (k,).
        mean_covariance: Shape (k, k).
        precision: What each cohort says of the mean, shape (j, k, k).
    """

    value: float
    slope: Floats
    mean: Floats
    mean_covariance: Floats
    precision: Floats


@dataclass(frozen=True, eq=False)
class Quadratics:
    r"""
    Parabolas in theta - centre, one a cohort: :math:`score' d - d' H d / 2`.

    Nothing here divides by H, nor by a covariance: cohorts that know nothing of some direction, and directions
    in which cohorts do not differ, are ordinary cases.

    Attributes:
        centre: Shape (k,).
        height: Of all at the centre together.
        score: Slopes there, shape (j, k).
        information: H, shape (j, k, k), positive semidefinite.
    """

    centre: Floats
    height: float
    score: Floats
    information: Floats

    @classmethod
    def of(
        cls, centre: Floats, points: Floats, values: Floats, gradients: Floats, hessians: Floats
    ) -> Quadratics:
        """
        From expansions at other points.

        Along a ridge a surface may bend upwards, or slope without bending. It levels off further on, which no
        parabola says: there it is bent down as much as it bends up, and so that little is left to gain.

        Args:
            centre: Shape (k,).
            points: Where each was expanded, shape (j, k).
            values: There, shape (j,).
            gradients: There, shape (j, k).
            hessians: There, shape (j, k, k).
        """
        bends, axes = np.linalg.eigh(-hessians)
        slopes = np.einsum("jab,ja->jb", axes, gradients)
        levelling = np.minimum(slopes**2 / (2 * MOST_TO_GAIN), WEAK)
        information = np.einsum("jab,jb,jcb->jac", axes, np.maximum(np.abs(bends), levelling), axes)
        away = points - centre
        score = gradients + np.einsum("jab,jb->ja", information, away)
        rises = (
            np.einsum("ja,ja->j", gradients, away) + np.einsum("ja,jab,jb->j", away, information, away) / 2
        )
        return cls(centre, float((values - rises).sum()), score, information)

    def marginal(self, covariance: Floats) -> Marginal:
        r"""
        The marginal likelihood under theta ~ N(mean, covariance), restricted (REML).

        With :math:`M_j = I + H_j \Sigma`, :math:`W_j = M_j^{-1} H_j`, :math:`P = \sum_j W_j` and the score
        :math:`s_j` at the mean, it is as below; the mean itself has a weak prior, for where all cohorts together
        lie on a ridge.

        .. math::

            \sum_j \left[ q_j(\mu) + \tfrac12 s_j' \Sigma M_j^{-1} s_j - \tfrac12 \log |M_j| \right]
                - \tfrac12 \log |P|

        Source:
            Harville (1977), Maximum Likelihood Approaches to Variance Component Estimation and to Related
            Problems, JASA 72(358), 320-338.
        """
        identity = np.eye(len(self.centre))
        mixed = identity + self.information @ covariance
        inverse = np.linalg.inv(mixed)
        precision = inverse @ self.information
        precision = (precision + precision.transpose(0, 2, 1)) / 2
        total = precision.sum(axis=0) + identity / WEAK_SD**2
        mean_covariance = np.linalg.inv(total)
        slope_at_centre = np.einsum("jab,jb->a", inverse, self.score) - self.centre / WEAK_SD**2
        shift = mean_covariance @ slope_at_centre
        score = self.score - self.information @ shift
        pull = np.einsum("jab,jb->ja", inverse, score)
        at_mean = self.score @ shift - np.einsum("a,jab,b->j", shift, self.information, shift) / 2
        explained = np.einsum("ja,ab,jb->j", score, covariance, pull) / 2
        mean = self.centre + shift
        value = self.height + at_mean.sum() + explained.sum() - float(mean @ mean) / (2 * WEAK_SD**2)
        value -= (np.linalg.slogdet(mixed)[1].sum() + np.linalg.slogdet(total)[1]) / 2
        slope = np.einsum("ja,jb->ab", pull, pull) - precision.sum(axis=0)
        slope += np.einsum("jab,bc,jcd->ad", precision, mean_covariance, precision)
        return Marginal(float(value), slope / 2, mean, mean_covariance, precision)
