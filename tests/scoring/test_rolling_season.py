"""What the calendar adds: found where it is there, not where a shop merely grows, and never guessed."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from math import exp, log
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.scoring.rolling_shops import december_twice, no_season, opened, pareto_shop

from evergrove.scoring.rolling import Options, rolling_back_test
from evergrove.scoring.rolling.season import LARGEST, PRIOR_SD, shrunk, stretch, year_before

if TYPE_CHECKING:
    from tests.scoring.rolling_shops import Season

    from evergrove.scoring.rolling import RollingBackTest

FIRST = date(2022, 10, 1)
SPAN = (date(2024, 12, 31) - FIRST).days + 1
"""To New Year's Eve: the last window of 90 days begins on 3 October, two years after the first order."""
CUSTOMERS = 12_000


@cache
def looked_back(season: Season, *, growing: bool, seed: int) -> RollingBackTest:
    """One origin of a Pareto/NBD shop, and a window with December in it."""
    random = np.random.default_rng(seed)
    share = random.uniform(size=CUSTOMERS)
    births = np.sort((SPAN - 91) * (np.sqrt(share) if growing else share)).astype(np.int64)
    births[0] = 0
    orders = pareto_shop(births, SPAN, FIRST, seed=seed, season=season)
    with opened(*orders, FIRST) as (base, engine):
        return rolling_back_test(base, engine, Options(origins=1, models=("pareto-nbd",)))


def biases(found: RollingBackTest) -> dict[str, float]:
    """Of the number of purchases, by contender."""
    return {one.name: one.pooled.bias for one in found.records if one.pooled is not None}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_december_of_twice_the_sales_is_foreseen(seed: int) -> None:
    """Identity 24: the total of 90 days within 5 % with the factor, over 20 % too low without."""
    found = looked_back(december_twice, growing=False, seed=seed)

    bias = biases(found)
    [factor] = found.seasons
    assert found.origins[0].origin == date(2024, 10, 2)
    assert factor.learned_from == date(2023, 10, 2)
    assert factor.identified
    assert bias["pareto-nbd"] < -0.20
    assert abs(bias["pareto-nbd+season"]) < 0.05
    spend = {one.name: one.pooled.spend_bias for one in found.records if one.pooled is not None}
    assert abs(spend["pareto-nbd+season"] or 1.0) < 0.08  # amounts are noisier than counts


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_season_is_a_faster_clock_for_chances_and_counts_too(seed: int) -> None:
    """The seasonal forecast gives the counts more probability, and its PIT is nearer to 80 %."""
    found = {one.name: one.pooled for one in looked_back(december_twice, growing=False, seed=seed).records}
    plain, seasonal = found["pareto-nbd"], found["pareto-nbd+season"]
    assert plain is not None
    assert seasonal is not None

    assert (seasonal.log_score or 0.0) > (plain.log_score or 0.0)
    assert abs((seasonal.pit_share or 0.0) - 0.8) < abs((plain.pit_share or 0.0) - 0.8)
    assert abs((seasonal.pit_share or 0.0) - 0.8) < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_growth_is_no_season(seed: int) -> None:
    """Identity 24: ever more customers are won, and the factor is 1 to within 5 points."""
    found = looked_back(no_season, growing=True, seed=seed)

    [factor] = found.seasons
    assert factor.identified
    assert factor.purchases == pytest.approx(1.0, abs=0.05)
    assert abs(log(factor.ratio)) < 3 * factor.standard_error


def test_a_season_needs_thirteen_months() -> None:
    """One origin a few days short of them, and the next."""
    births = np.arange(0, 300, 1)
    first = date(2024, 1, 1)
    orders = pareto_shop(np.repeat(births, 5), 490, first, seed=8)
    with opened(*orders, first) as (base, engine):
        found = rolling_back_test(base, engine, Options(origins=2, window_days=60, models=("nbd",)))

    early, late = sorted(found.seasons, key=lambda factor: factor.origin)
    assert (early.origin - found.first_date).days < 13 * 365.25 / 12 <= (late.origin - found.first_date).days
    assert not early.identified
    assert (early.purchases, early.spend) == (1.0, 1.0)
    assert "13 months" in str(early.reason)
    assert late.identified
    twin, plain = (next(r for r in found.records if r.name == name) for name in ("nbd+season", "nbd"))
    assert twin.turns[0].measures == plain.turns[0].measures  # no season known: the same forecast
    assert twin.turns[1].measures != plain.turns[1].measures


def test_a_window_of_more_than_a_year_has_no_year_before() -> None:
    """Its outcome one year before is not known yet."""
    first = date(2022, 1, 3)
    orders = pareto_shop(np.arange(300).repeat(3), 1000, first, seed=9)
    with opened(*orders, first) as (base, engine):
        found = rolling_back_test(base, engine, Options(origins=1, window_days=380, models=("nbd",)))

    [factor] = found.seasons
    assert not factor.identified
    assert "longer than a year" in str(factor.reason)


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2024, 10, 2), date(2023, 10, 2)),
        (date(2024, 2, 29), date(2023, 2, 28)),
        (date(2025, 2, 28), date(2024, 2, 28)),
    ],
)
def test_the_same_day_one_year_before(day: date, before: date) -> None:
    """By the calendar: Christmas stays at Christmas."""
    assert year_before(day) == before


def test_a_ratio_is_drawn_to_one_by_its_own_doubt() -> None:
    """Known exactly it stays; as doubtful as the prior is wide its logarithm is halved; without figures it is 1."""
    assert shrunk(1.4, 0.0) == pytest.approx(1.4)
    assert log(shrunk(1.4, PRIOR_SD)) == pytest.approx(log(1.4) / 2)
    assert shrunk(0.5, 0.1) == pytest.approx(exp(log(0.5) * PRIOR_SD**2 / (PRIOR_SD**2 + 0.01)))
    assert shrunk(float("nan"), 0.1) == shrunk(0.0, 0.1) == shrunk(1.4, float("inf")) == 1.0
    assert shrunk(1e9, 0.0) == pytest.approx(LARGEST)
    assert shrunk(1e-9, 0.0) == pytest.approx(1 / LARGEST)


@pytest.mark.parametrize("factor", [0.3, 0.9, 1.0, 1.25, 2.0, 3.9])
def test_a_busy_window_is_a_longer_one(factor: float) -> None:
    """The horizon whose expected total is the factor times that of the window, on a curve that bends."""

    def total(horizon: float) -> float:
        return 1000 * (1 - exp(-horizon / 80))

    longer = stretch(total, 12.0, factor)

    assert total(longer) == pytest.approx(factor * total(12.0), rel=1e-5)


def test_where_lives_end_too_soon_the_longest_window_is_taken() -> None:
    """No horizon brings twice as much where everybody is gone within days."""

    def total(horizon: float) -> float:
        return 1 - exp(-horizon)

    longer = stretch(total, 30.0, 2.0)

    assert 30.0 < longer <= 2 * LARGEST * 30.0


def test_a_season_is_only_asked_for_where_it_is_wanted() -> None:
    """Without it no year before is looked at."""
    first = date(2024, 1, 1)
    orders = pareto_shop(np.arange(200).repeat(2), 520, first, seed=12)
    with opened(*orders, first) as (base, engine):
        found = rolling_back_test(base, engine, Options(origins=1, models=("nbd",), season=False))

    assert found.seasons == ()
    assert found.origins[0].origin == base.observation_end - timedelta(days=90)
    assert "scoring.season_unknown" not in {warning.code for warning in found.warnings}
