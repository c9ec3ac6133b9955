"""Files that are replaced together with rows of the ledger."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from evergrove.warehouse import write_durably

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def restored_unless_done(path: Path) -> Iterator[None]:
    """
    Give a file back what stood in it, where what was to be stored with it did not come about.

    The file is replaced as the last step of a transaction; between that and the commit only a kill can come.
    """
    before = path.read_bytes() if path.exists() else None
    try:
        yield
    except BaseException:
        if before is None:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_bytes() != before:
            write_durably(path, lambda part: part.write_bytes(before))
        raise
