"""Files in, typed facts out: every row is good, rejected with its reason, or a duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
from evergrove.ingest.orders.service import read_orders
from evergrove.ingest.types import ColumnMatch, Excluded, Intake, ReadOptions, Rejected, RowCounts

if TYPE_CHECKING:
    from evergrove.ingest.facts.imports import Imported, imported, newest_seq, note_import, record_import
    from evergrove.ingest.facts.noted import FactsNoted, Import, facts_noted
    from evergrove.ingest.facts.versions import show_facts, take_facts, write_facts

__all__ = [
    "ColumnMatch",
    "Excluded",
    "FactsNoted",
    "Import",
    "Imported",
    "Intake",
    "ReadOptions",
    "Rejected",
    "RowCounts",
    "facts_noted",
    "imported",
    "newest_seq",
    "note_import",
    "read_orders",
    "record_import",
    "show_facts",
    "take_facts",
    "write_facts",
]

_FACTS = ("show_facts", "take_facts", "write_facts")
_IMPORTS = ("Imported", "imported", "newest_seq", "note_import", "record_import")
_NOTED = ("FactsNoted", "Import", "facts_noted")

__getattr__ = loader(
    globals(),
    dict.fromkeys(_FACTS, "evergrove.ingest.facts.versions")
    | dict.fromkeys(_IMPORTS, "evergrove.ingest.facts.imports")
    | dict.fromkeys(_NOTED, "evergrove.ingest.facts.noted"),
)
