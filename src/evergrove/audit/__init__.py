"""Who did what, noted in the transaction of the act and chained, so that nobody can change it unseen."""

from evergrove.audit.check import check_audit, check_trail_at_a_glance
from evergrove.audit.heads import (
    HEAD_ENDING,
    export_head,
    exported_at,
    head_beside,
    lost_since,
    newest_beside,
    read_head,
)
from evergrove.audit.rules import subject
from evergrove.audit.service import entries, head_of, note, seal
from evergrove.audit.types import (
    AuditBehind,
    AuditBroken,
    AuditRow,
    AuditUnguarded,
    Head,
    HeadNotContinued,
    HeadUnreadable,
    Verdict,
)
from evergrove.audit.walking import verify

__all__ = [
    "HEAD_ENDING",
    "AuditBehind",
    "AuditBroken",
    "AuditRow",
    "AuditUnguarded",
    "Head",
    "HeadNotContinued",
    "HeadUnreadable",
    "Verdict",
    "check_audit",
    "check_trail_at_a_glance",
    "entries",
    "export_head",
    "exported_at",
    "head_beside",
    "head_of",
    "lost_since",
    "newest_beside",
    "note",
    "read_head",
    "seal",
    "subject",
    "verify",
]
