"""Find messages and decisions by how they stand, without reading them all."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Find messages and decisions by how they stand, without reading them all."""
    op.create_index(
        op.f("ix_outbox_state_reason_playbook_channel_settled_at"),
        "outbox",
        ["state", "reason", "playbook", "channel", "settled_at"],
    )
    op.create_index(
        op.f("ix_outbox_queued_at_id_state_arm_playbook_channel"),
        "outbox",
        ["queued_at", "id", "state", "arm", "playbook", "channel"],
    )
    op.create_index(op.f("ix_decision_as_of_reason"), "decision", ["as_of", "reason"])
