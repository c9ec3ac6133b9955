"""Files of which most rows do not fit the header: a separator inside a cell, a header of another table."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING

from evergrove.ingest.columns.errors import NothingUsable, TooFewCells, TooManyCells
from evergrove.ingest.sources.confined import ConfinedSource
from evergrove.ingest.sources.errors import EmptyFile
from evergrove.ingest.sources.text_source import TextSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.ingest.columns.files import OpenFile
    from evergrove.ingest.sources.batches import Fault

MOST = 0.5
"""Share of rows of another width from which the file, not the row, is at fault."""


def refuse_misfits(file: OpenFile, faults: Sequence[Fault], rows: int) -> None:
    """
    Refuse a text file most rows of which have more, or fewer, cells than its header.

    Args:
        file: The file.
        faults: Its structurally bad rows.
        rows: All its rows, good or bad.

    Raises:
        TooManyCells, TooFewCells: With the way out.
    """
    source = file.source
    ragged = [fault for fault in faults if fault.code == "ingest.ragged_row"]
    if (
        not isinstance(source, TextSource | ConfinedSource)
        or not source.delimiter
        or len(ragged) <= MOST * rows
    ):
        return
    width = len(source.header)
    narrower = [fault.line for fault in ragged if _cells(fault.raw, source.delimiter) < width]
    wider = sorted({fault.line for fault in ragged} - set(narrower))
    kind, lines = (TooFewCells, narrower) if len(narrower) > len(wider) else (TooManyCells, wider)
    raise kind(file=file.name, rows=rows, ragged=len(lines), columns=width, line=min(lines))


def _cells(raw: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([raw], delimiter=delimiter), []))
    except csv.Error:  # the raw text may be cut inside a cell
        return raw.count(delimiter) + 1


def refuse_without_rows(file: OpenFile) -> None:
    """
    Say why a file has no row to look at.

    Raises:
        EmptyFile: There is none below its header.
        TooManyCells, TooFewCells: They do not fit the header.
        NothingUsable: They are faulty in some other way.
    """
    if not file.faults:
        raise EmptyFile(file=file.name)
    refuse_misfits(file, file.faults, len(file.faults))
    commonest = Counter(fault.code for fault in file.faults).most_common(1)[0][0]
    columns = ", ".join(file.header[:40])
    raise NothingUsable(file=file.name, rows=len(file.faults), columns=columns, reason=commonest)
