"""What share of a customer's spend is margin: known costs shrunk to the mean of all, or the shop's setting."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evergrove.core import InputError, _
from evergrove.models.estimate import FlatRidge, search
from evergrove.models.gamma_gamma_rows import SpendNotConverged
from evergrove.models.maximise import in_the_words_of
from evergrove.models.spend.margin_likelihood import Surface
from evergrove.models.types import Fit, Floats, InvalidParameter

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FEWEST = 10
SMALLEST = 1e-4  # of a margin share: a starting spread where the data show none


class NoMargins(InputError):
    """Too few customers with known costs."""

    code = "models.no_margins"
    message = _(
        "Costs are known of {customers} {customers:customer|customers} and {again} further {again:day|days}; a margin of each customer's own needs ten, and ten."
    )
    hint = _("Set the shop's margin instead (--margin); it holds for all customers alike.")


@dataclass(frozen=True)
class MarginShare:
    r"""
    Margin as a share of net revenue, day by day: normal around a mean of the customer's own, normal around all.

    After n days of mean share m a customer's expected share is

    .. math::

        \mu + \frac{n \tau^2}{n \tau^2 + \sigma^2} (m - \mu)

    Attributes:
        mean: mu, of all customers; below 1.
        between: tau, standard deviation of the customers' own means, > 0.
        within: sigma, standard deviation of one customer's days, > 0.

    Source:
        Efron and Morris (1975), Data Analysis Using Stein's Estimator and its Generalizations, JASA 70, 311-319.
    """

    mean: float
    between: float
    within: float

    name: ClassVar[str] = "margin-share"
    title: ClassVar[str] = "Margin share"
    parameters: ClassVar[tuple[str, ...]] = ("mean", "between", "within")

    def __post_init__(self) -> None:
        """Refuse parameters that describe no margin."""
        for name in ("between", "within"):
            if not 0 < getattr(self, name) < np.inf:
                raise InvalidParameter(model=self.title, name=name, value=getattr(self, name))
        if not np.isfinite(self.mean):
            raise InvalidParameter(model=self.title, name="mean", value=self.mean)

    @classmethod
    def fit(cls, days: ArrayLike, share: ArrayLike, squares: ArrayLike) -> Fit[MarginShare]:
        """
        Maximum likelihood estimates from customers with known costs.

        Args:
            days: n, days with known cost. Shape (n,); customers without any take no part.
            share: Mean over them of (net amount - cost) / net amount. Shape (n,).
            squares: Sum over them of squared differences from that mean, 0 for one day. Shape (n,).

        Returns:
            The fit; ``log_covariance`` is that of the mean itself and of the logarithms of the other two.

        Raises:
            NoMargins: Fewer than ten customers, or fewer than ten days beside their first.
            SpendNotConverged: No start led to a maximum.
        """
        n, m, ss = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(days, share, squares))
        used = (n > 0) & np.isfinite(m) & np.isfinite(ss)
        n, m, ss = n[used], m[used], ss[used]
        again = float((n - 1).sum())
        if len(n) < FEWEST or again < FEWEST:
            raise NoMargins(customers=len(n), again=round(again))
        within = max(float(np.sqrt(ss.sum() / again)), SMALLEST)
        starts = [
            np.array([m.mean(), np.log(max(between, SMALLEST)), np.log(within)])
            for between in (float(m.std()), 0.3 * float(m.std()), within)
        ]

        def surface(step: int) -> tuple[Surface, float]:
            part = Surface(n[::step], m[::step], ss[::step])
            return part, float(len(part.n))

        with in_the_words_of(SpendNotConverged):
            found = search(surface, len(n), starts, cls.title)
        model = cls(float(found.theta[0]), *(float(v) for v in np.exp(found.theta[1:])))
        doubts: tuple[FlatRidge, ...] = ()
        if found.flat:
            names = [cls.parameters[i] for i in found.flat]
            shown = ", ".join(f"{name} = {getattr(model, name):.4g}" for name in names)
            doubts = (FlatRidge(model=cls.title, parameters=", ".join(names), values=shown),)
        for doubt in doubts:
            warnings.warn(doubt, stacklevel=2)
        per_unit = np.array([1.0, model.between, model.within])  # of a step of theta
        errors = per_unit * np.sqrt(np.diag(found.covariance))
        return Fit(
            model=model,
            log_likelihood=found.value,
            parameters=cls.parameters,
            standard_errors=dict(zip(cls.parameters, map(float, errors), strict=True)),
            covariance=per_unit[:, None] * found.covariance * per_unit,
            log_covariance=found.covariance,
            evaluations=found.evaluations,
            gradient_norm=float(np.abs(found.gradient).max()) / len(n),
            customers=len(n),
            observation_end=None,
            warnings=doubts,
        )

    def expected_share(self, days: ArrayLike, share: ArrayLike) -> Floats:
        """
        Expected margin share of future purchases, shape (n,).

        Args:
            days: n, days with known cost. Shape (n,).
            share: m, their mean margin share; where it is NaN, or n is 0, the mean of all is returned.
        """
        n, m = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(days, share))
        known = (n > 0) & np.isfinite(m)
        n, m = np.where(known, n, 0.0), np.where(known, m, self.mean)
        own = n * self.between**2 / (n * self.between**2 + self.within**2)
        return np.asarray(self.mean + own * (m - self.mean))

    def as_dict(self) -> dict[str, float]:
        """The parameters by name, for JSON."""
        return {name: float(getattr(self, name)) for name in self.parameters}


def expected_margin(
    model: MarginShare | None, setting: float | None, days: ArrayLike, share: ArrayLike
) -> Floats:
    """
    Margin share per customer: from known costs where there is a model, else the setting, else all of it.

    Args:
        model: Of known costs; None where too few are known.
        setting: The shop's margin; None where none was set.
        days: As in ``MarginShare.expected_share``. Shape (n,).
        share: Likewise.
    """
    if model is not None:
        return model.expected_share(days, share)
    return np.full(np.shape(np.asarray(days)), 1.0 if setting is None else setting)
