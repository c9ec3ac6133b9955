"""The shop keeps its word: its future comes as its truth expects, its export shows what was drawn."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.simulation import InvalidOption, Shop, ShopOptions, simulate_shop, world
from evergrove.simulation.truth import expected_purchase_days
from evergrove.simulation.world import CHANNELS, SEASONS, season_of_days

if TYPE_CHECKING:
    from evergrove.models import Floats


@pytest.fixture(scope="module")
def shop() -> Shop:
    """The demo's shop."""
    return simulate_shop()


def within_four_standard_errors(difference: Floats) -> bool:
    """Whether a sum of independent differences is nought but for chance."""
    return bool(abs(difference.sum()) < 4 * np.sqrt((difference**2).sum()))


def test_the_same_seed_gives_the_same_shop_and_another_seed_another() -> None:
    """Nothing but the options decides."""
    small = ShopOptions(customers=300)
    one, same, other = (simulate_shop(o) for o in (small, small, ShopOptions(customers=300, seed=8)))

    np.testing.assert_array_equal(one.orders.amount, same.orders.amount)
    np.testing.assert_array_equal(one.orders.ordered_at, same.orders.ordered_at)
    np.testing.assert_array_equal(one.truth.expected_spend_12m, same.truth.expected_spend_12m)
    assert not np.array_equal(one.orders.amount, other.orders.amount)


@pytest.mark.parametrize("what", ["purchases", "spend", "value"])
def test_what_comes_is_what_the_true_parameters_lead_to_expect(shop: Shop, what: str) -> None:
    """Realised less expected sums to nought, over all customers and over those of each channel."""
    truth = shop.truth
    gap = getattr(truth, f"realised_{what}_12m") - getattr(truth, f"expected_{what}_12m")
    channel = shop.people.channel[: len(truth)]

    assert within_four_standard_errors(gap)
    for n in range(len(CHANNELS)):
        assert within_four_standard_errors(gap[channel == n])


def test_the_dead_buy_nothing_and_expect_nothing(shop: Shop) -> None:
    """Who has left has neither a future nor an expectation of one."""
    dead = ~shop.truth.alive

    assert shop.truth.realised_purchases_12m[dead].sum() == 0
    assert shop.truth.expected_value_12m[dead].sum() == 0
    assert 0.3 < dead.mean() < 0.8


def test_expected_purchase_days_are_the_sum_over_days() -> None:
    """The sum over seasons equals the plain sum over days."""
    rate, dropout = np.array([0.01, 0.2, 0.0]), np.array([1e-12, 0.01, 0.5])
    season = season_of_days(date(2026, 7, 1), 365)
    day = np.arange(1, 366)
    delta = 0.0003

    plain = (
        -np.expm1(-rate[:, None] * season) * np.exp(-dropout[:, None] * (day - 1)) * np.exp(-delta * day)
    ).sum(axis=1)

    np.testing.assert_allclose(expected_purchase_days(rate, dropout, season, delta), plain, rtol=1e-12)


def test_seasons_average_to_one_and_november_is_busiest() -> None:
    """Over a year the season neither adds nor takes purchases."""
    season = season_of_days(date(2023, 7, 1), 3 * 365)

    assert abs(season[:365].mean() - 1) < 1e-12
    assert season.argmax() == (date(2023, 11, 1) - date(2023, 7, 1)).days
    assert [start for start, _factor in SEASONS] == sorted(start for start, _factor in SEASONS)


def test_the_export_ends_with_as_of_and_is_in_time_order(shop: Shop) -> None:
    """No row shows the future."""
    moments = shop.orders.ordered_at

    assert moments[-1].astype("datetime64[D]") == np.datetime64(shop.options.as_of)
    assert moments[0].astype("datetime64[D]") >= np.datetime64(shop.options.first_day)
    assert (np.diff(moments) >= np.timedelta64(0)).all()


def test_the_export_is_as_untidy_as_a_real_one(shop: Shop) -> None:
    """Refunds of both kinds, attempts, strangers and repeated rows are all there, and few."""
    orders = shop.orders
    share = {name: (orders.status == n).mean() for n, name in enumerate(world.STATUSES)}

    assert 0.005 < share["Refunded"] < 0.02
    assert 0.01 < share["Cancelled"] < 0.03
    assert 0.01 < share["Unpaid"] < 0.03
    assert (orders.amount[orders.status == world.REFUNDED] < 0).all()
    assert (orders.amount[orders.status != world.REFUNDED] > 0).all()
    assert (orders.refund <= np.maximum(orders.amount, 0)).all()
    assert (orders.refund > 0).any()
    assert (orders.amount % 100 == 0).all()  # whole cents
    repeated = len(orders) - len(np.unique(orders.number))
    assert 5 < repeated < 100
    paid = np.isin(orders.status, (world.COMPLETED, world.PAID))
    strangers = np.arange(len(shop.truth), len(shop.people))
    assert len(strangers) == 100
    assert not np.isin(orders.customer[paid], strangers).any()
    assert np.isin(strangers, orders.customer).all()


def test_channels_differ_in_what_their_customers_are_worth(shop: Shop) -> None:
    """Referred customers are worth a multiple of those from livestreams."""
    channel = shop.people.channel[: len(shop.truth)]
    names = [c.name for c in CHANNELS]
    worth = {name: shop.truth.expected_value_12m[channel == n].mean() for n, name in enumerate(names)}

    assert worth["Referral"] > 2 * worth["Douyin live"]
    assert abs(sum(c.share for c in CHANNELS) - 1) < 1e-12


def test_impossible_shops_are_refused() -> None:
    """The sentence names the option and the rule."""
    with pytest.raises(InvalidOption, match=r"1 to 999,999 customers; customers is 0"):
        ShopOptions(customers=0)
