"""What a playbook earned, in words: the same in the report and on pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.measurement.words import said
from evergrove.report.page import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.measurement.words import Said
    from evergrove.text import Formats

MINUS = re.compile(r"(?<![\w.])-(?=\S)")
WORD_JOINER = "\u2060"
NOT_YET = _("Nothing has been measured yet: it takes a day on which a message could act.")


def earned(result: Mapping[str, Any], name: str, formats: Formats) -> Finding:
    """
    What one playbook earned against customers kept untreated.

    Args:
        result: A row of the value ledger, as ``Measured.as_json`` gives it.
        name: Of the playbook; empty: its key stands for it.
        formats: The reader's language.
    """
    return finding(said(result, name, formats))


def finding(words: Said) -> Finding:
    """A result in words as a page shows it."""
    return Finding(
        words.kind.removesuffix("_so_far"),
        unbroken(words.answer),
        tuple(unbroken(note) for note in words.notes),
    )


def unbroken(text: str) -> str:
    """A minus stays on the line of its number: browsers take it for a hyphen."""
    return MINUS.sub(f"-{WORD_JOINER}", text)
