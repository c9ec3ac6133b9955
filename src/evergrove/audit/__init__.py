"""Who did what, noted in the transaction of the act and chained, so that nobody can change it unseen."""

from evergrove.audit.check import check_audit
from evergrove.audit.heads import export_head, read_head
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
    "AuditBehind",
    "AuditBroken",
    "AuditRow",
    "AuditUnguarded",
    "Head",
    "HeadNotContinued",
    "HeadUnreadable",
    "Verdict",
    "check_audit",
    "entries",
    "export_head",
    "head_of",
    "note",
    "read_head",
    "seal",
    "subject",
    "verify",
]
