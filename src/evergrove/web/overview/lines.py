"""What needs attention, each line with the page on which it can be seen to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evergrove.access import may
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.api.overview import Item
    from evergrove.http import Call
    from evergrove.text import Formats

ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
ONE_IMPORT = "/v1/imports/"
"""Where the API leads to one import: pages have it at the same place below /data."""
AT_STAKE = _("{value} of the next 12 months is likely lost with them.")


@dataclass(frozen=True)
class Button:
    """
    Where a line leads.

    Attributes:
        path: Of this site.
        text: What it says.
        right: Whoever lacks it sees the line without it.
    """

    path: str
    text: str
    right: str


BUTTONS: Mapping[str, Button] = {
    "leaving": Button("/todo#look-first", _("See who"), "customers.read"),
    "imports_failed": Button("/data", _("See the files"), "imports.read"),
    "rows_rejected": Button("/data", _("See the rows"), "imports.read"),
    "stale_orders": Button("/data", _("Bring newer orders"), "imports.read"),
    "stale_run": Button("/settings/jobs", _("See the jobs"), "jobs.read"),
    "waiting_for_rates": Button("/data/rates", _("See what waits"), "imports.read"),
    "columns_changed": Button("/data", _("Check the columns"), "imports.read"),
    "forecast_drifts": Button("/models", _("Check the models"), "figures.read"),
    "jobs_dead": Button("/settings/jobs?state=dead", _("See the jobs"), "jobs.read"),
}
"""By kind of item; a kind of a later release has none."""


@dataclass(frozen=True)
class Line:
    """
    One thing to look at.

    Attributes:
        key: Kind of the item.
        must: Whether somebody has to do something, or only to know.
        sentence: In words.
        button: Where it is seen to; None: nowhere that this reader may go.
    """

    key: str
    must: bool
    sentence: str
    button: Button | None


def line_of(item: Item, call: Call, formats: Formats) -> Line:
    """An item of GET /v1/overview/attention."""
    lost = item.params.get("likely_lost")
    more = (
        formats.say(AT_STAKE, value=formats.money_compact(lost))
        if item.kind == "leaving" and isinstance(lost, float | int)
        else ""
    )
    # The API writes days as machines do.
    sentence = ISO.sub(lambda day: formats.day(day.group()), item.sentence)
    button = BUTTONS.get(item.kind)
    if (
        button is not None and item.kind == "leaving" and lost is None
    ):  # nobody can be named before the others
        button = replace(button, path=item.leads_to.removeprefix("/v1"))
    if button is not None and item.leads_to.startswith(ONE_IMPORT):
        button = replace(button, path=f"/data{item.leads_to.removeprefix('/v1')}")
    return made(item.kind, formats.sentences(sentence, more), call, button, must=item.severity == "act")


def made(key: str, sentence: str, call: Call, button: Button | None, *, must: bool) -> Line:
    """A line; its button only for those who may go there."""
    is_open = button is not None and call.caller is not None and may(call.caller, button.right)
    return Line(key, must, sentence, button if is_open else None)
