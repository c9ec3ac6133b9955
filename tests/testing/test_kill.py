"""The harness itself: it kills where it says, counts its kills, and finds a writer that is not careful."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from evergrove.core.failpoints import failpoint
from evergrove.testing.kill import kill_points
from evergrove.testing.processes import ChildFailed, forked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("kill_sweep")


def write(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    new = path.with_suffix(".new")
    with new.open("w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)


def cleared(folder: Path) -> Callable[[], None]:
    """A function that empties a folder."""

    def clear() -> None:
        for path in folder.iterdir():
            path.unlink()

    return clear


def test_every_durable_write_is_a_kill_point(tmp_path: Path) -> None:
    """Two careful files and one failpoint are five points; after each the files are whole or not there."""
    seen: list[list[str]] = []

    def run() -> None:
        write(tmp_path / "a", "whole")
        failpoint("test.between")
        write(tmp_path / "b", "whole")

    def verify() -> None:
        names = sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".new")
        assert all((tmp_path / name).read_text() == "whole" for name in names)
        seen.append(names)

    assert kill_points(run, verify, prepare=cleared(tmp_path)) == 5
    assert seen == [[], [], ["a"], ["a"], ["a"], ["a", "b"]]


def test_a_writer_that_is_not_careful_is_found(tmp_path: Path) -> None:
    """Two files that belong together and are written one after the other do not survive the sweep."""

    def run() -> None:
        write(tmp_path / "total", "2")
        write(tmp_path / "parts", "1 1")

    def verify() -> None:
        assert (tmp_path / "total").exists() == (tmp_path / "parts").exists()

    with pytest.raises(AssertionError):
        kill_points(run, verify, prepare=cleared(tmp_path))


def test_every_third_point_can_be_enough(tmp_path: Path) -> None:
    """Of seven points the first, the fourth and the seventh."""
    reached: list[int] = []

    def run() -> None:
        for n in range(7):
            (tmp_path / str(n)).touch()
            failpoint("test.step")

    kills = kill_points(
        run, lambda: reached.append(len(list(tmp_path.iterdir()))), 3, prepare=cleared(tmp_path)
    )

    assert (kills, reached) == (3, [1, 4, 7, 7])


def test_the_parent_goes_on_unwatched(tmp_path: Path) -> None:
    """What was put around the child's calls is not around the parent's."""
    kill_points(lambda: write(tmp_path / "a", "child"), lambda: None)

    write(tmp_path / "a", "parent")
    failpoint("test.parent")
    assert (tmp_path / "a").read_text() == "parent"


def test_a_child_that_raises_says_why() -> None:
    """Its traceback comes home."""

    def run() -> None:
        raise KeyError("the reason")

    with pytest.raises(ChildFailed, match="KeyError: 'the reason'"):
        kill_points(run, lambda: None)


def test_a_child_that_hangs_is_ended() -> None:
    """After its time the system ends it, and the sweep says so."""
    with pytest.raises(ChildFailed, match="in time"):
        kill_points(signal.pause, lambda: None, timeout_s=1)


def test_a_child_can_be_paused_and_woken() -> None:
    """Between stop and go_on it does nothing at all."""
    reader, writer = os.pipe()
    start, go = os.pipe()

    def run() -> None:
        os.read(start, 1)
        os.write(writer, b"done")

    child = forked(run)
    child.stop()
    os.write(go, b".")
    os.set_blocking(reader, False)
    with pytest.raises(BlockingIOError):
        os.read(reader, 4)
    child.go_on()

    assert child.was_killed() is False
    assert os.read(reader, 4) == b"done"
