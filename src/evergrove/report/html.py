"""What every page is made of: templates, styles, scripts allowed by their hashes, JSON that may stand in a page."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from evergrove.charts import echarts_source, in_script
from evergrove.charts.palette import DARK, marks_style
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts import Option
    from evergrove.text import Language

OPTION = re.compile(
    r"evergrove [a-z]+ (?:[A-Z]+ )?--[a-z]+(?:-[a-z]+)* [A-Za-z_]+(?=[.;,:)\u3002\uff0c\uff1b\uff09]|$)"
    r"|(?<![\w-])--[a-z]+(?:-[a-z]+)*(?: [a-z]+=\w+)?"
)
"""Options of the command line; where one ends a sentence with its command and its value, all three."""
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    '<path d="M12 1.5 18.4 10h-3l4.6 7h-6.6v5.5h-2.8V17H4l4.6-7h-3z" fill="#17724c"/></svg>'
)


def written(template: str, language: Language, charts: Mapping[str, Option], **content: Any) -> str:
    """
    A page as HTML: one file, no request to any host.

    Args:
        template: Its name.
        language: Of the reader.
        charts: ECharts options by the key of their block.
        **content: What the template writes down.
    """
    scripts = (echarts_source(), _part("report.js"))
    return (
        _environment(language)
        .get_template(template)
        .render(
            language=language,
            # These are ours, or escaped for where they stand; everything else is escaped by the template.
            charts=Markup(in_script(_chart_data(charts, language))),  # noqa: S704 - see in_script
            style=Markup(_part("report.css") + marks_style()),  # noqa: S704 - our own file
            library=Markup(scripts[0]),  # noqa: S704 - the vendored file; a test checks its checksum
            script=Markup(scripts[1]),  # noqa: S704 - our own file
            policy=_policy(scripts),
            icon=f"data:image/svg+xml,{quote(ICON)}",
            **content,
        )
    )


def _chart_data(options: Mapping[str, Option], language: Language) -> dict[str, Any]:
    return {
        "options": dict(options),
        "dark": dict(DARK),
        "locale": "ZH" if language.startswith("zh") else "EN",
    }


def _flags(text: str) -> Markup:
    """A sentence in which options of the command line stand apart from the words, and are not torn."""
    return Markup(OPTION.sub(r"<code>\g<0></code>", str(escape(text))))  # noqa: S704 - escaped before


@cache
def _part(name: str) -> str:
    return files("evergrove.report").joinpath("templates", name).read_text(encoding="utf-8")


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("evergrove.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = Formats(language).say
    environment.filters["flags"] = _flags
    return environment


def _policy(scripts: tuple[str, ...]) -> str:
    """Nothing may be loaded, and only these scripts run. Charts and the page set styles of their own."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
