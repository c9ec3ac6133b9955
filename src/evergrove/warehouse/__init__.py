"""Where facts and results are kept and computed: immutable Parquet in snapshots, DuckDB over named statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
from evergrove.warehouse.engine import (
    Engine,
    StatementFailed,
    identifier,
    literal,
    statement,
)
from evergrove.warehouse.opening import keep_engine, memory_for, open_engine

if TYPE_CHECKING:
    from evergrove.warehouse.digests import digest, digest_of
    from evergrove.warehouse.durable import write_durably
    from evergrove.warehouse.errors import FileGone, NotWritable, Overtaken, UnknownManifest
    from evergrove.warehouse.records import newest_snapshot
    from evergrove.warehouse.snapshots import Warehouse
    from evergrove.warehouse.types import Draft, Generation, Snapshot, StoredFile, Swept

__all__ = [
    "Draft",
    "Engine",
    "FileGone",
    "Generation",
    "NotWritable",
    "Overtaken",
    "Snapshot",
    "StatementFailed",
    "StoredFile",
    "Swept",
    "UnknownManifest",
    "Warehouse",
    "digest",
    "digest_of",
    "identifier",
    "keep_engine",
    "literal",
    "memory_for",
    "newest_snapshot",
    "open_engine",
    "statement",
    "write_durably",
]

__getattr__ = loader(
    globals(),
    {
        "Warehouse": "evergrove.warehouse.snapshots",
        "digest": "evergrove.warehouse.digests",
        "digest_of": "evergrove.warehouse.digests",
        "newest_snapshot": "evergrove.warehouse.records",
        "write_durably": "evergrove.warehouse.durable",
    }
    | dict.fromkeys(("FileGone", "NotWritable", "Overtaken", "UnknownManifest"), "evergrove.warehouse.errors")
    | dict.fromkeys(("Draft", "Generation", "Snapshot", "StoredFile", "Swept"), "evergrove.warehouse.types"),
)
