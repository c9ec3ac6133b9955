"""Simulated histories obey the processes' published expectations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.simulation import (
    Histories,
    simulate_bg_nbd,
    simulate_mbg_nbd,
    simulate_pareto_nbd,
    simulate_spend,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.core import Unit


@dataclass(frozen=True)
class Pareto:
    """Published parameters of Pareto/NBD."""

    r: float
    alpha: float
    s: float
    beta: float
    unit: Unit = "week"


@dataclass(frozen=True)
class Coins:
    """Published parameters of BG/NBD or MBG/NBD."""

    r: float
    alpha: float
    a: float
    b: float
    unit: Unit = "week"


@dataclass(frozen=True)
class Spend:
    """Published parameters of Gamma-Gamma."""

    p: float
    q: float
    gamma: float


CDNOW_PARETO = Pareto(0.55328, 10.57768, 0.60624, 11.66873)
CDNOW_BG = Coins(0.2425945, 4.4136019, 0.7929199, 2.4258881)
CDNOW_MBG = Coins(0.525, 6.183, 0.891, 1.614)
CDNOW_SPEND = Spend(6.2496, 3.7442, 15.4435)
CUSTOMERS = 100_000


def standard_error(values: NDArray[Any]) -> float:
    """Of a mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


@pytest.mark.parametrize(
    ("simulate", "model", "published"),
    [(simulate_pareto_nbd, CDNOW_PARETO, 1.473434), (simulate_bg_nbd, CDNOW_BG, 1.444004)],
)
def test_repeat_purchases_in_a_year_have_the_published_mean(
    simulate: Callable[..., Histories], model: object, published: float
) -> None:
    """E[X(52)] of the CDNOW customers is printed by the package that simulated nothing."""
    x = simulate(model, CUSTOMERS, weeks=52, seed=7).frequency

    assert abs(x.mean() - published) < 4 * standard_error(x)


def test_bg_nbd_gives_the_published_share_without_a_repeat() -> None:
    """P(X(39) = 0) at (.243, 4.414, .793, 2.426) is .5737864 in the manual of BTYD."""
    x = simulate_bg_nbd(Coins(0.243, 4.414, 0.793, 2.426), CUSTOMERS, weeks=39, seed=3).frequency

    assert abs((x == 0).mean() - 0.5737864) < 4 * standard_error(x == 0)


def test_those_who_leave_at_once_under_mbg_are_a_over_a_plus_b() -> None:
    """The coin after the first purchase has the mean of the Beta distribution."""
    histories = simulate_mbg_nbd(CDNOW_MBG, CUSTOMERS, weeks=39, seed=5)

    left_at_once = histories.lifetime == 0

    assert abs(left_at_once.mean() - 0.891 / (0.891 + 1.614)) < 4 * standard_error(left_at_once)


def test_nobody_leaves_before_a_repeat_purchase_under_bg() -> None:
    """BG/NBD throws its first coin after the first repeat."""
    histories = simulate_bg_nbd(CDNOW_BG, 20_000, weeks=39, seed=5)

    assert histories.alive[histories.frequency == 0].all()
    assert not histories.alive.all()


@pytest.mark.parametrize(
    ("simulate", "model"),
    [(simulate_pareto_nbd, CDNOW_PARETO), (simulate_bg_nbd, CDNOW_BG), (simulate_mbg_nbd, CDNOW_MBG)],
)
def test_nobody_buys_after_leaving_and_counts_add_up(
    simulate: Callable[..., Histories], model: object
) -> None:
    """Transactions lie within life and observation; splitting the window loses none."""
    histories = simulate(model, 5_000, weeks=78, seed=11, entry_weeks=12)
    end = histories.lifetime[histories.customer]

    assert (histories.age <= end).all()
    assert (histories.time <= 78).all()
    assert (np.diff(histories.age)[np.diff(histories.customer) == 0] > 0).all()
    early = histories.summary_at(39)
    born = histories.born_by(39)
    assert len(early) == born.sum()
    whole = histories.frequency[born]
    assert (early.frequency + histories.purchases_between(39, 78)[born] == whole).all()


def test_arrivals_are_evenly_scattered_given_their_number() -> None:
    """Under a Poisson process the ages of customers who never leave are uniform over the window."""
    immortal = Pareto(2.0, 10.0, 1.0, 1e12)
    histories = simulate_pareto_nbd(immortal, 20_000, weeks=52, seed=2)
    ages = np.sort(histories.age[histories.age > 0]) / 52

    distance = np.abs(ages - (np.arange(len(ages)) + 0.5) / len(ages)).max()

    assert distance < 1.63 / np.sqrt(len(ages))  # Kolmogorov's 1 % point


def test_the_unit_of_the_parameters_is_the_unit_of_the_ages() -> None:
    """Parameters per day give the same customers with ages in days."""
    weekly = simulate_bg_nbd(CDNOW_BG, 2_000, weeks=39, seed=1)
    daily = simulate_bg_nbd(
        Coins(0.2425945, 4.4136019 * 7, 0.7929199, 2.4258881, unit="day"), 2_000, weeks=39, seed=1
    )

    np.testing.assert_array_equal(daily.customer, weekly.customer)
    np.testing.assert_allclose(daily.age, weekly.age * 7, rtol=1e-9)


def test_mean_spend_is_that_of_gamma_gamma() -> None:
    """E[mean spend] = p gamma / (q - 1), about 35.17 on CDNOW."""
    amounts, means = simulate_spend(CDNOW_SPEND, np.repeat(np.arange(CUSTOMERS), 2), CUSTOMERS, seed=4)

    published = 6.2496 * 15.4435 / (3.7442 - 1)

    assert abs(means.mean() - published) < 4 * standard_error(means)
    assert abs(amounts.reshape(-1, 2).mean(axis=1).mean() - means.mean()) < 4 * standard_error(
        amounts.reshape(-1, 2).mean(axis=1) - means
    )
