"""A chart that shows itself in a notebook and saves itself as a page that needs no network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from evergrove.charts import echarts_source, in_script

if TYPE_CHECKING:
    from evergrove.charts import Option
    from evergrove.text import Language

AROUND = 64  # pixels of title and margins around a chart


@dataclass(frozen=True)
class Plot:
    """
    A chart with the sentence that it proves.

    In a notebook it is drawn where it stands, without any network. ``option`` is an ECharts option: plain JSON
    that may be changed, or given to any page that draws with ECharts 6.

    Attributes:
        option: The chart.
        title: The sentence above it.
        height: Of the chart, in pixels.
        language: Of its words.
    """

    option: Option
    title: str = ""
    height: int = 380
    language: Language = "en"

    def html(self) -> str:
        """A whole page with the chart in it; it asks no host for anything."""
        return (
            _environment()
            .get_template("plot.html.j2")
            .render(
                language=self.language,
                title=self.title,
                height=self.height,
                locale=_script("ZH" if self.language.startswith("zh") else "EN"),
                option=_script(self.option),
                library=Markup(echarts_source()),  # noqa: S704 - the vendored file; a test checks its checksum
            )
        )

    def save(self, path: str | Path) -> Path:
        """
        Write the page.

        Args:
            path: Of the file, usually ending in .html. What stands there is replaced.

        Returns:
            The path.
        """
        path = Path(path)
        path.write_text(self.html(), encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        """A frame of its own: the notebook's page and the chart cannot get in each other's way."""
        height = self.height + (AROUND if self.title else AROUND // 2)
        page = escape(self.html(), quote=True)
        return (
            f'<iframe srcdoc="{page}" title="{escape(self.title, quote=True)}" '
            f'style="width: 100%; height: {height}px; border: 0" sandbox="allow-scripts"></iframe>'
        )


def _script(content: Any) -> Markup:
    return Markup(in_script(content))  # noqa: S704 - escaped for where it stands


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("evergrove.plots"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
