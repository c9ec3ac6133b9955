"""A worker killed at each durable step: nothing lost, nothing twice, at most one message in doubt."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from evergrove.ledger import database_now, open_ledger
from evergrove.outbox import OUTBOX, begin, check_outbox, claim, enqueue, recover, settle
from evergrove.testing.kill import kill_points

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.outbox import Message

CUSTOMERS = 5


def work(ledger: Ledger, wire: Path, now: datetime) -> None:
    """Send all that is due: one durable record before the wire and one behind it."""
    with ledger.writing() as connection:
        recover(connection, now)
    while claims := claim(ledger, "w", now, limit=3):
        for held in claims:
            with ledger.writing() as connection:
                if not begin(connection, held, now):
                    continue
            # Out in the world at once: a mail that has left does not come back when the process dies.
            out = os.open(wire, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(out, f"{held.id}\n".encode())
            os.close(out)
            with ledger.writing() as connection:
                settle(connection, held, "accepted", now)


def end_leases(ledger: Ledger) -> None:
    """Let the time of every lease pass."""
    with ledger.writing() as connection:
        passed = database_now(connection)
        connection.execute(
            OUTBOX.update().where(OUTBOX.c.lease_until.is_not(None)).values(lease_until=passed)
        )


def by_state(ledger: Ledger) -> dict[str, set[str]]:
    """The ids of the messages in each state."""
    found: dict[str, set[str]] = {}
    with ledger.reading() as connection:
        for name, state in connection.execute(select(OUTBOX.c.id, OUTBOX.c.state)):
            found.setdefault(state, set()).add(name)
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_a_killed_worker_loses_nothing_and_sends_nothing_twice(
    ledger: Ledger, message: Callable[..., Message], noon: datetime, tmp_path: Path
) -> None:
    """At every point from the decision to the last receipt, and after the restart that follows."""
    wire = tmp_path / "wire"
    messages = [message(f"C-{n}") for n in range(CUSTOMERS)] + [message("held back", arm="control")]
    in_doubt: list[int] = []

    def decided(opened: Ledger) -> None:
        with opened.writing() as connection:
            enqueue(connection, messages, noon)

    def run() -> None:
        mine = open_ledger(ledger.where)
        decided(mine)
        work(mine, wire, noon)

    def prepare() -> None:
        wire.write_text("")
        with ledger.writing() as connection:
            connection.execute(OUTBOX.delete())

    def verify() -> None:
        with ledger.reading() as connection:
            assert check_outbox(connection) == []
        end_leases(ledger)
        decided(ledger)
        work(ledger, wire, noon)
        left, states = Counter(wire.read_text().split()), by_state(ledger)
        unknown, accepted = states.get("unknown", set()), states.get("accepted", set())
        assert set(left.values()) == {1}
        assert accepted <= set(left) <= accepted | unknown
        assert accepted | unknown == {each.id for each in messages if each.arm == "treated"}
        assert states["skipped"] == {messages[-1].id}
        assert len(unknown) <= 1
        in_doubt.append(len(unknown))

    points = kill_points(run, verify, prepare=prepare)

    # Two at each commit: of the decision, of the first recovery, of three claims (the last finds nothing), and
    # of begin and settle for each customer. In doubt: killed behind begin and up to settle.
    assert points == 2 * (1 + 1 + 3 + 2 * CUSTOMERS)
    assert sum(in_doubt) == 2 * CUSTOMERS
