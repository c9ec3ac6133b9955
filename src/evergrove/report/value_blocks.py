"""Blocks about value: where it lies, by tier, by stage, and by three methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import charts
from evergrove.core import _
from evergrove.report import answers
from evergrove.report.page import Block, table
from evergrove.report.words import why_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.page import Table
    from evergrove.report.types import Figures
    from evergrove.text import Formats

FEWEST = 10
"""With fewer customers, the best tenth of them is nobody."""
TOO_FEW = _("It takes at least ten customers to speak of the best tenth of them.")
Names = dict[str, dict[str, str]]
CURVES: Mapping[str, str] = {
    "clv_12m": _("Value of the next 12 months"),
    "spend_12m": _("Spend of the last 12 months"),
}
CUSTOMERS = _("Customers")
SHARE = _("Share")
EDGE_COLUMNS = (
    CUSTOMERS,
    _("Share of customers"),
    _("Spend of the last 12 months"),
    _("Value of the next 12 months"),
    _("Share of value"),
    _("Value likely lost"),
)
AXES: Mapping[str, str] = {"tier": _("Value tier"), "stage": _("Life-cycle stage")}


def concentration_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """Which share of customers brings which share of value."""
    section = figures["concentration"]
    question = formats.say(_("How much depends on a few?"))
    if not section["curves"]:
        return Block(
            "concentration", question, "", missing=why_missing(figures, formats, "clv_12m", "historic_value")
        )
    if figures["customers"] < FEWEST:
        return Block("concentration", question, "", missing=formats.say(TOO_FEW))
    answer = answers.concentration_answer(section, formats)
    points = range(10, 101, 10)
    rows = [
        (
            formats.percent(point / 100, 0),
            *(formats.percent(curve["points"][point][1]) for curve in section["curves"]),
        )
        for point in points
    ]
    titles = [formats.say(CURVES[curve["of"]]) for curve in section["curves"]]
    return Block(
        "concentration",
        question,
        answer,
        charts.lorenz(section, formats, answer),
        380,
        table([formats.say(_("Customers, most valuable first")), *titles], rows, words=0),
        note=formats.say(
            _("The further the curve rises above the dotted line, the fewer customers carry the shop.")
        ),
        definitions=("concentration", "clv_12m"),
    )


def edge_block(figures: Figures, names: Names, formats: Formats, axis: str) -> Block:
    """Customers, value and value likely lost by tier or by stage."""
    section = figures[f"{axis}s"]
    question = formats.say(_("Which tier brings what?") if axis == "tier" else _("Where do customers stand?"))
    if axis == "tier" and not any(row["tier"] for row in section["rows"] if row["customers"]):
        return Block(
            "tiers", question, "", missing=why_missing(figures, formats, "historic_value", "clv_12m")
        )
    answer = (
        answers.tiers_answer(section, names["tier"], formats)
        if axis == "tier"
        else answers.stages_answer(section, formats)
    )
    return Block(
        f"{axis}s",
        question,
        answer,
        charts.shares(section, names[axis], formats, answer),
        230,
        _edge_table(section, names[axis], formats, axis),
        note=_bounds_note(section, formats) if axis == "tier" else "",
        definitions=(axis, "clv_12m", "value_likely_lost"),
    )


def _edge_table(section: Figures, names: Mapping[str, str], formats: Formats, axis: str) -> Table:
    rows = [
        (
            names[row[axis] or ""],
            formats.number(row["customers"]),
            formats.percent(row["customer_share"]),
            formats.money(row["spend_12m"]),
            formats.money(row["clv_12m"]),
            formats.percent(row["clv_12m_share"]),
            formats.money(row["likely_lost"]),
        )
        for row in section["rows"]
    ]
    return table([formats.say(AXES[axis]), *(formats.say(title) for title in EDGE_COLUMNS)], rows)


def _bounds_note(section: Figures, formats: Formats) -> str:
    """From where high begins, and whether these are the policy's bounds or the shop's own quantiles."""
    bounds = section["bounds"]
    if bounds is None or None in (bounds[key]["high"] for key in ("spend", "frequency", "average_order")):
        return ""
    sentence = (
        _(
            "High begins at {spend} a year, {orders} repeat {orders:order|orders} and {average} an order (bounds of the settings)."
        )
        if bounds["basis"] == "fixed"
        else _(
            "High begins at {spend} a year, {orders} repeat {orders:order|orders} and {average} an order (quantiles of this shop)."
        )
    )
    return formats.say(
        sentence,
        spend=formats.money(bounds["spend"]["high"]),
        orders=formats.number(bounds["frequency"]["high"]),
        average=formats.money(bounds["average_order"]["high"]),
    )


def methods_block(figures: Figures, names: Names, formats: Formats) -> Block:
    """The simple formula, RFM and prediction, side by side."""
    section = figures["methods"]
    answer = answers.methods_answer(section, formats)
    rows = section["rfm"]["rows"]
    known = any(row["mean_clv_total"] is not None or row["mean_simple_clv"] is not None for row in rows)
    written = [
        (
            names["group"][row["group"]],
            formats.number(row["customers"]),
            formats.percent(row["customer_share"]),
            formats.money(row["mean_historic_value"]),
            formats.money(row["mean_simple_clv"]),
            formats.money(row["mean_clv_total"]),
            formats.percent(row["mean_p_active"], 0),
        )
        for row in rows
    ]
    titles = (
        _("RFM group"),
        CUSTOMERS,
        SHARE,
        _("Value so far, each"),
        _("Simple formula, each"),
        _("Prediction, each"),
        _("Chance of another order soon"),
    )
    return Block(
        "methods",
        formats.say(
            _("Do the simple formula, RFM and prediction agree?")
            if known
            else _("What do the RFM groups say?")
        ),
        answer,
        charts.methods(section, names["group"], formats, answer) if known else None,
        90 + 40 * len(rows),
        table([formats.say(title) for title in titles], written),
        note=formats.say(
            _(
                "The simple formula carries everybody's past rhythm on; prediction also asks who is still there, and "
                "trusts few purchases less than many."
            )
        )
        if known
        else why_missing(figures, formats, "clv_total", "simple_clv"),
        definitions=("methods", "simple_clv", "rfm", "clv_total"),
    )
