"""Value tiers: a band for each criterion, the median of the three, and which criterion decided."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import NO_CODE, REALISED, TIERS, Criterion, Tier
from evergrove.segments.measures.ranks import rank_bounds
from evergrove.segments.tiers.combine import combined
from evergrove.segments.tiers.notices import (
    NoBoundOfHigh,
    QuantilesForCurrency,
    QuantilesForFewHigh,
    QuantilesWithoutYuan,
)
from evergrove.segments.tiers.policy import TierPolicy, policy_from
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


USUAL = TierPolicy(bounds=dict.fromkeys(REALISED, ()))
"""The usual four tiers as the median of the usual three criteria."""


def criteria_of(
    spend_12m: Floats,
    orders_12m: Numbers,
    repeat_orders_12m: Numbers,
    aov_12m: Floats,
    settings: TierSettings | TierPolicy,
    *,
    clv_12m: Floats | None = None,
    clv_total: Floats | None = None,
) -> Criteria:
    """The figures that tiers look at; which orders count in the frequency is a setting."""
    counted = repeat_orders_12m if settings.frequency_basis == "repeat_orders" else orders_12m
    return Criteria(spend_12m, counted, np.round(aov_12m, DECIMALS), clv_12m, clv_total)


def fixed_bounds(settings: TierSettings) -> TierBounds:
    """The bounds of the settings."""
    return policy_from(settings).stated()


def quantile_bounds(criteria: Criteria, settings: TierSettings | TierPolicy) -> TierBounds:
    """
    Bounds at this shop's own quantiles, over customers with a value > 0 in the criterion.

    A value of 0 is therefore always below the lowest bound. Equal values share their mid-rank.
    """
    policy = settings if isinstance(settings, TierPolicy) else policy_from(settings)
    return policy.with_bounds(
        {each: _quantiles(criteria[each], policy) for each in policy.criteria}, "quantiles"
    )


def _quantiles(values: Numbers, policy: TierPolicy) -> tuple[float, ...]:
    above = 1.0
    shares: list[float] = []
    for share in reversed(policy.shares):
        above -= share
        shares.insert(0, max(0.0, above))
    return tuple(rank_bounds(values[values > 0], shares))


def _stated(criteria: Criteria, policy: TierPolicy) -> TierBounds:
    """Bounds as stated, and quantiles where a criterion states none."""
    open_ones = [each for each, bounds in policy.bounds.items() if not bounds]
    found = {each: _quantiles(criteria[each], policy) for each in open_ones}
    return policy.with_bounds({**policy.bounds, **found}, "quantiles" if open_ones else "fixed")


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
        bands: ``Tier`` codes, shape (3, n), rows as the first three of ``Criterion``.
    """
    return combined(bands, USUAL)


def deciding_criteria(bands: Codes, tier: Codes, criteria: Sequence[Criterion] = REALISED) -> Codes:
    """The criteria whose band is the tier, as bits; 0 where too few orders kept a customer from high."""
    bits = np.zeros(len(tier), dtype=np.int8)
    for row, criterion in enumerate(criteria):
        bits += (bands[row] == tier).astype(np.int8) << criterion
    return bits


def tiers_by(criteria: Criteria, bounds: TierBounds, policy: TierPolicy = USUAL) -> Tiering:
    """Tiers under given bounds, as a policy combines them; the three usual criteria by their median."""
    bands = np.stack([band(criteria[criterion], bounds[criterion]) for criterion in policy.criteria])
    rank = combined(bands, policy)
    deciding = deciding_criteria(bands, rank, policy.criteria)
    if policy.is_usual:
        return Tiering(rank, bands, deciding, bounds, policy.criteria)
    return Tiering(played_as(rank, policy), bands, deciding, bounds, policy.criteria, own=rank)


def played_as(rank: Codes, policy: TierPolicy) -> Codes:
    """Which of the usual four each of the policy's tiers plays as. NO_CODE stays. Shape (n,)."""
    if policy.is_usual:
        return rank
    return np.array([*(tier.like for tier in policy.tiers), NO_CODE], dtype=np.int8)[rank]


def assign_tiers(
    criteria: Criteria, settings: TierSettings | TierPolicy, currency: str
) -> tuple[Tiering, tuple[EvergroveWarning, ...]]:
    """
    Tiers for every customer, under the bounds that fit this shop.

    Args:
        criteria: The last 12 months, and what is predicted where the policy asks for it. Shape (n,) each.
        settings: Bounds, and whether they hold ("fixed"), are quantiles, or whichever fits ("auto").
        currency: As declared; "" if not.

    Returns:
        The tiers, and what must be said about their bounds.
    """
    policy = settings if isinstance(settings, TierPolicy) else policy_from(settings)
    if policy.choice == "quantiles":
        return tiers_by(criteria, quantile_bounds(criteria, policy), policy), ()
    if policy.choice == "auto" and currency != POLICY_CURRENCY:
        bounds = quantile_bounds(criteria, policy)
        begins = _beginning_of_high(bounds)
        unlike = (
            QuantilesForCurrency(currency=currency, **begins) if currency else QuantilesWithoutYuan(**begins)
        )
        return tiers_by(criteria, bounds, policy), (unlike, *_missing_bounds(bounds))
    tiering = tiers_by(criteria, _stated(criteria, policy), policy)
    reached, customers = int(np.count_nonzero(tiering.ranks == policy.top)), len(tiering.tier)
    if policy.choice == "fixed" or reached >= policy.least_high_share * customers:
        return tiering, ()
    bounds = quantile_bounds(criteria, policy)
    warning = QuantilesForFewHigh(reached=reached, customers=customers, **_beginning_of_high(bounds))
    return tiers_by(criteria, bounds, policy), (warning, *_missing_bounds(bounds))


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


def no_tiers(customers: int, policy: TierPolicy = USUAL) -> Tiering:
    """What stands for tiers where the data have no amounts."""
    nothing = np.full(customers, NO_CODE, dtype=np.int8)
    bands = np.full((len(policy.criteria), customers), NO_CODE, dtype=np.int8)
    deciding = np.zeros(customers, dtype=np.int8)
    return Tiering(nothing, bands, deciding, None, policy.criteria, None if policy.is_usual else nothing)


def _beginning_of_high(bounds: TierBounds) -> dict[str, str]:
    spend, orders, average_order = (bounds[criterion][-1] for criterion in REALISED)
    return {
        "spend": amount(spend),
        "orders": f"{orders:g}" if isfinite(orders) else NO_BOUND,
        "average_order": amount(average_order),
    }


def _missing_bounds(bounds: TierBounds) -> tuple[EvergroveWarning, ...]:
    return () if all(isfinite(bounds[criterion][-1]) for criterion in bounds.criteria) else (NoBoundOfHigh(),)


def amount(value: float) -> str:
    """An amount for a sentence, with two decimals unless it is whole; a dash for a bound that nobody reaches."""
    return f"{value:,.2f}".removesuffix(".00") if isfinite(value) else NO_BOUND
