"""The table ``segment_members`` that a run publishes once a segment was defined."""

from __future__ import annotations

from evergrove.core import _
from evergrove.export.customers import COUNT, DAY
from evergrove.export.types import Column

MEMBERS = "segment_members"
"""Name of the table."""
MEMBER_COLUMNS: tuple[Column, ...] = (
    Column("segment", "text", "segment", "VARCHAR", _("Key of the segment.")),
    Column("customer_id", "id", "customer_id", "VARCHAR", _("The customer's id, as text.")),
    Column(
        "entered_on",
        "date",
        "entered_on",
        "DATE",
        _("Day of the run that first found the customer in it."),
        DAY,
    ),
    Column(
        "exited_on",
        "date",
        "exited_on",
        "DATE",
        _("Day of the run that did no longer; empty: still in it."),
        DAY,
    ),
    Column(
        "entry_reason",
        "word",
        "entry_reason",
        "VARCHAR",
        _(
            "Why: data (orders, other facts, or time passing), definition (new, or changed), identity (customers"
            " joined or taken apart)."
        ),
    ),
    Column(
        "exit_reason",
        "word",
        "exit_reason",
        "VARCHAR",
        _("The same of leaving; also consent: the customer is not to be valued."),
    ),
    Column(
        "version",
        "count",
        "version",
        "INTEGER",
        _("Version of the definition by which the customer was last found in it."),
        COUNT,
    ),
)
"""Who is in which segment, and who was in the last 400 days; a customer who comes back has a row each time."""
