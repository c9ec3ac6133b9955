"""The marginal likelihood of parabolas against normal densities written out, and a case with a closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models.pooled.between import Shape, information_about
from evergrove.models.pooled.modes import pool
from evergrove.models.pooled.quadratics import WEAK_SD, Quadratics

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.types import Floats

COHORTS, SIZE = 5, 3
RANDOM = np.random.default_rng(11)
CENTRE = RANDOM.normal(size=SIZE)
ROOTS = RANDOM.normal(size=(COHORTS, SIZE, SIZE))
INFORMATION = ROOTS @ ROOTS.transpose(0, 2, 1) + np.eye(SIZE)
ESTIMATES = RANDOM.normal(size=(COHORTS, SIZE))
PARABOLAS = Quadratics(CENTRE, 0.0, np.einsum("jab,jb->ja", INFORMATION, ESTIMATES - CENTRE), INFORMATION)


def covariance(seed: int) -> Floats:
    """Some covariance."""
    root = np.random.default_rng(seed).normal(size=(SIZE, SIZE))
    return np.asarray(root @ root.T)


def log_density(between: Floats) -> float:
    """Of all estimates together: cohorts share a mean that is N(0, 9), and each has its own errors."""
    n = COHORTS * SIZE
    joint = np.kron(np.ones((COHORTS, COHORTS)), WEAK_SD**2 * np.eye(SIZE))
    for j in range(COHORTS):
        at = slice(j * SIZE, (j + 1) * SIZE)
        joint[at, at] += between + np.linalg.inv(INFORMATION[j])
    y = ESTIMATES.reshape(n)
    return float(-(np.linalg.slogdet(joint)[1] + y @ np.linalg.solve(joint, y)) / 2)


def test_the_marginal_likelihood_is_that_of_normal_estimates() -> None:
    """Up to a constant, for any covariance between cohorts, singular ones and none included."""
    thin = np.outer(CENTRE, CENTRE)
    tried = [covariance(1), covariance(2), thin, np.zeros((SIZE, SIZE))]

    gaps = [PARABOLAS.marginal(each).value - log_density(each) for each in tried]

    assert np.ptp(gaps) < 1e-9


def test_the_slope_is_the_derivative_of_the_value() -> None:
    """By every entry of the covariance; an entry off the diagonal moves two."""
    at, step = covariance(3), 1e-6
    slope = PARABOLAS.marginal(at).slope
    for a in range(SIZE):
        for b in range(SIZE):
            move = np.zeros((SIZE, SIZE))
            move[a, b] += step / 2
            move[b, a] += step / 2
            rise = PARABOLAS.marginal(at + move).value - PARABOLAS.marginal(at - move).value
            assert rise / (2 * step) == pytest.approx(slope[a, b], abs=1e-6)


def test_information_is_the_curvature_expected() -> None:
    """Of the diagonal, over many sets of estimates drawn under a covariance: the variance of the slope."""
    between = np.diag([0.3, 0.1, 0.5])
    marginal = PARABOLAS.marginal(between)
    roots = np.linalg.cholesky(between + np.linalg.inv(INFORMATION))
    drawn = np.einsum("jab,njb->nja", roots, np.random.default_rng(5).normal(size=(40_000, COHORTS, SIZE)))
    pull = np.einsum("jab,njb->nja", marginal.precision, drawn)
    slopes = (pull**2).sum(axis=1) / 2

    expected = information_about(marginal, Shape.diagonal(SIZE))

    squares = (slopes - slopes.mean(axis=0)) ** 2
    errors = squares.std(axis=0) / np.sqrt(len(slopes))
    assert (np.abs(squares.mean(axis=0) - np.diag(expected)) < 4 * errors).all()


def parabola(estimate: float, error: float) -> Callable[[Floats], tuple[float, Floats, Floats]]:
    """The log-likelihood of a cohort with one parameter."""

    def surface(theta: Floats) -> tuple[float, Floats, Floats]:
        away = (estimate - theta) / error**2
        return float(-((estimate - theta[0]) ** 2) / (2 * error**2)), away, np.array([[-(error**-2)]])

    return surface


def test_equal_cohorts_have_a_closed_form() -> None:
    """Estimates of one standard error: variance between = their variance less its square, mode = their share."""
    estimates, error = np.array([-0.5, -0.2, 0.0, 0.1, 0.6]), 0.15
    between = estimates.var(ddof=1) - error**2

    found = pool([parabola(y, error) for y in estimates], [10.0] * 5, np.zeros(1), Shape.full(1), "test")

    # The weak prior of the mean adds 1/9 to a precision of 5 / estimates.var: less than 1 % of it.
    assert found.covariance[0, 0] == pytest.approx(between, rel=0.01)
    share = found.covariance[0, 0] / (found.covariance[0, 0] + error**2)
    assert found.modes[:, 0] == pytest.approx(share * estimates, abs=1e-6)
    assert found.given_mean[:, 0, 0] == pytest.approx(share * error**2, rel=1e-6)


def test_estimates_closer_than_their_errors_do_not_differ() -> None:
    """No negative variance: all get the mean."""
    estimates = np.array([-0.05, 0.0, 0.05])

    found = pool([parabola(y, 0.2) for y in estimates], [10.0] * 3, np.zeros(1), Shape.full(1), "test")

    assert found.covariance[0, 0] == pytest.approx(0, abs=1e-8)
    assert found.modes == pytest.approx(0.0, abs=1e-6)
    assert found.posterior[:, 0, 0] == pytest.approx(1 / (3 / 0.2**2 + 1 / 9), rel=1e-4)


def test_a_parabola_is_the_same_wherever_it_is_expanded() -> None:
    """Height, slope and curvature at the centre, from values, slopes and curvatures at other points."""
    points = RANDOM.normal(size=(COHORTS, SIZE))
    away = points - ESTIMATES
    values = -np.einsum("ja,jab,jb->j", away, INFORMATION, away) / 2
    gradients = -np.einsum("jab,jb->ja", INFORMATION, away)

    found = Quadratics.of(CENTRE, points, values, gradients, -INFORMATION)

    there = CENTRE - ESTIMATES
    assert found.height == pytest.approx(-np.einsum("ja,jab,jb->", there, INFORMATION, there) / 2, rel=1e-10)
    assert found.score == pytest.approx(PARABOLAS.score, rel=1e-9)
    assert found.information == pytest.approx(INFORMATION, rel=1e-9, abs=1e-12)
