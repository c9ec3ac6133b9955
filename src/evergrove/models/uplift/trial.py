"""A log of offers drawn at random with known chances: what effects are learned from and rules are judged by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import Term, _
from evergrove.core.arguments import number
from evergrove.models.uplift.errors import InvalidTrial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

FOLDS = 5
ROUNDING = 1e-6
"""By so much the chances of a row may miss 1."""
A_SHARE = Term(_("a share between 0 and 1, such as 0.999"))


@dataclass(frozen=True, eq=False)
class Trial:
    """
    One row a customer and time: who was offered what at random, and what came of it.

    Attributes:
        X: What was known before the draw; NaN where unknown. Shape (n, f).
        features: Names of X's columns.
        arm: What was drawn: 0 is nothing, a is ``offers[a - 1]``. Shape (n,).
        outcome: What came of it, delivered or not: margin, spend, or 0 and 1. Shape (n,).
        probability: Chance that each arm had in this row; 0 where the customer was not eligible. Shape (n, k + 1),
            or (k + 1,) where it is the same in every row.
        offers: Names of the k offers.
        unit: Whose row it is, as whole numbers, where customers come more than once. Shape (n,).

    Raises:
        InvalidTrial: A rule fails.
    """

    X: Floats
    features: tuple[str, ...]
    arm: NDArray[np.int64]
    outcome: Floats
    probability: Floats
    offers: tuple[str, ...]
    unit: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        """Bring the arrays into shape and check the rules, once."""
        X, arms = np.asarray(self.X, dtype=np.float64), len(self.offers) + 1
        n = len(X)
        probability = np.asarray(self.probability, dtype=np.float64)
        if probability.ndim == 1 and len(probability) == arms:
            probability = np.broadcast_to(probability, (n, arms))
        unit = np.asarray(self.unit, dtype=np.int64)
        for name, values in (
            ("X", X),
            ("arm", np.asarray(self.arm)),
            ("outcome", np.asarray(self.outcome, dtype=np.float64)),
            ("probability", probability),
            ("unit", unit if len(unit) or not n else np.arange(n, dtype=np.int64)),
        ):
            object.__setattr__(self, name, _frozen(values))
        self._check_shapes(n, arms)
        self._check()
        object.__setattr__(self, "arm", _frozen(self.arm.astype(np.int64)))

    def _check_shapes(self, n: int, arms: int) -> None:
        wanted = {"X": (n, len(self.features)), "probability": (n, arms)}
        for name in ("X", "arm", "outcome", "probability", "unit"):
            shape = wanted.get(name, (n,))
            if not n or arms < 2 or getattr(self, name).shape != shape:
                rule = f"{name}.shape = {shape}, n > 0, k > 0"
                raise InvalidTrial(rule=rule, broken=n, total=n, example=0)

    def _check(self) -> None:
        arm, chances = self.arm, self.probability
        legal = (arm >= 0) & (arm <= len(self.offers)) & (arm == np.floor(arm))
        self._hold("0 <= arm <= k", legal)
        self._hold("X < inf", ~np.isinf(self.X).any(axis=1))
        self._hold("|outcome| < inf", np.isfinite(self.outcome))
        self._hold("0 <= probability <= 1", ((chances >= 0) & (chances <= 1)).all(axis=1))
        self._hold("sum(probability) = 1", np.abs(chances.sum(axis=1) - 1.0) <= ROUNDING)
        taken = np.take_along_axis(chances, arm.astype(np.int64)[:, None], axis=1)
        self._hold("probability[arm] > 0", taken[:, 0] > 0)

    def _hold(self, rule: str, holds: Any) -> None:
        if not holds.all():
            broken, first = int((~holds).sum()), int(np.argmin(holds))
            raise InvalidTrial(rule=rule, broken=broken, total=len(holds), example=first)

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def taken(self) -> Floats:
        """The chance that the drawn arm had. Shape (n,)."""
        chance: Floats = np.take_along_axis(self.probability, self.arm[:, None], axis=1)[:, 0]
        return chance

    def eligible(self, offer: int) -> NDArray[np.bool_]:
        """Rows in which both this arm and nothing could be drawn. Shape (n,)."""
        both: NDArray[np.bool_] = (self.probability[:, 0] > 0) & (self.probability[:, offer] > 0)
        return both

    def rows(self, chosen: NDArray[Any]) -> Trial:
        """Some rows of it."""
        return replace(
            self,
            X=self.X[chosen],
            arm=self.arm[chosen],
            outcome=self.outcome[chosen],
            probability=self.probability[chosen],
            unit=self.unit[chosen],
        )

    def capped(self, share: float = 0.999) -> Trial:
        """
        The same with outcomes beyond a quantile of all arms together drawn in to it; fix the share before looking.

        Args:
            share: Of rows above 0 that stay as they are; likewise below 0.

        Raises:
            InvalidArgument: No share between 0 and 1.
        """
        kept = number("share", share, A_SHARE, above=0.0, below=1.0)
        gains, losses = self.outcome[self.outcome > 0], self.outcome[self.outcome < 0]
        high = float(np.quantile(gains, kept)) if len(gains) else 0.0
        low = float(np.quantile(losses, 1.0 - kept)) if len(losses) else 0.0
        return replace(self, outcome=np.clip(self.outcome, low, high))


def folds(unit: NDArray[np.int64], count: int = FOLDS, seed: int = 1) -> NDArray[np.int64]:
    """Which of ``count`` parts a row is in; all rows of a unit are in the same. Shape (n,)."""
    units, code = np.unique(unit, return_inverse=True)
    place: NDArray[np.int64] = np.random.default_rng(seed).permutation(len(units))[code] % count
    return place


def left_out(fold: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """(learned from, left out) in turn."""
    for each in range(int(fold.max()) + 1):
        yield fold != each, fold == each


def _frozen(values: NDArray[Any]) -> NDArray[Any]:
    view = values.view()
    view.flags.writeable = False
    return view
