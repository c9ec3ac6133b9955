"""Could somebody see in a workspace what is not for his eyes, or for nobody's any more?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import EvergroveWarning, _
from evergrove.core.platform import WINDOWS
from evergrove.pipeline.rejects import KEPT, expired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

OTHERS, PASS = 0o077, 0o011
"""Rights of others to a file, and to pass through a folder."""


class OpenToOthers(EvergroveWarning):
    """Files with keys, passwords or customers in them that other users of the machine can read."""

    code = "pipeline.open_to_others"
    message = _(
        "{count} {count:file|files} with keys, passwords or customers can be read by others on this machine (first: {example})."
    )
    hint = _("Take their rights away: chmod go-rwx {example}.")


class RejectsOverdue(EvergroveWarning):
    """Rejected rows that should have been deleted."""

    code = "pipeline.rejects_overdue"
    message = _(
        "{count} {count:file|files} of rejected rows, which may name persons, are older than {days} {days:day|days} (first: {example})."
    )
    hint = _("evergrove run deletes them: let it run every night.")


def exposures(workspace: Path, files: Iterable[Path], now: datetime) -> Iterator[EvergroveWarning]:
    """
    What is exposed.

    Args:
        workspace: Its folder.
        files: Files that are their owner's alone; those that are not there are passed over.
        now: The present moment.
    """
    exposed = [path for path in files if not WINDOWS and path.exists() and _is_open(path)]
    if exposed:
        yield OpenToOthers(count=len(exposed), example=str(exposed[0]))
    overdue = expired(workspace, now)
    if overdue:
        yield RejectsOverdue(count=len(overdue), days=KEPT.days, example=overdue[0].name)


def _is_open(path: Path) -> bool:
    """Whether others may do something with a file, and get to it."""
    return bool(path.stat().st_mode & OTHERS and path.parent.stat().st_mode & PASS)
