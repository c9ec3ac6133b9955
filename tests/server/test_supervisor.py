"""Children come back when they end by themselves, and end when the service does."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from evergrove.server.supervisor import FIRST_S, LAST_S, STEADY_S, Child, Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path


def tell(folder: Path, life: Connection, bell: Connection) -> None:
    """Say who one is, then each time the bell rings, until the parent is gone."""
    (folder / f"{os.getpid()}.here").touch()
    while bell.poll(20):
        os.read(bell.fileno(), 100)
        (folder / f"{os.getpid()}.rung").touch()
    life.close()


def deaf(folder: Path, _life: Connection, _bell: Connection) -> None:
    """Heed no wish to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (folder / f"{os.getpid()}.here").touch()
    time.sleep(60)


def until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for another process."""
    over = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < over
        time.sleep(0.02)


def pids(folder: Path, kind: str = "here") -> set[int]:
    """Who has said something."""
    return {int(file.stem) for file in folder.glob(f"*.{kind}")}


@pytest.mark.slow
def test_a_child_that_was_killed_comes_back_and_hears_the_bell(tmp_path: Path) -> None:
    """Another process, with a bell of its own; nobody is left behind at the end."""
    family = Supervisor(tmp_path, [Child("test", tell)])
    family.start()
    until(lambda: len(pids(tmp_path)) == 1)
    (first,) = pids(tmp_path)
    os.kill(first, signal.SIGKILL)
    until(lambda: len(pids(tmp_path)) == 2)
    (second,) = pids(tmp_path) - {first}
    family.ring()
    until(lambda: pids(tmp_path, "rung") == {second})

    family.join()

    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


@pytest.mark.slow
def test_a_child_that_does_not_end_is_killed_after_its_grace(tmp_path: Path) -> None:
    """Thirty seconds are what services are given."""
    family = Supervisor(tmp_path, [Child("test", deaf)])
    family.start()
    until(lambda: len(pids(tmp_path)) == 1)

    family.join(grace_s=0.2)

    with pytest.raises(ProcessLookupError):
        os.kill(pids(tmp_path).pop(), 0)


class Ended:
    """A process that has ended."""

    def close(self) -> None:
        """Let go of it."""


def test_a_child_that_keeps_ending_is_waited_with_longer_each_time() -> None:
    """Twice as long, up to a minute; one that lived for a while begins anew."""
    child, pauses = Child("test", tell), []
    for _each in range(10):
        child.process, child.begun = Ended(), time.monotonic()
        pauses.append(child.pause_s)
        child.ended()
    child.process, child.begun = Ended(), time.monotonic() - STEADY_S
    child.ended()

    assert pauses[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert pauses[-1] == LAST_S
    assert child.pause_s == 2 * FIRST_S
