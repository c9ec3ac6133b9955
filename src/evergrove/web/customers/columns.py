"""Which columns a list of customers can show, what each is called, and where its values stand in the API's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.api.customers import CustomerLine
    from evergrove.text import Formats
    from evergrove.web.frame.tables import Kind

ID = "customer_id"
INTERVAL = "interval"
"""The two ends of the value's interval in one column."""


@dataclass(frozen=True)
class Shown:
    """
    A column that a list can show.

    Attributes:
        key: In the address of the page, in /v1, and in files.
        name: Its heading.
        kind: How its values are written.
        is_sorted: Whether the list can be sorted by it.
        files: Columns of a file that say the same.
    """

    key: str
    name: str
    kind: Kind
    is_sorted: bool = True
    files: tuple[str, ...] = ()

    @property
    def exported(self) -> tuple[str, ...]:
        """Columns of a file that say the same."""
        return self.files or (self.key,)


ALL: Sequence[Shown] = (
    Shown(ID, _("Customer"), "text"),
    Shown("tier", _("Value tier"), "tier", is_sorted=False),
    Shown("own_tier", _("Own tier"), "text", is_sorted=False),
    Shown("stage", _("Life-cycle stage"), "stage", is_sorted=False),
    Shown("action", _("Playbook"), "text", is_sorted=False),
    Shown("clv_12m", _("Value, next 12 months"), "money"),
    Shown(INTERVAL, _("80% interval"), "written", is_sorted=False, files=("clv_12m_low", "clv_12m_high")),
    Shown("clv", _("Value still to come"), "money"),
    Shown("historic_value", _("Value so far"), "money"),
    Shown("p_alive", _("Still a customer"), "percent"),
    Shown("p_active_180d", _("Orders within 180 days"), "percent"),
    Shown("health", _("Health"), "number"),
    Shown("orders", _("Orders"), "number"),
    Shown("orders_12m", _("Orders, 12 months"), "number"),
    Shown("spend_12m", _("Spend, 12 months"), "money"),
    Shown("first_order_date", _("First order"), "day"),
    Shown("last_order_date", _("Latest order"), "day"),
    Shown("next_order_date", _("Next order"), "day"),
)
BY_KEY: Mapping[str, Shown] = {each.key: each for each in ALL}
USUAL: tuple[str, ...] = (
    ID,
    "tier",
    "stage",
    "clv_12m",
    INTERVAL,
    "p_alive",
    "spend_12m",
    "last_order_date",
    "next_order_date",
)
DESCENDS_FIRST = frozenset(("money", "percent", "number", "day"))
"""Kinds of which the greatest is looked for first."""


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """Columns that somebody asked for, in their usual order; the customer always, the usual ones where none is known."""
    wanted = {name for each in names for name in each.split(",")} & BY_KEY.keys()
    return tuple(each.key for each in ALL if each.key in wanted | {ID}) if wanted - {ID} else USUAL


def value_of(line: CustomerLine, key: str, formats: Formats, words: Mapping[str, Mapping[str, str]]) -> Any:
    """What a list's line has in a column."""
    if key == INTERVAL:
        return interval(line.value.clv_12m_low, line.value.clv_12m_high, formats)
    if key == "action":
        return None if line.action is None else words["action"].get(line.action, line.action)
    return getattr(line.value if hasattr(line.value, key) else line, key)


def interval(low: float | None, high: float | None, formats: Formats) -> str | None:
    """Two ends of an interval, written; None where there is none."""
    return None if low is None or high is None else formats.between(formats.money(low), formats.money(high))
