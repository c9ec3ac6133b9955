"""Files in, typed facts out: every row is good, rejected with its reason, or a duplicate."""

from evergrove.ingest.service import read_orders
from evergrove.ingest.types import ColumnMatch, Excluded, Intake, ReadOptions, Rejected, RowCounts

__all__ = ["ColumnMatch", "Excluded", "Intake", "ReadOptions", "Rejected", "RowCounts", "read_orders"]
