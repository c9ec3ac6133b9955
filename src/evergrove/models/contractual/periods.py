"""The period of a contract: what tenures, renewals and retention rates count in."""

from __future__ import annotations

from math import expm1, log1p
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from evergrove.core import DAYS_PER, DAYS_PER_YEAR, Horizon, InputError, _, in_units
from evergrove.models.process import InvalidHorizon, is_positive
from evergrove.models.types import numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evergrove.models.types import Floats

Period = Literal["day", "week", "month", "quarter", "year"]

PERIODS: tuple[Period, ...] = get_args(Period)
DAYS_IN: dict[str, float] = {**DAYS_PER, "quarter": DAYS_PER_YEAR / 4}
WHOLE = 1e-9  # of a period: what rounding leaves of a whole number


class UnknownPeriod(InputError):
    """A period at which no contract is renewed."""

    code = "models.unknown_period"
    message = _("period = {value} is not a period of renewal.")
    hint = _("Choose one of {periods}.")


class NotWholePeriods(InputError):
    """A count of periods that is not a whole number."""

    code = "models.not_whole_periods"
    message = _("{name} = {value} is not a whole number of periods from {least} on.")
    hint = _("Contracts end where a period ends: between two renewals nothing changes.")


class InvalidRate(InputError):
    """A discount rate under which later money is worth more, or no number at all."""

    code = "models.invalid_rate"
    message = _("An annual discount rate of {rate} cannot be used.")
    hint = _("Give the effective annual rate, 0 or more: 0.10 is ten per cent a year.")


def check_period(value: str) -> None:
    """Raise ``UnknownPeriod`` unless contracts can be renewed at this period."""
    if value not in PERIODS:
        raise UnknownPeriod(value=repr(value), periods=", ".join(PERIODS))


def rate_per_period(annual_rate: float, period: Period) -> float:
    """
    Convert an effective annual discount rate d to one per period: (1 + d)^(period / year) - 1.

    Args:
        annual_rate: 0.10 is ten per cent a year; >= 0.
        period: A month is a twelfth of a year of 365.25 days, a quarter a fourth.

    Raises:
        InvalidRate: Negative, infinite or NaN.
    """
    if not is_positive(annual_rate) and annual_rate != 0:
        raise InvalidRate(rate=annual_rate)
    return expm1(log1p(annual_rate) * DAYS_IN[period] / DAYS_PER_YEAR)


def whole_periods(name: str, values: ArrayLike, least: int) -> Floats:
    """
    Read counts of periods, shape (n,).

    Raises:
        NotWholePeriods: One is below ``least``, or no whole number.
    """
    counts = np.atleast_1d(numbers(name, values))
    with np.errstate(invalid="ignore"):  # infinity is not whole either
        wrong = ~((counts >= least) & (np.abs(counts - np.rint(counts)) < WHOLE))
    if wrong.any():
        raise NotWholePeriods(name=name, value=f"{counts[wrong][0]:g}", least=least)
    return np.asarray(np.rint(counts))


def in_periods(horizon: Horizon, period: Period) -> float:
    """
    Convert a horizon, a number of periods or a text such as "12 months", to periods.

    Raises:
        UnknownDuration: The text is not a duration.
        InvalidHorizon: Negative, infinite or NaN.
    """
    length = in_units(horizon, "day") / (DAYS_IN[period] if isinstance(horizon, str) else 1.0)
    if not 0 <= length < np.inf:
        raise InvalidHorizon(horizon=length, unit=period)
    return float(np.rint(length)) if abs(length - np.rint(length)) < WHOLE else length
