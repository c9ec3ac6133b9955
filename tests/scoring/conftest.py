"""Published data sets as customer bases."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from evergrove.customers import CustomerBase, summarise
from evergrove.settings import StageSettings
from evergrove.warehouse import Engine, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ORDERS = """
select
    cast(null as varchar) as order_id,
    customer_id,
    cast(date as date) as order_date,
    cast(spend as decimal(18, 4)) as amount
from read_csv($path)
"""
NO_REFUNDS = """
select
    cast(null as varchar) as order_id,
    cast(null as bigint) as customer_id,
    cast(null as date) as refund_date,
    cast(null as decimal(18, 4)) as amount
where false
"""
CDNOW_END = date(1998, 6, 30)


def load(engine: Engine, path: Path, observation_end: date) -> CustomerBase:
    """A log of customer_id, date, spend as a customer base."""
    engine.create("orders", ORDERS, path=str(path))
    engine.create("refunds", NO_REFUNDS)
    return summarise(engine, observation_end, StageSettings())


@pytest.fixture(scope="session")
def cdnow(shared: Callable[[str], Path]) -> Iterator[CustomerBase]:
    """The CDNOW sample to the end of its log: 2,357 customers, 78 weeks."""
    with open_engine(threads=1) as engine:
        yield load(engine, shared("clv/cdnow_sample.csv"), CDNOW_END)
