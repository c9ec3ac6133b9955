"""What segments say of a customer: tier, stage, action, RFM, and the evidence for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from evergrove.segments.codes import NO_CODE, REALISED, TIERS, Criterion, Subscribed

if TYPE_CHECKING:
    from evergrove.core import EvergroveWarning
    from evergrove.models import Floats

Codes = NDArray[np.int8]
Bools = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
"""Calendar days, datetime64[D]; NaT for none."""
Numbers = NDArray[Any]
"""Counts and days as integers, or as floats where some are missing (NaN)."""


@dataclass(frozen=True, eq=False)
class Criteria:
    """
    The figures that tiers look at, aligned with ``customer_summary``.

    Attributes:
        spend: Net revenue of the last 12 months, in the run's currency. Shape (n,).
        frequency: Repeat orders in them, or orders by setting. Shape (n,).
        average_order: Net revenue / orders. Shape (n,); NaN without an order in the window.
        clv_12m: Expected value of the next 12 months. Shape (n,); None where no policy asks for it.
        clv_total: Value so far and expected. Shape (n,); None likewise.
    """

    spend: Floats
    frequency: Numbers
    average_order: Floats
    clv_12m: Floats | None = None
    clv_total: Floats | None = None

    def __getitem__(self, criterion: Criterion) -> Numbers:
        """The figure of one criterion, shape (n,); NaN for a prediction that nobody gave."""
        found = (self.spend, self.frequency, self.average_order, self.clv_12m, self.clv_total)[criterion]
        return np.full(len(self.spend), np.nan) if found is None else found


@dataclass(frozen=True)
class TierBounds:
    """
    Lower bounds per criterion, one for each tier above the lowest; infinite where nobody can reach a band.

    Attributes:
        spend: Of net revenue over 12 months; empty where the policy does not look at it, as for all others.
        frequency: Of the number of orders that count.
        average_order: Of the mean order.
        basis: "fixed" as stated, or "quantiles" of this shop.
        clv_12m: Of the value expected within 12 months.
        clv_total: Of the value so far and expected.
        tiers: Keys of the tiers, the lowest first.
    """

    spend: tuple[float, ...]
    frequency: tuple[float, ...]
    average_order: tuple[float, ...]
    basis: Literal["fixed", "quantiles"]
    clv_12m: tuple[float, ...] = ()
    clv_total: tuple[float, ...] = ()
    tiers: tuple[str, ...] = TIERS

    def __getitem__(self, criterion: Criterion) -> tuple[float, ...]:
        """The bounds of one criterion."""
        return (self.spend, self.frequency, self.average_order, self.clv_12m, self.clv_total)[criterion]

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What is looked at."""
        return tuple(criterion for criterion in Criterion if self[criterion])

    def as_json(self) -> dict[str, Any]:
        """For summary.json: criterion -> tier -> bound, None where nobody can reach it."""
        return {"basis": self.basis} | {
            criterion.name.lower(): {
                self.tiers[k + 1]: bound if np.isfinite(bound) else None
                for k, bound in enumerate(self[criterion])
            }
            for criterion in self.criteria
        }


@dataclass(frozen=True, eq=False)
class Tiering:
    """
    Tiers with the evidence for them, aligned with ``customer_summary``.

    Attributes:
        tier: ``Tier`` codes; NO_CODE for all without amounts. Shape (n,).
        bands: Band of each criterion as numbers of the policy's tiers, the lowest 0. Shape (c, n), rows as
            ``criteria``.
        deciding: Which criteria lie in the tier's band, as bits 1 << ``Criterion``. 0 where the tier would be
            high but for too few orders: then frequency decided. Shape (n,).
        bounds: The bounds in use; None without amounts.
        criteria: What was looked at.
        own: Numbers of the policy's own tiers; None where they are the usual four. Shape (n,).
    """

    tier: Codes
    bands: Codes
    deciding: Codes
    bounds: TierBounds | None
    criteria: tuple[Criterion, ...] = REALISED
    own: Codes | None = None

    def band(self, criterion: Criterion) -> Codes:
        """The band of one criterion, shape (n,); NO_CODE where nobody looked at it."""
        if criterion not in self.criteria:
            return np.full(len(self.tier), NO_CODE, dtype=np.int8)
        return np.asarray(self.bands[self.criteria.index(criterion)])

    @property
    def ranks(self) -> Codes:
        """The policy's own tiers, or the usual four where it has none. Shape (n,)."""
        return self.tier if self.own is None else self.own


@dataclass(frozen=True)
class Rhythm:
    """
    How long customers of this shop usually wait between two purchase days, all gaps taken together.

    Attributes:
        gaps: How many gaps there are.
        p80: The gap that 80 % do not exceed, in days; NaN without gaps.
        p95: The same for 95 %.
    """

    gaps: int
    p80: float
    p95: float


@dataclass(frozen=True)
class SilenceCut:
    """
    From which multiple of the 95 % gap silence means churned, for customers with one kind of rhythm.

    Attributes:
        stretch: Silence longer than this times the gap means churned; >= 1, infinite where silence of any
            length was followed by too many returns.
        source: Chosen on a "back_test", or 1 because there was too little to test on ("none").
        returned: Share of those beyond the cut that came back; NaN without a test.
        customers: How many stood beyond it at the test's origin.
    """

    stretch: float = 1.0
    source: Literal["back_test", "none"] = "none"
    returned: float = float("nan")
    customers: int = 0


@dataclass(frozen=True)
class CategoryRhythm:
    """
    The rhythm of customers who buy mostly in one category; see ``Rhythm``.

    Attributes:
        category: As order lines call it.
        gaps: How many gaps its customers have.
        p80: The gap that 80 % do not exceed, in days.
        p95: The same for 95 %.
    """

    category: str
    gaps: int
    p80: float
    p95: float


@dataclass(frozen=True)
class StageCuts:
    """
    Where churn and decline begin in this shop.

    Attributes:
        p_active: A chance of another purchase below this means churned; NaN where none can be given.
        shop: The shop's rhythm, for customers without one of their own.
        own_silence: For customers with a rhythm of their own.
        shop_silence: For customers measured by the shop's rhythm.
        hears_health: Whether low health is decline: where anything was told beside orders when the cuts were found.
        categories: Rhythms of categories with gaps enough, for customers without one of their own; empty without lines.
        category_silence: For customers measured by their category's rhythm.
        subscriptions: Whether the state of a subscription counts: where any was told when the cuts were found.
    """

    p_active: float
    shop: Rhythm
    own_silence: SilenceCut = SilenceCut()
    shop_silence: SilenceCut = SilenceCut()
    hears_health: bool = False
    categories: tuple[CategoryRhythm, ...] = ()
    category_silence: SilenceCut = SilenceCut()
    subscriptions: bool = False


@dataclass(frozen=True, eq=False)
class Trend:
    """
    Frequency in the last window against the one before, aligned with ``customer_summary``.

    Attributes:
        direction: ``Direction`` codes. Shape (n,).
        certainty: Of the direction that the two counts point to, 0..1; NaN where unknown. Shape (n,).
        ratio: Orders per day in the last window over those in the window before; NaN where unknown, infinite
            without an order in the window before. Shape (n,).
    """

    direction: Codes
    certainty: Floats
    ratio: Floats


@dataclass(frozen=True, eq=False)
class Heard:
    """
    What stages hear beside orders, aligned with ``customer_summary``. Shape (n,) each.

    Attributes:
        health: 0 to 100.
        login_silence: Days since the latest visit, login or use of the app; NaN where there was none.
    """

    health: Floats
    login_silence: Floats


@dataclass(frozen=True, eq=False)
class Surroundings:
    """
    What tables beside orders add to a history, aligned with ``customer_summary``. Shape (n,) each.

    Attributes:
        gap_p80: The gap that 80 % in the customer's category do not exceed; NaN with a rhythm of the customer's own,
            or without one of the category.
        gap_p95: The same for 95 %.
        subscription: ``Subscribed`` codes; NO_CODE without one, or where an order came after its end.
    """

    gap_p80: Floats
    gap_p95: Floats
    subscription: Codes

    @property
    def subscribes(self) -> Bools:
        """Whose subscription runs: how long he has been silent says nothing. Shape (n,)."""
        runs: Bools = (self.subscription != NO_CODE) & (self.subscription != Subscribed.ENDED)
        return runs


@dataclass(frozen=True, eq=False)
class Histories:
    """
    What stages look at, aligned with ``customer_summary``. Each of shape (n,).

    Attributes:
        orders: Paid orders so far.
        frequency: Purchase days after the first.
        age: Days since the first order (T).
        silence: Days since the last order (T - recency).
        p_active: Chance of another purchase in the coming ``active_days``; NaN where unknown.
        gap_p80: The gap that 80 % of the customer's own gaps do not exceed, in days; NaN with too few.
        gap_p95: The same for 95 %.
        returned_gap: The longest gap that ended within ``won_back_days``; NaN without one.
        recent_orders: Orders in the last trend window.
        previous_orders: Orders in the window before.
        heard: Health, and the silence of logins; None where stages do not hear them.
        around: Rhythms of categories, and subscriptions; None where there are neither.
    """

    orders: Numbers
    frequency: Numbers
    age: Numbers
    silence: Numbers
    p_active: Floats
    gap_p80: Floats
    gap_p95: Floats
    returned_gap: Floats
    recent_orders: Numbers
    previous_orders: Numbers
    heard: Heard | None = None
    around: Surroundings | None = None


@dataclass(frozen=True, eq=False)
class Rfm:
    """
    Recency, frequency and monetary value, each 1 (worst) to 5 by quintile, and the group. Shape (n,) each.

    Attributes:
        recency: Quintile of the last order day.
        frequency: Quintile of the number of orders.
        monetary: Quintile of net spend; NO_CODE for all without amounts.
        group: ``RfmGroup`` codes, from recency and frequency.
    """

    recency: Codes
    frequency: Codes
    monetary: Codes
    group: Codes


@dataclass(frozen=True, eq=False)
class Segments:
    """
    Where every customer stands and what to do, aligned with the rows of ``customer_summary``.

    Attributes:
        tiering: Tiers and which criterion decided.
        stage: ``Stage`` codes. Shape (n,).
        stage_rule: ``StageRule`` codes: why. Shape (n,).
        action: ``Action`` codes. Shape (n,).
        rfm: Scores and groups.
        trend: Of the frequency of orders.
        was_high: Churned, and of high tier at some month end of the last 24 months. Shape (n,).
        criteria: What tiers looked at.
        histories: What stages looked at.
        cuts: Where churn and decline began.
        warnings: What a reader of tiers and stages should know.
        outlook: What the models say of bounds that figures miss; None where they say nothing.
    """

    tiering: Tiering
    stage: Codes
    stage_rule: Codes
    action: Codes
    rfm: Rfm
    trend: Trend
    was_high: Bools
    criteria: Criteria
    histories: Histories
    cuts: StageCuts
    warnings: tuple[EvergroveWarning, ...] = ()
    outlook: Outlook | None = None

    @property
    def tier(self) -> Codes:
        """``Tier`` codes; NO_CODE where there is none. Shape (n,)."""
        return self.tiering.tier

    def columns(self) -> dict[str, Codes]:
        """The published columns as codes, by name; ``CODED_COLUMNS`` names the codes. NO_CODE means NULL."""
        return {
            "rfm_recency": self.rfm.recency,
            "rfm_frequency": self.rfm.frequency,
            "rfm_monetary": self.rfm.monetary,
            "rfm_group": self.rfm.group,
            "tier": self.tier,
            "stage": self.stage,
            "action": self.action,
        }

    def __len__(self) -> int:
        return len(self.stage)


class Outlook(Protocol):
    """What fitted models say; ``evergrove.segments.tiers.outlook.Outlook`` is one."""

    def keeps(  # noqa: D102 - as there
        self, criterion: Criterion, bound: Floats, rows: Numbers, after: Numbers | int = 0
    ) -> Floats: ...


class CustomerColumns(Protocol):
    """The columns of ``customer_summary`` that segments read, as numpy arrays of one row a customer."""

    @property
    def orders(self) -> Numbers: ...  # noqa: D102 - the columns are defined where they are published
    @property
    def frequency(self) -> Numbers: ...  # noqa: D102
    @property
    def recency(self) -> Numbers: ...  # noqa: D102
    @property
    def T(self) -> Numbers: ...  # noqa: D102, N802
    @property
    def historic_value(self) -> Floats: ...  # noqa: D102
    @property
    def spend_12m(self) -> Floats: ...  # noqa: D102
    @property
    def orders_12m(self) -> Numbers: ...  # noqa: D102
    @property
    def repeat_orders_12m(self) -> Numbers: ...  # noqa: D102
    @property
    def aov_12m(self) -> Floats: ...  # noqa: D102
    @property
    def orders_last_window(self) -> Numbers: ...  # noqa: D102
    @property
    def orders_prev_window(self) -> Numbers: ...  # noqa: D102
    @property
    def gap_p80(self) -> Floats: ...  # noqa: D102
    @property
    def gap_p95(self) -> Floats: ...  # noqa: D102
    @property
    def returned_gap(self) -> Floats: ...  # noqa: D102
