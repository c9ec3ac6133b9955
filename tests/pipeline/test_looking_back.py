"""``eg.backtest``: a notebook's table in, the evidence out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from evergrove.core import InputError
from evergrove.pipeline.looking_back import backtest
from evergrove.scoring.rolling import Forecast
from evergrove.scoring.rolling.words import FewJudged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from evergrove.scoring.types import Split


class Nobody:
    """A contender of the caller's own: nobody comes."""

    name = "nobody"

    def forecast(self, split: Split, earlier: tuple[Split, ...]) -> Forecast:
        """Nothing for everybody."""
        del earlier
        return Forecast(np.zeros(len(split.purchases)))


def by_spell(split: Split) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Customers of the last 60 days and older ones."""
    return ("old", "new"), (split.calibration.in_unit("day").T <= 60).astype(np.intp)


def test_a_table_and_its_file_give_the_same(shared: Callable[[str], Path]) -> None:
    """A polars table, with a contender and a division of the caller's own; printed it is the verdict."""
    path = shared("clv/cdnow_sample.csv")
    table = pl.read_csv(path, try_parse_dates=True)
    options = {"origins": 1, "window": "26 weeks", "models": ("pareto-nbd",)}

    found = backtest(table, **options, contenders=(Nobody(),), divisions={"spell": by_spell})  # type: ignore[arg-type]
    with pytest.warns(match="repeat an earlier one"):
        from_file = backtest(str(path), **options)  # type: ignore[arg-type]

    assert found.window_days == 182
    assert str(found).startswith("Judged over 1 window of 182 days, take ")
    names = [record.name for record in found.records]
    assert names[-2:] == ["pareto-nbd", "nobody"]
    # A file's ids are texts and stand in another order: sums of floats differ in the last digits.
    for record, same in zip(from_file.records, found.records, strict=False):
        assert record.pooled is not None
        assert same.pooled is not None
        assert record.pooled.spend_mae == pytest.approx(same.pooled.spend_mae, rel=1e-9)
        assert record.pooled.gini == pytest.approx(same.pooled.gini, rel=1e-9)
    nobody = found.records[-1]
    assert nobody.pooled is not None
    assert nobody.pooled.bias == -1.0
    assert {row.label for row in nobody.groups if row.by == "spell"} == {"old"}
    assert found.table.num_rows == 2 * len(names)
    assert found.as_dict()["format"] == "evergrove.backtest/1"


def test_without_amounts_purchases_are_judged(shared: Callable[[str], Path]) -> None:
    """Ranking and totals refer to purchase days; nothing is said of money."""
    table = pl.read_csv(shared("clv/cdnow_sample.csv"), try_parse_dates=True).drop(
        "spend", "cds", strict=False
    )

    found = backtest(table, origins=2, window=91, models=("bg-nbd",), season=False)

    assert not found.amounts
    [record] = [one for one in found.records if one.name == "bg-nbd"]
    assert record.pooled is not None
    assert record.pooled.spend is None
    assert record.pooled.coverage is None
    assert record.pooled.gini > 0.5
    totals = next(champion for champion in found.champions if champion.purpose == "totals")
    actual = sum(facts.purchases for facts in found.origins)
    assert actual == pytest.approx(record.pooled.actual_purchases)
    assert totals.loss < 0.5


def test_what_is_no_duration_is_refused() -> None:
    """With an example of one."""
    with pytest.raises(InputError, match="Write a number"):
        backtest(pl.DataFrame({"customer_id": [1], "date": ["2026-01-01"]}), window="a while")


@pytest.mark.parametrize("customers", [1, 10])
def test_a_handful_of_customers_is_said_to_prove_nothing(customers: int) -> None:
    """Numbers there are; the warning says what they are worth, and stands in the document too."""
    bought = [
        (c, f"2024-{1 + (c + k) % 12:02d}-{1 + (7 * k + c) % 28:02d}")
        for c in range(customers)
        for k in range(8)
    ]
    table = pl.DataFrame(
        {"customer_id": [c for c, _ in bought], "date": [d for _, d in bought], "amount": [9.0] * len(bought)}
    )

    with pytest.warns(FewJudged, match="chance more than anything else"):
        found = backtest(table, origins=1, window=60, models=("nbd",), season=False)

    assert found.warnings[-1].code == "scoring.few_judged"
