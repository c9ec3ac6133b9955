"""What was foretold for the month beside what came."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.page import Block, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Figures
    from evergrove.text import Formats

QUESTION = _("Did the forecasts hold?")
INSIDE = _(
    "Of {customers} {customers:customer|customers}, {buyers} were expected to buy ({low} to {high}), and {actual} did: as foretold."
)
BELOW = _(
    "Of {customers} {customers:customer|customers}, {buyers} were expected to buy ({low} to {high}), and only {actual} did: fewer than foretold."
)
ABOVE = _(
    "Of {customers} {customers:customer|customers}, {buyers} were expected to buy ({low} to {high}), and {actual} did: more than foretold."
)
NO_MODEL = _("The run at the start had no model, or no day has passed since.")
READING = _(
    "From {first} to {last}, by the models of the first day, of customers who had bought by then. Bounds hold {level} of outcomes, and count how far totals were off in earlier back-tests."
)
COLUMNS = (
    _("Tier at the start"),
    _("Customers"),
    _("Buyers, foretold"),
    _("Interval"),
    _("Buyers, actual"),
    _("Purchase days, foretold"),
    _("Purchase days, actual"),
    _("Revenue, foretold"),
    _("Revenue, actual"),
)


def forecast_block(found: Figures | None, names: Mapping[str, str], formats: Formats) -> Block:
    """
    Buyers, purchases and revenue by tier.

    Args:
        found: ``forecast`` of the review's figures; None where nothing was foretold.
        names: Of tiers.
        formats: The reader's language.
    """
    question = formats.say(QUESTION)
    if found is None:
        return Block("forecast", question, "", missing=formats.say(NO_MODEL))
    whole = next(row for row in found["rows"] if row["tier"] is None)
    order = list(names)[::-1]
    rows = sorted(
        (row for row in found["rows"] if row["tier"] is not None),
        key=lambda row: order.index(row["tier"]) if row["tier"] in names else len(order),
    )
    cells = [
        (
            formats.say(_("Total")) if row["tier"] is None else names.get(row["tier"], row["tier"]),
            formats.number(row["customers"]),
            formats.number(row["buyers"]),
            formats.between(formats.number(row["buyers_low"]), formats.number(row["buyers_high"])),
            formats.number(row["buyers_actual"]),
            formats.number(row["purchases"]),
            formats.number(row["purchases_actual"]),
            formats.money(row["revenue"]),
            formats.money(row["revenue_actual"]),
        )
        for row in (*rows, whole)
    ]
    return Block(
        "forecast",
        question,
        _answer(whole, formats),
        table=replace(table([formats.say(name) for name in COLUMNS], cells), stacked=True),
        note=formats.say(
            READING,
            first=formats.day(found["from_day"]),
            last=formats.day(found["to_day"]),
            level=formats.percent(found["level"], 0),
        ),
        is_wide=True,
    )


def _answer(whole: Figures, formats: Formats) -> str:
    actual, low, high = whole["buyers_actual"], whole["buyers_low"], whole["buyers_high"]
    sentence = BELOW if actual < low else ABOVE if actual > high else INSIDE
    return formats.say(
        sentence,
        customers=formats.number(whole["customers"]),
        buyers=formats.number(whole["buyers"]),
        low=formats.number(low),
        high=formats.number(high),
        actual=formats.number(actual),
    )
