"""Why a playbook stopped by itself, and what that means for its figures, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.measurement.stopping import LOSES_MONEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.text import Formats

STOPPED: Mapping[str, str] = {
    LOSES_MONEY: _(
        "Stopped itself on {day}: a treated customer lost {profit}, contact included, and with {level} certainty at every look at least {high}; {treated} treated against {control} control whose window was over."
    ),
}


def stop_said(reason: str, params: Mapping[str, Any], as_of: date, formats: Formats) -> str:
    """
    Why a playbook stopped.

    Args:
        reason: Code.
        params: As stored with it.
        as_of: The last day that counted.
        formats: The reader's language.
    """
    return formats.say(
        STOPPED[reason],
        day=formats.day(as_of),
        profit=formats.money(-params["profit"]),
        high=formats.money(-params["high"]),
        level=formats.percent(params["level"], 0),
        treated=formats.number(params["treated"]),
        control=formats.number(params["control"]),
    )
