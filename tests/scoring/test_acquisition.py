"""Customers grouped by their first order: which groups, and what stands where there are too few."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from evergrove.models import Nbd, Summary
from evergrove.scoring.acquisition import MOST_CUSTOMERS, by_acquisition

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.core import Unit
    from evergrove.customers import CustomerBase
    from evergrove.models import Fit

CHOSEN = Nbd(r=0.6, alpha=6.7)


@dataclass
class Base:
    """Customers as the grouping reads them."""

    first_order_date: NDArray[np.datetime64]
    observation_end: date

    def summary(self, unit: Unit) -> Summary:
        """Simulated purchases without dropout, weekly rates from a gamma; in whole days."""
        random = np.random.default_rng(3)
        T = (np.datetime64(self.observation_end) - self.first_order_date).astype(float) / 7
        x = random.poisson(random.gamma(0.6, 0.15, len(T)) * T).astype(float)
        last = np.ceil(7 * T * random.uniform(size=len(T)) ** (1 / np.maximum(x, 1))) / 7
        assert unit == "week"
        return Summary(frequency=x, recency=np.where(x > 0, np.minimum(last, T), 0.0), T=T)


@dataclass
class Chosen:
    """A fit as the grouping reads it."""

    model: Nbd


def grouped(base: Base, complete_from: date | None = None) -> Any:
    """By acquisition, with the model above."""
    return by_acquisition(cast("CustomerBase", base), cast("Fit[Any]", Chosen(CHOSEN)), complete_from)


def spread_over(first: str, last: str, end: date, step: int = 1) -> Base:
    """One new customer every so many days."""
    return Base(np.arange(np.datetime64(first), np.datetime64(last), step), end)


def test_a_year_goes_by_month() -> None:
    """Thirteen at most, the current one included; everybody is in one of them."""
    found = grouped(spread_over("2025-01-01", "2026-01-05", date(2026, 1, 20)))

    assert found.period == "month"
    assert found.starts == (*(date(2025, m, 1) for m in range(1, 13)), date(2026, 1, 1))
    assert found.customers.tolist() == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 4]
    assert found.earlier == 0
    assert found.why is None
    assert list(found.fit.cohorts) == [start.isoformat() for start in found.starts]
    assert [each.customers for each in found.fit.cohorts.values()] == found.customers.tolist()


def test_longer_goes_by_quarter_the_latest_twelve() -> None:
    """Four years of quarters: the first four are left out and counted."""
    found = grouped(spread_over("2022-01-01", "2026-01-01", date(2025, 12, 31), 2))

    assert found.period == "quarter"
    assert (found.starts[0], found.starts[-1], len(found.starts)) == (date(2023, 1, 1), date(2025, 10, 1), 12)
    assert found.earlier == 183  # every second day of 365
    assert found.earlier + found.customers.sum() == 731


def test_who_came_before_the_data_are_complete_is_left_out() -> None:
    """With the whole month in which they become so."""
    found = grouped(spread_over("2025-01-01", "2025-07-01", date(2025, 7, 31)), date(2025, 2, 10))

    assert found.starts == tuple(date(2025, m, 1) for m in range(3, 7))
    assert found.earlier == 31 + 28


def test_of_a_large_group_some_speak_for_all() -> None:
    """The counts are those of everybody, the fit that of 2,000 at most of each."""
    base = spread_over("2025-01-01", "2025-05-01", date(2025, 6, 30))
    base.first_order_date = np.repeat(base.first_order_date, 150)

    found = grouped(base)

    assert found.customers.tolist() == [4650, 4200, 4650, 4500]
    seen = [each.customers for each in found.fit.cohorts.values()]
    assert all(MOST_CUSTOMERS / 2 < each <= MOST_CUSTOMERS for each in seen)


def test_two_months_are_too_few() -> None:
    """There is a reason with a code."""
    found = grouped(spread_over("2025-01-01", "2025-03-01", date(2025, 4, 30)))

    assert found.why is not None
    assert found.why.code == "models.few_cohorts"
    assert not found.fit.identified


def test_without_repeats_there_is_no_fit() -> None:
    """And the reason is the model's own."""
    base = spread_over("2025-01-01", "2025-06-01", date(2025, 6, 30))
    base.summary = lambda unit: Summary(  # type: ignore[method-assign]
        frequency=np.zeros(151), recency=np.zeros(151), T=np.full(151, 9.0), unit=unit
    )

    found = grouped(base)

    assert found.fit is None
    assert found.why.code == "models.no_repeats"


def test_nobody_after_the_data_are_complete_is_no_group() -> None:
    """Then there is nothing to compare."""
    found = grouped(spread_over("2025-01-01", "2025-02-01", date(2025, 6, 30)), date(2025, 3, 1))

    assert found.starts == ()
    assert found.why.code == "models.no_cohorts"


@pytest.mark.parametrize("end", [date(2025, 6, 30), date(2025, 7, 1)])
def test_the_last_day_may_be_the_first_of_a_group(end: date) -> None:
    """A customer of today has no history yet, and gets the population's values."""
    base = Base(
        np.append(np.arange(np.datetime64("2025-01-01"), np.datetime64("2025-06-01")), np.datetime64(end)),
        end,
    )

    found = grouped(base)

    newest = list(found.fit.cohorts.values())[-1]
    assert newest.repeats == 0
    assert newest.weight == pytest.approx(0, abs=1e-6)
