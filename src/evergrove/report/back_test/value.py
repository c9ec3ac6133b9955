"""Blocks about value: everybody's measures, deciles, totals by window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import charts
from evergrove.core import _
from evergrove.report.back_test.chosen import contender
from evergrove.report.back_test.tenths import Tenths, tenths_block
from evergrove.report.back_test.words import capital, champion_title, figure, names, titles
from evergrove.report.page import Block, table

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

BEST = _("{name} ranks customers best: {value}.")
COLUMNS = (
    _("Forecast by"),
    _("Ranking (Gini)"),
    _("Rank correlation"),
    _("Purchases off by"),
    _("Revenue off by"),
    _("Mean error per customer"),
    _("Error of the deciles"),
    _("Next order off by, days"),
    _("Who buys: log loss"),
    _("Log score of counts"),
)
CALIBRATION = Tenths(
    "calibration",
    "ranking",
    "deciles",
    _("Does it get the good customers right?"),
    _("The tenth with the highest forecasts was to bring {forecast} each and brought {actual} ({name})."),
    (_("Tenth by forecast"), _("Forecast"), _("Actual")),
    340,
)
TOTAL = _("Over all windows, {name} forecast {forecast} where {actual} came.")
READING = _(
    "Every contender forecast every window from what was known before it. Purchases count days with an order. "
    "Lower is better for errors and losses; higher for Gini, correlation and log score."
)


def ranking_block(figures: Figures, formats: Formats) -> Block:
    """Everybody's measures over all windows."""
    rows = [_row(each, figures, formats) for each in figures["contenders"] if each["pooled"]]
    champion = next((each for each in figures["champions"] if each["purpose"] == "ranking"), None)
    answer = ""
    if champion is not None:
        name = champion_title(champion, figures, formats)
        answer = capital(formats.say(BEST, name=name, value=figure("ranking", champion["loss"], formats)))
    return Block(
        "ranking_table",
        formats.say(_("How good was everybody?")),
        answer,
        table=table([formats.say(title) for title in COLUMNS], rows),
        note=formats.say(READING),
        is_wide=True,
    )


def _row(each: Figures, figures: Figures, formats: Formats) -> tuple[str, ...]:
    pooled = each["pooled"]
    return (
        titles(figures)[each["name"]],
        formats.number(pooled["gini"], 3),
        formats.number(pooled["spearman"], 3),
        signed(pooled["bias"], formats),
        signed(pooled["spend_bias"], formats),
        formats.number(pooled["mae"], 3),
        formats.percent(pooled["decile_error"], 0),
        formats.number(pooled["next_mae"], 1),
        formats.number(pooled["log_loss"], 3),
        formats.number(pooled["log_score"], 4),
    )


def signed(share: float | None, formats: Formats) -> str:
    """A deviation with its sign."""
    written = formats.percent(share)
    return f"+{written}" if share is not None and share > 0 else written


def calibration_block(figures: Figures, formats: Formats) -> Block | None:
    """Forecast beside what came, by tenths."""
    of = "spend" if figures["amounts"] else "purchases"
    return tenths_block(CALIBRATION, of, figures, formats, lambda value: _amount(value, of, formats))


def _amount(value: float, of: str, formats: Formats) -> str:
    return formats.money(value) if of == "spend" else formats.number(value, 2)


def totals_block(figures: Figures, formats: Formats) -> Block | None:
    """The champion's total beside what came, window by window."""
    needs = "spend" if figures["amounts"] else "purchases"
    one = contender(figures, "totals", needs)
    if one is None:
        return None
    came_name = "actual_spend" if figures["amounts"] else "actual_purchases"
    by_origin = [
        (turn["origin"], turn["measures"][needs], turn["measures"][came_name])
        for turn in one["turns"]
        if turn["measures"]
    ]
    name = names(figures)[one["name"]]
    of = "spend" if figures["amounts"] else "purchases"
    said, came = (sum(each[k] for each in by_origin) for k in (1, 2))
    answer = formats.say(
        TOTAL, name=name, forecast=_total(said, of, formats), actual=_total(came, of, formats)
    )
    rows = [
        (
            formats.day(origin),
            _total(forecast, of, formats),
            _total(actual, of, formats),
            _off(forecast, actual, formats),
        )
        for origin, forecast, actual in by_origin
    ]
    titled = (_("Origin"), _("Forecast"), _("Actual"), _("Off by"))
    section = {
        "of": of,
        "windows": [
            {"origin": origin, "forecast": forecast, "actual": actual}
            for origin, forecast, actual in by_origin
        ],
    }
    return Block(
        "totals",
        formats.say(_("Did the totals come true?")),
        answer,
        charts.window_totals(section, formats, answer),
        320,
        table([formats.say(title) for title in titled], rows),
    )


def _total(value: float, of: str, formats: Formats) -> str:
    return formats.money(value) if of == "spend" else formats.number(value)


def _off(forecast: float, actual: float, formats: Formats) -> str:
    return signed(forecast / actual - 1 if actual else None, formats)
