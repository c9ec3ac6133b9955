"""One process at a time owns a workspace, and a dead one owns nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from evergrove.core import InUse, memory_peak, sole_owner, write_private
from evergrove.core.platform import swap

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from evergrove.core import sole_owner
with sole_owner(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    """Even when the first was killed without a word."""
    path = tmp_path / "workspace.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InUse) as refused, sole_owner(path):
            pass
        os.kill(other.pid, signal.SIGKILL)
        other.wait()

    assert str(tmp_path) in str(refused.value)
    with sole_owner(path):
        pass


@pytest.mark.parametrize("there", ["file", "link", "link to nowhere"])
def test_what_is_private_is_written_over_nothing_and_through_nothing(tmp_path: Path, there: str) -> None:
    """Whoever was there first, to read along or to have another file overwritten, gets nothing."""
    path, other = tmp_path / "key", tmp_path / "other"
    if there == "file":
        path.touch(mode=0o666)
    else:
        path.symlink_to(other)
    if there == "link":
        other.write_text("precious")

    with pytest.raises(FileExistsError):
        write_private(path, "secret")

    found = [each.read_text() for each in (path, other) if each.exists()]
    assert "secret" not in found


def test_a_peak_of_memory_is_told_even_after_it_has_been_freed() -> None:
    """Eighty megabytes held for a moment, then nothing."""
    with memory_peak() as risen:
        held = bytearray(b"x") * (80 * 2**20)
        del held
        peak = risen()
    with memory_peak() as risen:
        quiet = risen()
    if peak is None or quiet is None:
        pytest.skip("this system does not tell")

    assert 75 < peak < 120
    assert quiet < 5


def test_two_folders_are_exchanged_in_one_step_or_not_at_all(tmp_path: Path) -> None:
    """Where one is missing nothing happens; where the system cannot, it says so."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()

    done = swap(tmp_path / "one", tmp_path / "other")

    assert done == (tmp_path / "one" / "other").exists() == (tmp_path / "other" / "one").exists()
    assert done or not sys.platform.startswith("linux")
    assert not swap(tmp_path / "one", tmp_path / "none")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "other"]
