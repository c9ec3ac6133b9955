"""How much of what customers buy comes back: a return rate per customer, shrunk to that of all."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.models.distinct import distinct_rows, levels
from evergrove.models.estimate import Sample, concluded, search
from evergrove.models.gamma_gamma_rows import SpendNotConverged
from evergrove.models.maximise import in_the_words_of
from evergrove.models.spend.returns_likelihood import Surface
from evergrove.models.types import Floats, InvalidParameter

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evergrove.models.types import Fit

PRECISIONS = (1.0, 8.0, 80.0)  # a + b of the starts
ROUNDING = 1e-9  # of a purchase


class InvalidReturns(InputError):
    """Returns that are no part of what was bought."""

    code = "models.invalid_returns"
    message = _(
        "{broken} of {total} {total:customer|customers} returned less than nothing, or bought less than nothing."
    )
    hint = _("Give amounts without sign: what was bought before returns, and what of it came back.")


class NoReturnRate(InputError):
    """Nothing, or everything, was returned: customers do not differ."""

    code = "models.no_return_rate"
    message = _(
        "{returned} of {purchases} {purchases:purchase|purchases} came back: that says nothing of how customers differ."
    )
    hint = _("Where nothing came back, the return rate is 0 and net spend is gross spend.")


class ReturnedBeyondPurchase(EvergroveWarning):
    """More went back than was bought."""

    code = "models.returned_beyond_purchase"
    message = _(
        "{beyond} of {customers} {customers:customer|customers} got back more than they had paid; it counts as all of it."
    )
    hint = _("Refunds of earlier purchases, or of goodwill, make such rows.")


def weighted_returns(
    gross: ArrayLike, gross_squares: ArrayLike, returned: ArrayLike
) -> tuple[Floats, Floats]:
    r"""
    Amounts as so many equal purchases, so that returning a large order weighs more than a small one.

    A customer with orders g_j counts as (sum g)^2 / sum g^2 purchases, of which the returned share of the
    amount came back: with equal orders, simply their number.

    Args:
        gross: Sum of order amounts before returns, >= 0. Shape (n,).
        gross_squares: Sum of their squares. Shape (n,).
        returned: Sum of amounts that came back, >= 0; more than ``gross`` counts as all, and is warned about.

    Returns:
        Returned and all purchases, as ``ReturnRate`` reads them, shape (n,) each; they need not be whole.

    Raises:
        InvalidReturns: A negative amount.
    """
    paid, squares, back = (np.asarray(v, dtype=np.float64) for v in (gross, gross_squares, returned))
    _check(back, paid)
    beyond = int((back > paid * (1 + ROUNDING)).sum())
    if beyond:
        warnings.warn(ReturnedBeyondPurchase(beyond=beyond, customers=len(paid)), stacklevel=2)
    some = (paid > 0) & (squares > 0)
    purchases = np.divide(paid**2, squares, out=np.zeros(len(paid)), where=some)
    share = np.divide(back, paid, out=np.zeros(len(paid)), where=some)
    return np.minimum(share, 1.0) * purchases, purchases


def _check(returned: Floats, purchases: Floats) -> None:
    broken = int((~(returned >= 0) | ~(purchases >= 0)).sum())
    if broken:
        raise InvalidReturns(broken=broken, total=len(returned))


@dataclass(frozen=True)
class ReturnRate:
    r"""
    Beta-binomial: each customer returns a purchase with a chance of his own, Beta(a, b) distributed.

    With y of n purchases returned, the expected chance is

    .. math::

        \frac{a + y}{a + b + n}

    the population's rate at first, the customer's own the more purchases there are (empirical Bayes). With
    amounts (``weighted_returns``) y and n are not whole and the likelihood is a quasi-likelihood.

    Where spend is net of refunds already, as in the customer summary, returns are in it: this model belongs to
    gross spend. Net spend = gross spend x (1 - rate); never is spend shifted so that it becomes positive.

    Attributes:
        a: Weight of returned purchases, > 0.
        b: Weight of kept ones, > 0. a / (a + b) is the population's rate.

    Source:
        Griffiths (1973), Maximum Likelihood Estimation for the Beta-Binomial Distribution, Biometrics 29(4).
    """

    a: float
    b: float

    name: ClassVar[str] = "return-rate"
    title: ClassVar[str] = "Return rate"
    parameters: ClassVar[tuple[str, ...]] = ("a", "b")

    def __post_init__(self) -> None:
        """Refuse parameters that describe no rate."""
        for name in self.parameters:
            if not 0 < getattr(self, name) < np.inf:
                raise InvalidParameter(model=self.title, name=name, value=getattr(self, name))

    @classmethod
    def fit(cls, returned: ArrayLike, purchases: ArrayLike) -> Fit[ReturnRate]:
        """
        Maximum likelihood estimates.

        Args:
            returned: y per customer, 0 <= y <= n. Shape (n,).
            purchases: n per customer; those without any take no part. Shape (n,).

        Raises:
            InvalidReturns: A negative number.
            NoReturnRate: Nothing or everything was returned.
            SpendNotConverged: No start led to a maximum.
        """
        y, n = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(returned, purchases))
        _check(y, n)
        bought = n > 0
        y, n = np.minimum(y, n)[bought], n[bought]
        kept = n - y
        if y.sum() <= 0 or kept.sum() <= 0:
            raise NoReturnRate(returned=round(float(y.sum())), purchases=round(float(n.sum())))
        back, keep, weight = distinct_rows((levels(y), levels(kept)), None)
        rate = float(y.sum() / n.sum())

        def surface(step: int) -> tuple[Surface, float]:
            part = Surface(back[::step], keep[::step], weight[::step])
            return part, float(weight[::step].sum())

        starts = [np.log([rate * each, (1 - rate) * each]) for each in PRECISIONS]
        with in_the_words_of(SpendNotConverged):
            found = search(surface, len(back), starts, cls.title)
        return concluded(
            lambda letters: cls(**letters),
            found,
            Sample(cls.title, float(len(n))),
            scales={"a": 1.0, "b": 1.0},
            log_likelihood=found.value,
            depth=2,
        )

    @property
    def population_rate(self) -> float:
        """The chance of a return of a customer of whom nothing is known."""
        return self.a / (self.a + self.b)

    def expected_rate(self, returned: ArrayLike, purchases: ArrayLike) -> Floats:
        """
        Expected share of future purchases that come back, shape (n,).

        Args:
            returned: y. Shape (n,).
            purchases: n; where it is 0 or unknown the population's rate is returned. Shape (n,).
        """
        y, n = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(returned, purchases))
        known = (n > 0) & (y >= 0)
        y, n = np.where(known, np.minimum(y, n), 0.0), np.where(known, n, 0.0)
        return np.asarray((self.a + y) / (self.a + self.b + n))

    def expected_net(self, gross_spend: ArrayLike, returned: ArrayLike, purchases: ArrayLike) -> Floats:
        """Gross expected spend per purchase day less what is expected to come back of it, shape (n,)."""
        gross = np.asarray(gross_spend, dtype=np.float64)
        return np.asarray(gross * (1 - self.expected_rate(returned, purchases)))

    def as_dict(self) -> dict[str, float]:
        """The parameters by name, for JSON."""
        return {"a": float(self.a), "b": float(self.b)}
