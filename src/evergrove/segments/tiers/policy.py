"""A tier policy: which tiers there are, by which criteria, how these combine, and how slowly a tier changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from evergrove.segments.codes import PREDICTED, REALISED, TIERS, Criterion, Tier
from evergrove.segments.types import TierBounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.settings import TierSettings

Combination = Literal["median", "all", "spend_first", "weighted", "predicted"]
Basis = Literal["revenue", "margin", "net_profit"]


@dataclass(frozen=True)
class OwnTier:
    """
    One tier of a policy.

    Attributes:
        key: As it is published.
        like: Which of the usual four it plays as: in the choice of the playbook, and where a stage asks for high.
        names: Display name by language; the key where there is none.
    """

    key: str
    like: Tier
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hysteresis:
    """
    How slowly a tier changes.

    Attributes:
        promote_p: A predicted criterion rises where its bound is kept with at least this probability.
        demote_p: A criterion falls only where its bound is kept with at most this probability.
        fall_checks: On so many checks in a row.
        dwell_days: Least age of a band that falls.
        check_days: Days from one check to the next.
        protect_days: How long a tier that rose cannot fall. Well over the 90 days within which a return counts as a
            flap: with just these, the falls would all come the day after.
        sure_p: With at most this probability checks of two nights in a row suffice.
    """

    promote_p: float = 0.6
    demote_p: float = 0.35
    fall_checks: int = 2
    dwell_days: int = 30
    check_days: int = 60
    protect_days: int = 150
    sure_p: float = 0.15


USUAL_TIERS = tuple(OwnTier(key, Tier(code)) for code, key in enumerate(TIERS))


@dataclass(frozen=True)
class TierPolicy:
    """
    By what customers are put in tiers.

    Attributes:
        name: Of the policy; "" for the one that the settings state.
        version: Counted by adoption; 0 where nobody has adopted it.
        tiers: The lowest first.
        bounds: Of each criterion, one for each tier above the lowest; empty: quantiles of the shop.
        choice: "fixed" as stated; "quantiles"; or "auto": quantiles where the bounds do not fit the shop.
        shares: By quantiles, the share of each tier above the lowest.
        combine: How bands become a tier.
        weights: Of each criterion, for "weighted".
        basis: What value is counted on in predicted criteria; "" takes the workspace's.
        frequency_basis: Whether the first order ever counts in the frequency.
        least_high_share: When fewer would be in the top tier, "auto" takes quantiles.
        hysteresis: How slowly tiers change.
    """

    name: str = ""
    version: int = 0
    tiers: tuple[OwnTier, ...] = USUAL_TIERS
    bounds: Mapping[Criterion, tuple[float, ...]] = field(default_factory=dict)
    choice: Literal["auto", "fixed", "quantiles"] = "fixed"
    shares: tuple[float, ...] = ()
    combine: Combination = "median"
    weights: Mapping[Criterion, float] = field(default_factory=dict)
    basis: Basis | Literal[""] = ""
    frequency_basis: Literal["repeat_orders", "orders"] = "repeat_orders"
    least_high_share: float = 0.01
    hysteresis: Hysteresis = field(default_factory=Hysteresis)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What is looked at, in the order of ``Criterion``."""
        return tuple(sorted(self.bounds))

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the tiers, the lowest first."""
        return tuple(tier.key for tier in self.tiers)

    @property
    def top(self) -> int:
        """Number of the top tier."""
        return len(self.tiers) - 1

    @property
    def is_usual(self) -> bool:
        """Whether its tiers are the usual four."""
        return self.keys == TIERS and all(tier.like == code for code, tier in enumerate(self.tiers))

    @property
    def is_standard(self) -> bool:
        """Whether its tiers are the usual ones as the median of the usual criteria, under whatever bounds."""
        return self.is_usual and self.criteria == REALISED and self.combine == "median"

    @property
    def looks_ahead(self) -> bool:
        """Whether a criterion is predicted."""
        return bool(set(self.criteria) & set(PREDICTED))

    @property
    def first_high(self) -> int | None:
        """Number of the lowest tier that plays as high; None where none does."""
        return next((rank for rank, tier in enumerate(self.tiers) if tier.like == Tier.HIGH), None)

    @property
    def ground(self) -> tuple[object, ...]:
        """What two nights must share for one to go on from the bands of the other."""
        return self.name, self.version, self.keys, self.criteria

    def stated(self) -> TierBounds:
        """The bounds as the policy states them; infinite where it leaves them to quantiles."""
        return self.with_bounds(self.bounds, "fixed")

    def with_bounds(
        self, bounds: Mapping[Criterion, tuple[float, ...]], basis: Literal["fixed", "quantiles"]
    ) -> TierBounds:
        """Bounds of its criteria under the keys of its tiers."""
        return TierBounds(
            spend=bounds.get(Criterion.SPEND, ()),
            frequency=bounds.get(Criterion.FREQUENCY, ()),
            average_order=bounds.get(Criterion.AVERAGE_ORDER, ()),
            basis=basis,
            clv_12m=bounds.get(Criterion.CLV_12M, ()),
            clv_total=bounds.get(Criterion.CLV_TOTAL, ()),
            tiers=self.keys,
        )


def policy_from(settings: TierSettings) -> TierPolicy:
    """The policy that the settings of [tiers] state: the usual four by the usual three."""
    bounds = {
        criterion: tuple(
            getattr(settings, f"{tier}_{criterion.name.lower()}") for tier in ("medium", "potential", "high")
        )
        for criterion in REALISED
    }
    return TierPolicy(
        bounds=bounds,
        choice=settings.bounds,
        shares=(settings.medium_share, settings.potential_share, settings.high_share),
        frequency_basis=settings.frequency_basis,
        least_high_share=settings.least_high_share,
        hysteresis=Hysteresis(
            promote_p=settings.promote_p,
            demote_p=settings.demote_p,
            fall_checks=settings.fall_checks,
            dwell_days=settings.dwell_days,
            check_days=settings.check_days,
            protect_days=settings.protect_days,
            sure_p=settings.sure_p,
        ),
    )
