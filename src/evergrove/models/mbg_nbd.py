"""MBG/NBD: customers may leave after each purchase, the first one included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evergrove.models.beta_geometric import BetaGeometric


@dataclass(frozen=True)
class MbgNbd(BetaGeometric):
    r"""
    The modified BG/NBD model: one-time buyers may have left as well.

    .. math::

        L = \frac{B(a, b + x + 1)}{B(a, b)} \frac{\Gamma(r + x) \, \alpha^r}{\Gamma(r) (\alpha + T)^{r + x}}
        + \frac{B(a + 1, b + x)}{B(a, b)}
          \frac{\Gamma(r + x) \, \alpha^r}{\Gamma(r) (\alpha + t_x)^{r + x}}

    A customer just won is alive with probability b / (a + b): some leave with their first purchase.

    Attributes:
        r: Shape of the gamma distributed purchase rate, > 0.
        alpha: Its scale, in ``unit``, > 0; the mean rate is r / alpha.
        a: First parameter of the beta distributed chance to leave after a purchase, > 0.
        b: The second, > 0; the mean chance is a / (a + b).
        unit: The unit of time of ``alpha``, of horizons, recency and T.

    Source:
        Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of models for customer
        base analysis, International Journal of Research in Marketing 24(3), 201-209; Hoppe and Wagner
        (2007), Customer base analysis: the case for a central variant of the Betageometric/NBD model,
        Marketing - Journal of Research and Management 3(2), 75-90.
    """

    name: ClassVar[str] = "mbg-nbd"
    title: ClassVar[str] = "MBG/NBD"
    m: ClassVar[int] = 1
