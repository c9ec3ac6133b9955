"""What the stations published, as figures (summary.json) and as one page for people (report.html)."""

from evergrove.report.figures import build_figures
from evergrove.report.types import Figures, Sources
from evergrove.report.write import write_report

__all__ = ["Figures", "Sources", "build_figures", "write_report"]
