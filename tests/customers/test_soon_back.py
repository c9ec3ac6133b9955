"""Who of each cohort bought again soon, against a count by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers import cohorts
from evergrove.customers.soon_back import soon_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.customers.conftest import Log

    from evergrove.customers import CustomerBase
    from evergrove.warehouse import Engine


def test_only_the_first_return_counts_and_only_where_all_have_had_the_time(
    engine: Engine, new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> None:
    """Within 91 days: the 91st counts, the 92nd does not, the same day is no return, and March is too young."""
    bought = {
        "early": ("2024-01-05", "2024-01-05", "2024-02-01", "2024-03-01"),  # once, however often
        "just": ("2024-01-01", "2024-04-01"),
        "late": ("2024-01-01", "2024-04-02"),
        "never": ("2024-01-31",),
        "quick": ("2024-02-10", "2024-02-11"),
        "young": ("2024-03-20", "2024-03-21"),
    }
    log = new_log(
        [(None, name, date.fromisoformat(day), Decimal(10)) for name, days in bought.items() for day in days],
        [],
    )
    base = summarised(log, date(2024, 6, 1))

    back = soon_back(engine, base, cohorts(engine, base), 91)

    np.testing.assert_array_equal(back, [2, 1, np.nan])
