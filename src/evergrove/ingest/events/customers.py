"""What is told of customers themselves: all of it is personal, and sealed until people take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.ingest.events.reading import Told
from evergrove.ingest.events.types import CONTENT_FORMAT
from evergrove.ingest.events.values import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TRAITS = {
    "email": "email",
    "name": "name",
    "phone": "phone",
    "birthday": "birthday",
    "language": "language",
    "locale": "language",
    "timezone": "timezone",
    "member_no": "member_no",
    "external_id": "external_id",
    "union_id": "union_id",
    "open_id": "open_id",
    "marketing_consent": "consent",
    "consent": "consent",
    "subscribed": "consent",
}
"""Traits that are taken, in Segment's names and ours, to the role of a customers file; others are let go of."""
FIRST, LAST = ("firstName", "first_name"), ("lastName", "last_name")


def identify_told(traits: Mapping[str, Any], at: datetime) -> Told:
    """
    What somebody's traits say; without any it ties an anonymous id to a customer, and no more.

    Raises:
        Refused: A trait that is taken is no text.
    """
    cells: dict[str, str] = {}
    for name, role in TRAITS.items():
        if role not in cells and (text := _text(traits, name)):
            cells[role] = text
    if "name" not in cells and (name := _whole_name(traits)):
        cells["name"] = name
    content = {"format": CONTENT_FORMAT, "told": sorted(cells)}
    return Told("customer", at, content, {"cells": cells} if cells else {})


def _text(traits: Mapping[str, Any], name: str) -> str:
    value = traits.get(name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text_of(traits, name, f"traits.{name}")


def _whole_name(traits: Mapping[str, Any]) -> str:
    parts = [next((text for name in names if (text := _text(traits, name))), "") for names in (FIRST, LAST)]
    return " ".join(part for part in parts if part)
