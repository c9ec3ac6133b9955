"""What can be given of thin data: fifteen bases, each with what is missing and why."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from evergrove.scoring.readiness import FORECASTS, JUDGEMENTS, readiness

RNG = np.random.default_rng(8)
MANY = 400
X = RNG.poisson(2, MANY)
T = RNG.integers(300, 700, MANY)
M = RNG.gamma(4, 10, MANY)
NONE: tuple[str, ...] = ()

# name: frequency, T in days, mean spend per day, codes, process, spend, some figures that are missing
CASES: dict[str, Any] = {
    "enough of everything": (X, T, M, NONE, True, True, NONE),
    "one customer": (X[:1] + 3, T[:1], M[:1], ("few_customers",), False, False, ("p_alive", "clv")),
    "eighty customers": (X[:80], T[:80], M[:80], NONE, True, True, NONE),
    "twenty customers": (X[:20], T[:20], M[:20], ("few_customers",), False, False, ("next_order_date",)),
    "nine repeaters": (
        np.r_[np.ones(9), np.zeros(391)],
        T,
        M,
        ("few_customers",),
        False,
        False,
        ("p_active_180d",),
    ),
    "nobody came back": (np.zeros(MANY), T, M, ("no_repeat",), False, False, FORECASTS),
    "three months": (X, T % 91, M, ("short_history",), True, True, JUDGEMENTS),
    "eight months": (X, T % 250 + 1, M, ("short_history",), True, True, JUDGEMENTS),
    "one day": (np.zeros(MANY), np.zeros(MANY), M, ("no_time",), False, False, FORECASTS),
    "three weeks": (X, T % 21, M, ("no_time",), False, True, ("expected_purchases_12m",)),
    "no amounts": (X, T, None, ("no_amounts",), True, False, ("historic_value", "clv_12m")),
    "amounts all unknown": (X, T, np.full(MANY, np.nan), ("no_amounts",), True, False, ("simple_clv",)),
    "all refunded": (X, T, -M, ("no_positive_amounts",), True, False, ("expected_spend", "clv_12m")),
    "equal amounts": (X, T, np.full(MANY, 9.9), ("equal_amounts",), True, False, NONE),
    "an outlier of ten million": (X, T, np.r_[M[1:], 1e7], NONE, True, True, NONE),
    "nothing at all": (
        np.zeros(3),
        np.zeros(3),
        None,
        ("no_time", "no_amounts"),
        False,
        False,
        (*FORECASTS, "historic_value"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_thin_data_say_what_they_cannot_carry(case: str) -> None:
    """Codes, what may be fitted, and which figures are missing."""
    frequency, age, mean, codes, process, spend, missing = CASES[case]

    found = readiness(frequency, age, mean)

    assert tuple(limit.reason.code for limit in found.limits) == tuple(f"scoring.{code}" for code in codes)
    assert (found.process, found.spend) == (process, spend)
    assert set(missing) <= set(found.missing)
    assert bool(found.missing) == bool(missing)
    for limit in found.limits:
        assert "{" not in str(limit.reason)


def test_the_holdout_is_the_last_third() -> None:
    """At most 52 and at least 13 weeks; none where a third is shorter than that."""
    days = {273: 91, 300: 100, 1092: 364, 4000: 364}
    for history, expected in days.items():
        age = np.append(T % 200, history - 1)  # the first day is one of them
        assert readiness(np.append(X, 1), age, None).holdout_days == expected


def test_the_first_day_counts() -> None:
    """CDNOW's calibration, 1 January to 30 September 1997, is 39 weeks to the literature: the least for a holdout."""
    age = (date(1997, 9, 30) - date(1997, 1, 1)).days

    enough = readiness(np.append(X, 1), np.append(T % 200, age), None)
    short = readiness(np.append(X, 1), np.append(T % 200, age - 1), None)

    assert enough.holdout_days == 13 * 7
    assert short.holdout_days == 0
    assert "38 weeks" in str(short.limits[-1].reason)


def test_what_is_missing_is_never_what_is_there() -> None:
    """27 days are too few where 28 are needed; 28 are not."""
    least = readiness(X, T % 28, None)
    fewer = readiness(X, T % 27, None)

    assert least.process
    assert not fewer.process
    assert "span 27 days" in str(fewer.limits[0].reason)
