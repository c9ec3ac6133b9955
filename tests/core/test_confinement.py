"""What a confined child may not do, tried by real children."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from evergrove.core import confinement
from evergrove.core.confinement import (
    Limits,
    ReaderBroke,
    TookTooLong,
    TookTooMuch,
    lacking,
    run_confined,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of the Linux kernel")

START = "from evergrove.core.confinement import *\nconfine(Limits(memory_mb=300, seconds=2, output_mb=1))\n"


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a module named ``guest``, which children run."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    return tmp_path / "guest.py"


def run(child: Path, program: str, seconds: int = 2) -> str:
    """Run a program after the confinement."""
    child.write_text(START + program, encoding="utf-8")
    return run_confined("guest", [], file="x.csv", limits=Limits(300, seconds, 1))


def test_honest_work_is_done(child: Path) -> None:
    """Threads, files and arithmetic are free."""
    program = (
        "import threading, tempfile\n"
        "t = threading.Thread(target=lambda: print(sum(range(10)))); t.start(); t.join()\n"
        "open(tempfile.mkstemp()[1], 'w').write('x' * 1000)\n"
    )
    assert run(child, program) == "45\n"


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="unknown system calls")
@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('127.0.0.1', {port}), 1)",
        "import socket; socket.socket(socket.AF_INET6)",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import os; os.execv('/bin/true', ['true'])",
        "import subprocess; subprocess.run(['/bin/true'], check=True)",
        "import os; os.kill(os.getppid(), 0)",
    ],
)
def test_no_network_and_no_programs(child: Path, attempt: str) -> None:
    """Even a server on this machine, which is there, cannot be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ReaderBroke, match="PermissionError"):
            run(child, attempt.format(port=port))


def test_memory_is_bounded(child: Path) -> None:
    """Asking for more ends the child, not the machine."""
    program = f"import sys\ntry:\n    x = bytearray(400 << 20)\nexcept MemoryError:\n    sys.exit({77})\nprint('had it')\n"
    with pytest.raises(TookTooMuch):
        run(child, program)


def test_time_of_the_processor_is_bounded(child: Path) -> None:
    """A loop is ended by the system, also where nobody waits for it."""
    child.write_text(START + "while True: pass\n", encoding="utf-8")
    done = subprocess.run([sys.executable, str(child)], check=False, timeout=20)
    assert done.returncode == -24  # SIGXCPU
    with pytest.raises(TookTooLong):
        run_confined("guest", [], file="x.csv", limits=Limits(300, 1, 1))


def test_a_sleeper_is_ended_by_the_clock(child: Path) -> None:
    """Waiting costs no processor time."""
    with pytest.raises(TookTooLong):
        run(child, "import time; time.sleep(60)", seconds=1)


def test_output_is_bounded(child: Path, tmp_path: Path) -> None:
    """A file that unpacks for ever fills no disk."""
    target = tmp_path / "big"
    with pytest.raises(ReaderBroke):
        run(child, f"open({str(target)!r}, 'wb').write(b'x' * (3 << 20))")
    assert target.stat().st_size <= 1 << 20


def test_secrets_are_not_handed_on(child: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child sees no password of the workspace."""
    monkeypatch.setenv("EVERGROVE_MAIL_PASSWORD", "hush")
    assert run(child, "import os; print([n for n in os.environ if 'EVERGROVE' in n])") == "[]\n"


def test_the_limits_are_hard(child: Path) -> None:
    """Nobody but root could lift them again."""
    program = (
        "import resource\n"
        "print(all(resource.getrlimit(r)[1] < 2**40 for r in (resource.RLIMIT_DATA, resource.RLIMIT_CPU)))\n"
    )
    assert run(child, program) == "True\n"


def test_what_holds_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here all does; on a machine whose calls nobody has written down, the filter of calls does not."""
    assert lacking() == ()
    monkeypatch.setattr(platform, "machine", lambda: "sparc64")
    assert lacking() == ("network",)


def test_a_flood_of_words_fills_no_memory(child: Path) -> None:
    """An answer of more than the bound of a file ends the child; one that is merely too long is not believed."""
    with pytest.raises(ReaderBroke):
        run(child, "import sys; sys.stdout.write('x' * (8 << 20))")
    limits = Limits(300, 10, 1024)
    program = f"import sys; sys.stdout.write('x' * {confinement.MOST_ANSWER + 1})"
    child.write_text(START.replace("output_mb=1", "output_mb=1024") + program, encoding="utf-8")
    with pytest.raises(ReaderBroke):
        run_confined("guest", [], file="x.csv", limits=limits)


@pytest.mark.parametrize("said", ["Ada Lovelace, 13800138000", "\x1b[31mred", "a\nb: Ada"])
def test_what_a_file_says_stands_in_no_reason(child: Path, said: str) -> None:
    """The kind of error is told; what it quotes may be anybody's, or a terminal's own code."""
    with pytest.raises(ReaderBroke) as caught:
        run(child, f"raise ValueError({said!r})")
    assert "Ada" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert caught.value.params["reason"] == "ValueError"


def test_words_that_stand_in_no_file_are_given(child: Path) -> None:
    """By the standard input."""
    child.write_text(START + "import sys; print(sys.stdin.read()[::-1])", encoding="utf-8")
    assert run_confined("guest", [], file="x", limits=Limits(300, 2, 1), given="ada") == "ada"[::-1] + "\n"
