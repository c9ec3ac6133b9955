"""Who would move under a policy: how many, what they are worth, and from where to where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.web.frame import Block, Column, Table
from evergrove.web.segments.flows import drawn
from evergrove.web.segments.policy_form import CRITERIA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.api.policies import Preview
    from evergrove.web.frame import Reader

QUESTION = _("Who would move?")
ANSWER = _(
    "{moved} of {customers} {customers:customer|customers} would stand in another tier; together they are worth {value} in the next 12 months."
)
NOBODY = _("Nobody would move.")
NOTE = _(
    "Placed as the first run under this policy would place them, by the figures of {day}. Later runs let nobody fall at once: how slowly tiers change is part of the policy."
)
BOUNDS_QUESTION = _("Where would the bounds lie?")
BOUNDS_NOTE = _(
    "Each bound is the least that the tier asks for. Beside those in use stand the bounds that would put equally many customers, or equal value, into each tier by that criterion alone."
)


@dataclass(frozen=True)
class Previewed:
    """
    A preview as the page shows it.

    Attributes:
        told: As the API tells it.
        value: Of those who would move, in 12 months.
        flows: From where to where.
        bounds: In use, and beside them.
        names: What each tier is called.
    """

    told: Preview
    value: float
    flows: Block
    bounds: Block
    names: Mapping[str, str]


def previewed(told: Preview, reader: Reader) -> Previewed:
    """A preview in the reader's language."""
    codes = {each for flow in told.flows for each in (flow.from_, flow.to)} | set(told.tiers)
    names = {code: told.names.get(code) or reader.words["tier"].get(code, code) for code in codes}
    value = sum(each.clv_12m or 0.0 for each in told.flows if each.from_ != each.to)
    return Previewed(told, value, _flows(told, names, value, reader), _bounds(told, names, reader), names)


def _flows(told: Preview, names: Mapping[str, str], value: float, reader: Reader) -> Block:
    formats = reader.formats
    answer = formats.say(NOBODY)
    if told.moved:
        answer = formats.say(
            ANSWER,
            moved=formats.number(told.moved),
            customers=formats.number(told.customers),
            value=formats.money_compact(value),
        )
    order = [*reversed(told.tiers), *(each.from_ for each in told.flows if each.from_ not in told.tiers)]
    streams = [(each.from_, each.to, each.customers) for each in told.flows]
    is_usual = not told.names and set(names) <= set(reader.words["tier"])
    chart, height = drawn(streams, (names, names), reader, answer, () if is_usual else order)
    table = Table(
        (
            Column("from", formats.say(_("Now"))),
            Column("to", formats.say(_("Under this policy"))),
            Column("customers", formats.say(_("Customers")), "number"),
            Column("clv_12m", formats.say(_("Value of the next 12 months")), "money"),
        ),
        [(names[each.from_], names[each.to], each.customers, each.clv_12m) for each in told.flows],
    )
    note = formats.say(NOTE, day=formats.day(told.as_of))
    return Block("would-move", formats.say(QUESTION), answer, chart, height, table, note=note)


def _bounds(told: Preview, names: Mapping[str, str], reader: Reader) -> Block:
    formats = reader.formats
    above = told.tiers[1:]
    rows = []
    for name, kinds in told.bounds.items():
        for place in reversed(range(len(above))):
            given = [kinds[kind][place] if place < len(kinds[kind]) else None for kind in _KINDS]
            title = formats.say(CRITERIA.get(name, CRITERIA["repeat_orders"]))
            rows.append((title, names[above[place]], *given))
    columns = (
        Column("criterion", formats.say(_("Criterion"))),
        Column("tier", formats.say(_("Tier"))),
        Column("in_use", formats.say(_("Bound in use")), "number"),
        Column("equal_customers", formats.say(_("For equally many customers")), "number"),
        Column("equal_value", formats.say(_("For equal value")), "number"),
    )
    return Block(
        "bounds", formats.say(BOUNDS_QUESTION), table=Table(columns, rows), note=formats.say(BOUNDS_NOTE)
    )


_KINDS = ("in_use", "equal_customers", "equal_value")
