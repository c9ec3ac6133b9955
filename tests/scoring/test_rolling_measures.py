"""Measures of a back-test: against figures from elsewhere, and against what they have to be whatever the data."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from evergrove.models import Summary
from evergrove.scoring.accuracy import area_under_curve, pit_masses, rank_correlation
from evergrove.scoring.rolling.measures import TENTHS, measure
from evergrove.scoring.rolling.pooling import pool
from evergrove.scoring.rolling.purposes import PURPOSES, gain, ranking_loss
from evergrove.scoring.rolling.types import Deciles, Forecast
from evergrove.scoring.types import Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.types import Floats
    from evergrove.scoring.rolling.types import Measures


def a_split(customers: int, seed: int) -> Split:
    """Anybody: counts with many zeros, amounts with a heavy tail."""
    random = np.random.default_rng(seed)
    x = random.poisson(2.0, customers).astype(np.float64)
    T = random.integers(30, 300, customers).astype(np.float64)
    summary = Summary(x, np.where(x > 0, T * 0.6, 0.0), T, unit="day")
    purchases = random.poisson(0.4 * (x + 0.5)).astype(np.float64)
    spend = purchases * random.lognormal(3.0, 1.0, customers)
    waits = np.where(purchases > 0, random.integers(1, 91, customers), np.nan)
    return Split(
        origin=date(2026, 1, 1),
        until=date(2026, 4, 1),
        calibration=summary,
        fitted=summary,
        purchases=purchases,
        spend=spend,
        last_purchases=x,
        last_spend=x,
        next_days=waits,
    )


def a_forecast(split: Split, seed: int, *, rounded: int = 8) -> Forecast:
    """Somebody's, better than chance; with few decimals there are ties."""
    random = np.random.default_rng(seed)
    n = len(split.purchases)
    purchases = np.round(0.4 * (split.calibration.frequency + 0.5) * random.lognormal(0.0, 0.3, n), rounded)
    active = np.clip(1 - np.exp(-purchases), 0.01, 0.99)
    upto = stats.poisson.cdf(split.purchases, purchases)
    return Forecast(
        purchases=purchases,
        spend=purchases * 30.0,
        active=active,
        log_score=stats.poisson.logpmf(split.purchases, np.maximum(purchases, 1e-3)),
        below=upto - stats.poisson.pmf(split.purchases, purchases),
        upto=upto,
        low=purchases * 5.0,
        high=purchases * 90.0,
        inside=random.uniform(size=n),
        next_days=random.uniform(1, 90, n),
    )


def numbers(found: Measures) -> dict[str, Any]:
    """Every single number, by name; tuples laid flat."""
    plain: dict[str, Any] = {}
    for each in fields(found):
        value = getattr(found, each.name)
        plain[each.name] = value.forecast + value.actual if isinstance(value, Deciles) else value
    return plain


def permuted(split: Split, said: Forecast, order: Any) -> tuple[Split, Forecast]:
    """The same customers in another order."""

    def moved(record: Any) -> dict[str, Any]:
        values = {each.name: getattr(record, each.name) for each in fields(record)}
        return {name: v[order] for name, v in values.items() if isinstance(v, np.ndarray)}

    at = split.calibration
    summary = Summary(at.frequency[order], at.recency[order], at.T[order], unit=at.unit)
    return replace(split, calibration=summary, fitted=summary, **moved(split)), replace(said, **moved(said))


@pytest.mark.parametrize("rounded", [8, 0])
def test_the_order_of_customers_means_nothing(rounded: int) -> None:
    """Ties are shared out, so that no figure moves when customers change places; with whole numbers most tie."""
    split = a_split(501, seed=3)
    said = a_forecast(split, seed=4, rounded=rounded)
    straight = numbers(measure(split, said))

    shuffled = permuted(split, said, np.random.default_rng(5).permutation(501))
    mixed = numbers(measure(*shuffled))

    for name, value in straight.items():
        assert mixed[name] == pytest.approx(value, rel=1e-9), name
    for purpose, loss in PURPOSES.items():
        one, other = loss(split, said), loss(*shuffled)
        assert one is not None
        assert other is not None
        assert other.value == pytest.approx(one.value, rel=1e-9), purpose


def test_who_says_the_same_of_everybody_ranks_nobody() -> None:
    """Ties are neutral: Gini 0, AUC one half, no rank correlation, whatever happened to whom."""
    split = a_split(400, seed=6)
    flat = np.full(400, 0.7)

    found = measure(split, Forecast(purchases=flat, spend=flat * 30, active=flat))

    assert found.gini == pytest.approx(0.0, abs=1e-12)
    assert found.auc == pytest.approx(0.5, abs=1e-12)
    assert np.isnan(found.spearman)


def test_measures_are_those_of_other_libraries() -> None:
    """Spearman and Mann-Whitney's U of SciPy, with ties; errors and log loss written down again."""
    split = a_split(700, seed=8)
    said = a_forecast(split, seed=9, rounded=1)
    assert split.spend is not None
    assert said.spend is not None
    assert said.active is not None
    came = split.purchases > 0

    found = measure(split, said)

    assert found.spearman == pytest.approx(stats.spearmanr(split.spend, said.spend).statistic)
    u = stats.mannwhitneyu(said.active[came], said.active[~came]).statistic
    assert found.auc == pytest.approx(u / (came.sum() * (~came).sum()))
    off = said.purchases - split.purchases
    assert found.mae == pytest.approx(np.mean(np.abs(off)))
    assert found.rmse == pytest.approx(np.sqrt(np.mean(off**2)))
    assert found.wape == pytest.approx(np.sum(np.abs(off)) / split.purchases.sum())
    assert found.brier == pytest.approx(np.mean((said.active - came) ** 2))
    likelihood = np.where(came, said.active, 1 - said.active)
    assert found.log_loss == pytest.approx(-np.mean(np.log(likelihood)))


def test_the_area_under_the_curve_and_rank_correlation_know_when_there_is_none() -> None:
    """With nobody to whom it happened, or one value throughout."""
    assert np.isnan(area_under_curve(np.array([0.2, 0.8]), np.array([False, False])))
    assert np.isnan(rank_correlation(np.array([1.0, 2.0]), np.array([3.0, 3.0])))


def test_the_expected_pit_is_what_drawing_comes_to() -> None:
    """Ten thousand draws of each customer's randomised PIT, counted in tenths."""
    random = np.random.default_rng(11)
    means = random.gamma(1.0, 1.0, 300)
    counts = random.poisson(means)
    upto = stats.poisson.cdf(counts, means)
    below = upto - stats.poisson.pmf(counts, means)

    masses = pit_masses(below, upto, TENTHS)

    drawn = below + random.uniform(size=(10_000, 300)) * (upto - below)
    counted = np.histogram(drawn, TENTHS)[0] / drawn.size
    assert masses.sum() == pytest.approx(1.0)
    # The mean over draws of a share in 300 customers: its error is below 1 / sqrt(4 n draws).
    np.testing.assert_allclose(masses, counted, atol=4 * 0.5 / np.sqrt(drawn.size))


def test_a_count_that_was_certain_has_its_pit_in_one_point() -> None:
    """No width: neither lost nor divided by nought; the last tenth holds its upper end."""
    certain = np.array([0.0, 0.35, 1.0])

    masses = pit_masses(certain, certain, TENTHS)

    assert masses.tolist() == pytest.approx([1 / 3, 0, 0, 1 / 3, 0, 0, 0, 0, 0, 1 / 3])


def test_origins_together_are_their_customers_in_one_list() -> None:
    """All but the ranking, which is a mean over origins."""
    splits = [a_split(n, seed) for n, seed in ((300, 21), (500, 22))]
    said = [a_forecast(split, 30 + k) for k, split in enumerate(splits)]
    parts = tuple(measure(split, each) for split, each in zip(splits, said, strict=True))

    pooled = pool(parts)

    together = measure(_joined(splits), _joined_forecast(said))
    ranked = {"spearman", "gini", "auc", "deciles", "reliability", "decile_error"}
    for name, value in numbers(together).items():
        if name not in ranked:
            assert numbers(pooled)[name] == pytest.approx(value, rel=1e-9), name
    assert pooled.gini == pytest.approx(np.mean([part.gini for part in parts]))
    assert pooled.deciles.actual == pytest.approx(
        (300 * np.array(parts[0].deciles.actual) + 500 * np.array(parts[1].deciles.actual)) / 800
    )


def test_what_one_origin_does_not_say_all_do_not() -> None:
    """A contender that gives chances at one origin only has no log loss over both."""
    splits = [a_split(100, 41), a_split(100, 42)]
    full, bare = a_forecast(splits[0], 43), Forecast(a_forecast(splits[1], 44).purchases)

    pooled = pool((measure(splits[0], full), measure(splits[1], bare)))

    assert pooled.log_loss is None
    assert pooled.spend is None
    assert pooled.mae == pytest.approx((measure(splits[0], full).mae + measure(splits[1], bare).mae) / 2)


@pytest.mark.parametrize("purpose", list(PURPOSES))
def test_a_standard_error_from_influences_is_that_of_a_bootstrap(purpose: Any) -> None:
    """The difference of two forecasters' losses on the same 800 customers, resampled 400 times."""
    split = a_split(800, seed=51)
    sides = [a_forecast(split, 52), a_forecast(split, 53, rounded=0)]
    loss: Callable[[Split, Forecast], Any] = PURPOSES[purpose]
    ours, theirs = (loss(split, side) for side in sides)

    found = gain([ours], [theirs])

    random = np.random.default_rng(54)
    drawn = []
    for _resample in range(400):
        rows = random.integers(0, 800, 800)
        resampled = [loss(*permuted(split, side, rows)) for side in sides]
        drawn.append(resampled[1].value - resampled[0].value)
    # A standard deviation from 400 draws has a relative error of 3.5 %; a bootstrap's own bias is of order 1/n.
    assert found.standard_error == pytest.approx(np.std(drawn, ddof=1), rel=0.15)
    assert abs(float(ours.influence.mean())) < 1e-12 * max(1.0, float(np.abs(ours.influence).max()))


def test_a_gain_counts_both_kinds_of_doubt() -> None:
    """Many customers who agree cannot outweigh origins that differ, nor the other way round."""
    split = a_split(50, seed=61)
    base = ranking_loss(split, a_forecast(split, 62))
    assert base is not None
    worse = [replace(base, value=base.value + step) for step in (-0.10, 0.30)]

    spread = gain([base, base], worse)
    noise = replace(base, influence=base.influence + np.tile([5.0, -5.0], 25))
    sampled = gain([base, base], [replace(noise, value=base.value + 0.1)] * 2)

    assert spread.mean == pytest.approx(0.1)
    assert spread.standard_error == pytest.approx(0.2)
    assert not spread.is_plain
    assert sampled.mean == pytest.approx(0.1)
    assert sampled.standard_error == pytest.approx(5 / np.sqrt(50) / np.sqrt(2))
    assert not sampled.is_plain


def _joined(splits: list[Split]) -> Split:
    def both(name: str) -> Floats:
        return np.concatenate([getattr(split, name) for split in splits])

    summaries = [split.calibration for split in splits]
    x, t_x, T = (
        np.concatenate([getattr(s, name) for s in summaries]) for name in ("frequency", "recency", "T")
    )
    summary = Summary(x, t_x, T, unit="day")
    return replace(
        splits[0],
        calibration=summary,
        fitted=summary,
        purchases=both("purchases"),
        spend=both("spend"),
        last_purchases=both("last_purchases"),
        last_spend=both("last_spend"),
        next_days=both("next_days"),
    )


def _joined_forecast(said: list[Forecast]) -> Forecast:
    names = [each.name for each in fields(Forecast) if each.name != "notes"]
    both: dict[str, Any] = {name: np.concatenate([getattr(each, name) for each in said]) for name in names}
    return Forecast(**both)
