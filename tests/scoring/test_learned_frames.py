"""``eg.learned_values`` and ``eg.early_value``: a notebook's table in, forecasts by customer out."""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from tests.conftest import absent
from tests.scoring.rolling_shops import pareto_shop

import evergrove as eg
from evergrove.models.learned import NeedsMl, ml_here
from evergrove.scoring.accuracy import rank_correlation
from evergrove.scoring.learned import BadHorizons, NoEarlyValue

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = date(2023, 1, 1)
TABLE = pl.DataFrame({"customer_id": [1, 2], "date": ["2026-01-01", "2026-01-02"], "amount": [1.0, 2.0]})
FACES: dict[str, Callable[..., Any]] = {
    "learned_values": eg.learned_values,
    "early_value": eg.early_value,
    "backtest": lambda orders: eg.backtest(orders, learned=True),
}


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    """Two years of 1,500 customers, who differ in rate and spend; ids sort unlike the order of their births."""
    births = np.sort(np.random.default_rng(1).integers(0, 600, 1500))
    customer, day, amount = pareto_shop(births, 730, FIRST, seed=2, rate=(1.0, 30.0))
    dates = (np.datetime64(FIRST) + day).astype("datetime64[D]")
    return pl.DataFrame(
        {
            "customer_id": [f"C{(7 * c) % 1511:04d}" for c in customer.tolist()],
            "date": dates,
            "amount": amount,
        }
    )


@pytest.fixture
def _ml() -> None:
    if not ml_here():
        absent("ml", "scikit-learn is not installed")


@pytest.mark.slow
@pytest.mark.usefixtures("_ml")
def test_each_customer_gets_the_forecasts_of_its_own_history(shop: pl.DataFrame) -> None:
    """Ids stand beside their own rows: who bought within the last 90 days is told to come again, others are not."""
    found = eg.learned_values(shop, months=(3, 6))
    table = pl.from_arrow(found.table)
    assert isinstance(table, pl.DataFrame)

    assert found.months == (3, 6)
    assert table.columns == [
        "customer_id", "spend_3m", "purchases_3m", "chance_3m", "spend_6m", "purchases_6m", "chance_6m",
    ]  # fmt: skip
    assert table["customer_id"].to_list() == sorted(shop["customer_id"].unique().to_list())
    assert ((table["spend_6m"] - table["spend_3m"]) >= 0).all()
    recent = shop.filter(pl.col("date") > shop["date"].max() - pl.duration(days=90))
    of_late = recent.group_by("customer_id").agg(bought=pl.len())
    both = table.join(of_late, on="customer_id", how="left").with_columns(pl.col("bought").fill_null(0))
    assert rank_correlation(both["bought"].to_numpy().astype(float), both["purchases_3m"].to_numpy()) > 0.5


@pytest.mark.slow
@pytest.mark.usefixtures("_ml")
def test_new_customers_are_those_known_for_thirty_days(shop: pl.DataFrame) -> None:
    """By name, with the spend of their first thirty days as the orders tell it."""
    found = eg.early_value(shop, horizon_days=120)
    last, first = shop["date"].max(), shop.group_by("customer_id").agg(first=pl.col("date").min())
    new = first.filter(
        (pl.col("first") <= last - pl.duration(days=30)) & (pl.col("first") > last - pl.duration(days=120))
    )
    dated = shop.join(new, on="customer_id").filter(pl.col("date") <= pl.col("first") + pl.duration(days=30))
    spent = dict(dated.group_by("customer_id").agg(pl.col("amount").sum()).iter_rows())
    table = pl.from_arrow(found.table)
    assert isinstance(table, pl.DataFrame)

    assert dict(table.select("customer_id", "so_far").iter_rows()) == pytest.approx(spent, abs=0.01)
    assert (table["to_come"] > 0).all()


@pytest.mark.parametrize("name", FACES)
def test_without_the_extra_the_sentence_names_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is computed, and with the command that installs it."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)

    with pytest.raises(NeedsMl) as refused:
        FACES[name](TABLE)

    assert "evergrove[ml]" in str(refused.value)
    assert refused.value.code == "models.needs_ml"


@pytest.mark.usefixtures("_ml")
@pytest.mark.parametrize("months", [(), (3, 3), (6, 3), (0, 3)])
def test_horizons_have_to_grow(months: tuple[int, ...]) -> None:
    """With an example of some that do."""
    with pytest.raises(BadHorizons, match=r"3, 6, 12, 24"):
        eg.learned_values(TABLE, months=months)


@pytest.mark.usefixtures("_ml")
def test_a_month_is_no_horizon_of_early_value() -> None:
    """The first thirty days are what is known."""
    with pytest.raises(NoEarlyValue):
        eg.early_value(TABLE, horizon_days=30)
