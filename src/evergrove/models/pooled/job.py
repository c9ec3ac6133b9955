"""Cohorts laid out for a fit: in one unit, with the fit of all together and the fits of each alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from evergrove.models.estimate import NoRepeats, estimate
from evergrove.models.maximise import NotConverged
from evergrove.models.process import TransactionModel
from evergrove.models.types import Fit, Summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.core import EvergroveError
    from evergrove.models.types import Floats

Model = TypeVar("Model", bound=TransactionModel)
Alone = tuple[Fit[Model] | None, "EvergroveError | None"]
"""The fit of one cohort alone, or why there is none."""


@dataclass(frozen=True, eq=False)
class Job(Generic[Model]):
    """
    What is to be fitted.

    Attributes:
        model: Which model.
        rows: Distinct histories of each cohort, in one unit.
        pooled: Everybody's fit.
        constants: What is not estimated.
    """

    model: type[Model]
    rows: Mapping[str, Summary]
    pooled: Fit[Model]
    constants: Mapping[str, int]

    @property
    def scale(self) -> float:
        """The mean interval between purchases: one scaled unit of time."""
        exposure = sum(float(rows.weights @ rows.T) for rows in self.rows.values())
        return exposure / sum(repeats(rows) for rows in self.rows.values())

    @property
    def scales(self) -> Floats:
        """What one scaled unit of each parameter is worth, shape (k,)."""
        return np.array([self.scale if name in self.model.times else 1.0 for name in self.model.parameters])

    def theta(self, model: Model) -> Floats:
        """Scaled log parameters of a model, shape (k,)."""
        letters = np.array([getattr(model, name) for name in self.model.parameters])
        return np.asarray(np.log(letters / self.scales))

    def at(self, theta: Floats) -> Model:
        """The model at scaled log parameters."""
        values = map(float, np.exp(theta) * self.scales)
        letters: dict[str, Any] = dict(zip(self.model.parameters, values, strict=True))
        return self.model(**letters, **self.constants, unit=self.pooled.model.unit)

    def alone(self, rows: Summary) -> Alone[Model]:
        """The fit of one cohort alone, or why there is none."""
        try:
            return estimate(self.model, rows, near=self.pooled.model, **self.constants), None
        except (NoRepeats, NotConverged) as error:
            return None, error


def repeats(rows: Summary) -> float:
    """Repeat purchases of all customers."""
    return float(rows.weights @ rows.frequency)


def together(rows: Sequence[Summary]) -> Summary:
    """The histories of all cohorts as one summary."""
    logs = [each.log_intervals for each in rows]
    known = [each for each in logs if each is not None]
    ends = [each.observation_end for each in rows if each.observation_end is not None]
    return Summary(
        frequency=np.concatenate([each.frequency for each in rows]),
        recency=np.concatenate([each.recency for each in rows]),
        T=np.concatenate([each.T for each in rows]),
        unit=rows[0].unit,
        weight=np.concatenate([each.weights for each in rows]),
        observation_end=max(ends, default=None),
        log_intervals=np.concatenate(known) if len(known) == len(rows) else None,
    )
