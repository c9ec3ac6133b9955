"""report.html: one file that works offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.report.types import Figures
    from evergrove.text import Language


def write_report(figures: Figures, path: Path, language: Language) -> None:
    """
    Write the report.

    Args:
        figures: As ``build_figures`` gives them, or as read back from summary.json.
        path: The HTML file.
        language: Of the reader.
    """
    from evergrove.report.render import rendered  # noqa: PLC0415 - a run without a report needs no templates

    path.write_text(rendered(figures, language), encoding="utf-8")
