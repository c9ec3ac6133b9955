"""Walking along the seals of the audit trail, from the first row to the last."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Text, func, select, type_coerce

from evergrove.audit.rules import EPOCH, chained
from evergrove.audit.tables import AUDIT
from evergrove.audit.types import (
    AuditBroken,
    AuditRewritten,
    AuditRow,
    AuditRowChanged,
    AuditRowMissing,
    AuditTailCut,
    Head,
    Verdict,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

AT_ONCE = 2_000
_row = AUDIT.c
_AS_STORED = (  # a value that was tampered with may no longer be of its type
    _row.id,
    type_coerce(_row.at, BigInteger).label("at"),
    _row.act,
    _row.who,
    _row.what,
    type_coerce(_row.params, Text).label("params"),
    _row.seq,
    _row.hash,
)


def verify(connection: Connection, exported: Head | None = None) -> Verdict:
    """
    Walk along the chain from its first row.

    Args:
        connection: Of a ``reading`` block.
        exported: A head that was kept elsewhere: only with it are a cut tail and a chain written anew seen.

    Returns:
        How far the chain holds, and the first row that is wrong.
    """
    waiting = connection.execute(select(func.count()).where(_row.seq.is_(None))).scalar_one()
    query = select(*_AS_STORED).where(_row.seq.is_not(None)).order_by(_row.seq)
    head = Head()
    with connection.execute(query, execution_options={"yield_per": AT_ONCE}) as stored:
        for row in stored.mappings():
            broken = _wrong(head, row, exported)
            if broken is not None:
                return Verdict(head, waiting, broken)
            head = Head(head.seq + 1, str(row["hash"]))
    if exported is not None and exported.seq > head.seq:
        return Verdict(head, waiting, AuditTailCut(seq=head.seq + 1, known=exported.seq))
    return Verdict(head, waiting)


def _wrong(head: Head, stored: RowMapping, exported: Head | None) -> AuditBroken | None:
    """What is wrong with the row that follows a head."""
    expected = head.seq + 1
    if stored["seq"] != expected:
        return AuditRowMissing(seq=expected)
    if _seal_of(head, stored) != stored["hash"]:
        return AuditRowChanged(seq=expected, id=stored["id"])
    if exported is not None and expected == exported.seq and stored["hash"] != exported.hash:
        return AuditRewritten(seq=expected)
    return None


def _seal_of(head: Head, stored: RowMapping) -> str | None:
    """The hash that the row should have; None where it is not even a row."""
    try:
        at = EPOCH + timedelta(microseconds=stored["at"])
        params = json.loads(stored["params"])
        named = {name: stored[name] for name in ("id", "act", "who", "what")}
        return chained(head.hash, head.seq + 1, AuditRow(at=at, params=params, **named))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
