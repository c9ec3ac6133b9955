"""Exports that people ask for: what is wanted, the file that a job has made of it, and links that open it once."""

from evergrove.export.requested.links import is_there, new_link, use_link
from evergrove.export.requested.store import (
    add,
    expired,
    forget_file,
    found,
    listed,
    made,
    naming,
    open_exports,
)
from evergrove.export.requested.types import FORMATS, Export, ExportRequest, TooManyExports, UnknownExport

__all__ = [
    "FORMATS",
    "Export",
    "ExportRequest",
    "TooManyExports",
    "UnknownExport",
    "add",
    "expired",
    "forget_file",
    "found",
    "is_there",
    "listed",
    "made",
    "naming",
    "new_link",
    "open_exports",
    "use_link",
]
