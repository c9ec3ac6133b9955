"""The page in a real browser: charts are drawn, nothing complains, nothing is fetched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from evergrove.report import write_report
from evergrove.testing.browser import opened
from evergrove.text import LANGUAGES, Language

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.report import Figures

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHARTS = 13


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_draws_its_charts_without_a_word_on_the_console(
    browser: str, golden: Figures, language: Language, tmp_path: Path
) -> None:
    """An SVG in every chart, no console message, no violation of the policy."""
    page = tmp_path / "report.html"
    write_report(golden, page, language)

    document, logged = opened(browser, page, "--dump-dom")

    assert f'data-drawn="{CHARTS}"' in document
    boxes = re.findall(
        r'<div class="chart" id="chart-[a-z_]+".*?(?=<div class="chart"|</article>)', document, re.DOTALL
    )
    assert len(boxes) == CHARTS
    assert all("<svg" in box and "<text" in box for box in boxes)
    assert "CONSOLE" not in logged
    assert "Content Security Policy" not in logged


def test_charts_fit_a_phone_and_a_desk_and_nothing_was_fetched(
    browser: str, golden: Figures, tmp_path: Path
) -> None:
    """No chart is wider than the column it stands in, and the page has asked for no resource at all."""
    write_report(golden, tmp_path / "report.html", "en")
    for width, column in ((390, 390 - 2 * 18), (1280, 1080 - 2 * 24 - 300 - 56)):
        # A frame is as narrow as it is told; a window of this browser is not.
        frame = tmp_path / f"frame{width}.html"
        frame.write_text(
            f'<iframe src="report.html" width="{width}" height="9000" style="border:0"></iframe>'
            "<script>addEventListener('load', () => setTimeout(() => { const d = "
            "document.querySelector('iframe').contentDocument; document.title = 'widths ' + "
            "[...d.querySelectorAll('.chart svg')].map(s => s.getBoundingClientRect().width).join(' ') "
            "+ ' page ' + d.documentElement.scrollWidth + ' fetched ' "
            "+ d.defaultView.performance.getEntriesByType('resource').length }, 1500))</script>",
            encoding="utf-8",
        )

        document, _logged = opened(browser, frame, "--dump-dom", "--allow-file-access-from-files")

        title = re.search(r"<title>widths ([\d. ]+) page (\d+) fetched (\d+)</title>", document)
        assert title is not None
        widths = [float(each) for each in title[1].split()]
        assert len(widths) == CHARTS
        assert max(widths) <= column + 0.5
        assert int(title[2]) <= width
        assert int(title[3]) == 0


def test_the_report_prints_with_its_charts(browser: str, golden: Figures, tmp_path: Path) -> None:
    """A PDF of a dozen pages, not of one a chart, and not empty."""
    page, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    write_report(golden, page, "zh-Hans")

    opened(browser, page, "--no-pdf-header-footer", f"--print-to-pdf={paper}")

    content = paper.read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", content))
    assert 8 <= pages <= 16
    assert len(content) > 100_000
