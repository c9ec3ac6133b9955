"""What a playbook has earned so far, short enough for a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.api import playbooks as routes
from evergrove.core import _
from evergrove.report.earned import earned
from evergrove.web.frame import ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.http import Call
    from evergrove.report.page import Finding
    from evergrove.text import Formats

TAGS: Mapping[str, tuple[str, str]] = {
    "earned": (_("earned"), "good"),
    "lost": (_("lost money"), "bad"),
    "unclear": (_("not clear yet"), ""),
    "nothing": (_("nothing to say yet"), ""),
    "mistrusted": (_("not to be trusted"), "bad"),
}
A_CUSTOMER = _("{amount} a customer")


@dataclass(frozen=True)
class Effect:
    """
    What was measured of a playbook.

    Attributes:
        amount: A customer, written; empty where it cannot be said.
        interval: Its bounds, written.
        tag: What it comes to in words, and how its mark looks.
        finding: The whole sentence and its notes.
        value: The amount as a number, for files.
        low: Same.
        high: Same.
    """

    amount: str
    interval: str
    tag: tuple[str, str]
    finding: Finding
    value: float | None
    low: float | None
    high: float | None


def measured(call: Call) -> dict[str, dict[str, Any]]:
    """Rows of the value ledger of the newest day on which anything was measured, by playbook."""
    return {str(each["playbook"]): each for each in ask(call, routes.effects, newest=True).items}


def effect_of(row: Mapping[str, Any], name: str, formats: Formats) -> Effect:
    """
    One row of the value ledger.

    Args:
        row: As GET /v1/effects gives it.
        name: Of the playbook.
        formats: The reader's language.
    """
    found, margin = earned(row, name, formats), row["margin"]
    word, kind = TAGS[found.kind]
    tag = (formats.say(word), kind)
    if margin is None:
        return Effect("", "", tag, found, None, None, None)
    low, high = (formats.money(margin[bound]) for bound in ("low", "high"))
    amount = formats.say(A_CUSTOMER, amount=formats.money(margin["effect"]))
    interval = formats.interval(low, high, row["level"])
    return Effect(amount, interval, tag, found, margin["effect"], margin["low"], margin["high"])
