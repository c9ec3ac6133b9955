"""Published data sets as customer bases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.customers import CustomerBase, summarise
from evergrove.settings import StageSettings
from evergrove.warehouse import Engine, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

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


@dataclass(frozen=True, eq=False)
class Rows:
    """What scoring reads of a customer base, written down by hand."""

    frequency: NDArray[Any]
    recency: NDArray[Any]
    T: NDArray[Any]
    orders: NDArray[Any]
    historic_value: NDArray[Any]


@pytest.fixture
def rows() -> Callable[..., Rows]:
    """Make such rows from (x, t_x, T in days); one order a purchase day, 10 spent on each."""

    def make(x: Sequence[int], t_x: Sequence[int], T: Sequence[int]) -> Rows:
        orders = np.asarray(x) + 1
        return Rows(np.asarray(x), np.asarray(t_x), np.asarray(T), orders, orders * 10.0)

    return make
