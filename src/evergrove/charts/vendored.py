"""The charting library that is shipped with Evergrove."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

ECHARTS = "echarts.min.js"
ECHARTS_VERSION = "6.1.0"


@cache
def echarts_source() -> str:
    """ECharts, minified, with its licence header: what a page inlines to work offline."""
    return files("evergrove.charts").joinpath("vendor", ECHARTS).read_text(encoding="utf-8")
