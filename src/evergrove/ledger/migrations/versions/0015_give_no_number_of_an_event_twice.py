"""Give no number of an event twice."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_GIVEN = (
    (
        "insert into sqlite_sequence (name, seq) select '{table}', {newest}"
        " where not exists (select 1 from sqlite_sequence where name = '{table}')"
    ),
    "update sqlite_sequence set seq = max(seq, {newest}) where name = '{table}'",
)
_NEWEST = (
    "max(coalesce((select max(seq) from event), 0), coalesce((select max(seq) from dirty), 0),"
    " coalesce((select max(seq) from live_state), 0))"
)


def upgrade() -> None:
    """
    Let SQLite keep count of the numbers that it has given; PostgreSQL does so anyway.

    Without it the next number is one more than the highest that is there: after a long silence, when old events have
    been forgotten, it would begin at 1 again, below what marks and live values remember.
    """
    if op.get_bind().dialect.name == "postgresql":
        return
    _event()
    _conflict()
    for table, newest in (
        ("event", _NEWEST),
        ("event_conflict", "coalesce((select max(id) from event_conflict), 0)"),
    ):
        for statement in _GIVEN:
            op.execute(statement.format(table=table, newest=newest))


def _event() -> None:
    op.create_table(
        "event_counted",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("anonymous_id", sa.String(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("import_seq", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'refused') = (reason is not null)", name=op.f("ck_event_reason")),
        sa.CheckConstraint(
            "kind in ('order', 'refund', 'cancel', 'customer', 'alias', 'track', 'page', 'screen', 'group')",
            name=op.f("ck_event_kind"),
        ),
        sa.CheckConstraint("state in ('waiting', 'taken', 'refused')", name=op.f("ck_event_state")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sa.UniqueConstraint("source", "message_id", name=op.f("uq_event_source_message_id")),
        sqlite_autoincrement=True,
    )
    _moved(
        "event",
        "seq, source, message_id, digest, kind, customer_id, anonymous_id, at, received_at, content, sealed, state,"
        " import_seq, reason, detail",
    )
    op.create_index(op.f("ix_event_customer_id"), "event", ["customer_id"], unique=False)
    op.create_index(op.f("ix_event_state_customer_id"), "event", ["state", "customer_id"], unique=False)


def _conflict() -> None:
    op.create_table(
        "event_conflict_counted",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seq"], ["event.seq"], name=op.f("fk_event_conflict_seq_event"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_conflict")),
        sa.UniqueConstraint("seq", "digest", name=op.f("uq_event_conflict_seq_digest")),
        sqlite_autoincrement=True,
    )
    _moved("event_conflict", "id, seq, digest, kind, at, received_at, content")


def _moved(table: str, columns: str) -> None:
    """Put the new table with the old one's rows in its place."""
    op.execute(f"insert into {table}_counted ({columns}) select {columns} from {table}")
    op.drop_table(table)
    op.rename_table(f"{table}_counted", table)
