"""Past origins of a large base are looked at through a sample of its customers."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.settings import StageSettings
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from evergrove.customers import CustomerBase, Origin
    from evergrove.warehouse import Engine

STATION = "evergrove.scoring"
ENOUGH = 100_000
"""
Customers that tell how good a forecast is: the share of 100,000 who return is known to 0.16 points, their total
purchases to some 0.5 %. Five origins of a million customers would cost more than everything else together.
"""


@dataclass(frozen=True, eq=False)
class Past:
    """
    Where past origins come from.

    Attributes:
        split: (origin, until) -> the customers as they stood on a day, beside what came after it.
        every: Every so-many-th customer is among them; 1 is all.
    """

    split: Callable[[date, date], Origin]
    every: int = 1


@contextmanager
def past_of(base: CustomerBase, engine: Engine | None, enough: int = ENOUGH) -> Iterator[Past]:
    """
    All customers of a base, or a systematic sample of one that has twice as many as are enough.

    Args:
        base: The customers.
        engine: Holds their orders, refunds and customer_summary; None never samples.
        enough: Customers in a sample, about.
    """
    every = len(base) // enough
    if engine is None or every < 2:
        yield Past(base.split)
        return
    with open_engine() as sample:
        for table in ("orders", "refunds"):
            sql = statement(STATION, f"sampled_{table}")
            rows = engine.arrow(sql, every=every, observation_end=base.observation_end)
            sample.register(f"sampled_{table}", rows)
            sample.create(table, f"select * from sampled_{table}")
            sample.unregister(f"sampled_{table}")
        yield Past(_summarised(sample, base).split, every)


def _summarised(sample: Engine, base: CustomerBase) -> CustomerBase:
    """The sample's own base; its trend windows and gaps are asked for by nobody."""
    from evergrove.customers import summarise  # noqa: PLC0415 -- the lean path never looks back

    return summarise(sample, base.observation_end, StageSettings(), has_amounts=base.has_amounts)
