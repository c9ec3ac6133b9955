"""The peers we measure against, each in an environment of its own, with the versions pinned that were measured."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import ROOT

HERE = ROOT / "benchmarks"
UV = ROOT / ".tools" / "bin" / "uv"


@dataclass(frozen=True)
class Peer:
    """
    A library beside which we are measured.

    Attributes:
        name: On the package index.
        python: The Python that it needs.
        pins: What is installed.
        job: The script that does the work with it; it knows nothing of Evergrove.
    """

    name: str
    python: str
    pins: tuple[str, ...]
    job: str

    @property
    def home(self) -> Path:
        """Its environment."""
        return HERE / f".venv-{self.name}"

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return self.home / "bin" / "python"

    def command(self, *arguments: str) -> list[str]:
        """What runs its job."""
        return [str(self.interpreter), str(HERE / self.job), *arguments]


LIFETIMES = Peer(
    "lifetimes",
    "3.11",
    (
        "lifetimes==0.11.3",
        "numpy==1.26.4",
        "pandas==1.5.3",
        "scipy==1.11.4",
        "autograd==1.9.1",
        "pyarrow<17",
        "setuptools<80",
    ),
    "lifetimes_job.py",
)
CLVKIT = Peer("clvkit", "3.11", ("clvkit==0.2.1", "pyarrow"), "clvkit_job.py")
PYMC_MARKETING = Peer("pymc-marketing", "3.12", ("pymc-marketing==1.3.0", "nutpie"), "pymc_job.py")


class NoPython(Exception):
    """The Python that a peer needs is not on this machine."""


def set_up(peer: Peer) -> None:
    """
    Build a peer's environment, unless it is there.

    Raises:
        NoPython: There is no such Python here.
    """
    if peer.interpreter.exists():
        return
    print(f"Setting up {peer.name} in an environment of its own ...", flush=True)
    python = _python(peer.python)
    subprocess.run([UV, "venv", "-q", "-p", python, peer.home], check=True)
    subprocess.run([UV, "pip", "install", "-q", "--python", peer.interpreter, *peer.pins], check=True)


def _python(version: str) -> str:
    """A Python of this version: the one that runs, one that uv finds, or one of pyenv's."""
    if sys.version.startswith(f"{version}."):
        return sys.executable
    finding = [str(UV), "python", "find", "--no-python-downloads", version]
    found = subprocess.run(finding, capture_output=True, text=True, check=False)
    if found.returncode == 0:
        return found.stdout.strip()
    installed = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    if not installed:
        raise NoPython(f"there is no Python {version} on this machine")
    return str(installed[-1])
