"""What every transaction model can be asked, written once over the few forms in which they differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from evergrove.core import DAYS_PER, UNITS, Horizon, InputError, Term, Unit, _, in_units, per_unit_rate
from evergrove.core.arguments import InvalidArgument, number, one_of
from evergrove.models.discounting import discounted_integral
from evergrove.models.distinct import on_cells
from evergrove.models.estimate import estimate
from evergrove.models.types import Floats, InvalidParameter, InvalidSummary, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from evergrove.models.maximise import Objective
    from evergrove.models.types import Fit, Summary

SAME_LENGTH = Term(_("single numbers, or as many of each"))
QUANTILE = Term(_("a probability between 0 and 1"))
HALVINGS = 60  # of an interval: below the last digit of its length
LIFE_NODES = 24  # Gauss-Legendre in log time: 1e-10 of ten years at a time constant down to a day


class InvalidHorizon(InputError):
    """A horizon that is not a length of time."""

    code = "models.invalid_horizon"
    message = _("A horizon of {horizon} {unit}s is not a length of time.")
    hint = _('Give a number >= 0 in the model\'s unit, or for example "12 months".')


class Divergent(InputError):
    """A sum over a whole lifetime has no limit."""

    code = "models.divergent"
    message = _(
        "{model}: at an annual discount rate of {rate}, expected purchases over a lifetime have no limit."
    )
    hint = _(
        "Give a rate above 0 (0.10 is ten per cent a year), or ask for a horizon with expected_purchases."
    )


def as_arrays(*values: ArrayLike) -> tuple[Floats, ...]:
    """Broadcast scalars and sequences to float arrays of one shape (n,)."""
    given = [np.atleast_1d(numbers("frequency, recency, T", v)) for v in values]
    try:
        arrays = np.broadcast_arrays(*given)
    except ValueError as error:
        lengths = " + ".join(str(each.shape) for each in given)
        raise InvalidArgument(
            name="frequency, recency, T", value=Term(lengths), wanted=SAME_LENGTH
        ) from error
    return tuple(np.ascontiguousarray(a) for a in arrays)


def is_positive(value: Any) -> bool:
    """Whether it is a number above 0, and finite."""
    try:
        return 0 < float(value) < np.inf
    except (TypeError, ValueError):
        return False


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


def check_history(frequency: Floats, recency: Floats, T: Floats) -> None:
    """Raise ``InvalidSummary`` where a history cannot be: fewer purchases than none, or one after its end."""
    broken = ~(frequency >= 0)
    if broken.any():
        i = int(np.argmax(broken))
        raise InvalidSummary(
            rule="frequency >= 0",
            broken=int(broken.sum()),
            total=len(T),
            example=f"row {i}, frequency={frequency[i]:g}",
            observation_end="?",
        )
    check_recency(recency, T)


def weighed(values: Floats, weights: Floats | None) -> Floats:
    """
    The mean of a form over the phases.

    Args:
        values: Of a form, phases first: (phases, n) or (phases, k, n). With no weights (n,) or (k, n).
        weights: From ``TransactionModel.phase_weights``, shape (phases, n).

    Returns:
        Shape (n,) or (k, n).
    """
    return values if weights is None else np.asarray(np.einsum("jn,j...n->...n", weights, values))


def log_weighed(log_values: Floats, weights: Floats | None) -> Floats:
    """``weighed`` of a form whose logarithm is known: log_values (phases, n) or (n,) give (n,)."""
    if weights is None:
        return log_values
    with np.errstate(divide="ignore"):  # certainly not in that phase
        return np.asarray(np.logaddexp.reduce(np.log(weights) + log_values, axis=0))


def halved(rises: Callable[[Floats], Floats], q: float, horizon: Floats) -> Floats:
    """Where ``rises``, which grows from 0, reaches q of its value at ``horizon`` (n,): by halving, (n,)."""
    wanted = q * rises(horizon)
    low, high = np.zeros_like(horizon), horizon
    for _halving in range(HALVINGS):
        middle = (low + high) / 2
        reached = rises(middle) >= wanted
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


@dataclass(frozen=True, kw_only=True)
class TransactionModel(ABC):
    """
    A purchase process with dropout, known by its parameters.

    Everything about the future splits into P(alive), which depends on (x, t_x, T), and forms given alive,
    which depend on (x, T) alone. A model states those forms; the questions are answered here.

    Where recency says more than who is alive, it tells in which of k phases a customer stands. Forms of such a
    model have the phases as their first axis; ``phase_weights`` says how likely each is, and ``weighed`` takes
    their mean.

    Attributes:
        unit: The unit of time of the parameters, horizons, recency and T.
        name: What ``--model`` calls it.
        title: What people call it.
        parameters: Their names, in the order of the literature.
        times: Those among them that are lengths of time.
        constants: Whole numbers beside them that are chosen, not estimated.
    """

    unit: Unit = "week"

    name: ClassVar[str]
    title: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]
    times: ClassVar[tuple[str, ...]]
    constants: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Refuse parameters that no process has."""
        one_of("unit", self.unit, UNITS)
        for name in self.parameters:
            value = getattr(self, name)
            if not is_positive(value):
                raise InvalidParameter(model=self.title, name=name, value=value)

    # -- the forms in which models differ ---------------------------------------------------------

    @classmethod
    @abstractmethod
    def surface(cls, rows: Summary, scale: float) -> Objective:
        """
        The log-likelihood over log parameters, for ``fit``.

        Args:
            rows: Distinct histories with their weights, in the user's unit.
            scale: Times count as time / scale: recency, T and the parameters in ``times``.

        Returns:
            A function of theta = log(parameters), shape (k,), that gives the value, the gradient (k,) and
            the Hessian (k, k).
        """

    @classmethod
    @abstractmethod
    def starts(cls, rows: Summary, scale: float) -> list[Floats]:
        """Points to climb from, the likeliest first: log parameters, times divided by ``scale``."""

    @abstractmethod
    def row_log_likelihood(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Log-likelihood of each history, shape (n,)."""

    @abstractmethod
    def alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """P(alive at T | x, t_x, T), shape (n,)."""

    @property
    def phases(self) -> int:
        """In how many phases a customer who is alive can stand; 1: the forms have no axis of phases."""
        return 1

    def phase_weights(self, x: Floats, t_x: Floats, T: Floats) -> Floats | None:  # noqa: ARG002 - of those with phases
        """P(phase | x, t_x, T, alive), shape (phases, n); None where there is but one."""
        return None

    @abstractmethod
    def expected_if_alive(self, horizon: float, x: Floats, T: Floats) -> Floats:
        """Expected purchases in (T, T + horizon] of those alive at T, shape (n,)."""

    @abstractmethod
    def rate_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        """Expected purchases per unit of time at T + u of those alive at T; u (k, n) gives (k, n)."""

    @abstractmethod
    def active_if_alive(self, horizon: Floats | float, x: Floats, T: Floats) -> Floats:
        """P(at least one purchase in (T, T + horizon] | alive at T), shape (n,); horizon may be (n,)."""

    @abstractmethod
    def survival_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        """P(alive at T + u | alive at T); u (k, n) or (k, 1) gives (k, n)."""

    @abstractmethod
    def residual_if_alive(self, delta: float, x: Floats, T: Floats) -> Floats:
        """
        Discounted expected residual transactions of those alive at T, at continuous rate ``delta``, (n,).

        At delta = 0 the undiscounted sum where it has a limit, else infinity.
        """

    @abstractmethod
    def log_pmf_if_alive(self, n: Floats, horizon: float, x: Floats, T: Floats) -> Floats:
        """Log P(n purchases in (T, T + horizon] | alive at T), element by element, shape (n,)."""

    def lived_if_alive(self, length: Floats, x: Floats, T: Floats) -> Floats:
        """
        Expected time alive within ``length`` (n,) after T of those alive at T, shape (n,).

        Survival is a smooth function of log(pace + u), where pace is the time over which it bends.
        """
        nodes, weights = np.polynomial.legendre.leggauss(LIFE_NODES)
        pace = self._shortest_time + T
        width = np.log1p(length / pace)
        v = np.multiply.outer((1 + nodes) / 2, width)
        survival = self.survival_if_alive(pace * np.expm1(v), x, T)
        return np.asarray(np.einsum("k,km->m", weights, survival * np.exp(v)) * pace * width / 2)

    def next_purchase_quantile_if_alive(self, q: float, horizon: float, x: Floats, T: Floats) -> Floats:
        """
        When the next purchase comes, given that one comes within ``horizon``: its q-quantile, shape (n,).

        P(alive) cancels: who buys again is alive. Found by halving; a model with a closed form overrides it.
        """
        return halved(lambda u: self.active_if_alive(u, x, T), q, np.full_like(T, horizon))

    # -- fitting ----------------------------------------------------------------------------------

    @classmethod
    def fit(cls, summary: Summary) -> Fit[Self]:
        """
        Maximum likelihood estimates; the parameters carry the summary's unit of time.

        Args:
            summary: Histories of everybody who bought, those who never came back included.

        Returns:
            The fit. ``warnings`` says what is not identified; the same warnings are issued.

        Raises:
            NoRepeats: Nobody has come back, or no time has passed: there is nothing to learn from.
            NotConverged: No start led to a maximum.
        """
        return estimate(cls, summary)

    def refitted(self, summary: Summary) -> Fit[Self]:
        """
        The fit to a summary of much the same customers: the climb starts here, and from one point besides.

        Args:
            summary: Histories of everybody who bought, in this model's unit.

        Raises:
            NoRepeats, NotConverged: As for ``fit``.
        """
        return estimate(type(self), summary, near=self)

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
        check_history(x, t_x, T)
        return self.alive(x, t_x, T)

    def probability_active(
        self, horizon: Horizon, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Floats:
        """P(at least one purchase within ``horizon`` after T), shape (n,); arguments as probability_alive."""
        h = self._length(horizon)
        return self._times_alive(lambda x, T: self.active_if_alive(h, x, T), frequency, recency, T)

    def expected_purchases(
        self, horizon: Horizon, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Floats:
        """Conditional expected purchases in (T, T + horizon], shape (n,); arguments as probability_alive."""
        h = self._length(horizon)
        return self._times_alive(lambda x, T: self.expected_if_alive(h, x, T), frequency, recency, T)

    def discounted_purchases(
        self,
        horizon: Horizon,
        annual_rate: float,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
    ) -> Floats:
        """
        Expected purchases in (T, T + horizon], each discounted to T; shape (n,).

        Args:
            horizon: A number in ``unit`` or a text; "12 months" with expected spend makes clv_12m.
            annual_rate: Effective annual discount rate, > -1; at 0 these are ``expected_purchases``.
            frequency: As in ``probability_alive``; so are the others.
            recency: t_x.
            T: Age at the end of observation.
        """
        h, delta = self._length(horizon), per_unit_rate(annual_rate, self.unit)
        return self._times_alive(lambda x, T: self.discounted_if_alive(h, delta, x, T), frequency, recency, T)

    def discounted_if_alive(self, horizon: float, delta: float, x: Floats, T: Floats) -> Floats:
        """Expected purchases in (T, T + horizon] of those alive, at continuous rate ``delta``, (n,)."""
        pace = T + self._shortest_time
        return discounted_integral(lambda u: self.rate_if_alive(u, x, T), horizon, delta, pace)

    def discounted_expected_residual_transactions(
        self, annual_rate: float, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Floats:
        """
        DERT: all purchases after T, each discounted to T; shape (n,).

        Args:
            annual_rate: Effective annual discount rate (0.10 is ten per cent a year). At 0 the sum over a
                lifetime is given where it has a limit.
            frequency: As in ``probability_alive``; so are the others.
            recency: t_x.
            T: Age at the end of observation.

        Raises:
            Divergent: The sum over a lifetime has no limit at this rate.
        """
        if not is_positive(annual_rate) and annual_rate != 0:
            raise Divergent(model=self.title, rate=annual_rate)
        delta = per_unit_rate(annual_rate, self.unit)
        dert = self._times_alive(lambda x, T: self.residual_if_alive(delta, x, T), frequency, recency, T)
        if np.isinf(dert).any():
            raise Divergent(model=self.title, rate=annual_rate)
        return dert

    def log_probability_of_purchases(
        self, n: ArrayLike, horizon: Horizon, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Floats:
        """Log P(n purchases in (T, T + horizon] | x, t_x, T), row by row, shape (n,): the count log score."""
        h = self._length(horizon)
        n, x, t_x, T = as_arrays(n, frequency, recency, T)
        check_history(x, t_x, T)
        alive = self.alive(x, t_x, T)
        with np.errstate(divide="ignore"):  # log 0 = -inf is meant: certainly alive, or certainly not
            gone = np.where(n == 0, np.log1p(-alive), -np.inf)
            counts = log_weighed(self.log_pmf_if_alive(n, h, x, T), self.phase_weights(x, t_x, T))
            return np.logaddexp(gone, np.log(alive) + counts)

    def probability_of_purchases(self, n: ArrayLike, horizon: Horizon) -> Floats:
        """P(X(t) = n): n repeat purchases in the time ``horizon`` after the first; n (k,) gives (k,)."""
        return np.exp(self.log_probability_of_purchases(n, horizon, 0.0, 0.0, 0.0))

    def expected_purchases_new(self, horizon: Horizon) -> float:
        """E[X(t)]: expected repeat purchases of a customer in the time ``horizon`` after the first one."""
        return float(self.expected_purchases(horizon, 0.0, 0.0, 0.0)[0])

    def next_purchase_quantile(
        self, q: float, horizon: Horizon, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Floats:
        """
        When the next purchase comes, given that one comes within ``horizon``: its q-quantile, shape (n,).

        Args:
            q: In (0, 1).
            horizon: A number in ``unit`` or a text.
            frequency: As in ``probability_alive``; so are the others.
            recency: t_x.
            T: Age at the end of observation.
        """
        h = self._length(horizon)
        q = number("q", q, QUANTILE, above=0.0, below=1.0)
        x, t_x, T = as_arrays(frequency, recency, T)
        check_history(x, t_x, T)
        weights = self.phase_weights(x, t_x, T)
        if weights is None:
            form = partial(self.next_purchase_quantile_if_alive, q, h)
            return on_cells(form, x, T, DAYS_PER[self.unit])
        return halved(lambda u: weighed(self.active_if_alive(u, x, T), weights), q, np.full_like(T, h))

    def as_dict(self) -> dict[str, Any]:
        """The parameters by name, for JSON."""
        return {name: float(getattr(self, name)) for name in self.parameters} | {
            name: int(getattr(self, name)) for name in self.constants
        }

    @property
    def _shortest_time(self) -> float:
        """The time over which rates bend at the earliest."""
        shortest: float = min(getattr(self, name) for name in self.times)
        return shortest

    def _length(self, horizon: Horizon) -> float:
        h = in_units(horizon, self.unit)
        if not 0 <= h < np.inf:
            raise InvalidHorizon(horizon=h, unit=self.unit)
        return h

    def _times_alive(
        self,
        form: Callable[[Floats, Floats], Floats],
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
    ) -> Floats:
        """P(alive) times a form given alive, worked out once per (x, T)."""
        x, t_x, T = as_arrays(frequency, recency, T)
        check_history(x, t_x, T)
        values = on_cells(form, x, T, DAYS_PER[self.unit])
        return self.alive(x, t_x, T) * weighed(values, self.phase_weights(x, t_x, T))
