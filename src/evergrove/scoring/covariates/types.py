"""What valuing with covariates hands over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.types import Interval


@dataclass(frozen=True)
class Contest:
    """
    A model with covariates against the best one without, on customers held out.

    Attributes:
        plain: Name of the model without.
        rival: Name of the one with.
        gain: Of log score, summed over customers; NaN where there is no holdout or the rival did not fit.
        standard_error: Of that paired gain.
        customers: Whom it rests on.
    """

    plain: str
    rival: str
    gain: float
    standard_error: float
    customers: int

    @property
    def wins(self) -> bool:
        """Whether covariates are used: they gain more than one standard error."""
        return self.gain > self.standard_error


@dataclass(frozen=True, eq=False)
class ByCovariates:
    """
    Every customer's value, with covariates where they help.

    Attributes:
        process: Fit of the purchase model on all data.
        spend: Fit of the spend model; None without amounts.
        on_purchases: Whether covariates help to foretell purchases.
        on_spend: Whether they help to foretell spend; None without amounts.
        customers: Ids as text. Shape (n,).
        scores: p_alive, expected_purchases_12m, expected_spend, historic_value, clv_12m, clv_12m_low,
            clv_12m_high, clv and clv_total by name, as in the published customers; money is revenue, NaN without
            amounts. Shape (n,) each.
        total: Sum of clv_12m with its bounds: parameters and outcomes, not the error of past forecasts.
        effective: How many independent draws of the purchase parameters the intervals rest on.
    """

    process: Fit[Any]
    spend: Fit[Any] | None
    on_purchases: Contest
    on_spend: Contest | None
    customers: Any
    scores: dict[str, Floats]
    total: Interval
    effective: float

    @property
    def table(self) -> Any:
        """An Arrow table: a row per customer."""
        import pyarrow as pa  # noqa: PLC0415 -- only notebooks need it

        return pa.table({"customer_id": self.customers, **self.scores})
