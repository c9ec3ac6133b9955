"""Blocks about what the model makes of a history: two matrices, and one customer's chances day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import charts
from evergrove.core import _
from evergrove.report.page import Block, table
from evergrove.report.seen_figures import days_of_history
from evergrove.report.words import MODELS, known, why_missing

if TYPE_CHECKING:
    from evergrove.report.page import Table
    from evergrove.report.types import Figures
    from evergrove.text import Formats

Names = dict[str, dict[str, str]]
KEY = "frequency_recency"
HISTORY = "alive_history"
SHOWN_REPEATS = 4
TABLE_COLUMNS = 8
WHO_STAYS = _("Who is still there?")
WHO_BUYS = _("Who buys again?")
STAYS = _(
    "With {repeats} repeat {repeats:purchase|purchases} in {age}, the chance of still being there is {late} if the last was today and {early} if it lies {silence} back."
)
BUYS = _(
    "With {repeats} repeat {repeats:purchase|purchases} in {age}, the next 12 months bring {late} more if the last was today and {early} if it lies {silence} back."
)
STAYS_NOTE = _(
    "Each row is a number of repeat purchases, each column how old the customer was at the last of them. All are as old as the oldest tenth "
    "of yours; where a cell is empty there is no such history. The darker, the surer that the customer is still there."
)
BUYS_NOTE = _(
    "As above, for the purchases to come: many repeats with a fresh last purchase promise most; many repeats and a long silence "
    "promise less than few repeats and the same silence."
)
ROWS_BY_COLUMNS = _("Repeat purchases / age at the last one, {unit}")
UNITS = {"day": _("days"), "week": _("weeks"), "month": _("months")}


def alive_matrix_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """P(alive) of every frequency and recency."""
    return _matrix_block("p_alive", figures, formats)


def expected_matrix_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """Purchases to come of every frequency and recency."""
    return _matrix_block("expected_purchases", figures, formats)


def _matrix_block(of: str, figures: Figures, formats: Formats) -> Block:
    section, chances = figures.get(KEY), of == "p_alive"
    key, question = f"matrix_{of}", formats.say(WHO_STAYS if chances else WHO_BUYS)
    if section is None:
        return Block(key, question, "", missing=why_missing(figures, formats, "value_likely_lost", "p_alive"))
    answer = _answer(section, of, formats)
    shown = {"values": section[of], "of": of} | {k: section[k] for k in ("frequency", "recency", "unit")}
    return Block(
        key,
        question,
        answer,
        charts.frequency_recency(shown, formats, answer),
        140 + 18 * len(section["frequency"]),
        _table(section, of, formats),
        note=formats.say(STAYS_NOTE if chances else BUYS_NOTE),
        definitions=(KEY, "p_alive") if chances else (KEY,),
    )


def _answer(section: Figures, of: str, formats: Formats) -> str:
    """The same number of repeats with a fresh last purchase, and with one that lies half a life back."""
    row = section[of][min(SHOWN_REPEATS, len(section["frequency"]) - 1)]
    middle = len(row) // 2
    share = section["recency"][middle] / section["age"] if section["age"] else 1.0
    chances = of == "p_alive"
    late, early = (
        formats.percent(value, 0) if chances else formats.number(value, 1) for value in (row[-1], row[middle])
    )
    return formats.say(
        STAYS if chances else BUYS,
        repeats=formats.number(min(SHOWN_REPEATS, len(section["frequency"]) - 1)),
        age=formats.days(section["age_days"]),
        late=late,
        early=early,
        silence=formats.days(round((1 - share) * section["age_days"])),
    )


def _table(section: Figures, of: str, formats: Formats) -> Table:
    """Every row, and so many columns as can be read."""
    last = len(section["recency"]) - 1
    kept = sorted({round(k * last / (TABLE_COLUMNS - 1)) for k in range(TABLE_COLUMNS)})
    rows = [
        (formats.number(x), *(_written(row[k], of, formats) for k in kept))
        for x, row in zip(section["frequency"], section[of], strict=True)
    ]
    corner = formats.say(ROWS_BY_COLUMNS, unit=formats.say(UNITS[section["unit"]]))
    return table([corner, *(formats.number(section["recency"][k]) for k in kept)], rows, words=0)


def _written(value: float | None, of: str, formats: Formats) -> str:
    if value is None:
        return ""
    return formats.percent(value, 0) if of == "p_alive" else formats.number(value, 2)


def history_block(figures: Figures, _names: Names, formats: Formats) -> Block | None:
    """The chances of one of the customers to look at first, from the first day on; None where there is no such customer."""
    section = figures.get(HISTORY)
    if section is None:
        return None
    days, chances = days_of_history(section), section["p_alive"]
    answer = formats.say(
        _(
            "Customer {customer} bought on {count} {count:day|days}; on {day} the chance of still being there is {chance} ({model})."
        ),
        customer=section["customer_id"],
        count=formats.number(len(section["purchases"])),
        day=formats.day(days[-1]),
        chance=formats.percent(chances[-1], 0),
        model=known(MODELS, section["model"], formats),
    )
    at = {day: k for k, day in enumerate(days)}
    rows = [
        (
            formats.day(day),
            formats.percent(chances[at[day] - 1], 0) if at[day] else "",
            formats.percent(chances[at[day]], 0),
        )
        for day in section["purchases"]
    ]
    rows.append(
        (
            formats.say(_("No order until {day}"), day=formats.day(days[-1])),
            formats.percent(chances[-1], 0),
            "",
        )
    )
    titles = (_("Purchase on"), _("Chance on the eve"), _("Chance on the day"))
    shown = {"days": days, "p_alive": chances, "purchases": section["purchases"]}
    return Block(
        HISTORY,
        formats.say(_("How does one customer fade?")),
        answer,
        charts.alive_history(shown, formats, answer),
        320,
        table([formats.say(title) for title in titles], rows),
        note=formats.say(
            _(
                "One of the customers to look at first. Each day shows what could be known on it: every purchase lifts the "
                "chance, every silence longer than the customer's own rhythm lowers it."
            )
        ),
        definitions=(HISTORY, "p_alive"),
    )
