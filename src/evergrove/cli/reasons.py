"""Stored reasons of all stations in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import Sentence
from evergrove.decisions import reason_sentence
from evergrove.delivery import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping


def reason(code: str, params: Mapping[str, object] | None = None) -> Sentence:
    """The words of any stored reason; a code that this version does not know stands for itself."""
    if code in REASONS:
        return Sentence(code, REASONS[code], params or {})
    return reason_sentence(code, params or {})
