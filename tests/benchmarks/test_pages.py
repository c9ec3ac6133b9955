"""The timing of pages runs: five hundred customers, each page twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from benchmarks.pages import MORE, PARTS, TARGET_MS, measure, table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.long
def test_every_page_is_timed(tmp_path: Path) -> None:
    """All pages answer, each with its figures; one at 1,000,000 customers is held against the target by the long version."""
    found = measure(tmp_path, 500, repeats=1, cache=tmp_path / "cache")

    timed = {each["path"]: each for each in found["pages"]}
    assert {"/", "/customers", "/customers/{customer}", "/cohorts", "/models", "/data", *MORE, *PARTS} <= set(
        timed
    )
    assert all(each["first_ms"] > 0 and each["cpu_ms"] > 0 and each["kb"] > 0 for each in timed.values())
    slow = sum(each["cpu_ms"] >= TARGET_MS for name, each in timed.items() if name not in PARTS)
    assert f"{slow} of {len(timed) - len(PARTS)} take more of the processor." in table(found)
