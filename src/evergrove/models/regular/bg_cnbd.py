"""BG/CNBD-k: regular purchases; customers may leave after each repeat purchase, never before the first one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evergrove.models.regular.cnbd import RegularBetaGeometric


@dataclass(frozen=True)
class BgCnbd(RegularBetaGeometric):
    r"""
    BG/NBD with Erlang-k intervals: a purchase is every k-th event.

    .. math::

        L = \frac{B(a, b + x)}{B(a, b)} \frac{\Gamma(r + k x) \, \alpha^r}{\Gamma(r) (\alpha + T)^{r + k x}}
        \frac{\prod \Delta t^{k - 1}}{\Gamma(k)^x}
        \left[ \sum_{j<k} \frac{(r + k x)_j}{j!} \left( \frac{T - t_x}{\alpha + T} \right)^j
        + [x > 0] \frac{a}{b + x - 1} \left( \frac{\alpha + T}{\alpha + t_x} \right)^{r + k x} \right]

    P(alive) is 1 for x = 0, as in ``BgNbd``; ``MbgCnbd`` does without this assumption. k = 1 is BG/NBD.

    Attributes:
        r: Shape of the gamma distributed rate of events, > 0.
        alpha: Its scale, in ``unit``, > 0; purchases come at the mean rate r / (k alpha).
        a: First parameter of the beta distributed chance to leave after a repeat purchase, > 0.
        b: The second, > 0; the mean chance is a / (a + b).
        k: Events to a purchase, 1 to 12; intervals vary by 1 / sqrt(k) of their mean.
        unit: The unit of time of ``alpha``, of horizons, recency and T.

    Source:
        Platzer and Reutterer (2016), Ticking Away the Moments: Timing Regularity Helps to Better Predict
        Customer Activity, Marketing Science 35(5), 779-799; Reutterer, Platzer and Schroeder (2021), Leveraging
        Purchase Regularity for Predicting Customer Behavior the Easy Way, IJRM 38(1), 194-215.
    """

    name: ClassVar[str] = "bg-cnbd"
    title: ClassVar[str] = "BG/CNBD-k"
    m: ClassVar[int] = 0
