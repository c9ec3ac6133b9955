"""On which days the steps of a playbook may be taken: fixed when a customer enters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from math import floor, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.campaigns.errors import UnknownStored
from evergrove.campaigns.types import Window

if TYPE_CHECKING:
    from evergrove.campaigns.definition import Playbook, Step
    from evergrove.campaigns.types import Situation

FORMAT = "evergrove.windows/1"


def windows(playbook: Playbook, situation: Situation, row: int, first: date) -> tuple[Window, ...]:
    """
    The windows of all steps, for a customer who enters now.

    They are fixed here because a forecast moves: under a purchase process without memory the predicted day
    recedes as long as no order comes, and a coupon tied to it would never leave.

    Args:
        playbook: In the version entered.
        situation: Of all customers.
        row: Of this one.
        first: The first day on which anything can leave, the day after ``as_of``.
    """
    found: list[Window] = []
    base = first
    for step in playbook.steps:
        window = _window(step, situation, row, base, first)
        found.append(window)
        if step.do == "wait":  # what follows is counted from its end, here as if nothing kept it waiting
            base = window.due
    return tuple(found)


def moved_on(windows: tuple[Window, ...], after: int, days: int) -> tuple[Window, ...]:
    """
    Windows of which those after a step come later.

    Args:
        windows: Of all steps.
        after: Number of the step.
        days: So much later.
    """
    shift = timedelta(days=days)
    return tuple(
        window if number <= after else replace(window, due=window.due + shift, until=window.until + shift)
        for number, window in enumerate(windows)
    )


def _window(step: Step, situation: Situation, row: int, base: date, first: date) -> Window:
    if step.timing == "next_order":
        return _before_the_next_order(step, situation, row, first)
    days = step.after_days
    if step.timing == "first_gap" and not isnan(situation.first_gap_p50_days):
        days = max(days, floor(situation.first_gap_p50_days) - step.lead_days)
    due = base + timedelta(days=days)
    return Window(due, due + timedelta(days=step.valid_days - 1))


def _before_the_next_order(step: Step, situation: Situation, row: int, first: date) -> Window:
    """
    From some days before p25 until the day before p50, after which the message would come late.

    Where no order is in sight, as after another trigger, the step has its days from the entry on.
    """
    if np.isnat(situation.next_order_p50[row]):
        due = first + timedelta(days=step.after_days)
        return Window(due, due + timedelta(days=step.valid_days - 1))
    p25, p50, p75 = (
        day(values[row])
        for values in (situation.next_order_p25, situation.next_order_p50, situation.next_order_p75)
    )
    due = max(first, p25 - timedelta(days=step.lead_days))
    return Window(due, max(due, p50 - timedelta(days=1)), p75)


def day(value: Any) -> date:
    """A cell of a column of days, which must not be NaT."""
    found: date = value.astype("datetime64[D]").item()
    return found


def windows_document(steps: tuple[Window, ...]) -> dict[str, Any]:
    """Windows as the ledger keeps them."""
    return {
        "format": FORMAT,
        "steps": [
            [w.due.isoformat(), w.until.isoformat(), w.coupon_until.isoformat() if w.coupon_until else None]
            for w in steps
        ],
    }


def windows_from(document: dict[str, Any]) -> tuple[Window, ...]:
    """
    What ``windows_document`` wrote.

    Raises:
        UnknownStored: Another version wrote it, in a format that this one does not read.
    """
    if document.get("format") != FORMAT:
        raise UnknownStored(found=str(document.get("format")), known=FORMAT)
    return tuple(
        Window(date.fromisoformat(due), date.fromisoformat(until), date.fromisoformat(last) if last else None)
        for due, until, last in document["steps"]
    )
