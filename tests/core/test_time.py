"""Time carries its unit: a year is 365.25 days everywhere."""

from __future__ import annotations

import math

import pytest

from evergrove.core import in_units, per_unit_rate
from evergrove.core.time import UnknownDuration


@pytest.mark.parametrize(
    ("horizon", "unit", "expected"),
    [
        (39, "week", 39.0),
        ("39 weeks", "week", 39.0),
        ("52 weeks", "day", 364.0),
        ("12 months", "day", 365.25),
        ("1 year", "week", 52.178571428571431),  # 365.25 / 7
        ("1 month", "day", 30.4375),  # a twelfth of 365.25
        ("90 days", "month", 90 * 12 / 365.25),
        (" 1.5 years ", "month", 18.0),
    ],
)
def test_a_horizon_in_words_has_its_calendar_length(horizon: float | str, unit: str, expected: float) -> None:
    """Durations follow the calendar: no 30-day months, no 52-week years."""
    assert in_units(horizon, unit) == pytest.approx(expected, rel=1e-14)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["soon", "12", "12 fortnights", "-3 weeks", ""])
def test_an_unreadable_duration_is_refused_with_examples(text: str) -> None:
    """The error names what was written and shows what can be."""
    with pytest.raises(UnknownDuration, match="52 weeks"):
        in_units(text, "week")


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_a_year_of_continuous_discounting_is_the_effective_rate(unit: str) -> None:
    """exp(-rate per unit x units per year) = 1 / (1 + annual rate)."""
    rate = per_unit_rate(0.10, unit)  # type: ignore[arg-type]
    assert math.exp(-rate * in_units("1 year", unit)) == pytest.approx(1 / 1.10, rel=1e-14)  # type: ignore[arg-type]
