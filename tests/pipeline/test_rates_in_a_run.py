"""Rates in the daily run: what waits is told, comes in with its rate, and every night is replayed as it was."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from evergrove.app import imports
from evergrove.core import SetClock
from evergrove.ingest import ReadOptions, facts_noted
from evergrove.ingest.facts.rates import WaitingForRates
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

FIRST, SECOND = date(2026, 7, 1), date(2026, 7, 2)
NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))


def waits(workspace: Workspace) -> dict[str, int]:
    """What a run says of rates that are missing."""
    outcome = workspace.run()
    return {
        str(each.params["currency"]): int(str(each.params["facts"]))
        for each in outcome.warnings
        if isinstance(each, WaitingForRates)
    }


def spent(workspace: Workspace, customer: str) -> list[tuple[str, ...]]:
    """Published scores of a customer."""
    with open_engine(threads=1) as engine:
        workspace.warehouse.show(engine, workspace.warehouse.newest("run"), "scores", "scores")  # type: ignore[arg-type]
        return [
            tuple(map(str, row))
            for row in engine.run("select historic_value from scores where customer_id = $c", c=customer)
        ]


@pytest.mark.slow
@pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)
def test_nights_with_rates_are_replayed_as_they_were(begun: Workspace, tmp_path: Path) -> None:
    """One night in which an order waits, one in which it counts, one after the rate was corrected."""
    assert isinstance(begun.clock, SetClock)
    begun.clock.moment = NIGHT
    own = facts_noted(begun.warehouse.newest()).currency
    other = "USD" if own != "USD" else "EUR"

    def take(name: str, text: str, table: str) -> None:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        if table == "orders":
            begun.ingest([path], ReadOptions())
        else:
            imports.add_table(begun, path, table, ReadOptions())

    rates = f"date,from_currency,to_currency,rate\n{{day}},{{currency}},{own},{{rate}}\n"
    take("yen.csv", rates.format(day="2026-06-30", currency="JPY", rate="0.05"), "rates")
    orders = f"order_id,customer_id,order_date,amount,currency\nF1,far,{FIRST},10,{other}\nF2,far,{FIRST},1000,JPY\n"
    take("orders.csv", orders, "orders")
    assert waits(begun) == {other: 1}
    night = begun.warehouse.newest("run")
    assert night is not None
    row = {"what": "orders", "currency": other, "rows": 1, "amount": "10.00"}
    assert night.details["waiting"] == [row]
    assert spent(begun, "far") == [("50.0000",)]
    begun.clock.moment += timedelta(days=1)
    take("first.csv", rates.format(day=FIRST, currency=other, rate="7"), "rates")
    assert waits(begun) == {}
    assert spent(begun, "far") == [("120.0000",)]
    begun.clock.moment += timedelta(days=1)
    take("second.csv", rates.format(day=FIRST, currency=other, rate="8"), "rates")
    assert waits(begun) == {}
    assert spent(begun, "far") == [("130.0000",)]
    for day in (FIRST, SECOND, SECOND + timedelta(days=1)):
        assert begun.replay(day).is_equal, day
