"""What is believed of playbooks' effects, kept by the day on which it was believed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, Float, Integer, String, Table

from evergrove.ledger import Amount, Document, Instant, metadata

treatment_effect = Table(
    "treatment_effect",
    metadata,
    Column("playbook", String(40), primary_key=True),
    Column(
        "tier", String(20), primary_key=True, comment="At the assignment; empty: of cells without their own."
    ),
    Column("stage", String(20), primary_key=True, comment="The same."),
    Column("as_of", Date, primary_key=True, comment="The day of the belief."),
    Column(
        "mean", Float, nullable=False, comment="Gross margin a person, before contact and fulfilment cost."
    ),
    Column("sd", Float, nullable=False, comment="Of the belief about the mean."),
    Column("people_treated", Integer, nullable=False),
    Column("people_control", Integer, nullable=False),
    Column("assumed_weight", Float, nullable=False, comment="From 0.2 on the effect is called assumed."),
    Column(
        "cost", Amount, nullable=False, comment="Of contacting a treated person over the window; not in mean."
    ),
    Column("document", Document, nullable=False, comment="Window, basis and assumption it rests on."),
    Column("run_id", Integer, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("sd > 0", name="sd"),
    CheckConstraint("assumed_weight >= 0 and assumed_weight <= 1", name="assumed_weight"),
)
