"""Run one cold process and read from the kernel what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.machine import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024


class ProcessFailed(Exception):
    """A measured process ended with an error: its figures would mean nothing."""


@dataclass(frozen=True)
class Run:
    """
    What one process took.

    Attributes:
        wall_s: From start to exit.
        cpu_s: Processor time of the process and the children it waited for.
        peak_mb: Largest resident memory, in units of 10^6 bytes.
        output: Its standard output.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


def installed() -> dict[str, str]:
    """The environment of a user, to whom Python keeps the bytecode that it once compiled; jobs find ``stages``."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(ROOT)}


def run_cold(command: list[str], folder: Path) -> Run:
    """
    Run a command to its end and measure it.

    The caller must be small: at its start a child's peak memory counts as its parent's.

    Raises:
        ProcessFailed: The exit status is not 0.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=installed())
    output = process.stdout.read() if process.stdout else ""
    _pid, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ProcessFailed(f"{' '.join(command)} ended with {process.returncode}")
    return Run(
        wall_s=wall,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss * BYTES_PER_MAXRSS / 1e6,
        output=output,
    )
