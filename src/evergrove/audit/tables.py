"""The audit trail: who did what to what, one row an act. Rows are added and sealed, never changed or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import DDL, BigInteger, CheckConstraint, Column, Index, String, Table, event

from evergrove.ledger import Document, Instant, RowNumber, metadata

if TYPE_CHECKING:
    from sqlalchemy.schema import ExecutableDDLElement

AUDIT = Table(
    "audit",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("act", String(64), nullable=False, comment="A code, such as people.erased."),
    Column("who", String(80), nullable=False, comment="Kind and id, such as user:..., or a face: cli."),
    Column("what", String(300), nullable=False, comment="Kind and id, such as customer:... or playbook:L2."),
    Column("params", Document, nullable=False, comment="Numbers, codes and keys; nothing personal."),
    Column("seq", BigInteger, comment="Place in the chain; NULL until sealed."),
    Column("hash", String(64), comment="Of the row before in the chain, and of this one."),
    CheckConstraint("(seq is null) = (hash is null)", name="sealed"),
    Index(None, "seq", unique=True),
)
"""
The databases themselves refuse a change: triggers, which ``0007_audit`` makes in a migrated ledger and the statements
below in one made for a test. A step that copies this table in SQLite loses them and has to make them again; ``doctor``
looks whether they are there.
"""

Index(
    "ix_audit_unsealed",
    AUDIT.c.id,
    sqlite_where=AUDIT.c.seq.is_(None),
    postgresql_where=AUDIT.c.seq.is_(None),
)

TRIGGERS = {
    "sqlite": ("audit_no_change", "audit_no_delete"),
    "postgresql": ("audit_no_change", "audit_no_delete", "audit_no_truncate"),
}
"""By database; in PostgreSQL rows can also be emptied away without being deleted."""

_REFUSE = "select raise(abort, 'the audit trail only grows')"
_SAME = "old.seq is null and new.seq is not null and new.id is old.id and new.at is old.at and new.act is old.act and new.who is old.who and new.what is old.what and new.params is old.params"
SQLITE = (
    f"create trigger audit_no_change before update on audit when not ({_SAME}) begin {_REFUSE}; end",
    f"create trigger audit_no_delete before delete on audit begin {_REFUSE}; end",
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
for _name, _statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
    for _statement in _statements:
        _made: ExecutableDDLElement = DDL(_statement)  # type: ignore[no-untyped-call]  # SQLAlchemy left it so
        event.listen(AUDIT, "after_create", _made.execute_if(dialect=_name))
