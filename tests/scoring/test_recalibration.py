"""Factors on money: planted errors are found and taken away, honest forecasts left alone, nobody overtakes anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.scoring.test_rolling_champions import NAIVE, origins

from evergrove.scoring.recalibration import AS_FORECAST, Recalibration
from evergrove.scoring.rolling.champions import Round
from evergrove.scoring.rolling.live import fitted, live_of, recalibrated, tenths

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.types import Floats

CUSTOMERS = 6000


def windows_of(
    bias: Callable[[int, Floats], Floats], count: int = 4, seed: int = 1
) -> list[tuple[Floats, Floats]]:
    """True means of a gamma; purchases at random at 20 each; forecasts that are off by a factor."""
    random = np.random.default_rng(seed)
    found = []
    for k in range(count):
        truth = random.gamma(0.7, 20.0, CUSTOMERS)
        came = 20.0 * random.poisson(truth / 20.0).astype(np.float64)
        found.append((truth * bias(k, truth), came))
    return found


def honest(_k: int, truth: Floats) -> Floats:
    """The mean itself."""
    return np.ones(len(truth))


def test_an_honest_forecast_is_left_alone() -> None:
    """Whatever it is off by is chance: in 20 shops no more are changed than one standard error lets through."""
    changed = [recalibrated("m", windows_of(honest, seed=seed)).total != 1.0 for seed in range(20)]
    tenth = [bool(recalibrated("m", windows_of(honest, seed=seed)).deciles) for seed in range(20)]

    assert sum(changed) <= 7  # a chance of .16 each: 8 or more would come once in a hundred such tests
    assert sum(tenth) <= 7


def test_a_forecast_that_is_half_too_high_is_taken_down() -> None:
    """By one factor; each tenth is off alike, so ten factors say no more."""
    found = recalibrated("m", windows_of(lambda _k, truth: np.full(len(truth), 1.5)))

    assert found.gain is not None
    assert found.gain.is_plain
    assert found.total == pytest.approx(1 / 1.5, rel=0.03)
    assert found.deciles == () or np.allclose(found.deciles, 1 / 1.5, rtol=0.2)


def test_the_best_tenth_alone_is_taken_down_where_it_alone_is_too_high() -> None:
    """Twice too high above the bound of the best tenth, right below it."""
    high = np.quantile(np.random.default_rng(5).gamma(0.7, 20.0, 200_000), 0.9)

    found = recalibrated("m", windows_of(lambda _k, truth: np.where(truth > high, 2.0, 1.0)))

    assert len(found.deciles) == 10
    assert found.deciles[-1] == pytest.approx(0.5, rel=0.06)
    np.testing.assert_allclose(found.deciles[4:9], 1.0, atol=0.1)


def test_what_was_off_once_and_never_again_changes_nothing() -> None:
    """The first window was too high; on later origins a factor learned from it makes matters worse."""
    found = recalibrated("m", windows_of(lambda k, truth: np.full(len(truth), 1.5 if k == 0 else 1.0)))

    assert (found.total, found.deciles) == (1.0, ())
    assert found.gain is not None
    assert not found.gain.is_plain


def test_two_origins_prove_nothing() -> None:
    """There is one later origin only: chance would decide."""
    found = recalibrated("m", windows_of(lambda _k, truth: np.full(len(truth), 1.5), count=2))

    assert (found.total, found.deciles, found.gain) == (1.0, (), None)


def test_nobody_overtakes_anybody() -> None:
    """The ranking by value is the champion's: factors may bring customers together, never change their order."""
    random = np.random.default_rng(3)
    forecast = np.concatenate([random.gamma(0.5, 30.0, 500), np.zeros(20), np.full(30, 7.0)])
    wild = Recalibration(1.0, (3.0, 0.2, 2.0, 0.1, 1.0, 0.5, 4.0, 0.3, 1.0, 0.1))

    changed = forecast * wild.factors(forecast)

    order = np.argsort(forecast)
    assert (np.diff(changed[order]) >= -1e-9).all()
    assert len(np.unique(changed[forecast == 7.0])) == 1
    np.testing.assert_array_equal(wild.factors(np.zeros(3)), np.ones(3))


def test_without_evidence_every_factor_is_one() -> None:
    """What is not known stays not known."""
    forecast = np.array([3.0, np.nan, 0.0])

    np.testing.assert_array_equal(AS_FORECAST.factors(forecast), np.ones(3))
    assert not AS_FORECAST.changes
    assert Recalibration.read(Recalibration(1.2, (1.0,) * 10).document()) == Recalibration(1.2, (1.0,) * 10)


def test_tenths_hold_as_many_customers_each_and_equals_stand_together() -> None:
    """Of a hundred, ten; of a hundred alike, one group."""
    assert np.bincount(tenths(np.arange(100.0))).tolist() == [10] * 10
    assert len(set(tenths(np.ones(100)))) == 1


@pytest.mark.parametrize(("count", "told"), [(3, ()), (4, ("pareto-nbd",))])
def test_windows_of_less_than_a_year_tell_no_lasting_error(count: int, told: tuple[str, ...]) -> None:
    """Half too much in every window of 90 days: over 270 days it may be the season, over 360 it is the model."""
    rounds = []
    for one in origins(count, {"recency": 1.0, "pareto-nbd": 0.2}):
        said = {name: replace(each, spend=30.0 * each.purchases) for name, each in one.forecasts.items()}
        rounds.append(Round(replace(one.split, spend=20.0 * one.split.purchases), said))

    found = live_of(rounds, NAIVE)

    assert tuple(each.model for each in found.recalibrations) == told
    assert all(each.total < 0.75 for each in found.recalibrations)


def test_factors_come_from_the_windows_given_and_from_no_other() -> None:
    """One window twice says what it says once; its own ratio, drawn a little to 1."""
    [window] = windows_of(lambda _k, truth: np.full(len(truth), 1.25), count=1)
    ratio = float(window[1].sum() / window[0].sum())

    once, twice = fitted([window]), fitted([window, window])

    assert min(ratio, 1.0) <= once.total <= max(ratio, 1.0)
    assert once.total == pytest.approx(ratio, rel=0.02)
    assert twice.total == pytest.approx(once.total, rel=0.01)
