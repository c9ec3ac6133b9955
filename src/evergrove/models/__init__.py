"""Value models: arrays in, frozen parameters out. No table, no clock, no file."""

from evergrove.models.types import Fit, Floats, InvalidSummary, Summary

__all__ = ["Fit", "Floats", "InvalidSummary", "Summary"]
