"""Letters into words: a small language, no access to anything but the values given, and limits."""

from __future__ import annotations

from evergrove.delivery.rendering.catalogue import CATALOGUE, LINKS, Value
from evergrove.delivery.rendering.language import FILTERS, TAGS
from evergrove.delivery.rendering.shipped import shipped, templates
from evergrove.delivery.rendering.short import measured
from evergrove.delivery.rendering.types import (
    Email,
    Filled,
    Letter,
    Param,
    Platform,
    Short,
    Values,
    Wording,
)
from evergrove.delivery.rendering.writing import render, render_note, render_platform, render_short

__all__ = [
    "CATALOGUE",
    "FILTERS",
    "LINKS",
    "TAGS",
    "Email",
    "Filled",
    "Letter",
    "Param",
    "Platform",
    "Short",
    "Value",
    "Values",
    "Wording",
    "measured",
    "render",
    "render_note",
    "render_platform",
    "render_short",
    "shipped",
    "templates",
]
