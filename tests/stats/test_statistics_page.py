"""The page about statistics: what it prints is what is printed, and every "yes" of ours leads to tests."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import evergrove as eg
from evergrove import stats

PAGE = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"
TEXT = PAGE.read_text(encoding="utf-8")
PRINTED = PAGE.parents[1] / "benchmarks" / "results" / "false_alarms.md"


def test_the_tables_are_those_that_were_printed() -> None:
    """Line by line what benchmarks/results/false_alarms.md holds."""
    printed = PRINTED.read_text(encoding="utf-8").strip()

    assert len(printed.splitlines()) >= 10
    assert printed in TEXT


def test_output_below_a_block_is_its_output() -> None:
    """Indented lines that follow code at once are what the code prints."""
    names: dict[str, object] = {}
    shown = 0
    for code, below in re.findall(
        r"^```python\n(.*?)^```\n((?:\n?    [^\n]+\n)*)", TEXT, re.MULTILINE | re.DOTALL
    ):
        said = io.StringIO()
        with redirect_stdout(said):
            exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 -- that is the test
        if below:
            lines = [line[4:] for line in below.splitlines() if line.strip()]
            assert lines == said.getvalue().splitlines()
            shown += 1
    assert shown >= 3


def test_every_claim_has_its_tests() -> None:
    """A link to a file of tests, with tests in it."""
    links = re.findall(r"\]\((\.\./tests/stats/test_\w+\.py)\)", TEXT)

    assert len(links) >= 15
    for link in links:
        assert "\ndef test_" in (PAGE.parent / link).read_text(encoding="utf-8"), link


def test_every_function_has_a_place_on_the_page_or_a_page_of_its_own() -> None:
    """What the page does not name is an error, a result, or for segments and personas."""
    elsewhere = {"bootstrap_ratio", "change", "cliffs_delta", "pooled", "same_share_p", "srm_within", "theta"}
    elsewhere |= {"power_of", "power_of_relative", "smallest_difference", "risk", "cuped_relative_by_delta"}
    functions = {name for name in stats.__all__ if name[0].islower()}

    assert {name for name in functions if not re.search(rf"\b{name}\b", TEXT)} <= elsewhere


def test_it_is_one_of_the_librarys_names() -> None:
    """``eg.stats``, and all that it lists can be had."""
    assert eg.stats is stats
    for name in stats.__all__:
        assert getattr(stats, name).__doc__, name


def test_asking_for_it_loads_nothing_heavy() -> None:
    """Neither numpy nor scipy until figures are compared; and never a table library or an engine."""
    named = "import sys, evergrove as eg; eg.stats; {} print([m for m in {} if m in sys.modules])"
    first = "eg.stats.wilson(eg.stats.Proportion(20, 3)); eg.stats.Sums(3, 1.0, 1.0).variance;"
    then = "eg.stats.welch(eg.stats.Proportion(20, 3), eg.stats.Proportion(30, 9));"
    heavy = ("pandas", "polars", "pyarrow", "duckdb", "sklearn")
    for code in (named.format(first, ("numpy", "scipy", *heavy)), named.format(then, heavy)):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"
