"""What was learned of effects, frozen: one part an offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evergrove.models.uplift.boosted import Boosted
from evergrove.models.uplift.errors import WARNINGS
from evergrove.models.uplift.linear import Linear

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.core import EvergroveWarning
    from evergrove.models.types import Floats

Form = Literal["ridge", "trees", "two-model"]
SHAPES: dict[Form, type[Linear | Boosted]] = {"ridge": Linear, "trees": Boosted, "two-model": Linear}


@dataclass(frozen=True, eq=False)
class Part:
    r"""
    The effect of one offer on each customer.

    .. math::

        \tau(x) = \bar\tau + c \, (f(x) - \bar f)

    with f as it was learned and c, from 0 to 1, by how much its differences hold on customers left out.

    Attributes:
        offer: Its name.
        form: What f is.
        shape: f.
        average: The mean effect, by scores.
        average_se: Its standard error.
        centre: The mean of f.
        slope: c.
        people: Rows learned from.
    """

    offer: str
    form: Form
    shape: Linear | Boosted
    average: float
    average_se: float
    centre: float
    slope: float
    people: int

    def predict(self, X: Floats) -> Floats:
        """The expected effect, in the unit of the outcome. Shape (n,)."""
        if self.slope == 0.0:
            return np.full(len(X), self.average)
        return self.average + self.slope * (self.shape.predict(X) - self.centre)

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        return dict(vars(self)) | {"shape": self.shape.document()}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Part:
        """What ``document`` wrote."""
        return cls(**(dict(stored) | {"shape": SHAPES[stored["form"]].read(stored["shape"])}))


@dataclass(frozen=True, eq=False)
class UpliftModel:
    """
    Expected effects of offers against nothing.

    Attributes:
        features: Names of the columns, in order.
        parts: One an offer.
        seed: Of the folds.
        warnings: What a reader of the numbers should know; each prints as a sentence.
    """

    features: tuple[str, ...]
    parts: tuple[Part, ...]
    seed: int
    warnings: tuple[EvergroveWarning, ...] = ()

    @property
    def offers(self) -> tuple[str, ...]:
        """Names of the offers, in order."""
        return tuple(part.offer for part in self.parts)

    def predict(self, X: Floats) -> Floats:
        """
        Expected effect of each offer, in the unit of the outcome, before the costs of a contact.

        Args:
            X: One row a customer, columns as ``features``; NaN where unknown. Shape (n, f).

        Returns:
            Shape (n, k), columns as ``offers``.

        Raises:
            WrongFeatures: Another number of columns.
        """
        return np.column_stack([part.predict(X) for part in self.parts])

    def document(self) -> dict[str, Any]:
        """As JSON knows it; floats keep every digit."""
        return {
            "features": list(self.features),
            "parts": [part.document() for part in self.parts],
            "seed": self.seed,
            "warnings": [{"code": each.code, "params": each.params} for each in self.warnings],
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> UpliftModel:
        """What ``document`` wrote."""
        return cls(
            tuple(stored["features"]),
            tuple(Part.read(part) for part in stored["parts"]),
            stored["seed"],
            tuple(WARNINGS[each["code"]](**each["params"]) for each in stored["warnings"]),
        )
