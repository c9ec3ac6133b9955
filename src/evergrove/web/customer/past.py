"""How a customer's value and chance changed, as blocks with their tables and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove import charts
from evergrove.api import customer_life as routes
from evergrove.core import _
from evergrove.report.words import MODELS
from evergrove.web.frame import Block, Column, Table, ask, query, reader_of

if TYPE_CHECKING:
    from datetime import date

    from evergrove.http import Call
    from evergrove.text import Formats

FILES = "/customer-figures"
VALUE_ASKED, ALIVE_ASKED = (
    _("How has the value changed?"),
    _("How surely was this customer still there, day by day?"),
)
RISEN = _("From {first} on {since} to {last} on {until}.")
ONCE = _("{value} on {day}. Every night adds a point.")
NO_VALUE = _("No run that is kept has valued this customer.")
VALUE_NOTE = _(
    "What each nightly run expected of the 12 months after it. In 8 of 10 cases the truth lies between the dashed lines. "
    "A jump on one day may come from an order, or from a new model."
)
ALIVE_TITLE = _("On {day} the chance that this customer is still one was {chance} ({model}).")
ALIVE_NOTE = _(
    "The line falls while the customer is silent and jumps with every order. Each day rests on what was bought until then, "
    "under the model in use today."
)
NO_MODEL = _("No model could be fitted to these data yet, so chances are not known.")
NO_PURCHASE = _("There is no order that counts, so there is no history to show.")


def past_block(call: Call, customer_id: str) -> Block:
    """Value over the runs that are kept."""
    formats = reader_of(call).formats
    rows = [each.model_dump() for each in ask(call, routes.past, customer_id=customer_id).items]
    valued = [row for row in rows if row["clv_12m"] is not None]
    question = formats.say(VALUE_ASKED)
    if not valued:
        return Block("past", question, missing=formats.say(NO_VALUE))
    answer = _answer(valued, formats)
    columns = [
        Column("as_of", formats.say(_("As of")), "day"),
        Column("clv_12m", formats.say(_("Value, next 12 months")), "money"),
        Column("clv_12m_low", formats.say(_("Lower end (80%)")), "money"),
        Column("clv_12m_high", formats.say(_("Upper end (80%)")), "money"),
        Column("historic_value", formats.say(_("Value so far")), "money"),
        Column("p_alive", formats.say(_("Still a customer")), "percent"),
        Column("tier", formats.say(_("Value tier")), "tier"),
        Column("stage", formats.say(_("Life-cycle stage")), "stage"),
    ]
    table = Table(columns, [[row[each.key] for each in columns] for row in reversed(rows)])
    chart = charts.value_history(valued, formats, answer)
    files = f"{FILES}/files/past{query(customer=customer_id)}"
    return Block("past", question, answer, chart, 300, table, formats.say(VALUE_NOTE), files=files)


def _answer(valued: list[dict[str, Any]], formats: Formats) -> str:
    first, last = valued[0], valued[-1]
    if first is last:
        return formats.say(ONCE, value=formats.money(last["clv_12m"]), day=formats.day(last["as_of"]))
    return formats.say(
        RISEN,
        first=formats.money(first["clv_12m"]),
        since=formats.day(first["as_of"]),
        last=formats.money(last["clv_12m"]),
        until=formats.day(last["as_of"]),
    )


def alive_block(call: Call, customer_id: str) -> Block:
    """P(alive) over the whole life."""
    formats = reader_of(call).formats
    life = ask(call, routes.alive, customer_id=customer_id)
    question = formats.say(ALIVE_ASKED)
    if not life.days:
        return Block("alive", question, missing=formats.say(NO_PURCHASE if life.model else NO_MODEL))
    model = formats.say(MODELS.get(life.model or "", life.model or ""))
    answer = formats.say(
        ALIVE_TITLE, day=formats.day(life.days[-1]), chance=formats.percent(life.p_alive[-1], 0), model=model
    )
    section = {
        "days": [day.isoformat() for day in life.days],
        "p_alive": life.p_alive,
        "purchases": [day.isoformat() for day in life.purchases],
    }
    bought = set(life.purchases)
    columns = [
        Column("day", formats.say(_("Day")), "day"),
        Column("p_alive", formats.say(_("Still a customer")), "percent"),
        Column("is_purchase", formats.say(_("Order")), "text"),
    ]
    rows = [
        [day, chance, "✓" if day in bought else ""]
        for day, chance in zip(life.days, life.p_alive, strict=True)
        if day in bought or _is_told(day, life.days[-1])
    ]
    chart = charts.alive_history(section, formats, answer)
    files = f"{FILES}/files/alive{query(customer=customer_id)}"
    table = Table(columns, rows[::-1])
    return Block("alive", question, answer, chart, 300, table, formats.say(ALIVE_NOTE), files=files)


def _is_told(day: date, last: date) -> bool:
    """Which days stand in the table: one a week, for it is read and not drawn."""
    return (last - day).days % 7 == 0
