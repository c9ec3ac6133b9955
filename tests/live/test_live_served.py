"""Live value as it is served: a process beside the one that answers, which comes back when it is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from tests.live.conftest import opened, reopened

from evergrove.ingest.events.tables import EVENT
from evergrove.live import check_rows, has_caught_up
from evergrove.live.ground import Base
from evergrove.live.tables import LEASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.live.conftest import Seen

PATIENCE_S = 60
"""A machine that others use, too; on a quiet one a killed process is followed within three seconds."""


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """A service without a worker, for the length of a ``with`` block."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "evergrove",
        "serve",
        "-w",
        str(folder),
        "--port",
        str(port),
        "--no-worker",
    ]
    with (
        (folder.parent / "serve.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


def until(is_so: Callable[[], bool]) -> None:
    """Wait, but not for ever."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def holder(seen: Seen) -> int | None:
    """The number of the process that works out live rows."""
    with seen.here.ledger.reading() as connection:
        held_by = connection.execute(select(LEASE.c.held_by)).scalar()
    return None if held_by is None else int(held_by.split(":")[1])


def answers(seen: Seen, told: dict[str, int]) -> bool:
    """Whether live rows answer events."""
    with seen.here.ledger.reading() as connection:
        return has_caught_up(connection, told)


@pytest.mark.slow
def test_a_live_process_that_is_killed_is_followed_and_nothing_is_lost_or_doubled(
    run_before: Path, tmp_path: Path
) -> None:
    """Killed right after an event, it may have answered it or not; another one answers that and the next."""
    with opened(run_before, tmp_path):
        pass
    with served(tmp_path / "workspace"), reopened(tmp_path) as seen:
        until(lambda: holder(seen) is not None)
        first = holder(seen)
        assert first is not None
        told = seen.tell("order", "c003", "e1", 350)
        os.kill(first, signal.SIGKILL)
        told |= seen.tell("order", "c004", "e2", 40)

        until(lambda: answers(seen, told))

        assert holder(seen) not in {None, first}
    with reopened(tmp_path) as seen:
        with seen.here.ledger.reading() as connection:
            assert connection.execute(select(func.count()).select_from(EVENT)).scalar() == len(told)
        assert seen.live("c003", "c004").keys() == {"c003", "c004"}
        with Base(seen.here.warehouse, seen.here.settings) as base:
            assert check_rows(base, seen.here.ledger, seen.clock) == []
