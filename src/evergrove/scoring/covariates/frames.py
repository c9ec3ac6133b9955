"""``eg.value``: orders and what else is known of customers in, every customer's value out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import nan
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from evergrove.core import DAYS_PER_YEAR, UNITS, per_unit_rate
from evergrove.core.arguments import one_of, whole
from evergrove.customers import base_of, left_truncation
from evergrove.models.covariates import WithCovariates
from evergrove.scoring.choose import holdout_days
from evergrove.scoring.covariates.columns import Aligned
from evergrove.scoring.covariates.contest import HeldOut, contest_purchases, contest_spend, slopes_of
from evergrove.scoring.covariates.live import Everybody, lived
from evergrove.scoring.covariates.types import ByCovariates
from evergrove.scoring.returns import kept_share
from evergrove.scoring.sample import Past
from evergrove.scoring.spend import observed
from evergrove.scoring.splits import Histories, rows_of
from evergrove.scoring.streams import stream
from evergrove.scoring.types import Interval, SpendConvention
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from evergrove.core import Unit
    from evergrove.customers import CustomerBase
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.covariates.contest import Known
    from evergrove.warehouse import Engine

CUSTOMERS = (
    "select cast(customer_id as varchar) as id from customer_summary order by customer_summary.customer_id"
)
THEN = """
select cast(customer_id as varchar) as id
from moves
where then_day <= $origin
group by moves.customer_id
order by moves.customer_id
"""
LEVELS = (0.10, 0.90)


def value(
    orders: Any,
    covariates: Any,
    *,
    id: str | None = None,  # noqa: A002 -- a notebook's word
    annual_rate: float = 0.10,
    observation_end: dt.date | str | None = None,
    unit: Unit = "week",
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    convention: SpendConvention = "all_days",
    seed: int = 1,
) -> ByCovariates:
    """
    Value every customer, with what is known of them besides their orders where that helps.

    On the default holdout each model is tried with the covariates and without; they are used, for purchases and
    for spend apart, where they gain more than one standard error of log score, and the chosen models are fitted
    again on all data. Customers from before the data began are scored and not fitted on.

    Args:
        orders: As in ``summarize``.
        covariates: A table, or columns by name: a column of customer ids, then numbers that do not change and were
            known from the first order on. Every customer needs a row.
        id: Name of the column of ids; default: the first.
        annual_rate: Effective annual discount rate.
        observation_end: The last day whose orders count; default: the last order day.
        unit: Unit of the models' parameters.
        customer: Name of the column in ``orders``; guessed when not given, as are the next two.
        date: Likewise.
        amount: Likewise.
        convention: Which days the spend model reads.
        seed: Of all draws.

    Raises:
        InvalidArgument: An argument is none of those above.
        CovariatesLacking: A customer has no covariates.
        EvergroveError: No model fits.
    """
    one_of("unit", unit, UNITS)
    one_of("convention", convention, get_args(SpendConvention))
    seed, delta = whole("seed", seed), per_unit_rate(annual_rate, unit)
    known = Aligned(covariates, id)
    with open_engine() as engine:
        named = {"customer": customer, "date": date, "amount": amount}
        base = base_of(engine, orders, observation_end, named)
        shop = _Shop(engine, base, known, unit)
        ids, own = shop.everybody()
        summary = base.summary(unit)
        complete = _whole(base.first_order_date, left_truncation(engine, base).fit_from)
        fitted, known_fitted = rows_of(summary, complete), {k: v[complete] for k, v in own.items()}
        held = shop.held_out()
        process, on_purchases = contest_purchases(held, fitted, known_fitted)
        spend, on_spend = (
            contest_spend(held, fitted, known_fitted, convention) if base.has_amounts else (None, None)
        )
    everybody = Everybody(summary, own, fitted, known_fitted, convention)
    amounts, effective = lived(process, spend, everybody, delta, rng=stream(seed, "outcomes"))
    low, high = np.quantile(amounts, LEVELS, axis=0)
    scores = _scores(process, spend, everybody, base.historic_value, annual_rate)
    if spend is not None:
        scores |= {"clv_12m_low": low, "clv_12m_high": high}
    bounds = (float(each) for each in np.quantile(amounts.sum(axis=1), LEVELS))
    total = Interval(nan, nan, nan) if spend is None else Interval(float(scores["clv_12m"].sum()), *bounds)
    return ByCovariates(process, spend, on_purchases, on_spend, ids, scores, total, effective)


def _whole(first_order_date: NDArray[np.datetime64], begin: dt.date | None) -> NDArray[np.bool_]:
    """Whose history is whole."""
    return np.asarray(first_order_date >= np.datetime64(begin or "0001-01-01"))


@dataclass(frozen=True, eq=False)
class _Shop:
    """Customers with their covariates, today and at the origin of the holdout."""

    engine: Engine
    base: CustomerBase
    known: Aligned
    unit: Unit

    def everybody(self) -> tuple[Any, Known]:
        """Ids and covariates of all customers, in the order of the base."""
        ids = self.engine.arrow(CUSTOMERS).column("id").to_numpy(zero_copy_only=False)
        return ids, self.known.of(ids)

    def held_out(self) -> HeldOut | None:
        """The default holdout; None where the history is too short for one."""
        base, engine = self.base, self.engine
        histories = Histories(base, Past(base.split), self.unit)
        days = holdout_days((base.observation_end - histories.first_date).days)
        if not days:
            return None
        origin = base.observation_end - timedelta(days=days)
        whole = Histories(
            base,
            Past(base.split),
            self.unit,
            complete_then=lambda day: left_truncation(engine, base, day).fit_from,
        )
        split = whole.split(origin, base.observation_end)
        ids = engine.arrow(THEN, origin=origin).column("id").to_numpy(zero_copy_only=False)
        fitted = np.ones(len(ids), dtype=np.bool_)
        if split.first_order_date is not None and len(split.fitted) < len(ids):
            fitted = _whole(split.first_order_date, left_truncation(engine, base, origin).fit_from)
        return HeldOut(split, self.known.of(ids), fitted)


def _scores(
    process: Fit[Any], spend: Fit[Any] | None, everybody: Everybody, historic: Floats, annual_rate: float
) -> dict[str, Floats]:
    """Every column but the interval's."""
    model, at = process.model, everybody.summary
    moved = isinstance(model, WithCovariates)
    own = ({name: everybody.known[name] for name in model.covariates},) if moved else ()
    history = (at.frequency, at.recency, at.T, *own)
    purchases = model.discounted_purchases(f"{DAYS_PER_YEAR} days", annual_rate, *history)
    per_day = np.full(len(at), nan) if spend is None else _per_day(spend, everybody)
    clv = per_day * model.discounted_expected_residual_transactions(annual_rate, *history)
    unknown = np.full(len(at), nan)
    return {
        "p_alive": model.probability_alive(*history),
        "expected_purchases_12m": model.expected_purchases(f"{DAYS_PER_YEAR} days", *history),
        "expected_spend": per_day,
        "historic_value": historic,
        "clv_12m": per_day * purchases,
        "clv_12m_low": unknown,
        "clv_12m_high": unknown,
        "clv": clv,
        "clv_total": historic + clv,
    }


def _per_day(spend: Fit[Any], everybody: Everybody) -> Floats:
    """Expected net amount of a purchase day, shape (n,)."""
    model, at = spend.model, everybody.summary
    more = (slopes_of(model, at, everybody.known),) if hasattr(model, "slopes") else ()
    expected = np.asarray(model.expected_spend(*observed(at, everybody.convention), *more))
    kept = kept_share(spend, at)
    return expected if kept is None else expected * kept
