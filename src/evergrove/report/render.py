"""The page as HTML: one file, no request to any host, scripts allowed by their hashes only."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

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
from evergrove.report.compose import composed, first_table
from evergrove.report.definitions import DEFINITIONS, Definition
from evergrove.report.grid_page import axes, grid_cells
from evergrove.report.words import names
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Language

TEMPLATE = "report.html.j2"
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
    at_stake = figures["headline"]["value_at_stake"]
    tiers, stages = axes(figures)
    cells = grid_cells(figures, words, formats)
    scripts = (echarts_source(), _part("report.js"))
    return (
        _environment(language)
        .get_template(TEMPLATE)
        .render(
            language=language,
            page=page,
            blocks=page.blocks,
            words=words,
            tiers=tiers,
            stages=stages,
            cells=cells,
            playbooks=sorted(cells.values(), key=lambda cell: -cell.size),
            grid_answer=answers.grid_answer(figures, words, formats),
            first=first_table(figures["look_at_first"], words, formats),
            first_answer=answers.first_answer(figures["look_at_first"], formats),
            band_ends=[formats.money_compact(at_stake[end]) for end in ("low", "value", "high")],
            definitions={key: _spoken(definition, formats) for key, definition in DEFINITIONS.items()},
            symbols={"tier": TIER_SYMBOLS, "stage": STAGE_SYMBOLS},
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
