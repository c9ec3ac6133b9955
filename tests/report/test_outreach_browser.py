"""The part about outreach in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.report.test_browser import CHARTS

from evergrove.report import write_report
from evergrove.testing.browser import opened
from evergrove.text import LANGUAGES, Language

if TYPE_CHECKING:
    from evergrove.report import Figures

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MORE = 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_charts_of_outreach_are_drawn(
    browser: str, golden: Figures, language: Language, tmp_path: Path
) -> None:
    """Four more than without, an SVG with words in each, and not a word on the console."""
    outreach = json.loads((Path(__file__).parent / "data" / "outreach-1.json").read_text(encoding="utf-8"))
    page = tmp_path / "report.html"
    write_report(golden | {"outreach": outreach}, page, language)

    document, logged = opened(browser, page, "--dump-dom")

    assert f'data-drawn="{CHARTS + MORE}"' in document
    boxes = re.findall(
        r'<div class="chart" id="chart-outreach_[a-z]+".*?(?=<div class="chart"|</article>)',
        document,
        re.DOTALL,
    )
    assert len(boxes) == MORE
    assert all("<svg" in box and "<text" in box for box in boxes)
    assert "CONSOLE" not in logged
    assert "Content Security Policy" not in logged
