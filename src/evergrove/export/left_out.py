"""Rows of those whom a run may not value: what they bought stands there, and nothing that was computed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.export.states import SCORE_COLUMNS, TIER_COLUMNS
from evergrove.export.types import Column
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEFT_OUT = "left_out"
"""Table left_out(customer_id, reason, and the columns of customer_summary) in the engine; see ``pipeline.left_out``."""

UNPROFILED_COLUMNS: tuple[Column, ...] = (
    Column("customer_id", "id", "customer_id", "VARCHAR", _("The customer's id, as text.")),
    Column("reason", "word", "reason", "VARCHAR", _("Code of why the customer is not valued.")),
)
"""Who is left out of scores and tiers, and why."""

UNSCORED = Column(
    "unscored", "word", "u.reason", "VARCHAR", _("Why the customer is not valued; empty for everybody else.")
)
"""What an export of scores or tiers says beside the empty columns of such a row."""


def unprofiled_query() -> str:
    """The query behind the table ``unprofiled``."""
    return f"select customer_id, reason from {LEFT_OUT} order by customer_id"


def with_left_out_scores(query: str, *, currency: str, basis: str) -> str:
    """
    The query of ``scores`` with the rows of those who are left out: of the past only what was bought.

    Args:
        query: Of everybody else.
        currency: ISO code or empty.
        basis: revenue, margin or net_profit.
    """
    facts = {
        column.name: f"l.{identifier(column.name)}" for column in SCORE_COLUMNS if column.sql.startswith("c.")
    }
    return _with(query, SCORE_COLUMNS, facts | {"currency": literal(currency), "basis": literal(basis)})


def with_left_out_tiers(query: str) -> str:
    """The query of ``tiers`` with the rows of those who are left out."""
    return _with(query, TIER_COLUMNS, {"customer_id": "l.customer_id"})


def _with(query: str, columns: Sequence[Column], given: Mapping[str, str]) -> str:
    chosen = ", ".join(
        f"cast({given.get(column.name, 'null')} as {column.type}) as {identifier(column.name)}"
        for column in columns
    )
    return f"select * from ({query}) union all select {chosen} from {LEFT_OUT} l order by customer_id"
