"""Keep what a workspace must not lose."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what a workspace must not lose."""
    op.create_table(
        "assignment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("layer_key", sa.String(), nullable=False, comment="The playbook's key; 'global' for all."),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False, comment="Of being treated, whatever the arm."),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False, comment="At the assignment."),
        sa.Column("stage", sa.String(), nullable=False, comment="At the assignment."),
        sa.Column("assigned_at", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.CheckConstraint("arm in ('treated', 'control')", name=op.f("ck_assignment_arm")),
        sa.CheckConstraint("layer in ('global', 'playbook')", name=op.f("ck_assignment_layer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "layer", "layer_key", "customer_id", name=op.f("uq_assignment_layer_layer_key_customer_id")
        ),
    )
    op.create_table(
        "consent_event",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_event")),
    )
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consent_event_customer_id_purpose_channel_id"),
            ["customer_id", "purpose", "channel", "id"],
            unique=False,
        )

    op.create_table(
        "data_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("playbook", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True, comment="Code of why nothing leaves."),
        sa.Column("params", sa.Text(), nullable=False, comment="Fields of the reason's sentence."),
        sa.Column(
            "arm", sa.String(), nullable=True, comment="Only where everything else allowed the message."
        ),
        sa.Column(
            "probability",
            sa.Float(),
            nullable=True,
            comment="Of being treated, in the layer that decided the arm.",
        ),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(arm is not null) = (outcome in ('send', 'control'))", name=op.f("ck_decision_arm")
        ),
        sa.CheckConstraint(
            "outcome in ('send', 'control', 'blocked', 'outranked', 'skipped')",
            name=op.f("ck_decision_outcome"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_as_of_playbook"), ["as_of", "playbook"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("playbook", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False, comment="The last day whose orders were known."),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False, comment="Paid orders at the entry."),
        sa.Column("last_order", sa.Date(), nullable=True, comment="The latest order day at the entry."),
        sa.Column("windows", sa.Text(), nullable=False, comment="Days of every step, fixed at the entry."),
        sa.Column("next_step", sa.Integer(), nullable=False),
        sa.Column(
            "next_due",
            sa.Date(),
            nullable=True,
            comment="First day of the next step; NULL when there is none.",
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("params", sa.Text(), nullable=True, comment="Fields of the reason's sentence."),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("updated_run", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state in ('active', 'finished', 'exited')", name=op.f("ck_enrolment_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint(
            "playbook", "customer_id", "occasion", name=op.f("uq_enrolment_playbook_customer_id_occasion")
        ),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_enrolment_playbook_entered_on"), ["playbook", "entered_on"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_enrolment_playbook_state"), ["playbook", "state"], unique=False)

    op.create_table(
        "generation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "import_",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("exported_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_import_")),
        sa.UniqueConstraint("sha256", "table_name", name=op.f("uq_import__sha256_table_name")),
    )
    op.create_table(
        "model_run",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("fitted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_run")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("playbook", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempting_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.CheckConstraint("arm = 'treated' or state = 'skipped'", name=op.f("ck_outbox_control")),
        sa.CheckConstraint("arm in ('treated', 'control')", name=op.f("ck_outbox_arm")),
        sa.CheckConstraint(
            "state in ('queued', 'claimed', 'attempting', 'accepted', 'failed', 'unknown', 'skipped', 'expired', 'delivered', 'bounced', 'complained')",
            name=op.f("ck_outbox_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "playbook",
            "customer_id",
            "occasion",
            "step",
            name=op.f("uq_outbox_playbook_customer_id_occasion_step"),
        ),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_outbox_state_not_before_id"), ["state", "not_before", "id"], unique=False
        )

    op.create_table(
        "person",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_hash", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_email_hash"), ["email_hash"], unique=False)

    op.create_table(
        "playbook",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="The version that new customers enter."),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True, comment="When it was first started."),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state in ('draft', 'started', 'paused')", name=op.f("ck_playbook_state")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_playbook")),
    )
    op.create_table(
        "playbook_version",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "definition", sa.Text(), nullable=False, comment="Never changed: who is in it finishes it."
        ),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_playbook_version")),
    )
    op.create_table(
        "snapshot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("tables", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "suppression",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
    )
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_suppression_address_hash_channel"), ["address_hash", "channel"], unique=False
        )

    op.create_table(
        "value_ledger",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column(
            "playbook",
            sa.String(length=40),
            nullable=False,
            comment="Its key; 'global' for all playbooks together.",
        ),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The last day whose orders and refunds count."),
        sa.Column("first_assigned", sa.Date(), nullable=False),
        sa.Column("people_treated", sa.Integer(), nullable=False, comment="As assigned."),
        sa.Column("people_control", sa.Integer(), nullable=False, comment="As assigned."),
        sa.Column(
            "mean_treated",
            sa.Float(),
            nullable=True,
            comment="Realised margin per customer since the assignment.",
        ),
        sa.Column("mean_control", sa.Float(), nullable=True),
        sa.Column(
            "margin_difference",
            sa.Float(),
            nullable=True,
            comment="Per customer; NULL where nothing can be said.",
        ),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("se", sa.Float(), nullable=True),
        sa.Column("df", sa.Float(), nullable=True),
        sa.Column("p", sa.Float(), nullable=True),
        sa.Column(
            "orders_treated", sa.Float(), nullable=True, comment="Orders per customer since the assignment."
        ),
        sa.Column("orders_control", sa.Float(), nullable=True),
        sa.Column("orders_difference", sa.Float(), nullable=True),
        sa.Column("orders_low", sa.Float(), nullable=True),
        sa.Column("orders_high", sa.Float(), nullable=True),
        sa.Column("orders_se", sa.Float(), nullable=True),
        sa.Column("orders_df", sa.Float(), nullable=True),
        sa.Column("orders_p", sa.Float(), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=True, comment="Why there is no difference."),
        sa.Column("level", sa.Float(), nullable=False, comment="Probability between low and high."),
        sa.Column("strata", sa.Integer(), nullable=False),
        sa.Column("estimator", sa.String(length=20), nullable=False),
        sa.Column("planned_control", sa.Float(), nullable=False),
        sa.Column(
            "srm_p",
            sa.Float(),
            nullable=False,
            comment="Below 0.001 nothing else in the row is to be trusted.",
        ),
        sa.Column("window_days", sa.Float(), nullable=False, comment="Since the assignment, on average."),
        sa.Column(
            "window_needed", sa.Integer(), nullable=True, comment="Two p90 purchase gaps; NULL while unknown."
        ),
        sa.Column("people_complete", sa.Integer(), nullable=False, comment="Whose window has passed."),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column(
            "cost", sa.BigInteger(), nullable=False, comment="Of the messages; not taken off the difference."
        ),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_value_ledger")),
        sa.UniqueConstraint("playbook", "as_of", name=op.f("uq_value_ledger_playbook_as_of")),
    )
    op.create_table(
        "workspace",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspace")),
    )
