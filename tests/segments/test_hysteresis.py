"""A tier rises at once, and falls after checks on different days and a dwell."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.segments import Tier
from evergrove.segments.codes import NO_CODE
from evergrove.segments.tiers.hysteresis import NEVER, Held, hold

if TYPE_CHECKING:
    from collections.abc import Sequence

START = date(2026, 1, 1)
NOBODY = Held(
    np.full(1, NO_CODE, dtype=np.int8), np.full(1, NEVER), np.zeros(1, dtype=np.int16), np.full(1, NEVER)
)
LOW, MEDIUM, HIGH = Tier.LOW, Tier.MEDIUM, Tier.HIGH


def lived(
    days: Sequence[tuple[int, int]], *, checks: int = 2, dwell_days: int = 30
) -> list[tuple[int, date, int]]:
    """One customer over some nights, (days since the start, tier measured): (tier, since, lower checks) of each."""
    held, seen = NOBODY, []
    for day, measured in days:
        today = START + timedelta(days=day)
        held = hold(np.array([measured], dtype=np.int8), held, today, checks=checks, dwell_days=dwell_days)
        seen.append((int(held.tier[0]), held.since[0].item(), int(held.lower_checks[0])))
    return seen


def test_the_first_night_takes_what_is_measured() -> None:
    """There is nothing to hold on to."""
    assert lived([(0, MEDIUM)]) == [(MEDIUM, START, 0)]


def test_a_rise_is_immediate() -> None:
    """Even the day after, and by several tiers."""
    assert lived([(0, LOW), (1, HIGH)])[-1] == (HIGH, START + timedelta(days=1), 0)


def test_a_fall_needs_two_checks_and_the_dwell() -> None:
    """Two checks on day 29 and 30 suffice; on day 28 and 29 the tier is not old enough."""
    assert [tier for tier, _since, _checks in lived([(0, HIGH), (29, LOW), (30, LOW)])] == [HIGH, HIGH, LOW]
    assert lived([(0, HIGH), (28, LOW), (29, LOW)])[-1] == (HIGH, START, 2)
    assert lived([(0, HIGH), (28, LOW), (29, LOW), (30, LOW)])[-1] == (LOW, START + timedelta(days=30), 0)


def test_after_the_dwell_one_check_is_not_enough() -> None:
    """Half a year on, a single bad night changes nothing."""
    nights = lived([(0, HIGH), (180, LOW), (181, HIGH), (182, LOW), (183, LOW)])

    assert [tier for tier, _since, _checks in nights] == [HIGH, HIGH, HIGH, HIGH, LOW]
    assert [checks for _tier, _since, checks in nights] == [0, 1, 0, 1, 0]


def test_a_second_run_on_one_day_is_no_second_check() -> None:
    """Checks count on distinct dates."""
    assert lived([(0, HIGH), (60, LOW), (60, LOW), (60, LOW)])[-1] == (HIGH, START, 1)


def test_it_falls_to_where_the_figures_are_on_the_last_check() -> None:
    """From high to low in one step, if that is what is measured then."""
    assert lived([(0, HIGH), (60, MEDIUM), (61, LOW)])[-1][0] == LOW
    assert lived([(0, HIGH), (60, LOW), (61, MEDIUM)])[-1][0] == MEDIUM


def test_a_rise_protects_until_the_dwell_is_over() -> None:
    """The dwell counts from the rise, not from the first night."""
    nights = [(0, LOW), (40, HIGH), (41, LOW), (42, LOW), (69, LOW), (70, LOW)]

    assert [tier for tier, _since, _checks in lived(nights)] == [LOW, HIGH, HIGH, HIGH, HIGH, LOW]


def test_settings_say_how_slowly() -> None:
    """One check without a dwell is no hysteresis at all."""
    assert lived([(0, HIGH), (1, LOW)], checks=1, dwell_days=0)[-1][0] == LOW


def test_who_can_no_longer_be_measured_has_no_tier() -> None:
    """Every order was refunded: there is nothing to hold."""
    assert lived([(0, HIGH), (1, NO_CODE)])[-1][0] == NO_CODE
    assert lived([(0, NO_CODE), (1, LOW)])[-1] == (LOW, START + timedelta(days=1), 0)


@given(st.lists(st.sampled_from(list(Tier)), min_size=1, max_size=120))
@pytest.mark.parametrize("dwell_days", [0, 7, 30])
def test_what_holds_in_every_life(dwell_days: int, measured: list[Tier]) -> None:
    """Never below the figures; every fall comes after two lower nights and a tier that was old enough."""
    nights = lived(list(enumerate(map(int, measured))), dwell_days=dwell_days)

    tiers = [tier for tier, _since, _checks in nights]
    assert all(tier >= figures for tier, figures in zip(tiers, measured, strict=True))
    for k in range(1, len(tiers)):
        if tiers[k] < tiers[k - 1]:
            before, since, _checks = nights[k - 1]
            assert (START + timedelta(days=k) - since).days >= dwell_days
            assert max(measured[k - 1], measured[k]) < before
