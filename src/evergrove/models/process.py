"""What every transaction model can be asked, written once over the few forms in which they differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from evergrove.core import Horizon, Unit, in_units, per_unit_rate
from evergrove.models.types import Floats, InvalidSummary

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from evergrove.models.types import Fit, Summary


def on_cells(form: Callable[[Floats, Floats], Floats], x: Floats, T: Floats) -> Floats:
    """
    Evaluate ``form(x, T)`` once per distinct pair and hand each row its cell's value.

    A million customers stand in some ten thousand cells: special functions cost nothing this way.

    Args:
        form: Arrays (m,), (m,) -> values (m,) or (k, m).
        x: Shape (n,).
        T: Shape (n,).
    """
    if len(x) < 2:
        return form(x, T)
    ages, age_of = np.unique(T, return_inverse=True)
    key = x.astype(np.int64) * len(ages) + age_of
    cells, cell_of = np.unique(key, return_inverse=True)
    if len(cells) == len(x):
        return form(x, T)
    return form((cells // len(ages)).astype(np.float64), ages[cells % len(ages)])[..., cell_of]


def as_arrays(*values: ArrayLike) -> tuple[Floats, ...]:
    """Broadcast scalars and sequences to float arrays of one shape (n,)."""
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in values))
    return tuple(np.ascontiguousarray(a) for a in arrays)


def check_recency(recency: Floats, T: Floats) -> None:
    """Raise ``InvalidSummary`` where a last purchase is later than the end of observation."""
    broken = ~(recency <= T)
    if broken.any():
        i = int(np.argmax(broken))
        raise InvalidSummary(
            rule="recency <= T",
            broken=int(broken.sum()),
            total=len(T),
            example=f"row {i}, recency={recency[i]:g}, T={T[i]:g}",
            observation_end="?",
        )


@dataclass(frozen=True, kw_only=True)
class TransactionModel(ABC):
    """
    A purchase process with dropout, known by its parameters.

    Everything about the future splits into P(alive), which depends on (x, t_x, T), and forms given alive,
    which depend on (x, T) alone. A model states those forms; the questions are answered here.

    Attributes:
        unit: The unit of time of the parameters, horizons, recency and T.
    """

    unit: Unit = "week"

    name: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]

    # -- the forms in which models differ ---------------------------------------------------------

    @classmethod
    @abstractmethod
    def fit(cls, summary: Summary) -> Fit[Self]:
        """Maximum likelihood estimates from a summary; times are taken in the summary's unit."""

    @abstractmethod
    def row_log_likelihood(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Log-likelihood of each history, shape (n,)."""

    @abstractmethod
    def alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """P(alive at T | x, t_x, T), shape (n,)."""

    @abstractmethod
    def expected_if_alive(self, horizon: float, x: Floats, T: Floats) -> Floats:
        """Expected purchases in (T, T + horizon] of those alive at T, shape (n,)."""

    @abstractmethod
    def rate_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        """Expected purchases per unit of time at T + u of those alive at T; u (k, 1) gives (k, n)."""

    @abstractmethod
    def active_if_alive(self, horizon: float, x: Floats, T: Floats) -> Floats:
        """P(at least one purchase in (T, T + horizon] | alive at T), shape (n,)."""

    @abstractmethod
    def survival_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        """P(alive at T + u | alive at T); u (k, 1) gives (k, n)."""

    @abstractmethod
    def residual_if_alive(self, delta: float, x: Floats, T: Floats) -> Floats:
        """Discounted expected residual transactions of those alive at T, at continuous rate ``delta``, (n,)."""

    @abstractmethod
    def expected_purchases_new(self, horizon: Horizon) -> float:
        """E[X(t)]: expected repeat purchases of a customer in the time ``horizon`` after the first one."""

    @abstractmethod
    def probability_of_purchases(self, n: ArrayLike, horizon: Horizon) -> Floats:
        """P(X(t) = n) for a new customer; n of shape (k,) gives shape (k,)."""

    # -- the questions ----------------------------------------------------------------------------

    def log_likelihood(self, summary: Summary) -> float:
        """Log-likelihood of a summary, in the model's unit of time."""
        rows = summary.in_unit(self.unit).counts()
        return float(rows.weights @ self.row_log_likelihood(rows.frequency, rows.recency, rows.T))

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """
        P(alive) at the end of the observation period.

        Args:
            frequency: x, the number of repeat purchases. Shape (n,), >= 0.
            recency: t_x, age at the last purchase, in ``unit``. Shape (n,).
            T: Age at the end of observation, in ``unit``. Shape (n,), >= recency.

        Returns:
            Probabilities in [0, 1], shape (n,).

        Raises:
            InvalidSummary: Some recency is later than its T.
        """
        x, t_x, T = as_arrays(frequency, recency, T)
        check_recency(t_x, T)
        return self.alive(x, t_x, T)

    def probability_active(
        self, horizon: Horizon, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Floats:
        """P(at least one purchase within ``horizon`` after T), shape (n,); arguments as probability_alive."""
        h = in_units(horizon, self.unit)
        x, t_x, T = as_arrays(frequency, recency, T)
        check_recency(t_x, T)
        return self.alive(x, t_x, T) * on_cells(lambda x, T: self.active_if_alive(h, x, T), x, T)

    def expected_purchases(
        self, horizon: Horizon, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Floats:
        """Conditional expected purchases in (T, T + horizon], shape (n,); arguments as probability_alive."""
        h = in_units(horizon, self.unit)
        x, t_x, T = as_arrays(frequency, recency, T)
        check_recency(t_x, T)
        return self.alive(x, t_x, T) * on_cells(lambda x, T: self.expected_if_alive(h, x, T), x, T)

    def discounted_expected_residual_transactions(
        self, annual_rate: float, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Floats:
        """
        DERT: all purchases after T, each discounted to T; shape (n,).

        Args:
            annual_rate: Effective annual discount rate, > 0 (0.10 is ten per cent a year).
            frequency: As in ``probability_alive``; so are the others.
            recency: t_x.
            T: Age at the end of observation.
        """
        delta = per_unit_rate(annual_rate, self.unit)
        x, t_x, T = as_arrays(frequency, recency, T)
        check_recency(t_x, T)
        return self.alive(x, t_x, T) * on_cells(lambda x, T: self.residual_if_alive(delta, x, T), x, T)

    def as_dict(self) -> dict[str, Any]:
        """The parameters by name, for JSON."""
        return {name: float(getattr(self, name)) for name in self.parameters}
