"""Contractual models from the face: parameters by their letters, pooled cohorts, survival, what is still to come."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pytest

import evergrove as eg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]  # Fader and Hardie (2007), years 0 to 7


@pytest.fixture(scope="module")
def high_end() -> eg.Tenures:
    """The high-end segment."""
    return eg.Tenures.from_survivors(HIGH_END, period="year")


def test_the_shifted_beta_geometric_model_by_its_letters(high_end: eg.Tenures) -> None:
    """F77, F78, F81: a and b; the share still there after twelve years; payments just before the n-th renewal."""
    fit = eg.ShiftedBetaGeometric.fit(high_end)
    model = eg.ShiftedBetaGeometric(a=0.668, b=3.806, period="year")

    assert fit.parameters == ("a", "b")
    assert fit.model.a == pytest.approx(0.668, rel=1e-3)
    assert fit.model.b == pytest.approx(3.806, rel=5e-3)
    assert (fit.model.alpha, fit.model.beta) == (fit.model.a, fit.model.b)
    assert fit.model.as_dict().keys() == fit.standard_errors.keys() == {"a", "b"}
    assert fit.model.survival(12)[0] == pytest.approx(0.378, abs=5e-4)
    derl = model.discounted_expected_residual_lifetime(0.1, [1, 2, 3, 4, 5])
    np.testing.assert_allclose(derl, [5.4149, 5.9018, 6.2943, 6.6203, 6.8971], atol=5e-5)


def test_the_beta_discrete_weibull_model_by_its_letters(high_end: eg.Tenures) -> None:
    """F79: alpha, beta and c."""
    fit = eg.BetaDiscreteWeibull.fit(high_end)

    assert fit.parameters == ("alpha", "beta", "c")
    found = [fit.model.alpha, fit.model.beta, fit.model.c]
    np.testing.assert_allclose(found, [0.2143, 1.4266, 1.7236], rtol=1e-3)
    assert fit.log_likelihood == pytest.approx(-1605.31, abs=0.01)
    again = eg.BetaDiscreteWeibull(**fit.model.as_dict(), period="year")
    assert again == fit.model
    assert eg.ShiftedBetaGeometric(a=0.3, b=2.0).survival([1, 5]) == pytest.approx(
        eg.BetaDiscreteWeibull(alpha=0.3, beta=2.0, c=1.0).survival([1, 5]), rel=1e-12
    )


def test_cohorts_of_several_ages_are_pooled(shared: Callable[[str], Path]) -> None:
    """Fader and Hardie (2010), case 1: four cohorts of different ages, 3.80 and 15.20."""
    cohorts: dict[str, list[float]] = defaultdict(list)
    with shared("clv/retention_multicohort.csv").open(encoding="utf-8") as stream:
        for cohort, _period, count in list(csv.reader(stream))[1:]:
            cohorts[cohort].append(float(count))

    fit = eg.ShiftedBetaGeometric.fit(eg.Tenures.from_survivors(cohorts, period="year"))

    assert fit.model.a == pytest.approx(3.80, abs=0.005)
    assert fit.model.b == pytest.approx(15.20, abs=0.01)


def test_what_survives_is_asked_in_whole_periods() -> None:
    """Shapes follow what is asked; half a period, a parameter of nought and an unknown period are refused."""
    model = eg.ShiftedBetaGeometric(a=1.4, b=20.0, period="month")

    assert model.survival(np.arange(5)).shape == (5,)
    assert model.survival(0)[0] == 1.0
    assert (np.diff(model.survival(np.arange(60))) < 0).all()
    with pytest.raises(eg.InputError, match="whole number"):
        model.survival(0.5)
    with pytest.raises(eg.InputError, match="a = 0"):
        eg.ShiftedBetaGeometric(a=0.0, b=1.0)
    with pytest.raises(eg.InputError, match="fortnight"):
        eg.BetaDiscreteWeibull(alpha=1.0, beta=1.0, c=1.0, period="fortnight")  # type: ignore[arg-type]
