"""The two scales on which a discrete hazard is linear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.types import Floats

Link = Literal["logit", "cloglog"]

LINKS: tuple[Link, ...] = get_args(Link)
FARTHEST = 600.0  # of a linear predictor: its exponential is still a number


class Cells(NamedTuple):
    """
    The log-likelihood of person-periods by their linear predictor.

    Attributes:
        value: The sum over all of them.
        slope: First derivative of each, of their shape.
        bend: Minus the second derivative, >= 0.
    """

    value: float
    slope: Floats
    bend: Floats


def cells(link: Link, eta: Floats, at_risk: Floats, lost: Floats) -> Cells:
    r"""
    Evaluate person-periods: lost x ln h + (at_risk - lost) x ln(1 - h).

    .. math:: h = \frac{1}{1 + e^{-\eta}} \text{ (logit)} \qquad h = 1 - \exp(-e^\eta) \text{ (cloglog)}

    Args:
        link: The scale.
        eta: Linear predictor, shape (g, m).
        at_risk: Customers at risk, same shape.
        lost: Those of them who left, same shape.
    """
    if link == "logit":
        e = np.exp(-np.abs(eta))
        share = np.where(eta >= 0, 1.0, e) / (1 + e)
        soft = np.maximum(eta, 0.0) + np.log1p(e)
        value = np.einsum("gm,gm->", lost, eta) - np.einsum("gm,gm->", at_risk, soft)
        expected = at_risk * share
        return Cells(float(value), lost - expected, expected * (1 - share))
    rate = np.exp(np.clip(eta, -FARTHEST, FARTHEST))
    stayed = at_risk - lost
    left = -np.expm1(-rate)
    value = np.einsum("gm,gm->", lost, np.log(left)) - np.einsum("gm,gm->", stayed, rate)
    pull = rate * np.exp(-rate) / left  # of ln h: rate / (e^rate - 1)
    return Cells(float(value), lost * pull - stayed * rate, stayed * rate + lost * pull * (pull - (1 - rate)))


def stay(link: Link, eta: Floats) -> Floats:
    """1 - h."""
    odds = np.exp(np.clip(eta, -FARTHEST, FARTHEST))
    return 1 / (1 + odds) if link == "logit" else np.exp(-odds)


def hazard(link: Link, eta: Floats) -> Floats:
    """h, also where it is tiny."""
    odds = np.exp(np.clip(eta, -FARTHEST, FARTHEST))
    return odds / (1 + odds) if link == "logit" else -np.expm1(-odds)


def scale_of(link: Link, share: float) -> float:
    """The linear predictor of a hazard."""
    return float(np.log(share) - np.log1p(-share) if link == "logit" else np.log(-np.log1p(-share)))
