"""The benchmark runs: a thousand customers, our side only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.long
def test_the_benchmark_measures_our_side(tmp_path: Path) -> None:
    """Each comparison has its figures; the parameters are near those that were simulated."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.value_against_lifetimes",
            "--ours-only",
            "--sizes",
            "1000",
            "--rounds",
            "1",
            "--results",
            str(tmp_path),
            "--cache",
            str(tmp_path / "cache"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "value_against_lifetimes_partial.json").read_text(encoding="utf-8"))
    assert found["format"] == "evergrove.benchmark/1"
    assert [c["comparison"] for c in found["comparisons"]] == [
        "lean",
        "full without workbooks",
        "fit and score",
    ]
    assert all(c["ours"]["wall_s"] > 0 for c in found["comparisons"])
    assert done.stdout.rstrip().endswith("|")
