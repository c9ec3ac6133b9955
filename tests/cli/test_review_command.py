"""``evergrove review`` in a workspace that has lived on for a month; figures against its own tables."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from evergrove.app import open_workspace
from evergrove.cli.main import cli
from evergrove.report.review.write import rendered
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.text import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh-Hans", "zh-Hant")


@pytest.fixture
def month_later(begun_folder: Path) -> Path:
    """The workspace after another night, four weeks on, without a new order."""
    with open_workspace(begun_folder) as here:
        here.run(date(2026, 7, 28))
    return begun_folder


@pytest.mark.slow
def test_a_review_adds_up_and_speaks_three_languages(month_later: Path, tmp_path: Path) -> None:
    """Everybody with a stage stands at the end of some stream; nobody bought, and that is said; nothing is left in English."""
    command = ["review", "-w", str(month_later), "-o", str(tmp_path / "out"), "--month", "2026-07"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output
    named = [line for line in result.output.splitlines() if line.startswith("    evergrove ")]
    assert all(line.endswith(f" -w {month_later}") for line in named)  # as it is typed from here
    found = json.loads((tmp_path / "out" / "review-2026-07.json").read_text(encoding="utf-8"))
    assert found["format"] == "evergrove.review/1"
    assert (found["from_day"], found["as_of"]) == ("2026-06-30", "2026-07-28")
    with open_workspace(month_later) as here, open_engine() as engine:
        newest = here.warehouse.newest("run")
        assert newest is not None
        here.warehouse.show(engine, newest, "tiers")
        by_stage = dict(
            engine.run("select stage, count(*) from tiers where stage is not null group by stage")
        )
    ends: dict[str | None, int] = {}
    for stream in found["flows"]["stage"]["flows"]:
        ends[stream["to"]] = ends.get(stream["to"], 0) + stream["customers"]
    assert ends == by_stage
    whole = next(row for row in found["forecast"]["rows"] if row["tier"] is None)
    assert whole["buyers_actual"] == whole["purchases_actual"] == 0
    assert whole["buyers"] > whole["buyers_low"] > 0
    parts = [row for row in found["forecast"]["rows"] if row["tier"] is not None]
    assert sum(row["buyers"] for row in parts) == pytest.approx(whole["buyers"])
    page = (tmp_path / "out" / "review-2026-07.html").read_text(encoding="utf-8")
    assert "fewer than foretold" in page
    for language in LANGUAGES[1:]:
        body = re.sub(r"<(script|style).*?</\1>", "", rendered(found, language), flags=re.DOTALL)
        text = re.sub(r"<[^>]+>", " ", body)
        assert not re.findall(r"\b(?:customers|forecast|target|tier|would|month)\b", text)


@pytest.mark.slow
def test_the_first_month_has_no_month_before_and_an_earlier_one_no_run(
    begun_folder: Path, tmp_path: Path
) -> None:
    """What nobody can know is said in place of the streams, and a month without a run is refused."""
    with open_workspace(begun_folder) as here:
        first = here.review()
    assert first["flows"]["tier"]["flows"] == []
    assert first["forecast"] is None
    assert "nobody knows where customers stood then" in rendered(first, "en")
    command = ["review", "-w", str(begun_folder), "-o", str(tmp_path), "--month", "2026-05"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2
    assert "pipeline.no_run_in_month" in result.output
