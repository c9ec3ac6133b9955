"""Parts of customers left out in turn: what is said of them comes from trees that have not seen them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

FOLDS = 3


def folds_of(n: int, folds: int = FOLDS) -> Iterator[tuple[Bools, Bools]]:
    """(learned from, left out) in turn, of n rows in canonical order: every ``folds``-th is left out."""
    place = np.arange(n) % folds
    for fold in range(min(folds, n)):
        yield place != fold, place == fold


def held_back(n: int, share: float = 1 / FOLDS) -> Bools:
    """A share of n rows, at least one, drawn uniformly: always the same ones of so many. Shape (n,)."""
    back = np.zeros(n, dtype=np.bool_)
    back[np.random.default_rng(n).permutation(n)[: max(1, round(n * share))]] = True
    return back
