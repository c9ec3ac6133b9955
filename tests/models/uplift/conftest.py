"""The Hillstrom campaign as a log of random offers, and logs simulated with known effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from evergrove.models.uplift import Trial

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

SEGMENTS = {"No E-Mail": 0, "Womens E-Mail": 1, "Mens E-Mail": 2}
NUMBERS = ("recency", "history", "mens", "womens", "newbie")
WORDS = ("zip_code", "channel")


@dataclass(frozen=True, eq=False)
class Hillstrom:
    """64,000 customers: nine columns, three arms, three outcomes."""

    columns: dict[str, NDArray[Any]]
    X: Floats
    features: tuple[str, ...]
    arm: NDArray[np.int64]

    def trial(self, outcome: str) -> Trial:
        """All three arms, each with a chance of a third."""
        came = self.columns[outcome].astype(np.float64)
        offers = ("womens", "mens")
        return Trial(
            self.X, self.features, self.arm, came, np.full(3, 1 / 3), offers, self.columns["customer_id"]
        )

    @property
    def odd(self) -> NDArray[np.bool_]:
        """Odd ids: those that are judged."""
        odd: NDArray[np.bool_] = self.columns["customer_id"] % 2 == 1
        return odd


@pytest.fixture(scope="session")
def hillstrom(shared: Callable[[str], Path]) -> Hillstrom:
    """The campaign."""
    table = pq.read_table(shared("hillstrom/hillstrom.parquet"))
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}
    found = {name: columns[name].astype(np.float64) for name in NUMBERS}
    for name in WORDS:
        texts = columns[name].astype(str)
        found |= {f"{name}={word}": (texts == word).astype(np.float64) for word in np.unique(texts)[1:]}
    arm = np.array([SEGMENTS[each] for each in columns["segment"]])
    return Hillstrom(columns, np.column_stack(list(found.values())), tuple(found), arm)


@dataclass(frozen=True, eq=False)
class Simulated:
    """A log, and what nobody sees: what each arm would have brought on average. Shape (n, k + 1)."""

    trial: Trial
    mean: Floats

    @property
    def effect(self) -> Floats:
        """Of each offer. Shape (n, k)."""
        return self.mean[:, 1:] - self.mean[:, :1]


def follow(n: int = 4000, seed: int = 1, *, steps: bool = False) -> Simulated:
    """
    Two offers whose chances depend on the first column: one that brings 1 + x0 on average, one that does nothing.

    With ``steps`` the first brings 3 where both columns are above 0, and nothing elsewhere.
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    base = 3.0 + 2.0 * X[:, 1]
    gain = 3.0 * ((X[:, 0] > 0) & (X[:, 1] > 0)) if steps else 1.0 + X[:, 0]
    mean = np.column_stack([base, base + gain, base])
    first = np.where(X[:, 0] > 0, 0.5, 0.15)
    chances = np.column_stack([np.full(n, 0.3), first, 0.7 - first])
    arm = (rng.random((n, 1)) > np.cumsum(chances, axis=1)[:, :2]).sum(axis=1)
    came = mean[np.arange(n), arm] + rng.normal(size=n) * 2.0
    return Simulated(Trial(X, ("a", "b", "c"), arm, came, chances, ("brings", "idle")), mean)


@pytest.fixture(scope="session")
def simulate() -> Callable[..., Simulated]:
    """Logs with known effects: customers, seed."""
    return follow
