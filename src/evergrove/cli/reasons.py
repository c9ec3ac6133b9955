"""Stored reasons of all stations in words, where they are counted."""

from __future__ import annotations

from evergrove.decisions.words import counted as decided
from evergrove.delivery import REASONS


def counted(code: str) -> str:
    """What a reason says of all for whom it holds, English; a code of another version stands for itself."""
    told = decided(code)
    if told != code:
        return told
    if code in REASONS:
        return REASONS[code]
    from evergrove.outbox.reasons import REASONS as OUTBOX  # noqa: PLC0415 - help is said without it

    return OUTBOX.get(code, code)
