"""What a control group of a playbook costs, before its share is chosen: people, days and profit forgone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.api import control_prices as routes
from evergrove.core import InputError, _
from evergrove.web.frame import Block, Column, Refused, Table, ask, reader_of

if TYPE_CHECKING:
    from evergrove.api.control_prices import ControlPrices, PriceLine
    from evergrove.api.playbooks import PlaybookLine
    from evergrove.http import Call
    from evergrove.text import Formats

SHARES = (0.05, 0.10, 0.20, 0.30, 0.50)
MOST_SHARE, LEAST_SHARE = 0.999, 0.001
COLUMNS = (
    ("share", _("Kept untreated"), "percent"),
    ("people", _("Customers until the effect shows"), "number"),
    ("control", _("Of them untreated"), "number"),
    ("days", _("Days until then"), "number"),
    ("forgone", _("Profit forgone until then"), "money"),
    ("forgone_a_year", _("Forgone in a year"), "money"),
    ("smallest", _("Smallest effect that a year shows"), "money"),
)
BROUGHT = _(
    "Of {people} {people:customer|customers} who stood there {days} before {day}, one has brought {mean} since, give or take {sd}."
)
EXPECTED = _("The playbook is taken to bring {effect} more for each customer.")
ASSUMED = _("Nobody said what the playbook brings: {effect} for each customer is assumed, a tenth of that.")


@dataclass(frozen=True)
class Asked:
    """
    What a price is asked for.

    Attributes:
        effect: Expected of the playbook, a customer; None: a tenth of what they bring anyway.
        per_month: Customers who enter within 30 days; None: not known.
    """

    effect: float | None = None
    per_month: float | None = None


@dataclass(frozen=True)
class Priced:
    """
    The price as the page shows it.

    Attributes:
        sentences: From what it was worked out.
        block: The table.
        own: Which row is the playbook's own share, from 0; -1: none.
        refused: Why there is no price; None where there is one.
    """

    sentences: tuple[str, ...] = ()
    block: Block | None = None
    own: int = -1
    refused: Refused | None = None


def priced(call: Call, line: PlaybookLine, asked: Asked, files: str) -> Priced:
    """What each share would cost for the customers whom a playbook takes in."""
    told = line.takes_in
    tiers = told.for_tiers or told.tiers or ([told.enters] if told.kind == "tier" and told.enters else [])
    stages = told.for_stages or ([told.enters] if told.kind == "stage" and told.enters else [])
    own = [line.control] if LEAST_SHARE <= line.control <= MOST_SHARE else []
    shares = sorted({*SHARES, *own})
    given: dict[str, Any] = {"effect": asked.effect, "per_month": asked.per_month, "shares": shares}
    try:
        found = ask(call, routes.prices, tiers=tiers or None, stages=stages or None, **given)
    except InputError as error:
        return Priced(refused=Refused.of(error, call.language))
    formats = reader_of(call).formats
    place = shares.index(line.control) if own else -1
    return Priced(_sentences(found, formats), _block(found, formats, files), place)


def _sentences(found: ControlPrices, formats: Formats) -> tuple[str, ...]:
    brought = formats.say(
        BROUGHT,
        people=formats.number(found.people),
        days=formats.days(found.window_days),
        day=formats.day(found.as_of),
        mean=formats.money(found.mean),
        sd=formats.money(found.sd),
    )
    effect = formats.money(found.effect)
    return brought, formats.say(ASSUMED if found.is_assumed else EXPECTED, effect=effect)


def _block(found: ControlPrices, formats: Formats, files: str) -> Block:
    columns = [Column(key, formats.say(name), kind) for key, name, kind in COLUMNS]  # type: ignore[arg-type]  # kinds
    rows = [_row(each) for each in found.prices]
    return Block(
        "price", formats.say(_("What does each share cost?")), table=Table(columns, rows), files=files
    )


def _row(each: PriceLine) -> tuple[Any, ...]:
    return tuple(getattr(each, key) for key, _name, _kind in COLUMNS)
