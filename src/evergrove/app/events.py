"""Taking what programs have told into the facts, as the serving process does each minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.pipeline.compaction import compact_events

if TYPE_CHECKING:
    from evergrove.app.workspace import Workspace
    from evergrove.pipeline.compaction import Compacted


def take_events(here: Workspace) -> Compacted:
    """
    Take waiting events into the facts.

    Raises:
        InUse: Another process changes facts or results; the events wait for the next time, or it takes them itself.
    """
    with here.alone():
        return compact_events(here, here.clock)
