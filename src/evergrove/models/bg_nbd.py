"""BG/NBD: customers may leave after each repeat purchase, never before the first one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evergrove.models.beta_geometric import BetaGeometric


@dataclass(frozen=True)
class BgNbd(BetaGeometric):
    r"""
    The BG/NBD model of purchases by customers who leave unannounced.

    .. math::

        L = \frac{B(a, b + x)}{B(a, b)} \frac{\Gamma(r + x) \, \alpha^r}{\Gamma(r) (\alpha + T)^{r + x}}
        + [x > 0] \frac{B(a + 1, b + x - 1)}{B(a, b)}
          \frac{\Gamma(r + x) \, \alpha^r}{\Gamma(r) (\alpha + t_x)^{r + x}}

    P(alive) is 1 for x = 0: the model lets nobody leave before a repeat purchase, so that one-time buyers
    look alive for ever. ``MbgNbd`` and ``ParetoNbd`` do without this assumption.

    Attributes:
        r: Shape of the gamma distributed purchase rate, > 0.
        alpha: Its scale, in ``unit``, > 0; the mean rate is r / alpha.
        a: First parameter of the beta distributed chance to leave after a repeat purchase, > 0.
        b: The second, > 0; the mean chance is a / (a + b).
        unit: The unit of time of ``alpha``, of horizons, recency and T.

    Source:
        Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the
        Pareto/NBD Model, Marketing Science 24(2), 275-284; P(alive): brucehardie.com/notes/021.
    """

    name: ClassVar[str] = "bg-nbd"
    title: ClassVar[str] = "BG/NBD"
    m: ClassVar[int] = 0
