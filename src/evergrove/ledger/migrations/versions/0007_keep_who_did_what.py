"""Keep who did what."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REFUSE = "select raise(abort, 'the audit trail only grows')"
SAME = "old.seq is null and new.seq is not null and new.id is old.id and new.at is old.at and new.act is old.act and new.who is old.who and new.what is old.what and new.params is old.params"
SQLITE = (
    f"create trigger audit_no_change before update on audit when not ({SAME}) begin {REFUSE}; end",
    f"create trigger audit_no_delete before delete on audit begin {REFUSE}; end",
)
POSTGRESQL = (
    """
    create or replace function audit_only_grows() returns trigger language plpgsql as $$
    begin
        if tg_op = 'UPDATE' then
            if old.seq is null and new.seq is not null
                and (new.id, new.at, new.act, new.who, new.what, new.params)
                is not distinct from (old.id, old.at, old.act, old.who, old.what, old.params)
            then
                return new;
            end if;
        end if;
        raise exception 'the audit trail only grows' using errcode = 'integrity_constraint_violation';
    end $$
    """,
    "create trigger audit_no_change before update on audit for each row execute function audit_only_grows()",
    "create trigger audit_no_delete before delete on audit for each row execute function audit_only_grows()",
    "create trigger audit_no_truncate before truncate on audit for each statement execute function audit_only_grows()",
)


def upgrade() -> None:
    """Keep who did what, and let nobody change it."""
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False, comment="A code, such as people.erased."),
        sa.Column(
            "who",
            sa.String(length=80),
            nullable=False,
            comment="Kind and id, such as user:..., or a face: cli.",
        ),
        sa.Column(
            "what",
            sa.String(length=300),
            nullable=False,
            comment="Kind and id, such as customer:... or playbook:L2.",
        ),
        sa.Column("params", sa.Text(), nullable=False, comment="Numbers, codes and keys; nothing personal."),
        sa.Column("seq", sa.BigInteger(), nullable=True, comment="Place in the chain; NULL until sealed."),
        sa.Column(
            "hash",
            sa.String(length=64),
            nullable=True,
            comment="Of the row before in the chain, and of this one.",
        ),
        sa.CheckConstraint("(seq is null) = (hash is null)", name=op.f("ck_audit_sealed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    unsealed = sa.text("seq is null")
    op.create_index("ix_audit_unsealed", "audit", ["id"], sqlite_where=unsealed, postgresql_where=unsealed)
    op.create_index(op.f("ix_audit_seq"), "audit", ["seq"], unique=True)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
