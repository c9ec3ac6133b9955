"""
The confined child that decodes a backup's Parquet and computes its newest night. ``python -m evergrove.backup.trial``.

Whoever wrote a backup may have written anything into its files, with digests that fit: what reads them here can harm
nobody, and only a few words come back.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evergrove.core.confinement import OUT_OF_MEMORY, Limits, confine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.ledger import Ledger


def main() -> int:
    """Answer the request on the standard input; the exit status."""
    request = json.load(sys.stdin)
    confine(Limits(**request["limits"]))
    try:
        answer = _decoded(Path(request["folder"]), request["files"])
        if "faulty" not in answer:
            answer |= _night(Path(request["folder"]), request)
    except MemoryError:
        return OUT_OF_MEMORY
    json.dump(answer, sys.stdout)
    return 0


def _decoded(folder: Path, files: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Read every value of every file, some columns' pages at a time."""
    import pyarrow as pa  # noqa: PLC0415 -- nothing is loaded before the limits hold
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as above

    total = 0
    for nth, (path, expected) in enumerate(files):
        try:
            with pq.ParquetFile(folder / path) as parquet:
                rows = sum(batch.num_rows for batch in parquet.iter_batches())
        except (pa.ArrowException, OSError):
            return {"faulty": nth, "why": "not_decoded"}
        if rows != expected:
            return {"faulty": nth, "why": "other_rows"}
        total += rows
    return {"rows": total}


def _night(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Compute the newest night anew where that takes seconds: its day, and what came out."""
    from evergrove.backup.ledger_copy import opened_copy  # noqa: PLC0415 -- as above
    from evergrove.backup.types import LEDGER  # noqa: PLC0415 -- as above

    with opened_copy(folder / LEDGER) as ledger:
        return _replayed(ledger, folder, request)


def _replayed(ledger: Ledger, folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    from evergrove.backup.types import SETTINGS, WAREHOUSE  # noqa: PLC0415 -- as above
    from evergrove.core import EvergroveError, SystemClock  # noqa: PLC0415 -- as above
    from evergrove.pipeline import replay_day  # noqa: PLC0415 -- as above
    from evergrove.settings import load_settings  # noqa: PLC0415 -- as above
    from evergrove.warehouse import Warehouse  # noqa: PLC0415 -- as above

    warehouse = Warehouse(folder / WAREHOUSE, ledger, SystemClock())
    run = warehouse.newest("run")
    if run is None or run.as_of is None:
        return {}
    rows = sum(made.rows for made in run.tables.values())
    if rows > request["most_rows"]:
        return {"too_many": rows}
    settings = load_settings(folder / SETTINGS, request["environment"])
    try:
        found = replay_day(ledger, warehouse, settings, run.as_of, lambda _stage: None)
    except EvergroveError as error:
        return {"refused": error.code}
    differing = sorted(name for name in found.published if found.published[name] != found.replayed.get(name))
    return {"night": run.as_of.isoformat(), "differing": differing}


if __name__ == "__main__":
    sys.exit(main())
