"""Value tiers: a band for each criterion, the median of the three, and which criterion decided."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import NO_CODE, TIERS, Criterion, Tier
from evergrove.segments.measures.ranks import rank_bounds
from evergrove.segments.tiers.notices import (
    NoBoundOfHigh,
    QuantilesForCurrency,
    QuantilesForFewHigh,
    QuantilesWithoutYuan,
)
from evergrove.segments.types import Criteria, TierBounds, Tiering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.core import EvergroveWarning
    from evergrove.models import Floats
    from evergrove.segments.types import Codes, Numbers
    from evergrove.settings import TierSettings

POLICY_CURRENCY = "CNY"
NO_BOUND = "-"
DECIMALS = 6  # a quotient such as 2400.30 / 3 must meet the bound 800.10 on every machine


def criteria_of(
    spend_12m: Floats,
    orders_12m: Numbers,
    repeat_orders_12m: Numbers,
    aov_12m: Floats,
    settings: TierSettings,
) -> Criteria:
    """The figures that tiers look at; which orders count in the frequency is a setting."""
    counted = repeat_orders_12m if settings.frequency_basis == "repeat_orders" else orders_12m
    return Criteria(spend=spend_12m, frequency=counted, average_order=np.round(aov_12m, DECIMALS))


def fixed_bounds(settings: TierSettings) -> TierBounds:
    """The bounds of the settings."""
    return TierBounds(
        spend=(settings.medium_spend, settings.potential_spend, settings.high_spend),
        frequency=(settings.medium_frequency, settings.potential_frequency, settings.high_frequency),
        average_order=(
            settings.medium_average_order,
            settings.potential_average_order,
            settings.high_average_order,
        ),
        basis="fixed",
    )


def quantile_bounds(criteria: Criteria, settings: TierSettings) -> TierBounds:
    """
    Bounds at this shop's own quantiles, over customers with a value > 0 in the criterion.

    A value of 0 is therefore always below the lowest bound. Equal values share their mid-rank.
    """
    high = 1.0 - settings.high_share
    potential = high - settings.potential_share
    shares = [max(0.0, potential - settings.medium_share), max(0.0, potential), high]

    def of(criterion: Criterion) -> tuple[float, float, float]:
        values = criteria[criterion]
        medium, upper, top = rank_bounds(values[values > 0], shares)
        return medium, upper, top

    return TierBounds(
        of(Criterion.SPEND), of(Criterion.FREQUENCY), of(Criterion.AVERAGE_ORDER), basis="quantiles"
    )


def band(values: Numbers, bounds: Sequence[float]) -> Codes:
    """The band of one criterion as ``Tier`` codes: the bound belongs to the upper band, NaN to the lowest."""
    bands = np.zeros(len(values), dtype=np.int8)
    for bound in bounds:
        bands += values >= bound
    return bands


def combine(bands: Codes) -> Codes:
    """
    The tier of three bands: their median, and high only with at least the potential band on frequency.

    Args:
        bands: ``Tier`` codes, shape (3, n), rows as ``Criterion``.
    """
    spend, frequency, average_order = bands
    median = np.maximum(np.minimum(spend, frequency), np.minimum(np.maximum(spend, frequency), average_order))
    too_seldom = (median == Tier.HIGH) & (frequency < Tier.POTENTIAL)
    return np.where(too_seldom, np.int8(Tier.POTENTIAL), median)


def deciding_criteria(bands: Codes, tier: Codes) -> Codes:
    """The criteria whose band is the tier, as bits; 0 where too few orders kept a customer from high."""
    bits = np.zeros(len(tier), dtype=np.int8)
    for criterion in Criterion:
        bits += (bands[criterion] == tier).astype(np.int8) << criterion
    return bits


def tiers_by(criteria: Criteria, bounds: TierBounds) -> Tiering:
    """Tiers under given bounds."""
    bands = np.stack([band(criteria[criterion], bounds[criterion]) for criterion in Criterion])
    tier = combine(bands)
    return Tiering(tier, bands, deciding_criteria(bands, tier), bounds)


def assign_tiers(
    criteria: Criteria, settings: TierSettings, currency: str
) -> tuple[Tiering, tuple[EvergroveWarning, ...]]:
    """
    Tiers for every customer, under the bounds that fit this shop.

    Args:
        criteria: The last 12 months. Shape (n,) each.
        settings: Bounds, and whether they hold ("fixed"), are quantiles, or whichever fits ("auto").
        currency: As declared; "" if not.

    Returns:
        The tiers, and what must be said about their bounds.
    """
    if settings.bounds == "quantiles":
        return tiers_by(criteria, quantile_bounds(criteria, settings)), ()
    if settings.bounds == "auto" and currency != POLICY_CURRENCY:
        bounds = quantile_bounds(criteria, settings)
        begins = _beginning_of_high(bounds)
        unlike = (
            QuantilesForCurrency(currency=currency, **begins) if currency else QuantilesWithoutYuan(**begins)
        )
        return tiers_by(criteria, bounds), (unlike, *_missing_bounds(bounds))
    tiering = tiers_by(criteria, fixed_bounds(settings))
    reached, customers = int(np.count_nonzero(tiering.tier == Tier.HIGH)), len(tiering.tier)
    if settings.bounds == "fixed" or reached >= settings.least_high_share * customers:
        return tiering, ()
    bounds = quantile_bounds(criteria, settings)
    warning = QuantilesForFewHigh(reached=reached, customers=customers, **_beginning_of_high(bounds))
    return tiers_by(criteria, bounds), (warning, *_missing_bounds(bounds))


def decided_by(tiering: Tiering) -> dict[str, dict[str, int]]:
    """
    How many customers of each tier which criteria decided: tier -> criteria -> customers, the best tier first.

    Criteria that agreed are joined by "+" ("spend+frequency"). "too_few_orders" are those whom the frequency
    alone kept from the top tier. What no customer has is left out; empty without amounts.
    """
    table: dict[str, dict[str, int]] = {}
    for tier in reversed(Tier):
        counts = np.bincount(tiering.deciding[tiering.tier == tier], minlength=1 << len(Criterion))
        if counts.any():
            table[TIERS[tier]] = {_criteria(bits): int(n) for bits, n in enumerate(counts) if n}
    return table


def _criteria(bits: int) -> str:
    names = [criterion.name.lower() for criterion in Criterion if bits >> criterion & 1]
    return "+".join(names) or "too_few_orders"


def no_tiers(customers: int) -> Tiering:
    """What stands for tiers where the data have no amounts."""
    nothing = np.full(customers, NO_CODE, dtype=np.int8)
    bands = np.full((len(Criterion), customers), NO_CODE, dtype=np.int8)
    return Tiering(nothing, bands, np.zeros(customers, dtype=np.int8), None)


def _beginning_of_high(bounds: TierBounds) -> dict[str, str]:
    spend, orders, average_order = (bounds[criterion][-1] for criterion in Criterion)
    return {
        "spend": amount(spend),
        "orders": f"{orders:g}" if isfinite(orders) else NO_BOUND,
        "average_order": amount(average_order),
    }


def _missing_bounds(bounds: TierBounds) -> tuple[EvergroveWarning, ...]:
    return () if all(isfinite(bounds[criterion][-1]) for criterion in Criterion) else (NoBoundOfHigh(),)


def amount(value: float) -> str:
    """An amount for a sentence, with two decimals unless it is whole; a dash for a bound that nobody reaches."""
    return f"{value:,.2f}".removesuffix(".00") if isfinite(value) else NO_BOUND
