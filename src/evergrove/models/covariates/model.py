"""A purchase process whose customers differ by what is known of them: letters, slopes, and all questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic

import numpy as np

from evergrove.core import Horizon, Unit, in_units, per_unit_rate
from evergrove.models.covariates.design import distinct
from evergrove.models.covariates.each import Base, by_cell
from evergrove.models.covariates.errors import InvalidSlope, NoSuchDropoutForm
from evergrove.models.covariates.links import PROCESSES, DropoutForm, family_of, links_of
from evergrove.models.covariates.table import Covariates
from evergrove.models.process import Divergent, InvalidHorizon, as_arrays, check_recency

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike

    from evergrove.models.types import Floats, Summary

    Known = Covariates | Mapping[str, ArrayLike]


@dataclass(frozen=True)
class WithCovariates(Generic[Base]):
    """
    A model with covariates, known by its letters and slopes; see ``links`` for the formulas.

    It answers what its base answers, given the customers' covariates: a ``Covariates`` or a mapping of columns
    with a row for each history, or one row for all. Columns are found by name; a missing and an unknown one are
    refused. What is equal is worked out once, the rest in blocks of arrays.

    Attributes:
        base: The model of a customer whose covariates are all 0.
        purchase: Slopes by covariate: the purchase rate is multiplied by exp(slope x covariate).
        dropout: Likewise for dropout; a positive slope means an earlier end.
        staying: Likewise for b, in the form ``shapes`` alone.
        dropout_form: How dropout follows its covariates; None is the base's usual form.

    Raises:
        NoSuchDropoutForm: The base takes no covariates, or not in that form.
        InvalidSlope: A slope is not a finite number.
    """

    base: Base
    purchase: Mapping[str, float] = field(default_factory=dict)
    dropout: Mapping[str, float] = field(default_factory=dict)
    staying: Mapping[str, float] = field(default_factory=dict)
    dropout_form: DropoutForm | None = None

    def __post_init__(self) -> None:
        """Check the slopes and put them out of reach."""
        form, links = links_of(type(self.base), self.dropout_form or ("shapes" if self.staying else None))
        if self.staying and all(link.process != "staying" for link in links):
            raise NoSuchDropoutForm(model=self.title, form=f"{form} + staying", forms="shapes")
        for process in PROCESSES:
            slopes = {name: float(slope) for name, slope in getattr(self, process).items()}
            for name, slope in slopes.items():
                if not np.isfinite(slope):
                    raise InvalidSlope(what=process, name=name, value=slope)
            object.__setattr__(self, process, MappingProxyType(slopes))
        object.__setattr__(self, "dropout_form", form)

    @property
    def unit(self) -> Unit:
        """The unit of time of the letters, horizons, recency and T."""
        return self.base.unit

    @property
    def title(self) -> str:
        """What people call the process."""
        return self.base.title

    @property
    def covariates(self) -> tuple[str, ...]:
        """The names of the covariates that must be known of a customer."""
        return tuple(dict.fromkeys(name for process in PROCESSES for name in getattr(self, process)))

    def as_dict(self) -> dict[str, Any]:
        """Letters and slopes, for JSON."""
        slopes: dict[str, Any] = {p: dict(getattr(self, p)) for p in PROCESSES if getattr(self, p)}
        return {**self.base.as_dict(), **slopes, "dropout_form": self.dropout_form}

    def letters(self, covariates: Known) -> dict[str, Floats]:
        """
        Each customer's own letters, those that covariates move: by name, shape (n,).

        Raises:
            CovariateMissing: One that the model needs is not given.
            CovariateUnknown: One is given that it does not know.
        """
        known = Covariates.of(covariates)
        known.check_exactly(self.covariates)
        exponents: dict[str, Floats] = {}
        for process, letter, sign in links_of(type(self.base), self.dropout_form)[1]:
            slopes = getattr(self, process)
            if slopes:
                moved = sign * (known.matrix(tuple(slopes)) @ np.array(list(slopes.values())))
                exponents[letter] = exponents.get(letter, 0.0) + moved
        return {letter: getattr(self.base, letter) * np.exp(moved) for letter, moved in exponents.items()}

    # -- the questions ----------------------------------------------------------------------------

    def log_likelihood(self, summary: Summary, covariates: Known) -> float:
        """Log-likelihood of a summary and its customers' covariates, in the model's unit of time."""
        known = Covariates.of(covariates)
        known.check_rows(len(summary))
        known.check_exactly(self.covariates)
        rows, z = distinct(summary.in_unit(self.unit), known.matrix(self.covariates))
        own = self.letters(dict(zip(self.covariates, z.T, strict=True)))
        letters = [np.atleast_1d(own.get(name, getattr(self.base, name))) for name in self.base.parameters]
        value = family_of(type(self.base)).rows(letters, rows.frequency, rows.recency, rows.T).value
        return float(rows.weights @ value)

    def probability_alive(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, covariates: Known
    ) -> Floats:
        """
        P(alive) at the end of the observation period.

        Args:
            frequency: x, the number of repeat purchases. Shape (n,), >= 0.
            recency: t_x, age at the last purchase, in ``unit``. Shape (n,).
            T: Age at the end of observation, in ``unit``. Shape (n,), >= recency.
            covariates: Of the same customers, n rows, or of one.

        Returns:
            Probabilities in [0, 1], shape (n,).

        Raises:
            InvalidSummary: Some recency is later than its T.
            CovariateRows: More or fewer rows of covariates than histories.
            CovariateMissing: A covariate is missing.
            CovariateUnknown: A covariate is given that the model does not know.
        """
        x, t_x, T = as_arrays(frequency, recency, T)
        check_recency(t_x, T)
        return self._by_cell(lambda each, x, t_x, T: each.alive(x, t_x, T), (x, t_x, T), covariates)

    def probability_active(
        self, horizon: Horizon, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, covariates: Known
    ) -> Floats:
        """P(at least one purchase within ``horizon`` after T), shape (n,); as ``probability_alive``."""
        h = self._length(horizon)
        return self._times_alive(
            lambda each, x, T: each.active_if_alive(h, x, T), frequency, recency, T, covariates
        )

    def expected_purchases(
        self, horizon: Horizon, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, covariates: Known
    ) -> Floats:
        """Conditional expected purchases in (T, T + horizon], shape (n,); as ``probability_alive``."""
        h = self._length(horizon)
        return self._times_alive(
            lambda each, x, T: each.expected_if_alive(h, x, T), frequency, recency, T, covariates
        )

    def discounted_purchases(
        self,
        horizon: Horizon,
        annual_rate: float,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: Known,
    ) -> Floats:
        """Expected purchases in (T, T + horizon], each discounted to T at an effective annual rate; (n,)."""
        h, delta = self._length(horizon), per_unit_rate(annual_rate, self.unit)
        return self._times_alive(
            lambda each, x, T: each.discounted_if_alive(h, delta, x, T), frequency, recency, T, covariates
        )

    def discounted_expected_residual_transactions(
        self, annual_rate: float, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, covariates: Known
    ) -> Floats:
        """
        DERT: all purchases after T, each discounted to T at an effective annual rate; shape (n,).

        Raises:
            Divergent: The sum over a lifetime has no limit at this rate.
        """
        if not 0 <= annual_rate < np.inf:
            raise Divergent(model=self.title, rate=annual_rate)
        delta = per_unit_rate(annual_rate, self.unit)
        dert = self._times_alive(
            lambda each, x, T: each.residual_if_alive(delta, x, T), frequency, recency, T, covariates
        )
        if np.isinf(dert).any():
            raise Divergent(model=self.title, rate=annual_rate)
        return dert

    def log_probability_of_purchases(
        self,
        n: ArrayLike,
        horizon: Horizon,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: Known,
    ) -> Floats:
        """Log P(n purchases in (T, T + horizon] | x, t_x, T), row by row, shape (n,)."""
        h = self._length(horizon)
        n, x, t_x, T = as_arrays(n, frequency, recency, T)
        alive = self.probability_alive(x, t_x, T, covariates)
        n, x, T = (np.broadcast_to(values, alive.shape) for values in (n, x, T))
        bought = self._by_cell(lambda each, n, x, T: each.log_pmf_if_alive(n, h, x, T), (n, x, T), covariates)
        with np.errstate(divide="ignore"):  # log 0 = -inf is meant: certainly alive, or certainly not
            gone = np.where(n == 0, np.log1p(-alive), -np.inf)
            return np.logaddexp(gone, np.log(alive) + bought)

    def next_purchase_quantile(
        self, q: float, horizon: Horizon, frequency: ArrayLike, T: ArrayLike, covariates: Known
    ) -> Floats:
        """Time from T to the next purchase, given that one comes within ``horizon``: its q-quantile, (n,)."""
        h = self._length(horizon)
        x, T = as_arrays(frequency, T)
        return self._by_cell(
            lambda each, x, T: each.next_purchase_quantile_if_alive(q, h, x, T), (x, T), covariates
        )

    def expected_purchases_new(self, horizon: Horizon, covariates: Known) -> Floats:
        """E[X(t)] of customers just won, by their covariates: purchases after the first, shape (n,)."""
        return self.expected_purchases(horizon, 0.0, 0.0, 0.0, covariates)

    def _length(self, horizon: Horizon) -> float:
        h = in_units(horizon, self.unit)
        if not 0 <= h < np.inf:
            raise InvalidHorizon(horizon=h, unit=self.unit)
        return h

    def _times_alive(
        self,
        form: Callable[[Base, Floats, Floats], Floats],
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: Known,
    ) -> Floats:
        x, t_x, T = as_arrays(frequency, recency, T)
        return self.probability_alive(x, t_x, T, covariates) * self._by_cell(form, (x, T), covariates)

    def _by_cell(self, form: Callable[..., Floats], columns: tuple[Floats, ...], covariates: Known) -> Floats:
        """A form of the base for each customer; the last column is T."""
        known = Covariates.of(covariates)
        own = self.letters(known)
        rows = len(known) if own and len(columns[0]) == 1 else len(columns[0])
        if own and len(known) != 1:
            known.check_rows(rows)
        return by_cell(self.base, form, rows, columns, own)
