"""What users install works by itself: the built wheel, in an empty environment."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".tools" / "bin" / "uv"

ORDERS = "customer,date,amount\n" + "".join(
    f"C{i % 40},2025-{1 + (i * 7) % 12:02d}-{1 + (i * 5) % 28:02d},{20 + i % 90}.50\n" for i in range(240)
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("evergrove-*.whl"))


def test_the_wheel_carries_everything_but_tests(wheel: Path) -> None:
    """Statements, templates, catalogues, vendored scripts and type information are inside."""
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        p.relative_to(ROOT / "src").as_posix()
        for p in (ROOT / "src" / "evergrove").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert sources <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


@pytest.mark.slow
def test_the_wheel_values_a_file_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """Only what the wheel itself asks for is installed, and the main job runs."""
    assert UV.exists(), "uv is not in .tools; make test puts it there"
    python = tmp_path / "venv" / "bin" / "python"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}
    for command in (
        [UV, "venv", "-q", "-p", sys.executable, tmp_path / "venv"],
        [UV, "pip", "install", "-q", "--python", python, wheel],
    ):
        subprocess.run([str(part) for part in command], check=True, env=environment)
    orders = tmp_path / "orders.csv"
    orders.write_text(ORDERS)

    done = subprocess.run(
        [str(python), "-m", "evergrove", "value", str(orders), "-o", str(tmp_path / "out")],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").exists()
    assert "40" in done.stdout
