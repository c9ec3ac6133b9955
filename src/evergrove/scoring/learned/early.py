"""Early value: what new customers will bring within a year, from their first order and their first thirty days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import InputError, _
from evergrove.core.arguments import whole
from evergrove.customers import left_truncation
from evergrove.models.learned import Growth, NeedsMl, Stretch, fit_value_head, ml_here
from evergrove.scoring.learned.early_judged import LEARNED, EarlyBackTest, gain_over_rival, judged
from evergrove.scoring.learned.early_rows import COLUMNS, EARLY_DAYS, EarlyRows, early_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.customers import CustomerBase
    from evergrove.models.learned import ValueHead
    from evergrove.models.types import Floats
    from evergrove.warehouse import Engine

YEAR_DAYS = 365
COHORT_DAYS = 90
"""New customers of a quarter are judged together."""
GROWTH = Growth(trees=50, leaves=2, least_leaf=25)
"""Five features need less; chosen like the defaults of ``Growth``, on shops that are judged nowhere."""
FEWEST = 300
FEWEST_BUYERS = 120


class NoCohortOver(InputError):
    """No earlier cohort's horizon is over, or too few came in it."""

    code = "scoring.no_cohort_over"
    message = _(
        "By {until}, {customers} {customers:customer has|customers have} been seen for {horizon} {horizon:day|days} from the first order on, of whom {buyers} came again after day {early}; learning needs {needed} and {needed_buyers}."
    )
    hint = _("Choose a shorter horizon, or give more history.")


class NoEarlyValue(InputError):
    """There is no early value to foretell."""

    code = "scoring.no_early_value"
    message = _("No early value over {horizon} {horizon:day|days} can be told.")
    hint = _("Orders need amounts, and the horizon has to be longer than {early} {early:day|days}.")


@dataclass(frozen=True, eq=False)
class EarlyValue:
    """
    New customers' value, foretold.

    Attributes:
        as_of: The last day whose orders counted.
        horizon_days: Counted from the first order.
        customer_id: Customers known for thirty days, but not yet for the horizon. Shape (n,).
        first_date: Of each the day of the first order. Shape (n,), datetime64[D].
        so_far: Net amount of their first thirty days. Shape (n,).
        to_come: Expected net amount from then to the horizon. Shape (n,).
        chance: P(a purchase from then to the horizon). Shape (n,).
        learned: Customers learned from.
        head: The model.
        back_test: None where the history does not reach back far enough.
    """

    as_of: date
    horizon_days: int
    customer_id: NDArray[Any]
    first_date: NDArray[np.datetime64]
    so_far: Floats
    to_come: Floats
    chance: Floats
    learned: int
    head: ValueHead
    back_test: EarlyBackTest | None

    @property
    def value(self) -> Floats:
        """Value from the first order to the horizon. Shape (n,)."""
        return self.so_far + self.to_come

    def columns(self) -> dict[str, Any]:
        """By name. Shape (n,) each."""
        return {
            "first_order_date": self.first_date,
            "so_far": self.so_far,
            "to_come": self.to_come,
            "chance": self.chance,
        }

    @property
    def table(self) -> Any:
        """One row per new customer, as an Arrow table."""
        import pyarrow as pa  # noqa: PLC0415 -- a notebook asks for it, the command line does not

        return pa.table({"customer_id": self.customer_id} | self.columns())


def learn_early_value(
    base: CustomerBase, engine: Engine, *, horizon_days: int = YEAR_DAYS, growth: Growth | None = None
) -> EarlyValue:
    """
    Foretell the value of new customers from the first order and the first thirty days.

    Learned from earlier customers whose horizon is over; customers whose horizon is over, and those known for
    less than thirty days, get no forecast. Where first-seen customers pile up at the start of the data, those
    of the pile are left out: their first order in the data is not their first.

    Args:
        base: The customers.
        engine: Holds their orders and refunds (see ``summarise``).
        horizon_days: Counted from the first order; longer than the thirty days.
        growth: Of the trees.

    Raises:
        NoEarlyValue: The orders have no amounts, or the horizon is no longer than thirty days.
        NeedsMl: scikit-learn is not installed.
        NoCohortOver: Too few customers' horizon is over.
    """
    horizon_days = whole("horizon_days", horizon_days)
    if not base.has_amounts or horizon_days <= EARLY_DAYS:
        raise NoEarlyValue(horizon=horizon_days, early=EARLY_DAYS)
    if not ml_here():
        raise NeedsMl
    as_of = base.observation_end
    rows = early_rows(engine, as_of, horizon_days)
    rows = rows.rows(left_truncation(engine, base).complete(rows.first_date))
    over = np.datetime64(as_of) - horizon_days
    head = _learned(rows.rows(rows.first_date <= over), horizon_days, as_of, growth)
    new = rows.rows(rows.first_date > over)
    return EarlyValue(
        as_of=as_of,
        horizon_days=horizon_days,
        customer_id=new.customer_id,
        first_date=new.first_date,
        so_far=new.early_spend,
        to_come=head.expected("spend", new.features)[:, 0],
        chance=head.chance(new.features)[:, 0],
        learned=int((rows.first_date <= over).sum()),
        head=head,
        back_test=early_back_test(rows, as_of, horizon_days, growth),
    )


def early_back_test(
    rows: EarlyRows, as_of: date, horizon_days: int, growth: Growth | None = None
) -> EarlyBackTest | None:
    """
    Judge the newest quarter of new customers whose horizon is over by what earlier ones taught.

    Args:
        rows: New customers.
        as_of: The last day whose orders count.
        horizon_days: Counted from the first order.
        growth: Of the trees.

    Returns:
        None where too few customers' horizon was over on the first day on which one of the judged would have
        been asked about, or where nothing came of the judged.
    """
    judged_until = as_of - timedelta(days=horizon_days)
    judged_from = judged_until - timedelta(days=COHORT_DAYS - 1)
    asked = judged_from + timedelta(days=EARLY_DAYS)
    learned_until = asked - timedelta(days=horizon_days)
    first = rows.first_date
    earlier = rows.rows(first <= np.datetime64(learned_until))
    asked_about = rows.rows((first >= np.datetime64(judged_from)) & (first <= np.datetime64(judged_until)))
    came = asked_about.late_spend
    try:
        head = _learned(earlier, horizon_days, asked, growth)
    except NoCohortOver:
        return None
    if not float(came.sum()) > 0:
        return None
    mean = float(earlier.late_spend.mean())
    said = {
        LEARNED: head.expected("spend", asked_about.features)[:, 0],
        "mean": np.full(len(asked_about), mean),
        "first_order": asked_about.first_amount * (mean / float(earlier.first_amount.mean())),
        "first_days": asked_about.early_spend * (mean / float(earlier.early_spend.mean())),
    }
    rival, gain = gain_over_rival(said, came)
    return EarlyBackTest(
        learned_until=learned_until,
        judged_from=judged_from,
        judged_until=judged_until,
        learned=len(earlier),
        customers=len(asked_about),
        came=float(came.sum()),
        judged=tuple(judged(name, forecast, came) for name, forecast in said.items()),
        rival=rival,
        gain=gain,
    )


def _learned(rows: EarlyRows, horizon_days: int, until: date, growth: Growth | None) -> ValueHead:
    form, bought = growth or GROWTH, rows.late_purchases > 0
    # Two leaves' worth of buyers in the two thirds that a recalibration is learned from, and some to spare.
    needed_buyers = max(FEWEST_BUYERS, ceil(3.2 * form.least_leaf))
    if len(rows) < FEWEST or int(bought.sum()) < needed_buyers:
        raise NoCohortOver(
            until=until,
            customers=len(rows),
            horizon=horizon_days,
            buyers=int(bought.sum()),
            early=EARLY_DAYS,
            needed=FEWEST,
            needed_buyers=needed_buyers,
        )
    everybody = np.ones(len(rows), dtype=np.bool_)
    stretch = Stretch(float(horizon_days), rows.features, bought, {"spend": rows.late_spend}, everybody)
    return fit_value_head([stretch], COLUMNS, form, {"spend": "early_spend"})
