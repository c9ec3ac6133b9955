"""Where one can go: the pages in the order of a week's work, each for those who may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.access import may
from evergrove.core import _

if TYPE_CHECKING:
    from evergrove.http import Call


@dataclass(frozen=True)
class Entry:
    """
    A line of the navigation.

    Attributes:
        key: Names it; the page says which one it belongs to.
        path: Where it leads.
        name: What it is called.
        right: Whoever lacks it does not see the line.
    """

    key: str
    path: str
    name: str
    right: str


ENTRIES = (
    Entry("overview", "/", _("Overview"), "figures.read"),
    Entry("todo", "/todo", _("What to do"), "figures.read"),
    Entry("outreach", "/playbooks", _("Outreach"), "figures.read"),
    Entry("results", "/value-ledger", _("Results"), "figures.read"),
    Entry("customers", "/customers", _("Customers"), "customers.read"),
    Entry("segments", "/segments", _("Segments"), "segments.read"),
    Entry("cohorts", "/cohorts", _("Cohorts"), "figures.read"),
    Entry("models", "/models", _("Models"), "figures.read"),
    Entry("data", "/data", _("Data"), "imports.read"),
    Entry("settings", "/settings", _("Settings"), "figures.read"),
)


def entries(call: Call) -> list[Entry]:
    """The lines that whoever asks may see; none before anybody is known."""
    return [] if call.caller is None else [each for each in ENTRIES if may(call.caller, each.right)]
