"""Plots of a notebook: the model's own numbers, in a frame that asks no host for anything."""

from __future__ import annotations

import json
import re
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.charts import echarts_source
from evergrove.models import BgNbd, ParetoNbd
from evergrove.plots import Plot, alive_history, frequency_recency
from evergrove.plots.customer import NoPurchases
from evergrove.testing.browser import opened
from evergrove.text import LANGUAGES, Language

if TYPE_CHECKING:
    from pathlib import Path

CDNOW = ParetoNbd(r=0.55328, alpha=10.57768, s=0.60624, beta=11.66873)
BOUGHT = ["2025-02-01", "2025-01-03", "2025-03-15", "2025-02-01"]


def cells(plot: Plot) -> dict[tuple[int, int], float]:
    """(Column, row) -> value of a matrix."""
    data: list[dict[str, Any]] = plot.option["series"][0]["data"]
    return {(int(cell["value"][0]), int(cell["value"][1])): float(cell["value"][2]) for cell in data}


def test_a_matrix_shows_what_the_model_says() -> None:
    """The published chance of a CDNOW customer who never came back: .294 at 39 weeks (models.md F17)."""
    alive = cells(frequency_recency(CDNOW, "39 weeks"))
    expected = cells(frequency_recency(CDNOW, 39, of="expected_purchases", horizon="52 weeks"))

    assert alive[0, 0] == pytest.approx(0.29428, abs=2e-4)
    assert alive[30, 7] == pytest.approx(CDNOW.probability_alive(7, 30, 39)[0], abs=1e-6)
    assert expected[30, 7] == pytest.approx(CDNOW.expected_purchases(52, 7, 30, 39)[0], abs=1e-6)
    assert len(alive) == len(expected) == 1 + 20 * 39


def test_a_short_life_has_a_matrix_too() -> None:
    """At age 0 there is the day of the first purchase alone."""
    assert cells(frequency_recency(CDNOW, 0)) == {(0, 0): 1.0}


def test_the_history_of_a_customer_is_what_could_be_known_each_day() -> None:
    """The chance on a day knows nothing of later purchases."""
    model = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
    whole = alive_history(model, BOUGHT, "2025-06-30")
    early = alive_history(model, BOUGHT, "2025-02-10")
    line: list[float] = whole.option["series"][0]["data"]

    assert line[: len(early.option["series"][0]["data"])] == early.option["series"][0]["data"]
    assert len(line) == 179
    assert [point[0] for point in whole.option["series"][1]["data"]] == [0, 29, 71]
    last = model.probability_alive(2, 71 / 7, 178 / 7)[0]
    assert line[-1] == pytest.approx(100 * last, abs=0.005)
    assert f"{last:.0%}" in whole.title


def test_days_may_come_as_times_of_a_table() -> None:
    """A column of an order table: the same history as from days written out."""
    written = alive_history(CDNOW, BOUGHT, "2025-06-30")
    times = [np.datetime64(f"{day}T10:30", "ns") for day in BOUGHT]
    stamps = [datetime.fromisoformat(f"{day}T23:59") for day in BOUGHT]

    assert alive_history(CDNOW, times, np.datetime64("2025-06-30T08:00")).option == written.option
    assert alive_history(CDNOW, stamps, "2025-06-30 08:00").option == written.option


def test_without_a_purchase_there_is_nothing_to_show() -> None:
    """An end before the first purchase is a slip, and the sentence says which."""
    with pytest.raises(NoPurchases, match="2025-01-02"):
        alive_history(CDNOW, BOUGHT, "2025-01-02")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_speaks_the_readers_language_and_loads_nothing(language: Language, tmp_path: Path) -> None:
    """No source, no link: the library stands in the page."""
    plot = frequency_recency(CDNOW, "39 weeks", language=language)

    page = plot.save(tmp_path / "plot.html").read_text(encoding="utf-8")

    assert plot.title in page
    ours = page.replace(echarts_source(), "")  # the library's own texts speak of images that it may make
    assert not re.search(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)=", ours)
    assert (language == "en") == ("Chance of being alive" in page)


def test_no_text_of_a_chart_ends_its_script() -> None:
    """A title with markup in it stays text."""
    plot = Plot({"series": [], "title": {"text": "</script><b>"}}, title="</h1><script>x</script>")

    page = plot.html()

    assert "</script><b>" not in page
    assert "<script>x" not in page


def test_a_notebook_gets_a_frame() -> None:
    """The frame holds the page itself and may run scripts, but reaches neither the notebook nor a host."""
    frame = frequency_recency(CDNOW, "39 weeks")._repr_html_()

    found = re.fullmatch(r'<iframe srcdoc="([^"]*)" (.*)></iframe>', frame, re.DOTALL)
    assert found
    assert unescape(found[1]).startswith("<!doctype html>")
    assert 'sandbox="allow-scripts"' in found[2]


@pytest.mark.browser
@pytest.mark.slow
def test_a_saved_plot_is_drawn(browser: str, tmp_path: Path) -> None:
    """A picture, and not a word on the console."""
    page = alive_history(CDNOW, BOUGHT, "2025-06-30").save(tmp_path / "plot.html")

    document, logged = opened(browser, page, "--dump-dom")

    assert "<svg" in document
    assert "CONSOLE" not in logged


def test_an_option_is_plain_json() -> None:
    """It may be given to any page that draws with ECharts."""
    option = frequency_recency(CDNOW, "39 weeks").option

    assert json.loads(json.dumps(option, allow_nan=False)) == option
