"""The loop: one process at a time writes, it ends when asked, and a kill anywhere loses and doubles nothing."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update
from tests.live.conftest import NOW, Seen, begin, differing, name_of, opened, reopened, said

from evergrove.app.live import live_process, setting_of
from evergrove.core import SetClock
from evergrove.ingest.events.tables import EVENT
from evergrove.ledger import database_now
from evergrove.live import has_caught_up
from evergrove.live.holder import is_gone, myself
from evergrove.live.lease import LiveElsewhere, hold, prove, release, renew
from evergrove.live.loop import run_loop
from evergrove.live.tables import LEASE, MOVE
from evergrove.testing.kill import kill_points
from evergrove.testing.processes import forked

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger


def let_pass(ledger: Ledger) -> None:
    """Let the time of the lease pass."""
    with ledger.writing() as connection:
        connection.execute(update(LEASE).values(lease_until=database_now(connection)))


def taken(ledger: Ledger, who: str) -> int | None:
    """Ask for the lease."""
    with ledger.writing() as connection:
        return hold(connection, who)


def test_one_holds_the_lease_and_who_was_silent_too_long_can_write_no_more(ledger: Ledger) -> None:
    """A second one waits; when the time has passed it takes over, and the first one's next write is refused."""
    first = taken(ledger, "a")
    assert first is not None
    assert taken(ledger, "b") is None
    mine = ledger.fenced(partial(prove, token=first))
    let_pass(ledger)
    with mine.writing() as connection:  # paused past its lease, and nobody came
        renew(connection)
    assert taken(ledger, "b") is None
    let_pass(ledger)
    second = taken(ledger, "b")
    assert second == first + 1

    with pytest.raises(LiveElsewhere), mine.writing() as connection:
        renew(connection)

    with ledger.fenced(partial(prove, token=second)).writing() as connection:
        release(connection)
    assert taken(ledger, "a") == second + 1


def test_who_holds_the_lease_and_has_ended_is_followed_at_once(ledger: Ledger) -> None:
    """Killed, say: of a process beside, one need not wait until its sign of life is too old."""
    child = forked(lambda: taken(ledger, myself()))
    assert not child.was_killed()
    with ledger.reading() as connection:
        held_by = connection.execute(select(LEASE.c.held_by)).scalar_one()
    assert is_gone(held_by)

    assert taken(ledger, myself()) == 2
    assert taken(ledger, "another") is None  # who lives is not followed


def test_of_a_process_elsewhere_nobody_knows_whether_it_has_ended() -> None:
    """Another machine or container has numbers of its own; where nothing is known, the lease is waited for."""
    host, number, among = myself().split(":", 2)
    child = forked(lambda: None)
    assert not child.was_killed()

    assert not is_gone(myself())
    assert is_gone(f"{host}:{child.pid}:{among}")
    assert not is_gone(f"{host}:{child.pid}:{among}0")
    assert not is_gone(f"{host}:{child.pid}:")
    assert not is_gone(f"{host}:{number}")
    assert not is_gone("a")


def until_caught_up(seen: Seen, told: dict[str, int], timeout_s: float = 20.0) -> None:
    """Wait for one's own write."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with seen.here.ledger.reading() as connection:
            if has_caught_up(connection, told):
                return
        time.sleep(0.02)
    pytest.fail("nobody answered")


def test_the_loop_answers_does_its_chores_and_gives_its_lease_back(seen: Seen) -> None:
    """Within one second of loop an event is answered, what waits is compacted, and the lease is free afterwards."""
    stopping, done = Event(), list[int]()
    setting = setting_of(seen.here)
    chores = {"compaction": partial(done.append, 1), "seal": partial(_raise, done)}
    quick = {**vars(setting), "chores": chores, "poll_s": 0.01, "minute_s": 0.05}
    loop = Thread(target=run_loop, args=(type(setting)(**quick), stopping))
    loop.start()
    try:
        until_caught_up(seen, seen.tell("order", "c003", "e1", 50))
    finally:
        stopping.set()
        loop.join(timeout=20)

    assert not loop.is_alive()
    assert seen.live("c003").keys() == {"c003"}
    assert {1, 2} <= {*done}  # one chore that fails keeps neither the other nor the next minute
    with seen.here.ledger.reading() as connection:
        row = connection.execute(select(LEASE)).one()
    assert (row.lease_until, row.held_by) == (None, None)
    assert row.beat_at is not None


def _raise(done: list[int]) -> None:
    done.append(2)
    message = "a chore that fails"
    raise ZeroDivisionError(message)


@pytest.mark.usefixtures("kill_sweep")
def test_a_process_of_its_own_ends_when_it_is_asked_to(seen: Seen) -> None:
    """SIGTERM ends it within seconds, whatever it does; what it had answered stands."""
    child = forked(partial(live_process, seen.here.folder, None, SetClock(NOW)))
    until_caught_up(seen, seen.tell("order", "c003", "e1", 50))
    asked = time.monotonic()
    os.kill(child.pid, signal.SIGTERM)

    assert not child.was_killed()
    assert time.monotonic() - asked < 5
    assert seen.live("c003").keys() == {"c003"}


def act(folder: Path, acknowledged: Path) -> None:
    """Two events, answered before and after what waits is compacted; each is acknowledged once it is stored."""
    with reopened(folder) as seen, seen.passes() as passes:
        passes.follow()
        seen.tell("order", "newcomer", "e1", 350)
        acknowledge(acknowledged, "m1")
        passes.once()
        seen.compact()
        seen.tell("refund", name_of(3), "e2", 20, refund_id="r1")
        acknowledge(acknowledged, "m2")
        passes.once()


def acknowledge(path: Path, message: str) -> None:
    """Say that an event is stored; a file that is written through survives the kill of its writer."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"{message}\n")


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_a_kill_at_any_point_loses_and_doubles_nothing(run_before: Path, tmp_path: Path) -> None:
    """After a kill all that was acknowledged is there; done again, everything is as if nobody had been killed."""
    acknowledged = tmp_path / "acknowledged"
    place = tmp_path / "copy"

    def prepare() -> None:
        acknowledged.unlink(missing_ok=True)
        with opened(run_before, place):
            pass

    def moves(seen: Seen) -> list[Any]:
        columns = (MOVE.c.customer_id, MOVE.c.axis, MOVE.c.from_, MOVE.c.to_, MOVE.c.cause)
        with seen.here.ledger.reading() as connection:
            return [tuple(row) for row in connection.execute(select(*columns).order_by(MOVE.c.id))]

    prepare()
    act(place, acknowledged)
    with reopened(place) as seen:
        expected = moves(seen)
    assert expected

    def verify() -> None:
        with reopened(place) as seen, seen.here.ledger.reading() as connection:
            stored = {*connection.execute(select(EVENT.c.message_id)).scalars()}
        acked = acknowledged.read_text(encoding="utf-8").split() if acknowledged.exists() else []
        assert {*acked} <= stored
        again = time.process_time()
        act(place, acknowledged)
        assert time.process_time() - again < 5  # ready again, and at work; whoever else uses the machine
        with reopened(place) as seen:
            with seen.here.ledger.reading() as connection:
                assert connection.execute(select(func.count()).select_from(EVENT)).scalar() == 2
            whole = seen.whole_night()
            for name, row in seen.live("newcomer", name_of(3)).items():
                assert differing(said(row), whole[name]) == {}
            assert moves(seen) == expected
            assert seen.marks() == {}

    proving = "EVERGROVE_PROVE" in os.environ
    points = kill_points(partial(act, place, acknowledged), verify, 1 if proving else 17, prepare=prepare)
    assert points > (10 if proving else 1)


@pytest.mark.slow
def test_live_value_is_the_same_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """Marks, passes, compaction, a run and its following, with a server's ledger."""
    begin(tmp_path, postgres_url)
    with reopened(tmp_path) as seen, seen.passes() as passes:
        passes.follow()
        told = seen.tell("order", "newcomer", "e1", 350) | seen.tell("refund", name_of(3), "e2", 20)
        passes.once()
        seen.compact()
        seen.tell("cancel", "newcomer", "e1", at=NOW + timedelta(seconds=1))
        passes.once()
        seen.here.run()
        assert passes.follow()
        assert passes.once().rows == 2
        whole = seen.whole_night()
        for name, row in seen.live("newcomer", name_of(3)).items():
            assert differing(said(row), whole[name]) == {}
        with seen.here.ledger.reading() as connection:
            assert has_caught_up(connection, told)
