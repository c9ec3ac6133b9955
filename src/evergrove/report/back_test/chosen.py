"""Whose figures a chart shows: the champion's where it can be shown, else the best model's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evergrove.report.types import Figures


def contender(figures: Figures, purpose: str, needs: str) -> Figures | None:
    """
    The first of a purpose's standings that has a figure, the champion first.

    Args:
        figures: The document.
        purpose: Whose standings.
        needs: A measure that must be known over all origins together.
    """
    champion = next((each for each in figures["champions"] if each["purpose"] == purpose), None)
    names = [] if champion is None else [champion["name"], *(one["name"] for one in champion["standings"])]
    by_name = {each["name"]: each for each in figures["contenders"]}
    able = (by_name[name] for name in (*names, *by_name) if name in by_name)
    return next((one for one in able if one["pooled"] and one["pooled"].get(needs) is not None), None)
