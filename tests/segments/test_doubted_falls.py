"""A fall that the models doubt waits, one that they are sure of does not; who rose is protected for a while."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.segments import Tier
from evergrove.segments.codes import NO_CODE
from evergrove.segments.states.bands import protected
from evergrove.segments.tiers.hysteresis import NEVER, Held, hold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models import Floats
    from evergrove.segments.types import Codes, Numbers

START = date(2026, 1, 1)
LOW, MEDIUM, POTENTIAL, HIGH = Tier.LOW, Tier.MEDIUM, Tier.POTENTIAL, Tier.HIGH


def first_fall(chance: Mapping[int, float], *, last: int = 400) -> tuple[int, int] | None:
    """The day after the start, and the band, of the first fall of a customer who measures low from day 40 on."""

    def keeps(levels: Codes, _rows: Numbers) -> Floats:
        return np.array([chance[int(level)] for level in levels])

    started = np.array([START], dtype="datetime64[D]")
    held = Held(np.array([HIGH], dtype=np.int8), started, np.zeros(1, dtype=np.int16), np.full(1, NEVER))
    for day in range(40, last):
        held = hold(
            np.array([LOW], dtype=np.int8),
            held,
            START + timedelta(days=day),
            checks=2,
            dwell_days=30,
            keeps=keeps,
            demote_p=0.35,
            sure_p=0.05,
            check_days=90,
        )
        if held.tier[0] != HIGH:
            return day, int(held.tier[0])
    return None


@pytest.mark.parametrize(
    ("chance", "falls"),
    [
        pytest.param({1: 0.9, 2: 0.8, 3: 0.36}, None, id="more likely than the cut: never"),
        pytest.param({1: 0.9, 2: 0.8, 3: 0.35}, (130, POTENTIAL), id="at the cut: a second check 90 days on"),
        pytest.param({1: 0.3, 2: 0.2, 3: 0.1}, (130, LOW), id="down to the band that is likely enough"),
        pytest.param({1: 0.9, 2: 0.04, 3: 0.01}, (41, MEDIUM), id="sure: the night after"),
        pytest.param({1: 0.9, 2: 0.8, 3: 0.05}, (41, POTENTIAL), id="as sure as it must be"),
        pytest.param({1: 0.9, 2: 0.05, 3: 0.01}, (41, MEDIUM), id="what is just as sure to be lost is, too"),
    ],
)
def test_how_sure_the_models_are_decides_when_and_how_far(
    chance: dict[int, float], falls: tuple[int, int] | None
) -> None:
    """Measured low from day 40 on, every night; chances of keeping the bounds of the three upper bands."""
    assert first_fall(chance) == falls


@pytest.mark.parametrize(
    ("rank", "age", "tier", "is_remembered"),
    [
        pytest.param(LOW, 89, HIGH, True, id="falls within 90 days: stays"),
        pytest.param(LOW, 90, LOW, False, id="falls on the 90th day"),
        pytest.param(HIGH, 10, HIGH, True, id="does not fall"),
        pytest.param(NO_CODE, 10, NO_CODE, False, id="cannot be measured any more"),
    ],
)
def test_a_tier_that_rose_does_not_fall_for_ninety_days(
    rank: int, age: int, tier: int, *, is_remembered: bool
) -> None:
    """Counted from the day of the rise."""
    as_of, today = START + timedelta(days=age), np.array([START], dtype="datetime64[D]")

    found, risen_on = protected(
        np.array([rank], dtype=np.int8), np.array([HIGH], dtype=np.int8), today, as_of, 90
    )

    assert found.tolist() == [tier]
    assert bool(np.isnat(risen_on[0])) is not is_remembered


def test_a_rise_begins_the_protection() -> None:
    """From nothing there is none: a first tier is no rise."""
    rank, nobody = np.array([HIGH, HIGH], dtype=np.int8), np.array([LOW, NO_CODE], dtype=np.int8)

    _tier, risen_on = protected(rank, nobody, np.full(2, NEVER), START, 90)

    assert risen_on[0].item() == START
    assert np.isnat(risen_on[1])
