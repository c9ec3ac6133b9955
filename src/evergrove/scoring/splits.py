"""Past origins as the models see them, from the customer base."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models import Summary
from evergrove.scoring.readiness import FEWEST_CUSTOMERS, FEWEST_REPEATERS
from evergrove.scoring.types import Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.core import Unit
    from evergrove.customers import CustomerBase, Origin
    from evergrove.models.types import Floats
    from evergrove.scoring.sample import Past


SHORTEST_CALIBRATION_DAYS = 13 * 7


@dataclass(frozen=True, eq=False)
class Histories:
    """
    A customer base as summaries: of today and of days in the past.

    Attributes:
        base: The customers.
        past: Where their past origins come from.
        unit: The models' unit of time.
        complete_from: Models are fitted on customers first seen on or after this day; earlier ones were
            customers before the data began. None: on all.
        complete_then: Day -> the same as told on that day, for past origins; None: today's view holds for them.
    """

    base: CustomerBase
    past: Past
    unit: Unit
    complete_from: date | None = None
    complete_then: Callable[[date], date | None] | None = None

    @cached_property
    def first_date(self) -> date:
        """The first order day."""
        return date.fromisoformat(str(self.base.first_order_date.min()))

    @cached_property
    def everybody(self) -> Summary:
        """Everybody, today."""
        return self.base.summary(self.unit)

    @cached_property
    def fitted(self) -> Summary:
        """Those that models are fitted on, today."""
        return _complete(self.everybody, self.base.first_order_date, self.complete_from)

    def split(self, origin: date, until: date) -> Split:
        """The customers as known on a day, beside what came in (origin, until]."""
        then = self.past.split(origin, until)
        calibration = then.summary(self.unit)
        last_purchases, last_spend = _repeats(then)
        begin = self.complete_from if self.complete_then is None else self.complete_then(origin)
        return Split(
            origin=origin,
            until=until,
            calibration=calibration,
            fitted=_complete(calibration, then.first_order_date, begin),
            purchases=then.after.purchases,
            spend=then.after.spend,
            last_purchases=last_purchases,
            last_spend=last_spend,
            first_order_date=then.first_order_date,
            next_days=then.after.next_days,
            last_next_days=then.before.next_days,
            last_silence=then.silence_before,
            last_year=then.last_year,
        )

    def before(self, split: Split) -> Split | None:
        """The origin one window before another, whose window ends on it; None where it lacks 13 weeks of history."""
        origin = split.origin - timedelta(days=split.days)
        if (origin - self.first_date).days < SHORTEST_CALIBRATION_DAYS:
            return None
        return self.split(origin, split.origin)


def _complete(summary: Summary, first_order_date: NDArray[np.datetime64], begin: date | None) -> Summary:
    """Those whose history is whole, unless they are too few to fit on: soon after the data begin."""
    if begin is None:
        return summary
    whole = rows_of(summary, first_order_date >= np.datetime64(begin))
    repeaters = int((whole.frequency > 0).sum())
    return whole if len(whole) >= FEWEST_CUSTOMERS and repeaters >= FEWEST_REPEATERS else summary


def _repeats(then: Origin) -> tuple[Floats, Floats | None]:
    """The flow before an origin without first purchases: days, and money where there are amounts."""
    window = np.timedelta64((then.until - then.origin).days, "D")
    first_in_it = then.first_order_date > np.datetime64(then.origin) - window
    days = then.before.purchases - first_in_it
    if then.before.spend is None:
        return days, None
    repeat_days = np.nan_to_num(then.monetary_value) * then.frequency
    first_day = np.nan_to_num(then.mean_day_spend) * (then.frequency + 1) - repeat_days
    return days, then.before.spend - np.where(first_in_it, first_day, 0.0)


def rows_of(summary: Summary, chosen: NDArray[np.bool_]) -> Summary:
    """Some rows of a summary."""

    def part(values: Floats | None) -> Floats | None:
        return None if values is None else values[chosen]

    return Summary(
        frequency=summary.frequency[chosen],
        recency=summary.recency[chosen],
        T=summary.T[chosen],
        unit=summary.unit,
        monetary_value=part(summary.monetary_value),
        mean_day_spend=part(summary.mean_day_spend),
        weight=part(summary.weight),
        observation_end=summary.observation_end,
        log_intervals=part(summary.log_intervals),
        credited=part(summary.credited),
    )
