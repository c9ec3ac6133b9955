"""Units of time and horizons that carry them."""

from __future__ import annotations

import re
from math import log1p
from typing import Literal

from evergrove.core.arguments import number
from evergrove.core.errors import InputError
from evergrove.core.messages import _
from evergrove.core.sentences import Term

Unit = Literal["day", "week", "month"]

DAYS_PER_YEAR = 365.25
DAYS_PER: dict[str, float] = {"day": 1.0, "week": 7.0, "month": DAYS_PER_YEAR / 12, "year": DAYS_PER_YEAR}
UNITS: tuple[Unit, ...] = ("day", "week", "month")

Horizon = float | str

RATE = Term(_("an effective annual rate above -1: 0.10 is ten per cent a year"))
_DURATION = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>day|week|month|year)s?\s*")


class UnknownDuration(InputError):
    """A horizon in words could not be read."""

    code = "core.unknown_duration"
    message = _("{text} is not a duration.")
    hint = _(
        'Write a number in the model\'s unit, or for example "90 days", "52 weeks", "12 months", "1 year".'
    )

    def __init__(self, *, text: object) -> None:
        super().__init__(text=repr(text))


def in_units(horizon: Horizon, unit: Unit) -> float:
    """
    Convert a horizon to a number of ``unit``.

    Args:
        horizon: A number already in ``unit``, or a text such as "52 weeks" or "12 months". A month is a
            twelfth of 365.25 days.
        unit: The model's unit of time.

    Returns:
        The horizon's length in ``unit``.

    Raises:
        UnknownDuration: It is neither a number nor such a text.
    """
    if not isinstance(horizon, str):
        try:
            return float(horizon)
        except (TypeError, ValueError) as error:
            raise UnknownDuration(text=horizon) from error
    match = _DURATION.fullmatch(horizon)
    if match is None:
        raise UnknownDuration(text=horizon)
    return float(match["number"]) * DAYS_PER[match["unit"]] / DAYS_PER[unit]


def per_unit_rate(annual_rate: float, unit: Unit) -> float:
    """
    Convert an effective annual discount rate to a continuous rate per ``unit``: ln(1 + rate) x unit / year.

    Args:
        annual_rate: Effective annual rate, > -1; 0.10 is ten per cent a year.
        unit: The model's unit of time.

    Raises:
        InvalidArgument: The rate is no finite number above -1.
    """
    rate = number("annual_rate", annual_rate, RATE, above=-1.0)
    return log1p(rate) * DAYS_PER[unit] / DAYS_PER_YEAR
