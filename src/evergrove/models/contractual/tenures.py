"""What contractual models learn from: how long customers stayed, and which of them have left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import InputError, _
from evergrove.models.contractual.periods import Period, check_period
from evergrove.models.types import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evergrove.models.types import Floats

    Bools = NDArray[np.bool_]
    Survivors = Sequence[float] | Floats


class InvalidTenures(InputError):
    """Rows of tenures break a rule."""

    code = "models.invalid_tenures"
    message = _("{rule} fails for {broken} of {total} {total:row|rows} (first: {example}).")
    hint = _(
        "tenure counts whole periods since the start: a customer who left in the first period has tenure 1, one "
        "who is still there has the periods completed so far."
    )


class InvalidSurvivors(InputError):
    """A row of survivors breaks a rule."""

    code = "models.invalid_survivors"
    message = _("Survivors of {cohort}: {rule} fails ({example}).")
    hint = _("Give the customers at the start, then those still there after each period.")


class NothingToLearn(InputError):
    """Nobody has left, or nobody has ever renewed: no curve can be drawn through that."""

    code = "models.nothing_to_learn"
    message = _("{model} cannot be fitted to {customers} {customers:customer|customers}: {rule} fails.")
    hint = _("Is the column that says who left read the right way round? Otherwise give a longer history.")


@dataclass(frozen=True, eq=False)
class Tenures:
    """
    How long each customer, or each group of equal customers, was followed, and how it ended.

    A contract is renewed, or not, at the end of every period. Who is still there is right-censored: only that
    they outlived their tenure is known. Cohorts of any age can be pooled.

    A cross-section, such as a table of all customers with tenure and a flag of churn as of one day, is read
    as if everybody had been followed from the start. That holds if those who left are in the table whenever
    they left. Where it holds only those who left lately, ``entry`` says from which tenure on a customer was
    followed: in a survey of who left in the last month, tenure - 1.

    Attributes:
        tenure: Periods followed, whole numbers >= 0. Who left did so at the end of the last one. Shape (n,).
        churned: Whether the customer left then; False means still there. Shape (n,).
        period: The period of renewal: "day", "week", "month", "quarter" or "year".
        weight: How many customers a row stands for; None means one each. Shape (n,).
        entry: Periods completed before following began (delayed entry); None means 0. Shape (n,).

    Raises:
        InvalidTenures: A rule is broken; the error names the first row.
        UnknownPeriod: Not a period of renewal.
    """

    tenure: Floats
    churned: Bools
    period: Period
    weight: Floats | None = None
    entry: Floats | None = None

    def __post_init__(self) -> None:
        """Check the rules once, where the numbers enter."""
        check_period(self.period)
        for name in ("tenure", "churned", "weight", "entry"):
            values = getattr(self, name)
            if values is not None:
                view = np.array(values, dtype=np.float64, copy=None, ndmin=1).view()
                view.flags.writeable = False
                object.__setattr__(self, name, view)
        self._check()
        object.__setattr__(self, "churned", self.churned.astype(bool))

    def _check(self) -> None:
        shape = self.tenure.shape
        for name in ("churned", "weight", "entry"):
            values = getattr(self, name)
            if values is not None and values.shape != shape:
                self._refuse(f"{name} has one value per row", 1, f"{name} {values.shape}, tenure {shape}")
        if not len(self.tenure):
            self._refuse("at least one row", 0, "no row")
        for rule, holds in self._rules():
            if not holds.all():
                i = int(np.argmin(holds))
                shown = {name: getattr(self, name) for name in ("tenure", "churned", "entry", "weight")}
                values = ", ".join(f"{name}={v[i]:g}" for name, v in shown.items() if v is not None)
                self._refuse(rule, int((~holds).sum()), f"row {i}, {values}")

    def _rules(self) -> Iterator[tuple[str, Bools]]:
        yield "tenure is a whole number >= 0", _counts(self.tenure)
        yield "churned is true or false", np.isin(self.churned, (0.0, 1.0))
        if self.weight is not None:
            yield "weight is a number >= 0", np.isfinite(self.weight) & (self.weight >= 0)
        if self.entry is not None:
            yield "entry is a whole number >= 0", _counts(self.entry)
            yield "entry <= tenure", self.entry <= self.tenure
        yield "tenure >= 1 beyond entry where churned", (self.churned == 0) | (self.tenure > self.entries)

    def _refuse(self, rule: str, broken: int, example: str) -> None:
        raise InvalidTenures(rule=rule, broken=broken, total=self.tenure.size, example=example)

    @classmethod
    def from_tenures(
        cls,
        tenure: ArrayLike,
        churned: ArrayLike,
        *,
        period: Period,
        weight: ArrayLike | None = None,
        entry: ArrayLike | None = None,
    ) -> Tenures:
        """Read rows of customers from lists, arrays or columns of a table; arguments as the attributes."""
        return cls(
            tenure=numbers("tenure", tenure),
            churned=np.asarray(churned),
            period=period,
            weight=None if weight is None else numbers("weight", weight),
            entry=None if entry is None else numbers("entry", entry),
        )

    @classmethod
    def from_survivors(cls, survivors: Survivors | Mapping[str, Survivors], *, period: Period) -> Tenures:
        """
        Read a survival table: customers at the start, then those still there after each period.

        Args:
            survivors: Counts of one cohort, or of several by name, each as long as it was followed. They
                never increase; they need not be whole, since a table per 1,000 is a table too.
            period: The period of renewal.

        Raises:
            InvalidSurvivors: A cohort breaks a rule; the error names it.
        """
        cohorts = survivors if isinstance(survivors, Mapping) else {"the cohort": survivors}
        if not cohorts:
            raise InvalidSurvivors(cohort="-", rule="at least one cohort", example="none given")
        rows = [_rows_of(str(cohort), counts) for cohort, counts in cohorts.items()]
        tenure, churned, weight = (np.concatenate(column) for column in zip(*rows, strict=True))
        return cls(tenure=tenure, churned=churned, period=period, weight=weight)

    def __len__(self) -> int:
        return len(self.tenure)

    @cached_property
    def weights(self) -> Floats:
        """Customers per row, shape (n,)."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @cached_property
    def entries(self) -> Floats:
        """Tenure at which following began, shape (n,)."""
        return np.zeros(len(self)) if self.entry is None else self.entry

    @cached_property
    def customers(self) -> float:
        """How many customers the rows stand for."""
        return float(self.weights.sum())

    @cached_property
    def last(self) -> int:
        """The longest tenure."""
        return int(self.tenure.max())

    @cached_property
    def lost(self) -> Floats:
        """Customers who left at the end of period t = 1..last, shape (last,)."""
        return _histogram(self.tenure, self.weights * self.churned, self.last)

    @cached_property
    def at_risk(self) -> Floats:
        """Customers followed through period t = 1..last, shape (last,)."""
        ended = _histogram(self.tenure, self.weights, self.last)
        here = np.cumsum(ended[::-1])[::-1]
        if self.entry is None:
            return here
        not_yet = np.cumsum(_histogram(self.entry, self.weights, self.last)[::-1])[::-1]
        return np.asarray(np.maximum(here - not_yet, self.lost))  # rounding may leave a little less

    def check_learnable(self, model: str) -> None:
        """Raise ``NothingToLearn`` where a curve would have nothing to go by."""
        customers = round(self.customers)
        if not self.lost.sum() > 0:
            raise NothingToLearn(model=model, customers=customers, rule="somebody has left")
        if not (self.at_risk - self.lost).sum() > 0:
            raise NothingToLearn(model=model, customers=customers, rule="somebody has stayed for a period")


def _counts(values: Floats) -> Bools:
    return np.asarray(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))


def _histogram(at: Floats, weights: Floats, last: int) -> Floats:
    """Weight at t = 1..last; what stands at 0 was never at risk."""
    return np.asarray(np.bincount(at.astype(np.int64), weights=weights, minlength=last + 1)[1:])


def _rows_of(cohort: str, counts: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Tenure, churned and weight: those lost in each period, then those left at the end."""
    left = numbers(f"survivors of {cohort}", counts)
    _check_survivors(cohort, left)
    ages = np.arange(1.0, len(left))
    gone = -np.diff(left)
    return (
        np.append(ages, ages[-1]),
        np.append(np.ones(len(ages)), 0.0),
        np.append(gone, left[-1]),
    )


def _check_survivors(cohort: str, left: Floats) -> None:
    if left.ndim != 1 or len(left) < 2:
        example = f"{left.size} given"
        raise InvalidSurvivors(cohort=cohort, rule="at least two counts in one row", example=example)
    rules = (
        ("counts are numbers >= 0", np.isfinite(left) & (left >= 0)),
        ("somebody is there at the start", np.append(left[:1] > 0, True)),
        ("survivors never increase", np.append(True, np.diff(left) <= 0)),
    )
    for rule, holds in rules:
        if not holds.all():
            t = int(np.argmin(holds))
            before = f", {left[t - 1]:g} before" if t else ""
            raise InvalidSurvivors(cohort=cohort, rule=rule, example=f"period {t}: {left[t]:g}{before}")
