"""The service: processes that answer, work and compute, and what they tell of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.server import job_lines, observing, serving

__all__ = ["job_lines", "observing", "serving"]

__getattr__ = loader(globals(), {name: f"evergrove.server.{name}" for name in __all__})
