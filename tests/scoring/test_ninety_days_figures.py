"""The 90-day table of Online Retail once more, from raw rows by plain formulas: what ties do to its last row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.scoring.accuracy import normalised_gini
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.models.types import Floats

ROWS = """
select
    customer_id,
    sum(amount) filter (where day > date '2011-06-11' and day <= date '2011-09-09') as last_spend,
    sum(amount) filter (where day > date '2011-09-09' and day <= date '2011-12-08') as next_spend
from (
    select CustomerID as customer_id, cast(InvoiceDate as date) as day, Quantity * UnitPrice as amount
    from read_parquet($path)
    where CustomerID is not null and InvoiceNo not like 'C%' and Quantity > 0 and UnitPrice > 0
)
group by customer_id
having min(day) <= date '2011-09-09'
order by customer_id
"""


def by_formula(came: Floats, score: Floats) -> float:
    """Gini = 2 sum(cumulative share) / n - 1 of customers in the order of the score, over that of the perfect order."""

    def gini(by: Floats) -> float:
        shares = np.cumsum(came[np.argsort(-by, kind="stable")]) / came.sum()
        return float(2 * shares.sum() / len(came) - 1)

    return gini(score) / gini(came)


@pytest.fixture(scope="module")
def spend(shared: Callable[[str], Path]) -> tuple[Floats, Floats]:
    """Of 3,370 people known by 9 September 2011, in the order of their numbers: the 90 days before and after."""
    with open_engine(threads=1) as engine:
        found = engine.arrays(ROWS, path=str(shared("online_retail/transactions.parquet")))
    columns = [np.nan_to_num(np.ma.filled(found[name], 0.0)) for name in ("last_spend", "next_spend")]
    return columns[0], columns[1]


def test_the_last_90_days_rank_as_printed_where_ties_stay_in_the_file_s_order(
    spend: tuple[Floats, Floats],
) -> None:
    """Decision b9: Gini .7154 and .696 of the total; with neutral ties it is .708, for any order of the rows."""
    last, came = spend
    shuffled = np.random.default_rng(1).permutation(len(came))

    assert len(came) == 3370
    assert (came > 0).mean() == pytest.approx(0.569, abs=5e-4)
    assert last.sum() / came.sum() == pytest.approx(0.696, abs=5e-4)
    assert by_formula(came, last) == pytest.approx(0.7154, abs=5e-4)
    assert normalised_gini(came, last) == pytest.approx(0.708, abs=5e-4)
    assert normalised_gini(came[shuffled], last[shuffled]) == pytest.approx(normalised_gini(came, last))


def test_without_ties_both_formulas_are_one(spend: tuple[Floats, Floats]) -> None:
    """Up to half a customer: 1 / n of the area."""
    last, came = spend
    apart = last + np.random.default_rng(2).random(len(last)) * 1e-6

    assert normalised_gini(came, apart) == pytest.approx(by_formula(came, apart), abs=1 / len(came))
