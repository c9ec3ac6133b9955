"""Cells that were drawn before, by the same models: what they hold follows from these alone, so it is not drawn again."""

from __future__ import annotations

from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Cell = tuple[bytes, NDArray[np.float32], NDArray[np.float32]]

MOST_BYTES = 48_000_000
"""Of all cells that are held; what is beyond it is drawn each time."""


class DrawnCells:
    """
    Draws of the cells of one set of models; of another set nothing is known any more.

    Models stay for a week, and from one night to the next nearly all customers are in cells that held somebody the night
    before: drawing them again was a fourth of a small shop's night. Threads may share one.
    """

    def __init__(self) -> None:
        self._models = b""
        self._cells: dict[bytes, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._cells)

    def of(self, models: bytes) -> Mapping[bytes, tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """What is known by some models (``told``): draws and ladder by cell; neither may be written to."""
        with self._lock:
            return dict(self._cells) if models == self._models else {}

    def keep(self, models: bytes, cells: list[Cell]) -> None:
        """Remember cells, as far as there is room for them."""
        with self._lock:
            if models != self._models:
                self._models, self._cells, self._bytes = models, {}, 0
            for cell, draws, ladder in cells:
                size = draws.nbytes + ladder.nbytes
                if cell in self._cells or self._bytes + size > MOST_BYTES:
                    continue
                self._cells[cell] = draws.copy(), ladder.copy()
                self._bytes += size


def told(*values: Any) -> bytes:
    """One name for all that draws follow from: numbers and texts, arrays by their bytes."""
    found = sha256()
    for value in values:
        if isinstance(value, np.ndarray):
            found.update(f"{value.dtype}{value.shape}".encode())
            found.update(np.ascontiguousarray(value).tobytes())
        elif isinstance(value, dict):
            found.update(told(*(part for name in sorted(value) for part in (name, value[name]))))
        else:
            found.update(f"{type(value).__name__}:{value!r};".encode())
    return found.digest()
