"""What is to be fitted, laid out in scaled time and standardised covariates, and the climb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

import numpy as np

from evergrove.models.covariates.each import Base
from evergrove.models.covariates.links import family_of
from evergrove.models.covariates.surface import Surface
from evergrove.models.estimate import NoRepeats, search
from evergrove.models.maximise import NotConverged

if TYPE_CHECKING:
    from evergrove.models.covariates.design import Layout, Rows
    from evergrove.models.maximise import Objective, Optimum
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class Task(Generic[Base]):
    """
    A model to be fitted.

    Attributes:
        model: Which.
        layout: Its parameters.
        rows: Distinct histories in the user's unit, with standardised covariates.
        precision: Of the priors on the slopes of these; 0 for none. Shape (k,).
    """

    model: type[Base]
    layout: Layout
    rows: Rows
    precision: Floats

    @property
    def repeats(self) -> float:
        """Repeat purchases of all customers."""
        return float(self.rows.histories.weights @ self.rows.histories.frequency)

    @property
    def scale(self) -> float:
        """
        The mean interval between purchases, which is 1 in scaled time.

        Raises:
            NoRepeats: There is no interval, or no time passed.
        """
        histories, repeats = self.rows.histories, self.repeats
        exposure = float(histories.weights @ histories.T)
        if repeats == 0 or exposure == 0:
            raise NoRepeats(model=self.model.title, customers=round(histories.customers))
        return exposure / repeats

    def surface(self, step: int = 1) -> Surface:
        """The log-likelihood with priors, over every ``step``-th row."""
        rows = self.rows.every(step)
        return Surface.over(family_of(self.model).rows, rows, self.layout, self.scale, self.precision)

    def climb(self) -> Optimum:
        """
        Climb from where the model without covariates has its maximum, slopes at 0, and from its likeliest start.

        Raises:
            NotConverged: Neither led to a maximum.
        """
        starts = self.model.starts(self.rows.histories, self.scale)
        slopes = np.zeros(len(self.layout.names) - len(self.layout.letters))
        points = [np.append(start, slopes) for start in (*self._without(starts), starts[0])]

        def part(step: int) -> tuple[Objective, float]:
            return self.surface(step), self.rows.every(step).histories.customers

        return search(part, len(self.rows.histories), points, self.model.title)

    def _without(self, starts: list[Floats]) -> list[Floats]:
        """Where the model without covariates has its maximum, if it has one."""
        counts, scale = self.rows.histories.counts(), self.scale

        def part(step: int) -> tuple[Objective, float]:
            rows = counts.every(step)
            return self.model.surface(rows, scale), rows.customers

        try:
            return [search(part, len(counts), starts, self.model.title).theta]
        except NotConverged:
            return []
