"""What a worker does, as lines of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import watching

if TYPE_CHECKING:
    from evergrove.core.watching import Level
    from evergrove.jobs import Ending, Hold, Ticked


def ticked(what: Ticked) -> None:
    """A moment of a schedule has come, or was passed over."""
    if what.missed:
        watching.said("times missed", level="warning", schedule=what.key, missed=what.missed)


def begun(hold: Hold) -> None:
    """A job is begun."""
    watching.said("job began", job=hold.id, kind=hold.kind, attempt=hold.attempts)


def ended(hold: Hold, ending: Ending) -> None:
    """An attempt has ended."""
    level: Level = "error" if ending.state == "dead" else "info"
    watching.said(
        "job ended", level=level, job=hold.id, kind=hold.kind, state=ending.state, code=ending.reason
    )
