"""How often each order is told of in all facts: an order that two customers claim must be judged with both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.warehouse import Engine, Snapshot, StoredFile
    from evergrove.warehouse.types import Shelf

    Hashes = NDArray[np.uint64]


class KeyCounts:
    """
    Versions by order: sorted hashes of the order keys of each file, 8 bytes an order.

    Files never change, so that a new snapshot costs a look at its new files only. Two orders with one hash (in one of
    a million shops of seven million orders) only cause a look that finds nothing.
    """

    def __init__(self, warehouse: Shelf) -> None:
        self._warehouse = warehouse
        self._files: dict[str, Hashes] = {}

    def follow(self, engine: Engine, seen: Snapshot) -> None:
        """Go on to the orders of a snapshot."""
        known, files = self._files, seen.tables["orders"].files
        self._files = {
            file.path: known[file.path] if file.path in known else self._read(engine, seen, file)
            for file in files
        }

    def of(self, hashes: Hashes) -> NDArray[np.int64]:
        """How many versions there are of each order, shape (n,), by the hashes of their keys."""
        found = np.zeros(len(hashes), dtype=np.int64)
        for each in self._files.values():
            found += np.searchsorted(each, hashes, side="right") - np.searchsorted(each, hashes, side="left")
        return found

    def _read(self, engine: Engine, seen: Snapshot, file: StoredFile) -> Hashes:
        one = replace(seen, tables={"orders": replace(seen.tables["orders"], files=(file,))})
        self._warehouse.show(engine, one, "orders", "live_file")
        found = engine.arrays("select hash(order_key) as key from live_file")["key"]
        return np.sort(np.asarray(found, dtype=np.uint64))
