"""
Colours with one meaning everywhere: a tier or a stage looks alike on every chart and every page.

The two categorical palettes stay apart under protanopia, deuteranopia and tritanopia (a test simulates all
three), differ in lightness so that they survive a black-and-white printer, and never speak alone: names or
symbols stand beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

INK = "#1d2521"
INK_2 = "#56615b"
INK_3 = "#7b857f"
LINE = "#dfe4e1"
WASH = "#f4f6f5"
PAPER = "#ffffff"
ACCENT = "#17724c"
MISSED = "#9b2d3a"
"""A goal that is not reached."""

DARK: Mapping[str, str] = {
    INK: "#e9eeeb",
    INK_2: "#adb8b2",
    INK_3: "#8a958f",
    LINE: "#323b37",
    WASH: "#1c2320",
    PAPER: "#141a17",
    ACCENT: "#4fb286",
    MISSED: "#e07a83",
}
"""The same neutrals and accent on a dark page."""

TIER_COLOURS: Mapping[str, str] = {
    "high": "#12664a",
    "potential": "#3f8fd0",
    "medium": "#e3a02b",
    "low": "#a9b3ae",
}
STAGE_COLOURS: Mapping[str, str] = {
    "prospect": "#d9dedb",
    "new": "#8fd0f0",
    "growth": "#3aa776",
    "mature": "#0b4634",
    "decline": "#e8a33a",
    "churned": "#6d7178",
    "won_back": "#8a3f8f",
}
TIER_SYMBOLS: Mapping[str, str] = {
    "high": "▲",
    "potential": "◆",
    "medium": "●",
    "low": "○",
}
STAGE_SYMBOLS: Mapping[str, str] = {
    "prospect": "◌",
    "new": "✦",
    "growth": "↗",
    "mature": "■",
    "decline": "↘",
    "churned": "×",
    "won_back": "↩",
}
NOT_KNOWN = "#c9cfcc"
"""Customers without a tier."""

SEQUENCE: tuple[str, ...] = ("#f1f6f3", "#cfe5d9", "#97c9b0", "#55a381", "#1f7a55", "#0d4a35")
"""Few to many, pale to deep: heat maps."""


BLACK, WHITE = "#1b2420", "#fefefe"
"""Text on a colour with a meaning: that colour stays on a dark page, and so does the text on it."""


def on_colour(colour: str) -> str:
    """Nearly black or nearly white, whichever reads better on a colour (relative luminance of WCAG 2)."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    contrast_white, contrast_ink = 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.068
    return WHITE if contrast_white >= contrast_ink else BLACK


def marks_style() -> str:
    """Style rules of the small squares that mark tiers and stages: the palette's colours, symbols readable on them."""
    marks = {"tier": {**TIER_COLOURS, "none": NOT_KNOWN}, "stage": dict(STAGE_COLOURS)}
    return "".join(
        f".{axis}-{name}{{background:{colour};color:{on_colour(colour)}}}\n"
        for axis, colours in marks.items()
        for name, colour in colours.items()
    )
