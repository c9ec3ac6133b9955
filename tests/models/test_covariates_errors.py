"""What is refused about covariates: each time a sentence with a way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.models import BgNbd, MbgNbd, Nbd, NoRepeats, ParetoNbd, Summary
from evergrove.models.covariates import Covariates, WithCovariates, fit_covariates
from evergrove.models.covariates.errors import (
    CovariateConstant,
    CovariateMissing,
    CovariateNotFinite,
    CovariateNotNumeric,
    CovariateNotShared,
    CovariateRows,
    CovariatesCollinear,
    CovariateUnknown,
    InvalidSlope,
    NoSuchDropoutForm,
)

if TYPE_CHECKING:
    from evergrove.models import Floats

FIVE = Summary(
    frequency=np.array([0.0, 2.0, 1.0, 0.0, 4.0]),
    recency=np.array([0.0, 9.0, 3.0, 0.0, 20.0]),
    T=np.array([20.0, 20.0, 22.0, 25.0, 25.0]),
)
AGE = np.array([20.0, 35.0, 41.0, 50.0, 28.0])
APP = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
MODEL = WithCovariates(MbgNbd(r=0.5, alpha=6.0, a=0.9, b=1.6), purchase={"age": 0.01}, dropout={"app": 0.2})


def fit(**columns: Any) -> object:
    """Fit the five customers on these columns."""
    return fit_covariates(ParetoNbd, FIVE, columns)


def test_rows_must_be_those_of_the_summary() -> None:
    """Too few, too many, or columns of different lengths."""
    with pytest.raises(CovariateRows, match=r"age has 4 rows where 5 are expected.*join both by customer_id"):
        fit(age=AGE[:4])
    with pytest.raises(CovariateRows, match=r"app has 1 row where 5"):
        fit(age=AGE, app=APP[:1])
    with pytest.raises(CovariateRows, match=r"0 rows"):
        fit()
    with pytest.raises(CovariateRows):
        MODEL.log_likelihood(FIVE, {"age": AGE[:3], "app": APP[:3]})


def test_values_must_be_finite_numbers() -> None:
    """Gaps, infinities, texts, dates and tables are refused with the first example."""
    with pytest.raises(
        CovariateNotFinite, match=r"age is missing or infinite in 2 of 5 rows \(first: row 1\)"
    ):
        fit(age=np.where([False, True, False, True, False], np.nan, AGE))
    with pytest.raises(CovariateNotFinite):
        fit(age=[1.0, 2.0, None, 4.0, 5.0])
    refused: tuple[Any, ...] = (
        ["web", "app", "app", "web", "app"],
        ["10115", "20095", "80331", "50667", "60311"],  # postal codes are no quantity
        np.array(["web", "app", "app", "web", "app"], dtype=object),
        np.array(["2024-01-01"] * 5, dtype="datetime64[D]"),
        np.stack([AGE, APP], axis=1),
        [{}, {}, {}, {}, {}],
        3.0,
    )
    for values in refused:
        with pytest.raises(CovariateNotNumeric, match=r"is not a column of numbers.*columns of 0 and 1"):
            fit(channel=values)


def test_a_covariate_must_vary() -> None:
    """A constant column is the intercept: the letters are that already."""
    with pytest.raises(CovariateConstant, match=r"one is 1 for every customer.*in alpha, beta already"):
        fit(age=AGE, one=np.ones(5))
    with pytest.raises(CovariateConstant):
        fit(year=np.full(5, 2024.0))
    weighted = Summary(
        frequency=FIVE.frequency, recency=FIVE.recency, T=FIVE.T, weight=np.array([1.0, 3.0, 2.0, 1.0, 5.0])
    )
    with pytest.raises(CovariateConstant):
        fit_covariates(BgNbd, weighted, {"tenth": np.full(5, 0.1)})


def test_covariates_must_not_follow_from_one_another() -> None:
    """All columns of a category, or one in two units: named, and those that are innocent are not."""
    with pytest.raises(CovariatesCollinear, match=r"covariates app, web say the same") as seen:
        fit(age=AGE, app=APP, web=1 - APP)
    assert "age" not in seen.value.params["names"]  # type: ignore[operator] # a text
    with pytest.raises(CovariatesCollinear, match=r"years, months"):
        fit(years=AGE, months=12 * AGE + 3)
    # Each process has slopes of its own: what is on one only does not collide with what is on the other.
    three = np.array([0.0, 1.0, 3.0, 2.0, 1.0])
    with pytest.raises(CovariatesCollinear, match="app, three, both"):
        fit(app=APP, three=three, both=APP + 2 * three)


def test_names_must_be_columns() -> None:
    """Slips of the pen under purchase, dropout, shared and prior_sd."""
    known = {"age": AGE, "app": APP}
    choices: tuple[dict[str, Any], ...] = (
        {"purchase": ("Age",)},
        {"dropout": ("Age",)},
        {"shared": ("Age",)},
        {"prior_sd": {"Age": 1.0}},
    )
    for choice in choices:
        with pytest.raises(CovariateUnknown, match=r"Unknown covariates: Age\. Known are: age, app"):
            fit_covariates(ParetoNbd, FIVE, known, **choice)
    with pytest.raises(CovariateNotShared, match="age cannot have one slope"):
        fit_covariates(ParetoNbd, FIVE, known, dropout=("app",), shared=("age", "app"))
    for width in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(InvalidSlope, match="prior_sd of covariate age"):
            fit_covariates(ParetoNbd, FIVE, known, prior_sd={"age": width})


def test_forecasts_need_exactly_the_covariates_of_the_fit() -> None:
    """A missing and an unknown column are named; so is a wrong number of customers."""
    history = (FIVE.frequency, FIVE.recency, FIVE.T)
    with pytest.raises(CovariateMissing, match=r"needs the covariates age, app; not given: app"):
        MODEL.expected_purchases(52, *history, {"age": AGE})
    with pytest.raises(CovariateUnknown, match=r"Unknown covariates: channel\. Known are: age, app"):
        MODEL.probability_alive(*history, {"age": AGE, "app": APP, "channel": APP})
    two: dict[str, Floats] = {"age": AGE[:2], "app": APP[:2]}
    with pytest.raises(CovariateRows, match="has 2 rows where 5"):
        MODEL.probability_active(52, *history, two)
    with pytest.raises(CovariateRows):
        MODEL.log_probability_of_purchases([0, 1, 2], 52, 0, 0, 0, two)
    assert MODEL.expected_purchases(52, 0, 0, 0, two).shape == (2,)


def test_slopes_and_forms_must_be_of_the_model() -> None:
    """A slope is a finite number; NBD has no dropout; each model has its own forms."""
    base = ParetoNbd(r=0.5, alpha=6.0, s=0.9, beta=1.6)
    with pytest.raises(InvalidSlope, match="purchase of covariate age = nan"):
        WithCovariates(base, purchase={"age": np.nan})
    with pytest.raises(
        NoSuchDropoutForm, match=r"Pareto/NBD has no covariates on dropout in the form odds.*rate"
    ):
        WithCovariates(base, dropout={"age": 0.1}, dropout_form="odds")
    with pytest.raises(NoSuchDropoutForm, match=r"shapes.*Forms: rate"):
        WithCovariates(base, staying={"age": 0.1})
    with pytest.raises(NoSuchDropoutForm, match=r"odds \+ staying"):
        WithCovariates(MODEL.base, staying={"age": 0.1}, dropout_form="odds")
    with pytest.raises(NoSuchDropoutForm, match=r"BG/NBD has no .* rate"):
        fit_covariates(BgNbd, FIVE, {"age": AGE}, dropout_form="rate")
    with pytest.raises(NoSuchDropoutForm, match=r"^NBD has no"):
        fit_covariates(Nbd, FIVE, {"age": AGE})


def test_nobody_came_back() -> None:
    """As without covariates: there is nothing to learn from."""
    never = Summary(frequency=np.zeros(3), recency=np.zeros(3), T=np.array([5.0, 6.0, 7.0]))
    with pytest.raises(NoRepeats, match="of 3 customers none"):
        fit_covariates(ParetoNbd, never, {"age": AGE[:3]})


def test_a_table_of_nothing_has_no_rows() -> None:
    """No columns, no rows; columns without rows."""
    assert len(Covariates({})) == 0
    assert Covariates({"age": []}).matrix(("age",)).shape == (0, 1)
    assert MODEL.expected_purchases(52, [], [], [], {"age": [], "app": []}).shape == (0,)
