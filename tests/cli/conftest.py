"""Run the command line as a person does: in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROVING = "EVERGROVE_PROVE" in os.environ


def inherited() -> dict[str, str]:
    """The environment without settings of the machine."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EVERGROVE_", "LC_", "LANG"))}
    return kept | {"PYTHONWARNINGS": "error"}


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


@dataclass
class Processes:
    """
    Starts the command line.

    ``make prove`` starts each command as a person does; ``make test`` the first of each name, and one to whose Python
    something is said: the others are forks of a process that has imported what they need, a second sooner each.
    """

    seen: set[str] = field(default_factory=set)
    warm: subprocess.Popen[str] | None = None

    def run(self, folder: Path, words: list[str], said: dict[str, str]) -> Done:
        """A command in a folder, with what is said in the environment."""
        environment = inherited() | said
        is_first = words[0] not in self.seen
        self.seen.add(words[0])
        if PROVING or is_first or not hasattr(os, "fork") or any(name[:6] == "PYTHON" for name in said):
            command = [sys.executable, "-m", "evergrove", *words]
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
            )
            return Done(done.returncode, done.stdout, done.stderr)
        return self._forked(folder, words, environment)

    def _forked(self, folder: Path, words: list[str], environment: dict[str, str]) -> Done:
        if self.warm is None:
            script = str(Path(__file__).with_name("warm.py"))
            self.warm = subprocess.Popen(
                [sys.executable, script],
                env=inherited(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        assert self.warm.stdin is not None
        assert self.warm.stdout is not None
        out, err = (folder.parent / f"{folder.name}.{name}" for name in ("out", "err"))
        for file in (out, err):
            file.write_bytes(b"")
        asked = {"folder": str(folder), "words": words, "environment": environment}
        self.warm.stdin.write(json.dumps({**asked, "out": str(out), "err": str(err)}) + "\n")
        self.warm.stdin.flush()
        status = int(self.warm.stdout.readline())
        return Done(status, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    def close(self) -> None:
        """Nobody asks any more."""
        if self.warm is not None:
            self.warm.communicate()


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    """What starts the command line."""
    found = Processes()
    yield found
    found.close()


@pytest.fixture
def evergrove(tmp_path: Path, processes: Processes) -> Callable[..., Done]:
    """``evergrove("value", "orders.csv")`` in a temporary folder; no setting of the machine leaks in."""

    def run(*arguments: str | Path, **environment: str) -> Done:
        return processes.run(tmp_path, [str(each) for each in arguments], environment)

    return run


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A clean export of 60 customers over two years, with known totals: 60 customers, 429 orders."""
    lines = ["order_id,customer_id,paid_at,total,currency"]
    number = 0
    for customer in range(60):
        for nth in range(1 + customer % 14):
            number += 1
            month, day = 1 + (customer + 5 * nth) % 12, 1 + (7 * customer + 3 * nth) % 28
            year = 2024 + (customer + nth) % 2
            amount = 50 + 13 * (customer % 9) + nth
            lines.append(f"A{number:05d},C-{customer:03d},{year}-{month:02d}-{day:02d},{amount}.00,CNY")
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
