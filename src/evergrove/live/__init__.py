"""Live value: what a run would say of a customer of whom something has just come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.live.check import Heart, check_live, check_rows, heart
    from evergrove.live.following import follow, forget
    from evergrove.live.ground import Base
    from evergrove.live.reading import has_caught_up, rows
    from evergrove.live.steps import Steps
    from evergrove.live.types import LiveMove, LiveRow, Passed, Reason

__all__ = [
    "Base",
    "Heart",
    "LiveMove",
    "LiveRow",
    "Passed",
    "Reason",
    "Steps",
    "check_live",
    "check_rows",
    "follow",
    "forget",
    "has_caught_up",
    "heart",
    "moved_since",
    "rows",
]

__getattr__ = loader(
    globals(),
    {
        "Base": "evergrove.live.ground",
        "Steps": "evergrove.live.steps",
    }
    | dict.fromkeys(("LiveMove", "LiveRow", "Passed", "Reason"), "evergrove.live.types")
    | dict.fromkeys(("Heart", "check_live", "check_rows", "heart"), "evergrove.live.check")
    | dict.fromkeys(("follow", "forget"), "evergrove.live.following")
    | dict.fromkeys(("has_caught_up", "rows"), "evergrove.live.reading")
    | {"moved_since": "evergrove.live.moved"},
)
