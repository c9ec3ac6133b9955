"""Learned values over 3, 6, 12 and 24 months, each horizon taught by origins for which it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from itertools import pairwise
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER_YEAR, InputError, _
from evergrove.customers import at_origin, left_truncation
from evergrove.models.learned import Growth, NeedsMl, Stretch, ValueHead, fit_value_head, ml_here
from evergrove.scoring.learned.contender import FEWEST_BUYERS, FEWEST_ROWS, TooLittlePast
from evergrove.scoring.learned.features import SIZES, Features
from evergrove.scoring.rolling.origins import Views
from evergrove.scoring.sample import Past
from evergrove.scoring.splits import SHORTEST_CALIBRATION_DAYS, Histories

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.customers import CustomerBase
    from evergrove.models.types import Floats
    from evergrove.scoring.types import Split
    from evergrove.warehouse import Engine


class BadHorizons(InputError):
    """Horizons that are no growing chain."""

    code = "scoring.bad_horizons"
    message = _("months = {months} is no growing list of whole months.")
    hint = _("Write for example (3, 6, 12, 24).")


MONTHS = (3, 6, 12, 24)
STEP_DAYS = 91
"""Origins learned from lie a quarter apart; what happened in a quarter is what is known of one."""
MOST_ORIGINS = 4


@dataclass(frozen=True, eq=False)
class LearnedValues:
    """
    Forecasts for everybody known at an origin, sorted by customer id.

    Attributes:
        origin: The last day whose orders counted.
        months: Horizons that could be learned, growing: a chain that ends where the history does.
        missing: Horizons that could not: not enough customers have been seen for so long.
        spend: Expected net amount by the end of each horizon; None without amounts. Shape (n, horizons).
        purchases: Expected purchase days. Shape (n, horizons).
        chance: P(at least one purchase). Shape (n, horizons).
        head: The model.
        customer_id: Whose; None where the origin lies before today. Shape (n,).
    """

    origin: date
    months: tuple[int, ...]
    missing: tuple[int, ...]
    spend: Floats | None
    purchases: Floats
    chance: Floats
    head: ValueHead
    customer_id: NDArray[Any] | None = None

    def columns(self) -> dict[str, Floats]:
        """By name: ``spend_12m``, ``purchases_12m``, ``chance_12m`` and so on. Shape (n,) each."""
        told = {"spend": self.spend, "purchases": self.purchases, "chance": self.chance}
        return {
            f"{name}_{month}m": values[:, k]
            for k, month in enumerate(self.months)
            for name, values in told.items()
            if values is not None
        }

    @property
    def table(self) -> Any:
        """One row per customer, as an Arrow table."""
        import pyarrow as pa  # noqa: PLC0415 -- a notebook asks for it, the command line does not

        ids = {} if self.customer_id is None else {"customer_id": self.customer_id}
        return pa.table(ids | self.columns())


def learn_values(
    base: CustomerBase,
    engine: Engine,
    *,
    months: Sequence[int] = MONTHS,
    origin: date | None = None,
    growth: Growth | None = None,
) -> LearnedValues:
    """
    Foretell value over several horizons; no longer one is worth less than a shorter one.

    Nothing dated after the origin is read. The stretch between two horizons is learned from customers at
    earlier origins by which it was over.

    Args:
        base: The customers; at least one.
        engine: Holds their orders and refunds (see ``summarise``).
        months: Horizons, growing.
        origin: The day to look ahead from; None is today, ``base.observation_end``.
        growth: Of the trees.

    Raises:
        NeedsMl: scikit-learn is not installed.
        BadHorizons: They are none, or do not grow.
        TooLittlePast: Not even the shortest horizon is over for enough customers.
    """
    _check(months)
    if not ml_here():
        raise NeedsMl
    teacher = _Teacher(base, engine, origin or base.observation_end)
    ends = [round(m * DAYS_PER_YEAR / 12) for m in months]
    stretches: list[Stretch] = []
    for begin, end in zip([0, *ends], ends, strict=False):
        stretch = teacher.stretch(begin, end)
        if stretch is None:
            break
        stretches.append(stretch)
    if not stretches:
        teacher.refuse(ends[0])
    now = teacher.features.at(teacher.split(teacher.origin, STEP_DAYS))
    head = fit_value_head(stretches, now.names, growth, SIZES)
    return LearnedValues(
        origin=teacher.origin,
        months=tuple(months[: len(stretches)]),
        missing=tuple(months[len(stretches) :]),
        spend=head.expected("spend", now.X) if base.has_amounts else None,
        purchases=head.expected("purchases", now.X),
        chance=head.chance(now.X),
        head=head,
        customer_id=_ids(engine) if origin is None else None,
    )


def _check(months: Any) -> None:
    growing = (
        isinstance(months, Sequence)
        and len(months) > 0
        and all(isinstance(month, Integral) for month in months)
        and months[0] > 0
        and all(sooner < later for sooner, later in pairwise(months))
    )
    if not growing:
        raise BadHorizons(months=months)


def _ids(engine: Engine) -> NDArray[Any]:
    """Of today's customers, sorted."""
    found: NDArray[Any] = engine.arrays("select customer_id from customer_summary order by customer_id")[
        "customer_id"
    ]
    return found


@dataclass(frozen=True, eq=False)
class _Teacher:
    """
    The past of an origin.

    Attributes:
        base: The customers.
        engine: Holds their orders and refunds.
        origin: Nothing later is read.
    """

    base: CustomerBase
    engine: Engine
    origin: date

    @cached_property
    def features(self) -> Features:
        return Features()

    @cached_property
    def _views(self) -> Views:
        # The window after today is empty, not unknown: only its length counts, for what came before.
        end = max(self.base.observation_end, self.origin + timedelta(days=STEP_DAYS))
        ask = partial(at_origin, self.engine, observation_end=end, has_amounts=self.base.has_amounts)
        histories = Histories(self.base, Past(ask), "week")
        return Views(histories, lambda day: left_truncation(self.engine, self.base, day).fit_from)

    def split(self, origin: date, days: int) -> Split:
        """The customers of a day, beside what came in so many days after it."""
        return self._views.split(origin, origin + timedelta(days=days))

    def origins(self, end: int) -> list[date]:
        """The latest origins, earliest first, for which so many days are over."""
        first = self._views.histories.first_date + timedelta(days=SHORTEST_CALIBRATION_DAYS)
        found = [self.origin - timedelta(days=end + STEP_DAYS * k) for k in range(MOST_ORIGINS)]
        return [day for day in reversed(found) if day >= first]

    def stretch(self, begin: int, end: int) -> Stretch | None:
        """What came between two days after earlier origins; None where too little is known of it."""
        parts = [self._part(origin, begin, end) for origin in self.origins(end)]
        customers = sum(len(part.bought) for part in parts)
        buyers = sum(int(part.bought.sum()) for part in parts)
        if customers < FEWEST_ROWS or buyers < FEWEST_BUYERS:
            return None
        return Stretch(
            until_days=float(end),
            X=np.concatenate([part.X for part in parts]),
            bought=np.concatenate([part.bought for part in parts]),
            came={name: np.concatenate([part.came[name] for part in parts]) for name in parts[0].came},
            still_out=np.concatenate([part.still_out for part in parts]),
        )

    def _part(self, origin: date, begin: int, end: int) -> Stretch:
        known = self.features.at(self.split(origin, STEP_DAYS))
        whole = self.split(origin, end)
        before = self.split(origin, begin) if begin else None
        earlier = 0.0 if before is None else before.purchases
        came = {"purchases": whole.purchases - earlier}
        if whole.spend is not None:
            came["spend"] = whole.spend - (0.0 if before is None or before.spend is None else before.spend)
        still_out = np.broadcast_to(np.asarray(earlier) == 0, whole.purchases.shape)
        return Stretch(float(end), known.X, came["purchases"] > 0, came, still_out)

    def refuse(self, end: int) -> None:
        """
        Say how little is known.

        Raises:
            TooLittlePast: Always.
        """
        parts = [self._part(origin, 0, end) for origin in self.origins(end)]
        raise TooLittlePast(
            origin=self.origin,
            windows=len(parts),
            customers=sum(len(part.bought) for part in parts),
            buyers=sum(int(part.bought.sum()) for part in parts),
            needed=FEWEST_ROWS,
            needed_buyers=FEWEST_BUYERS,
        )
