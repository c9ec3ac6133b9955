"""Identity 14: purchases that only come earlier are no effect, once the window is as long as is asked for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.measurement.rules import Question, measured_of, window_needed
from evergrove.measurement.types import Cell
from evergrove.stats import Sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

EARLY = 21.0  # days
PEOPLE, SHOPS = 1_500, 400
KNOWN = 720  # days of history that gaps are counted in
MARGIN = 40.0  # of a purchase, on average
FIRST = date(2026, 1, 1)


def purchases(rng: np.random.Generator, days: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Who buys, and when: everybody at a pace of their own, in days from the beginning, sorted."""
    pace = rng.gamma(2.0, 0.015, PEOPLE)
    number = rng.poisson(pace * days)
    who = np.repeat(np.arange(PEOPLE), number)
    when = rng.uniform(0.0, days, number.sum())
    order = np.lexsort((when, who))
    return who[order], when[order]


def p90_gap(rng: np.random.Generator) -> float:
    """Of the history, as the product counts it."""
    who, when = purchases(rng, KNOWN)
    gaps = np.diff(when)[np.diff(who) == 0]
    return float(np.quantile(gaps, 0.9))


def shop(seed: int, window: int | None = None) -> tuple[float, float, float]:
    """Estimate and bounds of one shop in which whoever is treated makes the next purchase three weeks earlier."""
    rng = np.random.default_rng([14, seed])
    needed = window or window_needed(p90_gap(rng))
    assert needed is not None
    who, when = purchases(rng, needed + EARLY)
    is_next = np.diff(who, prepend=-1) != 0
    treated = rng.random(PEOPLE) < 0.5
    pulled = is_next & treated[who]
    when = np.where(pulled, np.maximum(when - EARLY, 0.0), when)
    margin = rng.gamma(4.0, MARGIN / 4.0, len(who))
    inside = np.where(when < needed, margin, 0.0)
    brought = np.bincount(who, inside, minlength=PEOPLE).astype(np.float64)
    question = Question(date(2026, 12, 31), 0.8, needed, "revenue")
    cells = [cell("treated", brought[treated], needed), cell("control", brought[~treated], needed)]
    found = measured_of("L4", cells, question, 0, Decimal(0)).margin
    assert found is not None
    return found.effect, found.low, found.high


def cell(arm: str, brought: NDArray[np.float64], needed: int) -> Cell:
    """One arm; all were assigned on one day."""
    people, sums = len(brought), Sums(len(brought), float(brought.sum()), float((brought**2).sum()))
    days = needed * people
    return Cell("L4", "", 0.5, "medium", "growth", arm, FIRST, sums, sums, days, FIRST, FIRST, people)


@pytest.mark.slow
def test_what_is_only_pulled_forward_is_no_effect() -> None:
    """Two p90 gaps later 80 % intervals hold 0 in at least 76 of 100 shops, and a tenth of a purchase is not missed."""
    found = [shop(seed) for seed in range(SHOPS)]

    assert np.mean([low <= 0.0 <= high for _effect, low, high in found]) >= 0.76
    assert abs(fmean(effect for effect, _low, _high in found)) < 0.1 * MARGIN


def test_a_window_of_three_weeks_takes_it_for_an_effect() -> None:
    """What was bought in the window would have been bought just behind it: bounds lie above 0."""
    found = [shop(seed, window=21) for seed in range(40)]

    assert np.mean([low > 0.0 for _effect, low, _high in found]) > 0.9
