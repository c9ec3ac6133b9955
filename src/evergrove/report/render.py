"""The page as HTML: one file, no request to any host, scripts allowed by their hashes only."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from evergrove.charts import echarts_source
from evergrove.charts.palette import (
    DARK,
    NOT_KNOWN,
    STAGE_COLOURS,
    STAGE_SYMBOLS,
    TIER_COLOURS,
    TIER_SYMBOLS,
    on_colour,
)
from evergrove.report import answers
from evergrove.report.compose import composed, first_table, together
from evergrove.report.definitions import DEFINITIONS, Definition
from evergrove.report.grid_page import axes, grid_cells, grid_texts
from evergrove.report.outreach_definitions import OUTREACH_DEFINITIONS
from evergrove.report.words import names
from evergrove.text import Formats
from evergrove.text.formats import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Figures
    from evergrove.text import Language

OPTION = re.compile(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*(?: [a-z]+=\w+)?")
TEMPLATE = "report.html.j2"
PARTS: Mapping[str, tuple[str, ...]] = {
    "value": ("concentration", "tiers", "stages", "methods"),
    "time": ("cohort_retention", "cohort_value", "alive_grid"),
    "trust": ("tracking", "back_test", "model"),
    "data": ("rows", "excluded", "mapping"),
}
"""The blocks of each part of the page, in order."""
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    '<path d="M12 1.5 18.4 10h-3l4.6 7h-6.6v5.5h-2.8V17H4l4.6-7h-3z" fill="#17724c"/></svg>'
)


def rendered(figures: Figures, language: Language) -> str:
    """
    The whole report as HTML.

    Args:
        figures: As ``build_figures`` gives them, or as read back from summary.json.
        language: Of the reader.
    """
    formats = Formats(language, figures["currency"] or "")
    words = names(formats)
    page = composed(figures, formats)
    tiers, stages = axes(figures)
    cells = grid_cells(figures, words, formats)
    scripts = (echarts_source(), _part("report.js"))
    return (
        _environment(language)
        .get_template(TEMPLATE)
        .render(
            language=language,
            page=page,
            parts_of={part: together([page.blocks[key] for key in keys]) for part, keys in PARTS.items()},
            words=words,
            tiers=tiers,
            stages=stages,
            cells=cells,
            playbooks=sorted(cells.values(), key=lambda cell: -cell.size),
            grid=grid_texts(figures, words, formats),
            first=first_table(figures["look_at_first"], words, formats),
            first_answer=answers.first_answer(figures["look_at_first"], formats),
            band_ends=answers.at_stake_amounts(figures, formats),
            definitions={
                key: _spoken(definition, formats)
                for key, definition in (
                    {**DEFINITIONS, **OUTREACH_DEFINITIONS} if page.outreach else DEFINITIONS
                ).items()
            },
            symbols={"tier": {**TIER_SYMBOLS, "": NOTHING}, "stage": STAGE_SYMBOLS},
            version=figures["evergrove"],
            seed=figures["model"]["seed"],
            # These are ours, or escaped for where they stand; everything else is escaped by the template.
            charts=Markup(in_script(_chart_data(page.charts, language))),  # noqa: S704 - see in_script
            style=Markup(_part("report.css") + _mark_styles()),  # noqa: S704 - our own file
            library=Markup(scripts[0]),  # noqa: S704 - the vendored file; a test checks its checksum
            script=Markup(scripts[1]),  # noqa: S704 - our own file
            policy=_policy(scripts),
            icon=f"data:image/svg+xml,{quote(ICON)}",
        )
    )


def in_script(content: Any) -> str:
    """
    JSON that may stand in a script element: no text in it can end the element or begin a comment.

    Args:
        content: Anything that JSON holds.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _chart_data(options: dict[str, Any], language: Language) -> dict[str, Any]:
    return {"options": options, "dark": dict(DARK), "locale": "ZH" if language.startswith("zh") else "EN"}


def _spoken(definition: Definition, formats: Formats) -> Definition:
    return Definition(formats.say(definition.name), formats.say(definition.text))


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


def _mark_styles() -> str:
    """The small squares that mark tiers and stages: the palette's colours, with their symbols on them."""
    marks = {"tier": {**TIER_COLOURS, "none": NOT_KNOWN}, "stage": dict(STAGE_COLOURS)}
    return "".join(
        f".{axis}-{name}{{background:{colour};color:{on_colour(colour)}}}\n"
        for axis, colours in marks.items()
        for name, colour in colours.items()
    )


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
