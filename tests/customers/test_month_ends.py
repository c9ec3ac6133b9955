"""The 12-month figures at past month ends, against the slow summary as of each of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.customers import month_end_figures
from evergrove.settings import StageSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.customers.conftest import Log, Truth

    from evergrove.customers import CustomerBase
    from evergrove.warehouse import Engine

END = date(2024, 6, 30)
ENDS = tuple(
    date(2024 if m <= 6 else 2023, m, 1) - timedelta(days=1) for m in (7, 6, 5, 4, 3, 2, 1, 12, 11, 10)
)


def log_of(empty: Log) -> Log:
    """Forty customers with orders over three years, some refunded then and there, later, twice over, or freely."""
    log = type(empty)()
    rng = np.random.default_rng(4)
    for customer in range(40):
        for nth in range(int(rng.integers(1, 12))):
            day = date(2021, 9, 1) + timedelta(days=int(rng.integers(0, 1030)))
            if rng.random() < 0.5:  # just in, or just out of, the 365 days
                day = ENDS[int(rng.integers(len(ENDS)))] - timedelta(days=int(rng.choice([0, 364, 365])))
            amount = Decimal(int(rng.integers(0, 9000))) / 10
            log.orders.append((f"{customer}-{nth}", f"c{customer:02}", day, amount))
            if rng.random() < 0.4:
                later = day + timedelta(days=int(rng.integers(-3, 250)))
                share = Decimal(str(rng.choice(["0.5", "1", "1.4"])))
                named = f"{customer}-{nth}" if rng.random() < 0.7 else None
                log.refunds.append((named, f"c{customer:02}", later, max(amount * share, Decimal("0.1"))))
    return log


@pytest.mark.parametrize("refunded", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("least", [0.0, 400.0])
def test_each_month_end_is_seen_as_it_was_then(
    engine: Engine,
    new_log: type[Log],
    summarised: Callable[..., CustomerBase],
    truth: Truth,
    least: float,
    refunded: float,
) -> None:
    """Spend, orders and repeat orders equal a summary made on that day; only poorer month ends are left out."""
    log = log_of(new_log())
    log.refunds = log.refunds[: round(refunded * len(log.refunds))]
    base = summarised(log, END)
    names = sorted(truth.histories(log, END))
    rows = np.arange(0, len(base), 2)

    found = month_end_figures(engine, rows, ENDS, least)

    told = {
        (int(row), end.item()): (spend, orders, repeats)
        for row, end, spend, orders, repeats in zip(
            found.row,
            found.month_end,
            found.spend_12m,
            found.orders_12m,
            found.repeat_orders_12m,
            strict=True,
        )
    }
    assert set(found.row.tolist()) <= set(rows.tolist())
    for end in ENDS:
        known = truth.histories(log, end)
        for row in rows:
            history = known.get(names[row])
            true = truth.row(history, end, StageSettings()) if history else {"orders_12m": 0, "spend_12m": 0}
            answer = told.pop((int(row), end), None)
            if answer is None:
                assert true["orders_12m"] == 0 or true["spend_12m"] < least
            else:
                assert answer[0] == pytest.approx(float(true["spend_12m"]), abs=1e-9)
                assert answer[1:] == (true["orders_12m"], true["repeat_orders_12m"])
    assert not told


def test_nobody_asked_for(
    engine: Engine, new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> None:
    """No customer or no month end gives nothing."""
    summarised(log_of(new_log()), END)

    assert len(month_end_figures(engine, np.array([], dtype=np.int64), ENDS).row) == 0
    assert len(month_end_figures(engine, np.arange(3), ()).row) == 0
