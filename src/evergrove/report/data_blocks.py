"""Blocks about the data: where the rows went, how the columns were read, which models were fitted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.report import answers
from evergrove.report.amounts import short
from evergrove.report.page import Block, table
from evergrove.report.words import EXCLUDED, HOW, MODELS, ROLES, known, rejection, why_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.report.types import Figures
    from evergrove.text import Formats

Names = dict[str, dict[str, str]]
MOST_FILES = 20


def rows_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """Every row of the files, by what became of it."""
    rows = figures["rows"]
    counted = [
        (
            formats.say(title),
            formats.number(rows[key]),
            formats.percent(rows[key] / rows["read"] if rows["read"] else None),
            "",
        )
        for title, key in (
            (_("Good rows"), "good"),
            (_("Repeats"), "duplicate"),
            (_("Rejected rows"), "rejected"),
        )
    ]
    counted += [
        (
            _inset(rejection(each["code"], formats)),
            formats.number(each["rows"]),
            "",
            formats.money(each["amount"]),
        )
        for each in figures["rejected"]
    ]
    counted += [
        (
            formats.say(BESIDE, file=PurePath(each["file"]).name, table=each["table"]),
            formats.number(each["good"]),
            formats.percent(each["good"] / each["read"] if each["read"] else None),
            "",
        )
        for each in figures.get("beside", ())
    ]
    waits = figures.get("waiting", ())
    counted += [_waiting_row(each, formats) for each in waits]
    return Block(
        "rows",
        formats.say(_("Was every row counted?")),
        formats.sentences(answers.rows_answer(figures, formats), _waits(waits, formats)),
        table=table(
            [formats.say(title) for title in (_("Rows"), _("Count"), _("Share"), _("Amount"))], counted
        ),
        definitions=("rows",),
    )


BESIDE = _("Good rows of {file} ({table})")
WAITS = {
    "orders": _("Orders in {currency}, waiting for a rate"),
    "refunds": _("Refunds in {currency}, waiting for a rate"),
    "costs": _("Costs, order lines, products and advertising in other currencies, waiting for a rate"),
}


def _waiting_row(waits: Mapping[str, Any], formats: Formats) -> tuple[str, str, str, str]:
    """What waits, with its amount in its own currency."""
    own = replace(formats, currency=waits["currency"] or "", codes=True)
    return (
        formats.say(WAITS[waits["what"]], currency=waits["currency"] or ""),
        formats.number(waits["rows"]),
        "",
        "" if waits["amount"] is None else own.money(waits["amount"]),
    )


def _waits(waits: Sequence[Mapping[str, Any]], formats: Formats) -> str:
    """That something waits, and what it takes; nothing where nothing does."""
    rows = sum(each["rows"] for each in waits)
    if not rows:
        return ""
    return formats.say(
        _(
            "{rows} more {rows:row waits|rows wait} for an exchange rate and {rows:counts|count} nowhere on this"
            " page; a file of rates lets {rows:it|them} in."
        ),
        rows=rows,
    )


def excluded_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """Good rows that are no purchase."""
    excluded = figures["excluded"]
    total = sum(each["rows"] for each in excluded)
    answer = formats.say(
        _("One good row is no purchase; it is counted here and left out of the orders.")
        if total == 1
        else _(
            "{count} good {count:row is no purchase; it is|rows are no purchase; they are} counted here and left out of the orders."
        ),
        count=formats.number(total),
    )
    rows = [
        (known(EXCLUDED, each["class"], formats), formats.number(each["rows"]), formats.money(each["amount"]))
        for each in excluded
    ]
    return Block(
        "excluded",
        formats.say(_("What is not counted as a purchase?")),
        answer if excluded else formats.say(_("Every good row is a purchase.")),
        table=table([formats.say(t) for t in (_("Rows"), _("Count"), _("Amount"))], rows) if rows else None,
    )


def mapping_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """Which column was taken for what."""
    mapping = figures["mapping"]
    rows = [
        (
            known(ROLES, each["role"], formats),
            each["column"],
            formats.say(each["why"]),
            formats.percent(each["confidence"], 0),
        )
        for each in mapping
    ]
    encodings = figures["encodings"]
    files = list(encodings.items())
    shown = formats.enumerated(
        [f"{PurePath(file).name} ({encoding})" for file, encoding in files[:MOST_FILES]]
    )
    return Block(
        "mapping",
        formats.say(_("How were the columns understood?")),
        formats.say(_("Read from {files}."), files=shown),
        table=table(
            [formats.say(t) for t in (_("Used as"), _("Column"), _("Why"), _("Confidence"))], rows, words=3
        ),
        note=formats.say(_("If a column is wrong, name the right one with --map and run again.")),
    )


RIVAL = _(
    "By {model}, the next best model of the back-test, all customers together would be worth {rival} in the next "
    "12 months instead of {ours}."
)


def _rival(figures: Figures, formats: Formats) -> str:
    """What the runner-up says of the total; nothing without one, or without amounts."""
    rival, ours = figures["model"].get("runner_up"), figures["headline"]["value_at_stake"]["value"]
    if not rival or rival["clv_12m"] is None or ours is None:
        return ""
    return formats.say(
        RIVAL,
        model=known(MODELS, rival["name"], formats),
        rival=short(rival["clv_12m"], formats),
        ours=short(ours, formats),
    )


def model_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """Which models were fitted, with their parameters."""
    model = figures["model"]
    question = formats.say(_("Which model speaks here?"))
    if model["purchases"] is None:
        return Block("model", question, "", missing=why_missing(figures, formats, "p_alive", "clv_12m"))
    fits = [model["purchases"], *([model["spend"]] if model["spend"] else [])]
    rows = [
        (
            known(MODELS, fit["name"], formats),
            name,
            formats.number(value, 4),
            formats.number(fit["standard_errors"].get(name), 4),
        )
        for fit in fits
        for name, value in fit["parameters"].items()
    ]
    return Block(
        "model",
        question,
        formats.say(_("Purchases follow the {model} model."), model=known(MODELS, model["name"], formats)),
        table=table(
            [formats.say(t) for t in (_("Model"), _("Parameter"), _("Estimate"), _("Standard error"))],
            rows,
            words=2,
        ),
        note=formats.sentences(
            known(HOW, model["how"], formats),
            formats.say(
                _(
                    "Fitted on {customers} {customers:customer|customers}, time in {unit}; discount rate {rate} a year."
                ),
                customers=formats.number(model["customers_fitted"]),
                unit=known(UNITS, model["unit"], formats),
                rate=formats.percent(model["discount_rate"]),
            ),
            _rival(figures, formats),
        ),
        definitions=("model",),
    )


UNITS = {"day": _("days"), "week": _("weeks"), "month": _("months")}


def _inset(text: str) -> str:
    return f"\u2003{text}"
