"""The ledger's tables of live value: where customers stand now, what moved them, and who could not be worked out."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Float, Index, Integer, String, Table

from evergrove.ledger import Amount, Document, Instant, RowNumber, metadata

STATE = Table(
    "live_state",
    metadata,
    Column("customer_id", String, primary_key=True, comment="Under which the person stands."),
    Column("run_id", BigInteger, nullable=False, comment="The run whose models and states it goes on from."),
    Column("snapshot_id", BigInteger, nullable=False, comment="The facts that were seen, beside events."),
    Column("as_of", Date, nullable=False),
    Column("seq", BigInteger, nullable=False, comment="The newest mark that it answers."),
    Column("computed_at", Instant, nullable=False),
    Column("tier", String),
    Column("stage", String),
    Column("action", String),
    Column("historic_value", Amount),
    Column("clv_12m", Float),
    Column("clv_12m_low", Float),
    Column("clv_12m_high", Float),
    Column("clv", Float),
    Column("clv_total", Float),
    Column("p_alive", Float),
    Column("p_active_180d", Float),
    Column("next_order_date", Date),
    Column("next_order_p25", Date),
    Column("next_order_p75", Date),
    Column(
        "document", Document, nullable=False, comment="All that a run publishes of the customer, and why."
    ),
    Index(None, "run_id"),
)
"""
One row a person of whom something was heard since the run. Whatever is published of everybody stands in the warehouse;
a row here takes its place for one person.
"""

MOVE = Table(
    "live_move",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("customer_id", String, nullable=False),
    Column("axis", String, nullable=False),
    Column("from_", String),
    Column("to_", String),
    Column("cause", String, nullable=False),
    Column("evidence", Document, nullable=False, comment="Code of the rule, its numbers, new facts."),
    Column("seq", BigInteger, nullable=False, comment="The newest mark that it answers."),
    Column("run_id", BigInteger, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("axis in ('tier', 'stage', 'own_tier')", name="axis"),
    Index(None, "customer_id"),
    Index(None, "at"),
)
"""One row a move between two runs; it is written with the state that it leads to, or not at all."""

SETBACK = Table(
    "live_setback",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("code", String, nullable=False),
    Column("params", Document, nullable=False),
)
"""Customers whose state could not be worked out: why, and when it is tried again. Their mark stays."""

LEASE = Table(
    "live_lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("token", BigInteger, nullable=False),
    Column("held_by", String),
    Column("lease_until", Instant),
    Column("run_id", BigInteger, nullable=False, comment="The newest run that has been followed."),
    Column("word", BigInteger, nullable=False, comment="The newest word on who is one person, likewise."),
    Column("beat_at", Instant, comment="When the loop last came round."),
    Column("beat", Document, comment="How it fared."),
)
"""One row: which process may write live rows, and how far it has followed what is published."""
