"""A night's tables to the disk, seen by nobody yet; it goes on beside the choice of whom to write to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.export.segments import MEMBERS
from evergrove.pipeline.nights import CAC, TRANSITIONS
from evergrove.pipeline.overview import OVERVIEW
from evergrove.warehouse import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future

    from evergrove.warehouse import Draft, Engine, Snapshot, Warehouse

ROWS = "drafted_rows"
"""Name in the writing thread's engine of what is being written."""
SORTED = {CAC: ("month", "source"), OVERVIEW: "part", MEMBERS: ("segment", "customer_id", "entered_on")}
"""By what tables are sorted that are not sorted by customer."""
HELD_BYTES = 64_000_000
"""Rows that may wait for the disk; beyond it the next table is asked for when they are written."""


@dataclass(frozen=True)
class Drafted:
    """
    A table on the disk.

    Attributes:
        draft: What is to be published.
        digest: Of the rows of the night, which a replay must come to.
    """

    draft: Draft
    digest: str


@contextmanager
def drafting(
    engine: Engine, warehouse: Warehouse, queries: Mapping[str, str], last: Snapshot | None
) -> Iterator[Mapping[str, Future[Drafted]]]:
    """
    Write tables in a thread of their own, for the length of a ``with`` block at most.

    Args:
        engine: Asked for the rows before the block begins; afterwards it is free for other questions.
        warehouse: Gets the files. A file that is never published is swept like that of a run that was killed.
        queries: By table.
        last: The snapshot whose transitions are gone on from.

    Yields:
        By table what comes of it.

    Raises:
        NotWritable: From a result: the disk refused.
    """
    kept = {TRANSITIONS: last.tables.get(TRANSITIONS)} if last else {}

    def write(name: str, rows: Any) -> Drafted:
        writer.register(ROWS, rows)
        order_by = SORTED.get(name, "customer_id")
        query = f"select * from {ROWS}"
        draft = warehouse.write(writer, name, query, keep=kept.get(name), order_by=order_by)
        writer.unregister(ROWS)
        return Drafted(draft, digest(rows))

    with engine.beside() as writer, ThreadPoolExecutor(1, thread_name_prefix="evergrove-drafts") as lane:
        made: dict[str, Future[Drafted]] = {}
        for name, wanted in queries.items():
            rows = engine.arrow(wanted)  # asked once, for the file and for the digest
            made[name] = lane.submit(write, name, rows)
            if rows.nbytes > HELD_BYTES:
                made[name].exception()  # waits; what it raises is raised where the result is asked for
        yield made
