"""
Rejected rows as people read them: in a file for their owner's eyes, no cell of it a formula, and not for long.

A workspace keeps them in files of their own, one an import; what stands in them is the raw text of the shop's rows,
which may name anybody.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from evergrove.export.spreadsheet import safe_text
from evergrove.warehouse import write_durably
from evergrove.warehouse.durable import PART

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evergrove.warehouse import Engine

FOLDER = "rejects"
KEPT = timedelta(days=30)
RAW = "raw"
QUERY = (
    f"select {safe_text('file')} as file, line, code, reason, {safe_text(RAW)} as {RAW}"
    " from rejects order by file, line"
)
_STAMP = "%Y%m%dT%H%M%S"
_NAME = re.compile(rf"^(?:(\d{{8}}T\d{{6}})-)?\d+-[0-9a-f]{{12}}\.csv({re.escape(PART)})?$")


def write_rejects(engine: Engine, path: Path) -> None:
    """Write the table ``rejects`` that reading has left; a file that is there keeps its rights."""
    engine.copy_to(QUERY, path, "format csv, header true, use_tmp_file false")


def rejects_path(workspace: Path, now: datetime, seq: int, sha256: str) -> Path:
    """
    Where the rejected rows of an import go.

    The name carries the moment: a copy of the folder, or a backup that is restored, does not make them young again.
    """
    return workspace / FOLDER / f"{now.astimezone(UTC).strftime(_STAMP)}-{seq}-{sha256[:12]}.csv"


def expired(workspace: Path, now: datetime) -> list[Path]:
    """Files of rejected rows that are older than they may be, whatever a broken import has left included."""
    return [path for path in _files(workspace) if _moment_of(path) < now - KEPT]


def expire_rejects(workspace: Path, now: datetime) -> int:
    """Delete what is older than it may be; how many files."""
    found = expired(workspace, now)
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def redact_rejects(workspace: Path) -> int:
    """
    Empty the raw text of every rejected row there is, so that nobody is named in it.

    Of everybody's rows, not of one person's: a row without a customer may hold that person's phone, another the
    name in some escaped form or cut short. File, line and reason stay, and lead back to the shop's own file.

    Returns:
        How many rows.
    """
    rows = 0
    for path in _files(workspace):
        if path.suffix == PART:  # of an import that was killed
            path.unlink()
            continue
        with path.open(encoding="utf-8", newline="") as stream:
            read = list(csv.DictReader(stream))
        named = [row for row in read if row.get(RAW)]
        if named:
            write_durably(path, partial(_write, [row | {RAW: ""} for row in read]))
        rows += len(named)
    return rows


def _write(rows: Sequence[dict[str, str]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _files(workspace: Path) -> Iterator[Path]:
    """Ours; what a person has put there stays that person's."""
    return (path for path in sorted((workspace / FOLDER).glob("*")) if _NAME.match(path.name))


def _moment_of(path: Path) -> datetime:
    """When its rows were rejected, by its name; by its date where an older version has named it."""
    found = _NAME.match(path.name)
    if found is None or found[1] is None:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
