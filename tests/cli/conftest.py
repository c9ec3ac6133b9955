"""Run the command line as a person does: in a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def evergrove(tmp_path: Path) -> Callable[..., Done]:
    """``evergrove("value", "orders.csv")`` in a temporary folder; no setting of the machine leaks in."""

    def run(*arguments: str | Path, **environment: str) -> Done:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("EVERGROVE_", "LC_", "LANG"))}
        command = [sys.executable, "-m", "evergrove", *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=inherited | {"PYTHONWARNINGS": "error"} | environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

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
