"""What can go wrong with files and snapshots, and the way out."""

from __future__ import annotations

from evergrove.core import EvergroveError, _


class NotWritable(EvergroveError):
    """The disk refused a file of the warehouse; nothing was published."""

    code = "warehouse.not_writable"
    message = _("{path} cannot be written: {reason}.")
    hint = _("Nothing was changed. Free some space or mend the permissions, then run this again.")


class Overtaken(EvergroveError):
    """Another process published the same table first; publishing over it would lose its rows."""

    code = "warehouse.overtaken"
    message = _("Another process has just changed {table}.")
    hint = _("Nothing was changed. Run this again.")


class FileGone(EvergroveError):
    """A file of the warehouse is not where the ledger says."""

    code = "warehouse.file_gone"
    message = _("{path} belongs to the data and is not there.")
    hint = _("evergrove doctor lists all that is missing; restore the newest backup.")


class UnknownManifest(EvergroveError):
    """A stored description has a format that this version does not read."""

    code = "warehouse.unknown_format"
    message = _("A description in the ledger has the format {found}; this version reads {known}.")
    hint = _("Install the version that wrote it, or a newer one.")
