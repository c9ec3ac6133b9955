"""What goes into a model and what comes out: a summary of histories, and a fit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from evergrove.core import DAYS_PER, UNITS, EvergroveWarning, InputError, Term, Unit, _
from evergrove.core.arguments import InvalidArgument, one_of
from evergrove.models.distinct import distinct_rows, levels

if TYPE_CHECKING:
    from datetime import date

    from evergrove.models.posterior import Posterior

Floats = NDArray[np.float64]
SUMMARY = Term(_("a summary, as eg.summarize(orders) gives it"))
ONE_EACH = Term(_("one number per customer, as many as frequency has"))
ARRAYS = (
    "frequency",
    "recency",
    "T",
    "monetary_value",
    "mean_day_spend",
    "weight",
    "log_intervals",
    "credited",
)
Model_co = TypeVar("Model_co", covariant=True)


def numbers(name: str, values: Any) -> Floats:
    """
    Numbers, or a single one, as an array of floats.

    Raises:
        InvalidArgument: Some are none.
    """
    try:
        return np.array(values, dtype=np.float64, copy=None)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(name=name, value=values, wanted=Term(_("numbers"))) from error


class InvalidSummary(InputError):
    """A customer summary breaks a rule of the purchase process."""

    code = "models.invalid_summary"
    message = _("{rule} fails for {broken} of {total} {total:customer|customers} (first: {example}).")
    hint = _(
        "recency and T both count from the first purchase. "
        "Does the summary take in orders after observation_end ({observation_end})?"
    )


class InvalidParameter(InputError):
    """A parameter that no model of its kind has."""

    code = "models.invalid_parameter"
    message = _("{model}: {name} = {value} is not a positive number.")
    hint = _("Papers differ in the order of parameters: give them by name.")


@dataclass(frozen=True, eq=False)
class Summary:
    """
    One row per customer, or per group of identical customers: all that the models read of a history.

    Attributes:
        frequency: x, purchase days after the first. Shape (n,), whole numbers >= 0.
        recency: t_x, age at the last purchase day, in ``unit``. Shape (n,); 0 where x = 0.
        T: Age at ``observation_end``, in ``unit``. Shape (n,), >= recency.
        unit: The unit of time of ``recency`` and ``T``.
        monetary_value: Mean net amount of a repeat purchase day. Shape (n,); NaN without a repeat.
        mean_day_spend: Mean net amount over all x + 1 purchase days. Shape (n,).
        log_intervals: Sum of the logarithms of the intervals between purchase days, in ``unit``, of one of the
            row's customers: their mean where it stands for several. Shape (n,), 0 where x = 0; None if unknown.
            Models of regular timing need it to choose their k.
        weight: How many customers a row stands for; None means one each.
        credited: What was paid back beside these amounts, without lowering a purchase day. Shape (n,), >= 0; None
            if unknown.
        observation_end: The last day whose orders count.
        source: The Arrow table of the summary in days, with ``customer_id``; see ``table``.
    """

    frequency: Floats
    recency: Floats
    T: Floats
    unit: Unit = "week"
    monetary_value: Floats | None = None
    mean_day_spend: Floats | None = None
    weight: Floats | None = None
    observation_end: date | None = None
    source: Any = field(default=None, repr=False)
    log_intervals: Floats | None = None
    credited: Floats | None = None

    def __post_init__(self) -> None:
        """Check the rules of the process, once, where the numbers enter."""
        for name in ARRAYS:
            values = getattr(self, name)
            if values is not None:
                frozen = numbers(name, values)
                view = frozen.view()
                view.flags.writeable = False
                object.__setattr__(self, name, view)
        self._check_shapes()
        self._check()

    def _check_shapes(self) -> None:
        """Rows of one table, in a unit that is known, each for somebody."""
        one_of("unit", self.unit, UNITS)
        for name in ARRAYS:
            values = getattr(self, name)
            if values is not None and values.shape != (self.frequency.size,):
                raise InvalidArgument(name=name, value=values, wanted=ONE_EACH)
        if self.weight is not None and not (np.isfinite(self.weight) & (self.weight >= 0)).all():
            raise InvalidArgument(name="weight", value=self.weight, wanted=Term(_("numbers from 0 on")))

    def _check(self) -> None:
        x, t_x, T = self.frequency, self.recency, self.T
        rules: tuple[tuple[str, NDArray[np.bool_]], ...] = (
            ("x, t_x and T are finite", np.isfinite(x) & np.isfinite(t_x) & np.isfinite(T)),
            ("frequency is a whole number >= 0", (x >= 0) & (x == np.floor(x))),
            ("recency >= 0", t_x >= 0),
            ("recency <= T", t_x <= T),
            ("recency = 0 where frequency = 0", (x > 0) | (t_x == 0)),
        )
        if self.log_intervals is not None:
            known = np.isfinite(self.log_intervals) & ((x > 0) | (self.log_intervals == 0))
            rules = (*rules, ("log_intervals is finite, and 0 where frequency = 0", known))
        for rule, holds in rules:
            if not holds.all():
                i = int(np.argmin(holds))
                raise InvalidSummary(
                    rule=rule,
                    broken=int((~holds).sum()),
                    total=len(x),
                    example=f"row {i}, frequency={x[i]:g}, recency={t_x[i]:g}, T={T[i]:g}",
                    observation_end=self.observation_end or "?",
                )

    def __len__(self) -> int:
        return len(self.frequency)

    @cached_property
    def customers(self) -> float:
        """How many customers the rows stand for."""
        return float(len(self) if self.weight is None else self.weight.sum())

    @cached_property
    def weights(self) -> Floats:
        """Customers per row, shape (n,)."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @property
    def table(self) -> Any:
        """The summary in days as an Arrow table, as the product publishes it (None when built from arrays)."""
        return self.source() if callable(self.source) else self.source

    def in_unit(self, unit: Unit) -> Summary:
        """The same histories with times counted in another unit."""
        if unit == self.unit:
            return self
        one_of("unit", unit, UNITS)
        ratio = DAYS_PER[self.unit] / DAYS_PER[unit]
        logs = self.log_intervals
        if logs is not None:
            logs = logs + self.frequency * np.log(ratio)
        return replace(self, recency=self.recency * ratio, T=self.T * ratio, unit=unit, log_intervals=logs)

    def counts(self) -> Summary:
        """
        Distinct (x, t_x, T) with the number of customers in each: what transaction models fit on.

        Of ``log_intervals`` only the sum over all customers counts in a likelihood: it is shared out by purchases.
        """
        per_day = DAYS_PER[self.unit]
        columns = (levels(self.frequency), levels(self.recency, per_day), levels(self.T, per_day))
        x, t_x, T, customers = distinct_rows(columns, self.weight)
        return Summary(
            frequency=x,
            recency=t_x,
            T=T,
            unit=self.unit,
            weight=customers,
            observation_end=self.observation_end,
            log_intervals=self._shared_out(x),
        )

    def _shared_out(self, x: Floats) -> Floats | None:
        """The logarithms of all intervals, the same for each purchase."""
        if self.log_intervals is None:
            return None
        purchases = float(self.weights @ self.frequency)
        return x * (float(self.weights @ self.log_intervals) / max(purchases, 1.0))

    def every(self, step: int) -> Summary:
        """Every ``step``-th row, without spend; of sorted rows this is a stratified sample."""
        if step == 1:
            return self
        return Summary(
            frequency=self.frequency[::step],
            recency=self.recency[::step],
            T=self.T[::step],
            unit=self.unit,
            weight=self.weights[::step],
            observation_end=self.observation_end,
            log_intervals=None if self.log_intervals is None else self.log_intervals[::step],
        )


@dataclass(frozen=True, eq=False)
class Fit(Generic[Model_co]):
    """
    What a maximum likelihood fit found, with all that is needed to doubt it.

    Attributes:
        model: The model at the maximum.
        log_likelihood: At the maximum, in the user's unit of time, without any penalty.
        parameters: Names in the literature's order.
        standard_errors: Per parameter, from the observed information.
        covariance: Of the parameters, shape (k, k), in the order of ``parameters``.
        log_covariance: Of their logarithms, shape (k, k): what Laplace draws are made from.
        evaluations: Likelihood evaluations spent over all starts.
        gradient_norm: Largest element of the gradient in log parameters, per customer.
        customers: Customers fitted on.
        observation_end: The last day whose orders counted.
        warnings: What a reader of the numbers should know; each prints as a sentence.
        posterior: Draws of the parameters (``evergrove.models.posterior.draws``); None until they are asked for.
    """

    model: Model_co
    log_likelihood: float
    parameters: tuple[str, ...]
    standard_errors: dict[str, float]
    covariance: Floats
    log_covariance: Floats
    evaluations: int
    gradient_norm: float
    customers: int
    observation_end: date | None
    warnings: tuple[EvergroveWarning, ...] = ()
    posterior: Posterior | None = None
