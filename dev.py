"""
Set up, test and prove Evergrove with nothing but Python 3.11+ and pip.

``python3 dev.py demo`` and ``python3 dev.py test`` are what ``make demo`` and ``make test`` call. uv is
put into ``.tools`` by ``pip install --target``, which works on externally managed Pythons too, and then
builds ``.venv`` from the hashed requirements.lock.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"
BIN = ROOT / ".venv" / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
UV = ROOT / ".tools" / "bin" / ("uv.exe" if WINDOWS else "uv")
LOCK = ROOT / "requirements.lock"
UV_REQUIREMENT = "uv>=0.9,<1"


SYSTEM_CERTIFICATES = {"UV_SYSTEM_CERTS": "1"}
"""uv trusts what the system trusts, as pip does: behind a company's proxy its own list is not enough."""

BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
"""A file's tests stay with one worker, so that what they share is made once; long files come early in the alphabet."""
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Commands that tests start hundreds of times are compiled once, whatever the machine is set to."""


def run(*command: str | Path, **environment: str) -> None:
    """Run one command from the project's root; stop with its exit status when it fails."""
    settings = {**SYSTEM_CERTIFICATES, **os.environ, **environment}
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=settings, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def ensure_uv() -> None:
    """Put uv into .tools, where no system package can be in its way."""
    if not UV.exists():
        print("Fetching uv into .tools ...", flush=True)
        run(sys.executable, "-m", "pip", "install", "-q", "--target", ".tools", UV_REQUIREMENT)


def ensure_venv() -> None:
    """Build .venv from requirements.lock, or leave it when nothing changed."""
    stamp = ROOT / ".venv" / ".stamp"
    wanted = hashlib.sha256(
        LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + sys.version.encode()
    ).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    ensure_uv()
    print("Installing into .venv ...", flush=True)
    run(UV, "venv", "-q", "--allow-existing", "-p", sys.executable, ".venv")
    run(UV, "pip", "sync", "-q", "--compile-bytecode", "--python", PYTHON, "--require-hashes", LOCK)
    run(UV, "pip", "install", "-q", "--python", PYTHON, "--no-deps", "--no-build-isolation", "-e", ".")
    stamp.write_text(wanted)


def demo() -> None:
    """Value the simulated shop and show how close the estimates come to the truth."""
    ensure_venv()
    run(PYTHON, "-m", "evergrove", "demo")


def lint() -> None:
    """Style, types and the layers contract."""
    ensure_venv()
    run(BIN / "ruff", "check", ".")
    run(BIN / "ruff", "format", "--check", ".")
    run(BIN / "mypy")
    run(BIN / "lint-imports")


def test() -> None:
    """Lint, then every test that this machine allows; the last lines list what was left out."""
    lint()
    workers = os.environ.get("EVERGROVE_TEST_WORKERS", "2")
    run(PYTHON, "-m", "pytest", "-n", workers, *BY_FILE, *sys.argv[2:], **COMPILED)


def prove() -> None:
    """Run the long versions: slow proofs and benchmarks, with their results written down."""
    ensure_venv()
    run(PYTHON, "-m", "pytest", "-n", "2", *BY_FILE, EVERGROVE_PROVE="1", **COMPILED)
    benchmarks()
    run(PYTHON, "-m", "benchmarks.pages")
    run(PYTHON, "-m", "benchmarks.coverage")
    run(PYTHON, "-m", "benchmarks.policy")


def benchmarks() -> None:
    """Run every benchmark and write benchmarks/results/."""
    ensure_venv()
    run(PYTHON, "-m", "benchmarks.value_against_lifetimes")


def lock() -> None:
    """Compile requirements.lock for all platforms, with hashes and without a host name."""
    ensure_uv()
    run(
        UV, "pip", "compile", "-q", "--universal", "--generate-hashes", "--no-emit-index-url",
        "--no-emit-find-links", "--python-version", "3.11", "--group", "dev", "--extra", "server", "--extra", "postgres",
        "--extra", "ml", "--extra", "mjml",
        "pyproject.toml", "-o", LOCK,
        UV_CUSTOM_COMPILE_COMMAND="make lock",
    )  # fmt: skip


def messages() -> None:
    """Collect the texts for translators and compile the catalogues."""
    ensure_venv()
    run(PYTHON, "tools/messages.py")


def reference() -> None:
    """Write the reference pages that the code declares: columns, settings, codes."""
    ensure_venv()
    run(PYTHON, "tools/reference.py")


COMMANDS = {f.__name__: f for f in (demo, test, lint, prove, benchmarks, lock, messages, reference)}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        raise SystemExit(f"usage: python3 dev.py {{{','.join(COMMANDS)}}}")
    COMMANDS[sys.argv[1]]()
