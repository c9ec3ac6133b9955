"""Tiers as the definitions state them: bands, their median, and bounds that fit the shop."""

from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.segments.codes import NO_CODE, REALISED, Criterion, Tier
from evergrove.segments.tiers.assign import (
    amount,
    assign_tiers,
    band,
    combine,
    criteria_of,
    decided_by,
    fixed_bounds,
    no_tiers,
    quantile_bounds,
    tiers_by,
)
from evergrove.segments.tiers.notices import (
    NoBoundOfHigh,
    QuantilesForCurrency,
    QuantilesForFewHigh,
    QuantilesWithoutYuan,
)
from evergrove.segments.types import Criteria, TierBounds
from evergrove.settings import TierSettings

POLICY = fixed_bounds(TierSettings())
LOW, MEDIUM, POTENTIAL, HIGH = Tier


def customers(*rows: tuple[float, float, float]) -> Criteria:
    """Customers written as (spend, frequency, average order)."""
    spend, frequency, average_order = np.array(rows, dtype=np.float64).T
    return Criteria(spend, frequency, average_order)


def tier_of(spend: float, frequency: float, average_order: float, bounds: TierBounds = POLICY) -> Tier:
    """The tier of one customer."""
    return Tier(int(tiers_by(customers((spend, frequency, average_order)), bounds).tier[0]))


@pytest.mark.parametrize(
    ("criterion", "value", "expected"),
    [
        (Criterion.SPEND, 5000, HIGH),
        (Criterion.SPEND, 4999.99, POTENTIAL),
        (Criterion.SPEND, 2000, POTENTIAL),
        (Criterion.SPEND, 1999.99, MEDIUM),
        (Criterion.SPEND, 1000, MEDIUM),
        (Criterion.SPEND, 999.99, LOW),
        (Criterion.SPEND, -50, LOW),
        (Criterion.FREQUENCY, 6, HIGH),
        (Criterion.FREQUENCY, 5, POTENTIAL),
        (Criterion.FREQUENCY, 3, POTENTIAL),
        (Criterion.FREQUENCY, 2, MEDIUM),
        (Criterion.FREQUENCY, 1, MEDIUM),
        (Criterion.FREQUENCY, 0, LOW),
        (Criterion.AVERAGE_ORDER, 800, HIGH),
        (Criterion.AVERAGE_ORDER, 799.99, POTENTIAL),
        (Criterion.AVERAGE_ORDER, 400, POTENTIAL),
        (Criterion.AVERAGE_ORDER, 200, MEDIUM),
        (Criterion.AVERAGE_ORDER, 199.99, LOW),
        (Criterion.AVERAGE_ORDER, np.nan, LOW),  # no order in the 12 months
    ],
)
def test_bands_are_half_open_and_the_bound_belongs_to_the_upper_one(
    criterion: Criterion, value: float, expected: Tier
) -> None:
    """5000 a year is high, and so on down the table of the policy."""
    assert band(np.array([value]), POLICY[criterion]).tolist() == [expected]


@pytest.mark.parametrize("bands", list(product(Tier, repeat=3)))
def test_the_tier_is_the_median_band_but_high_needs_potential_in_frequency(
    bands: tuple[Tier, Tier, Tier],
) -> None:
    """All 64 combinations of three bands, against a sort."""
    median = sorted(bands)[1]
    expected = POTENTIAL if median == HIGH and bands[Criterion.FREQUENCY] < POTENTIAL else median

    assert combine(np.array(bands, dtype=np.int8).reshape(3, 1)).tolist() == [expected]


@pytest.mark.parametrize(
    ("spend", "frequency", "average_order", "expected", "deciding"),
    [
        (6000, 7, 857, HIGH, {"SPEND", "FREQUENCY", "AVERAGE_ORDER"}),
        (6000, 2, 3000, POTENTIAL, set[str]()),  # two large orders: not loyal, so not high
        (6000, 3, 1500, HIGH, {"SPEND", "AVERAGE_ORDER"}),
        (5400, 9, 600, HIGH, {"SPEND", "FREQUENCY"}),
        (2500, 1, 1250, POTENTIAL, {"SPEND"}),
        (1500, 4, 300, MEDIUM, {"SPEND", "AVERAGE_ORDER"}),
        (900, 0, 900, LOW, {"SPEND", "FREQUENCY"}),
    ],
)
def test_which_criterion_decided_is_the_one_in_the_band_of_the_tier(
    spend: float, frequency: float, average_order: float, expected: Tier, deciding: set[str]
) -> None:
    """Customers worked by hand; nothing decided alone where too few orders kept a customer from high."""
    tiering = tiers_by(customers((spend, frequency, average_order)), POLICY)

    assert tiering.tier.tolist() == [expected]
    assert {c.name for c in Criterion if tiering.deciding[0] >> c & 1} == deciding


def test_the_table_of_what_decided_counts_every_customer_once() -> None:
    """Tier by tier, the best first; criteria that agree stand together."""
    rows = [(6000, 7, 857), (6000, 2, 3000), (5400, 9, 600), (2500, 1, 1250), (900, 0, 900), (0, 0, 0)]
    tiering = tiers_by(customers(*rows), POLICY)

    assert decided_by(tiering) == {
        "high": {"spend+frequency": 1, "spend+frequency+average_order": 1},
        "potential": {"too_few_orders": 1, "spend": 1},
        "low": {"spend+frequency": 1, "spend+frequency+average_order": 1},
    }
    assert decided_by(no_tiers(3)) == {}


figures = st.one_of(st.floats(-1e5, 1e5), st.sampled_from([0.0, 1000.0, 2000.0, 5000.0, 800.0, 6.0, 3.0]))
levels = st.lists(st.floats(0, 1e4), min_size=3, max_size=3).map(sorted)


@st.composite
def any_bounds(draw: st.DrawFn) -> TierBounds:
    """Bounds in order, whatever they are."""
    spend, frequency, average_order = (draw(levels) for _criterion in REALISED)
    return TierBounds(
        (spend[0], spend[1], spend[2]),
        (frequency[0], frequency[1], frequency[2]),
        (average_order[0], average_order[1], average_order[2]),
        "fixed",
    )


@given(figures, figures, figures, any_bounds())
def test_tiers_are_total(spend: float, frequency: float, average_order: float, bounds: TierBounds) -> None:
    """Every customer has exactly one tier, whatever the figures and bounds."""
    assert tier_of(spend, frequency, average_order, bounds) in Tier


@given(figures, figures, figures, st.sampled_from(REALISED), st.floats(0, 1e5), any_bounds())
def test_tiers_are_monotone_in_each_criterion(
    spend: float, frequency: float, average_order: float, better: Criterion, by: float, bounds: TierBounds
) -> None:
    """A better figure never lowers the tier."""
    more = [by if criterion == better else 0.0 for criterion in REALISED]

    before = tier_of(spend, frequency, average_order, bounds)
    assert before <= tier_of(spend + more[0], frequency + more[1], average_order + more[2], bounds)


def seed_cells() -> tuple[Criteria, Criteria]:
    """1 to 14 orders a year at 50 to 3000 an order, the frequency counted as orders and as repeat orders."""
    grid = np.meshgrid(np.arange(1, 15), np.arange(50, 3001), indexing="ij")
    orders, price = (axis.ravel().astype(np.float64) for axis in grid)
    return Criteria(orders * price, orders, price), Criteria(orders * price, orders - 1, price)


def closed_rows(criteria: Criteria) -> dict[Tier, np.ndarray]:
    """The table of the brief read literally: every figure within its row, both ends included."""
    rows = {
        HIGH: ((5000, np.inf), (6, np.inf), (800, np.inf)),
        POTENTIAL: ((2000, 5000), (3, 5), (400, 800)),
        MEDIUM: ((1000, 2000), (1, 2), (200, 400)),
        LOW: ((-np.inf, 1000), (-np.inf, 1), (-np.inf, 200)),
    }
    return {
        tier: np.logical_and.reduce(
            [
                (criteria[c] >= low) & (criteria[c] <= high)
                for c, (low, high) in zip(REALISED, row, strict=True)
            ]
        )
        for tier, row in rows.items()
    }


def test_the_table_read_literally_leaves_medium_empty_and_most_cells_without_a_row() -> None:
    """Orders = frequency and all three conditions at once: 2 orders x 400 = 800 never reaches 1000."""
    orders, repeats = seed_cells()
    for criteria, medium_possible, unplaced in ((orders, False, 0.95), (repeats, True, 0.94)):
        rows = closed_rows(criteria)
        rest = ~rows[HIGH]
        placed = rows[POTENTIAL] | rows[MEDIUM] | rows[LOW]

        assert rows[MEDIUM].any() == medium_possible
        assert (rest & ~placed).sum() / rest.sum() == pytest.approx(unplaced, abs=0.005)


def test_the_median_places_every_cell_and_leaves_no_tier_empty() -> None:
    """What the literal table calls high, potential, medium or low keeps that tier, save at shared ends."""
    for criteria in seed_cells():
        tier = tiers_by(criteria, POLICY).tier

        assert set(tier.tolist()) == set(Tier)
        assert (tier[closed_rows(criteria)[HIGH]] == HIGH).all()


def test_the_frequency_counts_repeat_orders_unless_the_setting_says_orders() -> None:
    """Six orders of which one is the first ever are five repeat orders: not the top band."""
    columns = (np.array([6000.0]), np.array([6]), np.array([5]), np.array([1000.0]))

    assert criteria_of(*columns, TierSettings()).frequency.tolist() == [5]
    assert criteria_of(*columns, TierSettings(frequency_basis="orders")).frequency.tolist() == [6]


def test_a_quotient_meets_a_bound_stated_in_decimals() -> None:
    """2400.30 / 3 is the bound 800.10, and not a hair less."""
    settings = TierSettings(high_average_order=800.10)
    spend = np.array([2400.30, 2400.29])
    criteria = criteria_of(spend, np.array([3, 3]), np.array([3, 3]), spend / 3, settings)

    assert band(criteria.average_order, fixed_bounds(settings).average_order).tolist() == [HIGH, POTENTIAL]


def test_quantile_bounds_are_the_top_5_next_15_next_30_of_those_with_a_value() -> None:
    """Of 100 customers with distinct spend, whatever the number without."""
    spend = np.concatenate([np.arange(1.0, 101.0), np.zeros(900)])
    criteria = Criteria(spend, spend, spend)

    bounds = quantile_bounds(criteria, TierSettings())
    tier = tiers_by(criteria, bounds).tier

    assert bounds.spend == (51.0, 81.0, 96.0)
    assert np.bincount(tier).tolist() == [50 + 900, 30, 15, 5]
    assert (tier[spend == 0] == LOW).all()


@given(st.lists(st.floats(-10, 1e4), min_size=1, max_size=60))
def test_a_value_of_zero_or_less_is_always_the_low_band_of_quantiles(values: list[float]) -> None:
    """Refunds beyond purchases are no value either."""
    array = np.array(values)
    bounds = quantile_bounds(Criteria(array, array, array), TierSettings())

    assert (band(array, bounds.spend)[array <= 0] == LOW).all()


def test_a_criterion_without_differences_makes_nobody_high_on_it() -> None:
    """All orders cost the same: the shared mid-rank is .5, the medium band; JSON has no infinity."""
    same = np.full(10, 99.0)
    bounds = quantile_bounds(Criteria(same, same, same), TierSettings())

    assert bounds.spend == (99.0, np.inf, np.inf)
    assert band(same, bounds.spend).tolist() == [MEDIUM] * 10
    assert bounds.as_json()["spend"] == {"medium": 99.0, "potential": None, "high": None}


def shop(high: int, others: int) -> Criteria:
    """A shop in which ``high`` customers reach the policy's top tier."""
    return customers(*[(9000, 9, 1000)] * high, *[(300 + k, 1, 150 + k) for k in range(others)])


@pytest.mark.parametrize(
    ("bounds", "currency", "high", "basis", "warning"),
    [
        ("auto", "CNY", 5, "fixed", None),
        ("auto", "CNY", 2, "fixed", None),  # 1 % is not under 1 %
        ("auto", "CNY", 1, "quantiles", QuantilesForFewHigh),
        ("auto", "", 5, "quantiles", QuantilesWithoutYuan),
        ("auto", "TWD", 5, "quantiles", QuantilesForCurrency),
        ("fixed", "TWD", 0, "fixed", None),
        ("quantiles", "CNY", 5, "quantiles", None),
    ],
)
def test_bounds_are_quantiles_without_yuan_or_when_few_would_be_high_and_it_is_said(
    bounds: Literal["auto", "fixed", "quantiles"],
    currency: str,
    high: int,
    basis: str,
    warning: type[Warning] | None,
) -> None:
    """200 customers; a setting that was made on purpose is followed without a word."""
    settings = TierSettings(bounds=bounds)

    tiering, warnings = assign_tiers(shop(high, 200 - high), settings, currency)

    assert tiering.bounds is not None
    assert tiering.bounds.basis == basis
    assert [type(w) for w in warnings] == ([] if warning is None else [warning])


def test_the_warning_says_where_high_begins_and_how_to_keep_ones_own_bounds() -> None:
    """The reader need not look anything up."""
    _tiering, (warning,) = assign_tiers(shop(1, 199), TierSettings(), "CNY")

    assert "only 1 of 200 customers would be high" in str(warning)
    assert "high begins at 490 a year" in str(warning)
    assert 'bounds = "fixed"' in str(warning)


def test_a_shop_in_another_currency_is_not_told_to_declare_yuan() -> None:
    """Its amounts are known to be something else: what helps is bounds of its own."""
    _tiering, (warning,) = assign_tiers(shop(5, 195), TierSettings(), "TWD")

    assert "its amounts are in TWD" in str(warning)
    assert "--currency" not in str(warning)
    assert 'bounds = "fixed"' in str(warning)


@pytest.mark.parametrize("currency", ["", "TWD", "CNY"])
def test_a_bound_that_nobody_reaches_is_a_dash_and_explained(currency: str) -> None:
    """Nobody bought twice, everybody paid the same: no infinity in a sentence."""
    _tiering, warnings = assign_tiers(customers(*[(300, 0, 300)] * 200), TierSettings(), currency)

    assert type(warnings[-1]) is NoBoundOfHigh
    assert "high begins at - a year, - repeat orders and - an order" in str(warnings[0])
    assert not any("inf" in str(warning) for warning in warnings)


def test_without_amounts_there_is_no_tier() -> None:
    """NULL, not low."""
    tiering = no_tiers(3)

    assert tiering.tier.tolist() == [NO_CODE] * 3
    assert tiering.bounds is None


@pytest.mark.parametrize(
    ("value", "text"), [(5000.0, "5,000"), (5783.71, "5,783.71"), (0.5, "0.50"), (-3.0, "-3")]
)
def test_amounts_in_sentences(value: float, text: str) -> None:
    """Two decimals unless whole."""
    assert amount(value) == text
