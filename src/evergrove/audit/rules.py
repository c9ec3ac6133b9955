"""What may stand in the audit trail, and how its rows are chained."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from evergrove.core import stable_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.audit.types import AuditRow

ACT = re.compile(r"[a-z][a-z_]*\.[a-z][a-z0-9_]*\Z")
WHO = re.compile(r"[a-z_]+(:[A-Za-z0-9_.:-]+)?\Z")
WHAT = re.compile(r"[a-z_]+(:[A-Za-z0-9_.:/+-]+)?\Z")
KEY = re.compile(r"[a-z][a-z0-9_]*\Z")
CODE = re.compile(r"[A-Za-z0-9_.:/+-]*\Z")
"""Letters, digits and strokes: a code, a key or a hash. Neither a name, which has blanks, nor an address with its @."""
LONGEST_ACT, LONGEST_WHO, LONGEST_WHAT, LONGEST_CODE = 64, 80, 300, 128
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def subject(kind: str, name: str) -> str:
    """
    What an act is done to, such as "customer:C-1".

    Names that are no plain keys, such as an address that somebody typed for an id, stand as their hash: the first 32
    hexadecimal digits that ``core.stable_id`` gives them.
    """
    is_key = name and len(name) <= LONGEST_CODE and CODE.match(name)
    return f"{kind}:{name}" if is_key else f"{kind}:hash:{stable_id(kind, name)}"


def check_row(act: str, who: str, what: str, params: Mapping[str, Any]) -> None:
    """
    Refuse what could be personal: a trail that cannot be changed could not forget it.

    Raises:
        ValueError: A mistake of the caller, for ours to mend.
    """
    for name, text, form, longest in (
        ("act", act, ACT, LONGEST_ACT),
        ("who", who, WHO, LONGEST_WHO),
        ("what", what, WHAT, LONGEST_WHAT),
    ):
        if len(text) > longest or not form.match(text):
            message = f"{name} of an audit row is no code or key of at most {longest} characters"
            raise ValueError(message)
    for name, value in params.items():
        if not KEY.match(name) or not _may_stand(value):
            message = f"the audit trail takes numbers, codes and keys, and {name!r} is none"
            raise ValueError(message)


def _may_stand(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_may_stand(each) and not isinstance(each, list | tuple) for each in value)
    if isinstance(value, str):
        return len(value) <= LONGEST_CODE and CODE.match(value) is not None
    return value is None or isinstance(value, bool | int)


def chained(before: str, seq: int, row: AuditRow) -> str:
    r"""
    The hash that seals a row in its place: sha256 of one line of JSON, in hexadecimal.

    The line is ``["<hash of the row before>",seq,id,microseconds since 1970,"act","who","what",{params}]``: names in
    params sorted, no blanks, characters beyond ASCII as ``\u`` and four digits. It needs none of our code to check.
    """
    at = (row.at - EPOCH) // timedelta(microseconds=1)
    line = [before, seq, row.id, at, row.act, row.who, row.what, row.params]
    return sha256(json.dumps(line, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
