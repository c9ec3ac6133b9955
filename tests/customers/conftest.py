"""Logs of orders and refunds, the tables of them, and a slow summary that shares nothing with the SQL."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.customers import summarise
from evergrove.settings import StageSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.customers import CustomerBase
    from evergrove.warehouse import Engine

Order = tuple[str | None, str, date, Decimal]
Refund = tuple[str | None, str, date, Decimal]


@dataclass
class Log:
    """Orders and refunds: (order_id, customer_id, day, amount), in any order."""

    orders: list[Order] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    def load(self, engine: Engine) -> None:
        """Put the log into the tables that ingest would make."""
        for table, day, rows in (
            ("orders", "order_date", self.orders),
            ("refunds", "refund_date", self.refunds),
        ):
            engine.create(
                table,
                f"select cast(null as varchar) as order_id, cast(null as varchar) as customer_id,"
                f" cast(null as date) as {day}, cast(null as decimal(18, 4)) as amount limit 0",
            )
            if rows:
                engine.run(f"insert into {table} values {', '.join(map(_literal, rows))}")
        engine.create(
            "known_customers",
            "select distinct customer_id from (select customer_id from orders union all"
            " select customer_id from refunds)",
        )


def _literal(row: Order | Refund) -> str:
    order_id, customer, day, amount = row
    return f"({'null' if order_id is None else repr(order_id)}, {customer!r}, '{day}', {amount})"


@dataclass
class SlowHistory:
    """One customer's history, told day by day in exact fractions."""

    days: dict[date, Fraction]
    orders: dict[date, int]
    credits: list[tuple[date, Fraction]]

    @property
    def sorted_days(self) -> list[date]:
        """The purchase days in order."""
        return sorted(self.days)

    @property
    def gaps(self) -> list[int]:
        """Days from each purchase day to the next."""
        days = self.sorted_days
        return [(later - earlier).days for earlier, later in pairwise(days)]

    def net(self, after: date) -> Fraction:
        """Money dated after a day, credits deducted."""
        earned = sum((v for d, v in self.days.items() if d > after), Fraction(0))
        return earned - sum((v for d, v in self.credits if d > after), Fraction(0))

    def orders_between(self, after: date, upto: date) -> int:
        """Orders in (after, upto]."""
        return sum(n for d, n in self.orders.items() if after < d <= upto)


def slow_histories(log: Log, end: date) -> dict[str, SlowHistory]:
    """Everybody with a purchase day by ``end``, by the rules of the definitions, in plain loops."""
    seen = {o[0]: o for o in log.orders if o[0] is not None and o[2] <= end}
    taken: dict[str | None, Fraction] = defaultdict(Fraction)
    credits_: dict[str, list[tuple[date, Fraction]]] = defaultdict(list)
    for order_id, customer, day, amount in log.refunds:
        if day > end:
            continue
        if order_id in seen:
            taken[order_id] += Fraction(amount)
        else:
            credits_[customer].append((day, Fraction(amount)))
    histories: dict[str, SlowHistory] = {}
    for order_id, customer, day, amount in log.orders:
        if day > end:
            continue
        left = Fraction(amount) - taken[order_id]
        if taken[order_id] > 0 and left <= 0:
            credits_[customer].append((day, -left))
            continue
        history = histories.setdefault(customer, SlowHistory({}, {}, []))
        history.days[day] = history.days.get(day, Fraction(0)) + left
        history.orders[day] = history.orders.get(day, 0) + 1
    for customer, history in histories.items():
        history.credits = credits_[customer]
    return histories


def slow_quantile(values: list[int], q: float) -> float:
    """Linear between ranks, as everybody teaches it."""
    ranked, place = sorted(values), q * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (place - below) * (ranked[above] - ranked[below])


def slow_row(history: SlowHistory, end: date, stages: StageSettings) -> dict[str, Any]:
    """A row of customer_summary."""
    days, gaps = history.sorted_days, history.gaps
    year, window = end - timedelta(days=365), timedelta(days=stages.trend_window_days)
    orders_12m = history.orders_between(year, end)
    own = len(gaps) >= stages.own_gaps
    return {
        "first_order_date": days[0],
        "last_order_date": days[-1],
        "orders": sum(history.orders.values()),
        "frequency": len(days) - 1,
        "recency": (days[-1] - days[0]).days,
        "T": (end - days[0]).days,
        "log_intervals": float(
            sum(round(log(gap), 12) for gap in gaps)
        ),  # twelve digits, so that sums are exact
        "monetary_value": float(sum((history.days[d] for d in days[1:]), Fraction(0)) / len(gaps))
        if gaps
        else None,
        "mean_day_spend": float(sum(history.days.values(), Fraction(0)) / len(days)),
        "historic_value": history.net(date.min),
        "spend_12m": history.net(year),
        "orders_12m": orders_12m,
        "repeat_orders_12m": orders_12m - (days[0] > year),
        "aov_12m": float(history.net(year) / orders_12m) if orders_12m else None,
        "orders_last_window": history.orders_between(end - window, end),
        "orders_prev_window": history.orders_between(end - 2 * window, end - window),
        "gap_p80": slow_quantile(gaps, 0.80) if own else None,
        "gap_p95": slow_quantile(gaps, 0.95) if own else None,
        "returned_gap": max(
            (gap for gap, day in zip(gaps, days[1:], strict=True) if (end - day).days < stages.won_back_days),
            default=None,
        ),
    }


@dataclass
class Truth:
    """The slow summary, for tests that compare."""

    histories: Callable[[Log, date], dict[str, SlowHistory]] = staticmethod(slow_histories)
    row: Callable[[SlowHistory, date, StageSettings], dict[str, Any]] = staticmethod(slow_row)


@pytest.fixture(scope="session")
def truth() -> Truth:
    """The rules of the definitions in plain loops."""
    return Truth()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One engine for a module's tests; each loads its own log into it."""
    with open_engine() as opened:
        yield opened


@pytest.fixture
def summarised(engine: Engine) -> Callable[..., CustomerBase]:
    """Load a log and summarise it as of a day."""

    def load(log: Log, end: date, **settings: int) -> CustomerBase:
        log.load(engine)
        return summarise(engine, end, StageSettings(**settings))

    return load


@pytest.fixture(scope="session")
def new_log() -> type[Log]:
    """The class of logs, for tests that write their own."""
    return Log


@pytest.fixture
def load_csv(engine: Engine) -> Callable[..., None]:
    """Load a published log, with one order a line, as typed tables."""

    def load(path: Path, amount: str = "spend") -> None:
        engine.create(
            "orders",
            f"select cast(null as varchar) as order_id, customer_id, cast(date as date) as order_date,"
            f" cast({amount} as decimal(18, 4)) as amount from read_csv('{path}')",
        )
        engine.create(
            "refunds",
            "select order_id, customer_id, order_date as refund_date, amount from orders limit 0",
        )

    return load
