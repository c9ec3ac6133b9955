"""What contractual models are fed with: counted rightly, refused in words, and Kaplan and Meier's curve of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pyarrow import parquet

from evergrove.models.contractual import KaplanMeier, Tenures, rate_per_period
from evergrove.models.contractual.periods import InvalidRate, NotWholePeriods, UnknownPeriod, in_periods
from evergrove.models.contractual.tenures import InvalidSurvivors, InvalidTenures
from evergrove.models.process import InvalidHorizon

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.models import Floats


def telco(shared: Callable[[str], Path], contract: str = "") -> Tenures:
    """The telco table as tenures in months, of one kind of contract or of all."""
    table = parquet.read_table(shared("telco_churn/telco_churn.parquet")).to_pydict()
    rows = [i for i, kind in enumerate(table["contract"]) if kind.startswith(contract)]
    return Tenures(
        tenure=np.array([table["tenure"][i] for i in rows]),
        churned=np.array([table["churn"][i] == "Yes" for i in rows]),
        period="month",
    )


def test_a_survival_table_is_counted_by_renewal() -> None:
    """Of 100, 80, 60 customers, 20 of 100 and 20 of 80 were lost, and 60 are still there."""
    tenures = Tenures.from_survivors([100, 80, 60], period="year")
    assert tenures.at_risk.tolist() == [100, 80]
    assert tenures.lost.tolist() == [20, 20]
    assert tenures.customers == 100


def test_cohorts_of_different_ages_are_pooled() -> None:
    """A younger cohort takes part in the renewals it has come to."""
    tenures = Tenures.from_survivors({"2024": [100, 80, 60], "2025": [50, 45]}, period="year")
    assert tenures.at_risk.tolist() == [150, 80]
    assert tenures.lost.tolist() == [25, 20]


def test_rows_of_customers_say_the_same_as_the_table() -> None:
    """One row a customer, rows with weights, and the table they were counted into."""
    table = Tenures.from_survivors([5, 3, 2], period="month")
    rows = Tenures.from_tenures([1, 1, 2, 2, 2], [True, True, True, False, False], period="month")
    weighted = Tenures.from_tenures([1, 2, 2], [1, 1, 0], weight=[2, 1, 2], period="month")
    for other in (rows, weighted):
        np.testing.assert_array_equal(other.at_risk, table.at_risk)
        np.testing.assert_array_equal(other.lost, table.lost)
        assert other.customers == table.customers


def test_who_is_followed_later_is_at_risk_later() -> None:
    """Delayed entry: a customer first seen after two periods says nothing of the first two renewals."""
    tenures = Tenures.from_tenures([3, 4], [True, False], entry=[2, 0], period="month")
    assert tenures.at_risk.tolist() == [1, 1, 2, 1]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"tenure": []}, "at least one row"),
        ({"tenure": [1.5]}, "tenure is a whole number >= 0"),
        ({"tenure": [-1]}, "tenure is a whole number >= 0"),
        ({"tenure": [np.nan]}, "tenure is a whole number >= 0"),
        ({"churned": [2]}, "churned is true or false"),
        ({"churned": [True, False]}, "churned has one value per row"),
        ({"tenure": [0]}, "tenure >= 1 beyond entry where churned"),
        ({"weight": [-1]}, "weight is a number >= 0"),
        ({"entry": [4]}, "entry <= tenure"),
        ({"entry": [0.5]}, "entry is a whole number >= 0"),
        ({"entry": [3]}, "tenure >= 1 beyond entry where churned"),
    ],
)
def test_rows_that_cannot_be_are_refused(wrong: dict[str, Any], rule: str) -> None:
    """The error names the rule and the row."""
    right: dict[str, Any] = {"tenure": [3], "churned": [True], "period": "month"}
    if wrong.get("tenure") == []:
        wrong = {**wrong, "churned": []}
    with pytest.raises(InvalidTenures) as refused:
        Tenures.from_tenures(**{**right, **wrong})
    assert str(refused.value).startswith(f"{rule} fails for")


@pytest.mark.parametrize(
    ("survivors", "said"),
    [
        ([10, 8, 9], "survivors never increase fails (period 2: 9, 8 before)"),
        ([10, -1], "counts are numbers >= 0 fails (period 1: -1, 10 before)"),
        ([10, np.nan], "counts are numbers >= 0"),
        ([0, 0], "somebody is there at the start fails (period 0: 0)"),
        ([10], "at least two counts in one row"),
        ([], "at least two counts in one row"),
    ],
)
def test_tables_that_cannot_be_are_refused(survivors: list[float], said: str) -> None:
    """The error names the cohort, the rule and the period."""
    with pytest.raises(InvalidSurvivors) as refused:
        Tenures.from_survivors({"2024": survivors}, period="year")
    assert f"Survivors of 2024: {said}" in str(refused.value)


def test_no_cohort_at_all_is_refused() -> None:
    """An empty table of cohorts."""
    with pytest.raises(InvalidSurvivors, match="at least one cohort"):
        Tenures.from_survivors({}, period="year")


def test_only_known_periods_are_renewed_at() -> None:
    """A fortnight is not offered, and the error lists what is."""
    with pytest.raises(UnknownPeriod, match="day, week, month, quarter, year"):
        Tenures.from_survivors([3, 2], period="fortnight")  # type: ignore[arg-type]


def test_annual_rates_are_converted_to_the_period() -> None:
    """Ten per cent a year compound from twelve months, four quarters, 365.25 days."""
    per_year = {"year": 1, "quarter": 4, "month": 12, "week": 365.25 / 7, "day": 365.25}
    for period, times in per_year.items():
        rate = rate_per_period(0.10, period)  # type: ignore[arg-type]
        assert (1 + rate) ** times == pytest.approx(1.10, rel=1e-12)
    for wrong in (-0.1, np.inf, np.nan):
        with pytest.raises(InvalidRate):
            rate_per_period(wrong, "year")


def test_horizons_are_read_in_periods() -> None:
    """A text carries its unit; a number is in periods; nonsense is refused."""
    assert in_periods("24 months", "month") == 24
    assert in_periods("1 year", "quarter") == 4
    assert in_periods("18 months", "year") == 1.5
    assert in_periods(7, "day") == 7
    with pytest.raises(InvalidHorizon):
        in_periods(-1, "month")


def test_kaplan_meier_on_the_toy_example() -> None:
    """Decision b9: durations 5 6 6 2 4 4 with events 1 0 1 1 1 0."""
    tenures = Tenures.from_tenures([5, 6, 6, 2, 4, 4], [1, 0, 1, 1, 1, 0], period="month")
    curve = KaplanMeier.fit(tenures)
    expected = [0.833333, 0.666667, 0.444444, 0.222222]
    np.testing.assert_allclose(curve.survival([2, 4, 5, 6]), expected, atol=5e-7)


def test_kaplan_meier_on_telco(shared: Callable[[str], Path]) -> None:
    """Decision b9: 26.537 % have left; the curve of all, and of those who pay by the month."""
    everybody = telco(shared)
    assert everybody.lost.sum() / everybody.customers == pytest.approx(0.26537, abs=5e-6)
    expected = [0.843200, 0.788736, 0.748545, 0.708840, 0.664404, 0.592790]
    curve = KaplanMeier.fit(everybody)
    np.testing.assert_allclose(curve.survival([12, 24, 36, 48, 60, 72]), expected, atol=5e-7)
    monthly = KaplanMeier.fit(telco(shared, "Month-to-month"))
    np.testing.assert_allclose(monthly.survival([12, 24]), [0.70310, 0.58592], atol=5e-6)
    assert monthly.median == 35


def test_greenwood_is_the_binomial_error_where_nobody_is_censored() -> None:
    """Without censoring S(t) is a share of n, whose standard error is sqrt(S (1 - S) / n)."""
    curve = KaplanMeier.fit(Tenures.from_survivors([200, 150, 90, 0], period="year"))
    share: Floats = np.array([1.0, 0.75, 0.45, 0.0])
    np.testing.assert_allclose(curve.curve, share, atol=1e-15)
    np.testing.assert_allclose(curve.errors, np.sqrt(share * (1 - share) / 200), atol=1e-15)


def test_kaplan_meier_knows_nothing_beyond_the_data() -> None:
    """NaN, not the last value for ever; a median that was not reached is NaN too."""
    curve = KaplanMeier.fit(Tenures.from_survivors([100, 80, 60], period="year"))
    np.testing.assert_allclose(curve.survival([0, 2, 3]), [1.0, 0.6, np.nan])
    assert np.isnan(curve.median)
    with pytest.raises(NotWholePeriods):
        curve.survival(0.5)
