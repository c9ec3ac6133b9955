"""Workers against each other: one takes, one sends, the one that was late finds its token old."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, get_args

import pytest

from evergrove.ledger import open_ledger
from evergrove.outbox import (
    Counts,
    Outcome,
    begin,
    check_outbox,
    claim,
    defer,
    enqueue,
    recover,
    sent_counts,
    settle,
    states,
)
from evergrove.testing.processes import forked

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.outbox import Claim, Message


def put(ledger: Ledger, now: datetime, messages: list[Message]) -> None:
    """Put messages into the outbox."""
    with ledger.writing() as connection:
        enqueue(connection, messages, now)


def together(*runs: Callable[[], object]) -> None:
    """Run functions in threads of their own, started by one barrier."""
    barrier = threading.Barrier(len(runs))
    raised: list[Exception] = []

    def started(run: Callable[[], object]) -> None:
        barrier.wait()
        try:
            run()
        except Exception as error:  # noqa: BLE001 - raised again below
            raised.append(error)

    threads = [threading.Thread(target=started, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


@pytest.mark.slow
def test_two_processes_claim_a_thousand_messages_once_each(
    ledger: Ledger, message: Callable[..., Message], noon: datetime, tmp_path: Path
) -> None:
    """Each of 1,000 claims goes to one of two processes, and both get some."""
    put(ledger, noon, [message(f"C-{n}") for n in range(1000)])

    def take_all(worker: str) -> None:
        mine = open_ledger(ledger.where)
        (tmp_path / f"{worker} is there").touch()
        for _wait in range(10_000):
            if len(list(tmp_path.glob("* is there"))) == 2:
                break
            time.sleep(0.001)
        with (tmp_path / worker).open("w") as taken:
            while held := claim(mine, worker, noon, limit=1):
                print(held[0].id, file=taken)
        mine.close()

    children = [forked(partial(take_all, name)) for name in ("a", "b")]
    assert [child.was_killed() for child in children] == [False, False]

    taken = {name: (tmp_path / name).read_text().split() for name in ("a", "b")}
    assert all(taken.values())
    times = Counter(taken["a"] + taken["b"])
    assert (len(times), set(times.values())) == (1000, {1})
    with ledger.reading() as connection:
        assert states(connection) == {("L2", "claimed"): 1000}
        assert check_outbox(connection) == []


def test_a_worker_and_its_successor_never_both_begin(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Leases that end while both try: for each message exactly one of the two may send it."""
    put(ledger, noon, [message(f"C-{n}") for n in range(60)])
    begun: Counter[str] = Counter()

    def attempt(held: Claim) -> None:
        with ledger.writing() as connection:
            won = begin(connection, held, noon)
        begun[held.id] += won  # only after the commit does it count

    def succeed(held: Claim) -> None:
        while not begun[held.id]:
            with ledger.writing() as connection:
                recover(connection, noon)
            for mine in claim(ledger, "successor", noon):
                attempt(mine)

    slow_first = 0
    for held in claim(ledger, "first", noon, lease_s=3600):
        with ledger.writing() as connection:
            connection.exec_driver_sql(
                f"update outbox set lease_until = {SOON[ledger.dialect]} where id = '{held.id}'"
            )
        together(partial(attempt, held), partial(succeed, held))
        slow_first += begun[held.id]

    assert set(begun.values()) == {1}
    assert len(begun) == slow_first == 60
    with ledger.reading() as connection:
        assert states(connection) == {("L2", "attempting"): 60}
        assert check_outbox(connection) == []


# Two milliseconds from now, by the database's own clock.
SOON = {
    "sqlite": "cast((julianday('now') - 2440587.5) * 86400000000 as integer) + 2000",
    "postgresql": "(extract(epoch from clock_timestamp()) * 1000000)::bigint + 2000",
}


@pytest.mark.parametrize("successor_begins", [False, True])
def test_a_paused_worker_neither_sends_nor_settles(
    ledger: Ledger, message: Callable[..., Message], noon: datetime, *, successor_begins: bool
) -> None:
    """Stopped past its lease and woken again, a worker finds its token old, wherever its successor stands."""
    put(ledger, noon, [message()])
    ready, told = os.pipe()
    wake, woken = os.pipe()

    def worker() -> None:
        mine = open_ledger(ledger.where)
        (held,) = claim(mine, "paused", noon, lease_s=0.02)
        os.write(told, b"claimed")
        os.read(wake, 1)
        with mine.writing() as connection:
            assert not begin(connection, held, noon)
            assert not defer(connection, held, noon + timedelta(hours=1), "test.reason", noon)
            for outcome in get_args(Outcome):
                assert not settle(connection, held, outcome, noon, reason="test.reason")
        mine.close()

    child = forked(worker)
    os.read(ready, 7)
    child.stop()
    os.write(woken, b".")
    deadline = time.monotonic() + 30
    while not (successor := claim(ledger, "successor", noon)):
        with ledger.writing() as connection:
            recover(connection, noon)
        assert time.monotonic() < deadline
    with ledger.writing() as connection:
        assert not successor_begins or begin(connection, successor[0], noon)
    child.go_on()

    assert child.was_killed() is False
    with ledger.writing() as connection:
        assert successor_begins or begin(connection, successor[0], noon)
        assert settle(connection, successor[0], "accepted", noon)
        assert check_outbox(connection) == []


def test_a_claim_past_its_lease_cannot_begin(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Also while nobody else has taken the message: what a lease covers ends with it."""
    put(ledger, noon, [message()])
    (held,) = claim(ledger, "w", noon, lease_s=-0.001)

    with ledger.writing() as connection:
        assert not begin(connection, held, noon)
        assert states(connection) == {("L2", "claimed"): 1}


def test_two_workers_keep_one_cap(ledger: Ledger, message: Callable[..., Message], noon: datetime) -> None:
    """The second of two messages to a customer waits until the first is decided, and then counts it."""
    put(ledger, noon, [message(step=0), message(step=1), message("C-2")])
    by_name = {(held.message.customer_id, held.message.step): held for held in claim(ledger, "w", noon)}
    counted: list[dict[str, Counts]] = []

    def second() -> None:
        mine = by_name["C-1", 1]
        with ledger.writing() as connection:
            assert begin(connection, mine, noon)
            counted.append(sent_counts(connection, ["C-1"], noon, planned=False, apart_from=mine.id))

    thread = threading.Thread(target=second)
    with ledger.writing() as connection:
        assert begin(connection, by_name["C-1", 0], noon)
        thread.start()
        thread.join(timeout=0.2)  # it waits for us; if it did not, it would have counted nothing by now
    thread.join()

    assert counted == [{"C-1": Counts(1, 1, 1)}]


def test_workers_with_other_customers_do_not_wait(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """In PostgreSQL an attempt for one customer holds up no other; SQLite has one writer anyway."""
    if ledger.dialect == "sqlite":
        return
    put(ledger, noon, [message("C-1"), message("C-2")])
    one, other = claim(ledger, "w", noon)

    with ledger.writing() as first, ledger.writing() as second:
        assert begin(first, one, noon)
        assert begin(second, other, noon)
