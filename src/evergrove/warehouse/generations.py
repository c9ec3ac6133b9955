"""One generation of a table: its Parquet files written, described, shown and looked after."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from evergrove.core import Sentence, _, __version__
from evergrove.warehouse.durable import PART, write_durably
from evergrove.warehouse.engine import StatementFailed, identifier, literal
from evergrove.warehouse.errors import FileGone, NotWritable, UnknownManifest
from evergrove.warehouse.types import Generation, StoredFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evergrove.warehouse.engine import Engine
    from evergrove.warehouse.types import Draft

MANIFEST = "evergrove.generation/1"
ROW_GROUP = 16_384
"""
Rows that are read at least, for a few customers of a sorted table: 4 ms of 23 columns.

In the place of 50,000: 20 customers of a million are read in 77 ms and not in 196; files are 0.4 % larger (2 % of a small
shop's), and are written and read whole in the same time.
"""

_STAMP = "%Y%m%dT%H%M%S"
_NAME = re.compile(rf"^(\d{{8}}T\d{{6}})-[0-9a-f]{{32}}\.parquet({re.escape(PART)})?$")


def new_name(now: datetime) -> str:
    """A file name that no other file has; it carries the moment, so that copying a folder loses nothing."""
    return f"{now.astimezone(UTC).strftime(_STAMP)}-{uuid4().hex}.parquet"


def moment_of(name: str) -> datetime | None:
    """When a file of ours was begun, by its name; None for a file that is not ours."""
    found = _NAME.match(name)
    return None if found is None else datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)


def write_file(
    engine: Engine,
    query: str,
    folder: Path,
    name: str,
    order_by: Sequence[str],
    metadata: Mapping[str, object],
) -> StoredFile:
    """
    Write the rows of a query to a sorted file, durably.

    Args:
        engine: Runs the query.
        query: Without parameters.
        folder: The warehouse's.
        name: The file's path below it.
        order_by: Columns to sort by.
        metadata: Stands in the file under the key ``evergrove``.

    Raises:
        NotWritable: The disk refused.
    """
    path = folder / name
    write_durably(path, partial(_copy, engine, query, order_by, metadata))
    first = identifier(order_by[0])
    described = f"select count(*), min({first})::varchar, max({first})::varchar from {scan_of([path])}"
    rows, low, high = engine.run(described)[0]
    return StoredFile(name, sha256_of(path), int(rows), path.stat().st_size, low, high)


def _copy(
    engine: Engine, query: str, order_by: Sequence[str], metadata: Mapping[str, object], path: Path
) -> None:
    noted = literal(json.dumps({"version": __version__, **metadata}, ensure_ascii=False))
    ordered = ", ".join(identifier(column) for column in order_by)
    options = (
        f"format parquet, compression zstd, row_group_size {ROW_GROUP}, use_tmp_file false,"
        f" kv_metadata {{evergrove: {noted}}}"
    )
    try:
        engine.copy_to(f"select * from ({query}) order by {ordered}", path, options)
    except StatementFailed as failure:
        if "IO Error" in str(failure.params["reason"]):
            reason = str(failure.params["reason"]).splitlines()[0]
            raise NotWritable(path=str(path), reason=reason) from failure
        raise


def scan_of(paths: Sequence[Path], *, apart: bool = False) -> str:
    """
    What stands behind FROM to read files as one table, whatever characters their folder's name holds.

    Args:
        paths: The files; at least one.
        apart: They are of several generations: a column ``filename`` tells them apart, and what one lacks is NULL.
    """
    escaped = ("".join(f"[{c}]" if c in "*?[" else c for c in str(path)) for path in paths)
    more = ", union_by_name = true, filename = true" if apart else ""
    return f"read_parquet([{', '.join(map(literal, escaped))}], hive_partitioning = false{more})"


def sha256_of(path: Path) -> str:
    """The digest of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def show_files(engine: Engine, folder: Path, generation: Generation, name: str) -> None:
    """
    Name a generation in the engine.

    Raises:
        FileGone: One of its files is not there.
    """
    paths = [folder / file.path for file in generation.files]
    for path in paths:
        if not path.exists():
            raise FileGone(path=str(path))
    engine.view(name, f"select * from {scan_of(paths)}")


def manifest_of(draft: Draft) -> dict[str, Any]:
    """The document that describes a generation in the ledger."""
    return {
        "format": MANIFEST,
        "schema_version": draft.schema_version,
        "facts": dict(draft.facts),
        "files": [asdict(file) for file in draft.files],
    }


def generation_from(row_id: int, table: str, manifest: Mapping[str, Any]) -> Generation:
    """
    The generation that a document describes.

    Raises:
        UnknownManifest: It has another format.
    """
    if manifest.get("format") != MANIFEST:
        raise UnknownManifest(found=str(manifest.get("format")), known=MANIFEST)
    files = tuple(StoredFile(**file) for file in manifest["files"])
    return Generation(row_id, table, files, int(manifest["schema_version"]), manifest["facts"])


def problems_of(folder: Path, generation: Generation, *, deep: bool) -> list[Sentence]:
    """What is wrong with the files of a generation; ``deep`` reads every byte."""
    found = []
    for file in generation.files:
        path = folder / file.path
        said = {"path": file.path, "table": generation.table}
        if not path.exists():
            found.append(Sentence("warehouse.missing_file", _("{table}: {path} is missing."), said))
        elif path.stat().st_size != file.bytes or (deep and sha256_of(path) != file.sha256):
            text = _("{table}: {path} is not what was written.")
            found.append(Sentence("warehouse.damaged_file", text, said))
    return found
