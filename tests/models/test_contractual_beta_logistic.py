"""The beta-logistic model against sBG, group by group and customer by customer."""

from __future__ import annotations

import json

import numpy as np
import pytest

from evergrove.models import FlatRidge
from evergrove.models.contractual import BetaLogistic, ShiftedBetaGeometric, Tenures
from evergrove.models.contractual.beta_logistic_surface import Surface
from evergrove.models.contractual.encoding import MissingCovariate
from evergrove.models.contractual.panel import Panel
from evergrove.models.contractual.retention_model import EndlessLifetime

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]


def both_segments() -> tuple[Tenures, dict[str, np.ndarray]]:
    """The two segments of Fader and Hardie (2007) in one table, told apart by a text."""
    tables = [Tenures.from_survivors(counts, period="year") for counts in (HIGH_END, REGULAR)]
    joined = Tenures(
        tenure=np.concatenate([t.tenure for t in tables]),
        churned=np.concatenate([t.churned for t in tables]),
        weight=np.concatenate([t.weights for t in tables]),
        period="year",
    )
    return joined, {"segment": np.repeat(["highend", "regular"], [len(t) for t in tables])}


def test_a_covariate_that_tells_groups_apart_fits_each_by_itself() -> None:
    """F77, both segments at once: the shapes and the log-likelihoods of the two fits of sBG."""
    tenures, covariates = both_segments()
    fit = BetaLogistic.fit(tenures, covariates)
    alone = [ShiftedBetaGeometric.fit(Tenures.from_survivors(c, period="year")) for c in (HIGH_END, REGULAR)]
    alpha, beta = fit.model.shapes({"segment": ["highend", "regular"]})
    np.testing.assert_allclose(alpha, [f.model.alpha for f in alone], rtol=1e-6)
    np.testing.assert_allclose(beta, [f.model.beta for f in alone], rtol=1e-6)
    assert fit.log_likelihood == pytest.approx(sum(f.log_likelihood for f in alone), abs=1e-7)
    assert fit.model.log_likelihood(tenures, covariates) == pytest.approx(fit.log_likelihood, rel=1e-12)
    errors = [f.log_covariance[0, 0] ** 0.5 for f in alone]
    difference = fit.standard_errors["segment=regular on alpha"]
    assert difference == pytest.approx(np.hypot(*errors), rel=1e-5)


def test_each_customer_is_a_population_of_sbg() -> None:
    """Survival and DERL of a row are those of sBG with its shapes."""
    model = BetaLogistic.fit(*both_segments()).model
    rows = {"segment": ["regular", "highend", "regular"]}
    tenure = np.array([0, 2, 6])
    derl = model.discounted_expected_residual_lifetime(0.1, rows, tenure + 1)
    kept = model.survival([1, 5, 20], rows, tenure)
    for i, (alpha, beta) in enumerate(zip(*model.shapes(rows), strict=True)):
        same = ShiftedBetaGeometric(alpha, beta)
        np.testing.assert_allclose(kept[i], same.survival([1, 5, 20], tenure[i]), rtol=1e-12)
        expected = same.discounted_expected_residual_lifetime(0.1, tenure[i] + 1)[0]
        assert derl[i] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(model.survival(5, rows, tenure), kept[:, 1])


def test_derivatives_are_exact() -> None:
    """Gradient and Hessian against central differences of the level below."""
    random = np.random.default_rng(2)
    tenures = Tenures(
        random.integers(1, 9, 200).astype(float), random.uniform(size=200) < 0.6, period="month"
    )
    surface = Surface(Panel.of(tenures, random.normal(size=(200, 2))))
    theta = np.array([-0.3, 0.4, -0.2, 1.2, 0.1, 0.3])
    _value, gradient, hessian = surface(theta)
    for i, h in enumerate(1e-5 * np.eye(6)):
        up, down = surface(theta + h), surface(theta - h)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-6, abs=1e-4)
        np.testing.assert_allclose(hessian[i], (up[1] - down[1]) / 2e-5, rtol=1e-6, atol=1e-4)


def test_a_model_survives_json() -> None:
    """Written, read, asked: the same answers to the last bit."""
    model = BetaLogistic.fit(*both_segments()).model
    again = BetaLogistic.from_dict(json.loads(json.dumps(model.as_dict())))
    rows = {"segment": ["regular", "highend"]}
    assert again.survival(7, rows).tolist() == model.survival(7, rows).tolist()


def test_what_cannot_be_said_is_said_so() -> None:
    """A missing column, a lifetime without end, a group of one renewal."""
    tenures, covariates = both_segments()
    model = BetaLogistic.fit(tenures, covariates).model
    with pytest.raises(MissingCovariate):
        model.survival(3, {})
    with pytest.raises(EndlessLifetime):
        model.discounted_expected_residual_lifetime(0.0, covariates)
    short = Tenures(np.ones(40), np.arange(40) % 3 == 0, period="year")
    with pytest.warns(FlatRidge):
        BetaLogistic.fit(short, {"x": np.arange(40) % 2})
