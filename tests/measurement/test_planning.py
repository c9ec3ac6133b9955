"""What a control share costs: outcomes counted by hand, sample sizes of the literature, and what must hold of any price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scipy.stats import norm
from tests.measurement.conftest import day, sell

from evergrove.measurement.planning import past_outcome, priced
from evergrove.stats import Foreseen, Sums

if TYPE_CHECKING:
    from evergrove.warehouse import Engine

STOOD = (
    "select * from (values ('a', 'high', 'mature'), ('b', 'high', 'decline'), ('c', 'low', 'decline'))"
    " as t (customer_id, tier, stage)"
)


def test_an_outcome_is_what_came_after_the_day_and_from_those_asked_for_only(engine: Engine) -> None:
    """Orders less refunds at the margin; the day itself is past, and who brought nothing counts as nothing."""
    engine.create("stood", STOOD)
    sell(
        engine,
        [("a", day(0), 1000), ("a", day(1), 100), ("a", day(9), 50), ("b", day(30), 7), ("x", day(3), 500)],
        [("a", day(10), 30)],
    )

    def brought(**asked: tuple[str, ...]) -> Sums:
        return past_outcome(engine, "stood", day(0), day(10), margin=0.5, **asked)

    assert brought() == Sums(3, 60.0, 3600.0)
    assert brought(tiers=("high",)) == Sums(2, 60.0, 3600.0)
    assert brought(stages=("decline",)) == Sums(2, 0.0, 0.0)
    assert brought(tiers=("low",), stages=("mature",)) == Sums(0, 0.0, 0.0)


def test_prices_are_sample_sizes_at_the_level_that_is_shown() -> None:
    """(z + z)^2 (variance / share + variance / rest) / effect^2, with an interval of 80 % and a power of 80 %."""
    unit, effect, share = Foreseen(40.0, 120.0**2), 6.0, 0.1

    (found,) = priced(unit, effect, window_days=60, per_month=600.0, shares=(share,))

    reach = norm.ppf(0.9) + norm.ppf(0.8)
    people = reach**2 * 120.0**2 * (1 / share + 1 / (1 - share)) / effect**2
    assert found.people == pytest.approx(people, abs=1)
    assert found.control == pytest.approx(people * share, abs=1)
    assert found.days == pytest.approx(people / 600 * 30 + 60, abs=1)
    assert found.forgone == found.control * effect
    assert found.forgone_a_year == pytest.approx(600 / 30 * 365 * share * effect)


def test_a_year_of_people_can_show_just_the_effect_that_takes_a_year() -> None:
    """Where the people of a year are exactly those that the effect needs, it is the smallest they can show."""
    unit, effect = Foreseen(40.0, 120.0**2), 6.0
    (once,) = priced(unit, effect, 60, None, (0.2,))
    (again,) = priced(unit, effect, 60, once.people * 30 / 365, (0.2,))

    assert once.days is None
    assert once.smallest is None
    assert again.smallest == pytest.approx(effect, rel=1e-3)


def test_a_smaller_group_takes_more_people_and_is_cheaper_a_year() -> None:
    """The trade that is to be seen before a share is chosen; half and half needs the fewest people."""
    found = priced(Foreseen(10.0, 900.0), 1.0, 60, 1000.0)

    assert [each.share for each in found] == [0.05, 0.10, 0.20, 0.30, 0.50]
    people = [each.people for each in found]
    assert people == sorted(people, reverse=True)
    a_year = [each.forgone_a_year or 0.0 for each in found]
    assert a_year == sorted(a_year)
