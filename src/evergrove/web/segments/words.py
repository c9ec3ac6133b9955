"""What the pages of segments have in common: their tabs, their paths, and words for reasons and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

PATH = "/segments"
OWN_PAGES = frozenset({"new", "check", "personas", "policy", "moves", "files"})
"""Last parts of paths that are pages: a segment with such a key is shown one step below."""
TABS = (
    (PATH, _("Your segments"), "list"),
    (f"{PATH}/personas", _("What sets them apart"), "personas"),
    (f"{PATH}/moves", _("Who moved"), "moves"),
    (f"{PATH}/policy", _("Tier policy"), "policy"),
)
REASONS: Mapping[str, str] = {
    "data": _("orders, other facts, or time"),
    "definition": _("the segment is new, or was changed"),
    "identity": _("customers were joined or taken apart"),
    "consent": _("not to be valued any more"),
}
CHANGES: Mapping[str, str] = {"entered": _("Came"), "left": _("Left")}
GROUPS: Mapping[str, str] = {
    "summary": _("Orders so far"),
    "tier": _("Value tier"),
    "stage": _("Place in the life cycle"),
    "scores": _("Forecasts"),
    "trend": _("Where it is heading"),
    "health": _("Health and early warning"),
    "customer": _("What other tables tell"),
    "events": _("What customers did in so many days"),
    "products": _("What they bought in so many days"),
    "consent": _("What they agreed to"),
    "membership": _("Other segments"),
}
"""Of fields and functions, in the order in which people need them."""
TYPES: Mapping[str, str] = {
    "text": _("text"),
    "word": _("one of some words"),
    "count": _("whole number"),
    "number": _("number"),
    "money": _("amount"),
    "share": _("share, 0 to 1"),
    "date": _("day"),
    "flag": _("true or false"),
}
UNITS: Mapping[str, str] = {
    "days": _("days"),
    "hours since midnight": _("hours since midnight"),
    "points": _("points"),
    "bits": _("bits"),
    "0..100": _("0 to 100"),
    "1..5": _("1 to 5"),
}
"""Those that the kind does not tell already."""
EXAMPLES: tuple[tuple[str, str], ...] = (
    (_("High value, about to leave"), "tier = 'high' and stage = 'decline'"),
    (_("One order, silent for two months"), "orders = 1 and days_since_last_order > 60"),
    (
        _("Due to order within two weeks"),
        "days_until_next_order <= 14 and stage in ('growth', 'mature')",
    ),
    (_("Lost, but worth a call"), "stage = 'churned' and historic_value > 2000"),
    (_("May be written to by e-mail"), "consent('marketing', 'email') = 'granted'"),
)
"""Where a first segment may begin."""


def tabs(formats: Formats) -> list[tuple[str, str, str]]:
    """Path, name and key of each, in the reader's language."""
    return [(path, formats.say(name), key) for path, name, key in TABS]


def path_of(key: str, below: str = "") -> str:
    """Where a segment is shown, or one of the pages below it."""
    safe = quote(key, safe="")
    if not below and key in OWN_PAGES:
        return f"{PATH}/{safe}/now"
    return f"{PATH}/{safe}{f'/{below}' if below else ''}"


def why(reasons: Mapping[str, int], formats: Formats) -> str:
    """How many for which reason: 12 orders, other facts, or time; 3 the segment is new, or was changed."""
    told = [
        f"{formats.number(count)} · {formats.say(REASONS[reason]) if reason in REASONS else reason}"
        for reason, count in reasons.items()
    ]
    return "; ".join(told)
