"""Why the operating system refused, in words that have translations."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from evergrove.core.messages import _
from evergrove.core.sentences import Term

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS: Mapping[int, Term] = {
    errno.ENOENT: Term(_("there is no such file or folder")),
    errno.EACCES: Term(_("permission denied")),
    errno.EPERM: Term(_("permission denied")),
    errno.ENOSPC: Term(_("the disk is full")),
    errno.EISDIR: Term(_("it is a folder")),
    errno.ENOTDIR: Term(_("a part of the path is a file, not a folder")),
    errno.EROFS: Term(_("the file system is read-only")),
}


def reason_of(error: OSError) -> str:
    """The reason for a sentence: a ``Term`` for the usual ones, else as the operating system words it."""
    usual = REASONS.get(error.errno) if error.errno is not None else None
    return usual or error.strerror or str(error) or type(error).__name__
