"""Figures that the processes of one workspace add up in one place, whichever of them are still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Float, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from evergrove.ledger.base import metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

FIGURE = Table(
    "figure",
    metadata,
    Column("name", String, primary_key=True),
    Column("labels", String, primary_key=True, comment="JSON with sorted names; codes of a few kinds each."),
    Column("value", Float, nullable=False),
)
"""Counts since the workspace began, and moments in seconds since 1970."""

Figures = dict[tuple[str, str], float]
"""(name, labels) -> value."""


def add_figures(
    connection: Connection, more: Mapping[tuple[str, str], float], newest: Mapping[tuple[str, str], float]
) -> None:
    """
    Add to what is there, in the order of names, so that two who add at the same moment wait and do not lock each other.

    Args:
        connection: Of a ``writing`` block.
        more: By how much each has grown.
        newest: Values that take the place of what is there.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for (name, labels), value in sorted({**more, **newest}.items()):
        row = dialect.insert(FIGURE).values(name=name, labels=labels, value=value)
        told = row.excluded.value
        is_sum = (name, labels) in more
        changed = FIGURE.c.value + told if is_sum else told
        connection.execute(
            row.on_conflict_do_update(index_elements=["name", "labels"], set_={"value": changed})
        )


def read_figures(connection: Connection) -> Figures:
    """Everything that was added up."""
    rows = connection.execute(select(FIGURE).order_by(FIGURE.c.name, FIGURE.c.labels))
    return {(row.name, row.labels): row.value for row in rows}
