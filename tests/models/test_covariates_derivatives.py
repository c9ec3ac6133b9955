"""The likelihood with covariates and its derivatives, against formulas written down a second time at 50 digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import pytest

from evergrove.models import BgNbd, MbgNbd, ParetoNbd, Summary
from evergrove.models.covariates.design import Layout, Rows
from evergrove.models.covariates.links import DropoutForm, family_of, links_of
from evergrove.models.covariates.surface import Surface

Exact = Callable[..., mpmath.mpf]

X, T_X = [0.0, 0.0, 1.0, 5.0, 12.0, 2.0], [0.0, 0.0, 3.0, 10.0, 20.0, 30.0]
T = [0.0, 30.0, 30.0, 10.0, 38.0, 30.0]
WEIGHT = [1.0, 5.0, 2.0, 1.0, 3.0, 1.0]
Z = np.array([[0.3, -1.0], [-0.7, 0.0], [1.4, 0.0], [0.0, 2.0], [-1.1, -1.0], [0.6, 1.0]])


def pareto(letters: Sequence[mpmath.mpf], x: float, t_x: float, T: float) -> mpmath.mpf:
    """Die after t_x, or buy after T, whichever way it went: the form without subtraction."""
    r, alpha, s, beta = letters

    def to_infinity(p: mpmath.mpf, q: mpmath.mpf, t: mpmath.mpf) -> mpmath.mpf:
        a, b, k = alpha + t, beta + t, p + q - 1
        high, low, of_low = (a, b, q) if a >= b else (b, a, p)
        return high**-k / k * mpmath.hyp2f1(k, of_low, k + 1, 1 - low / high)

    c = r + mpmath.mpf(x)
    bracket = s * to_infinity(c, s + 1, mpmath.mpf(t_x)) + c * to_infinity(c + 1, s, mpmath.mpf(T))
    gammas = mpmath.loggamma(c) - mpmath.loggamma(r)
    return gammas + r * mpmath.log(alpha) + s * mpmath.log(beta) + mpmath.log(bracket)


def beta_geometric(m: int) -> Exact:
    """Both branches as the papers print them."""

    def likelihood(letters: Sequence[mpmath.mpf], x: float, t_x: float, T: float) -> mpmath.mpf:
        r, alpha, a, b = letters
        gammas = mpmath.gamma(r + x) / mpmath.gamma(r) * alpha**r
        stays = mpmath.beta(a, b + x + m) / mpmath.beta(a, b) * (alpha + T) ** -(r + x)
        leaves = mpmath.mpf(0)
        if x + m > 0:
            leaves = mpmath.beta(a + 1, b + x + m - 1) / mpmath.beta(a, b) * (alpha + t_x) ** -(r + x)
        return mpmath.log(gammas * (stays + leaves))

    return likelihood


# model, form, exact log-likelihood, signs of (letter position, covariate): parameter position
CASES: dict[str, tuple[Any, DropoutForm, Exact, dict[tuple[int, int], tuple[int, int]]]] = {
    "pareto": (
        ParetoNbd,
        "rate",
        pareto,
        {(1, 0): (-1, 4), (1, 1): (-1, 5), (3, 0): (-1, 4), (3, 1): (-1, 6)},
    ),
    "bg": (
        BgNbd,
        "odds",
        beta_geometric(0),
        {(1, 0): (-1, 4), (1, 1): (-1, 5), (2, 0): (1, 4), (2, 1): (1, 6)},
    ),
    "mbg": (
        MbgNbd,
        "odds",
        beta_geometric(1),
        {(1, 0): (-1, 4), (1, 1): (-1, 5), (2, 0): (1, 4), (2, 1): (1, 6)},
    ),
    "concentration": (
        BgNbd,
        "concentration",
        beta_geometric(0),
        {(1, 0): (-1, 4), (1, 1): (-1, 5), (2, 0): (1, 4), (2, 1): (1, 6), (3, 0): (1, 4), (3, 1): (1, 6)},
    ),
    "shapes": (
        MbgNbd,
        "shapes",
        beta_geometric(1),
        {(1, 0): (-1, 4), (1, 1): (-1, 5), (2, 0): (1, 4), (2, 1): (1, 6), (3, 0): (1, 7), (3, 1): (1, 8)},
    ),
}
THETA = np.array([-0.5, 1.1, -0.3, 0.9, 0.4, -0.2, 0.35, 0.15, -0.4])


@pytest.mark.parametrize("case", CASES)
def test_derivatives_are_exact(case: str) -> None:
    """Value, gradient and Hessian over letters and slopes; the first covariate has one slope for both."""
    model, form, exact, moves = CASES[case]
    links = links_of(model, form)[1]
    chosen = {"purchase": ("one", "two"), "dropout": ("one", "two"), "staying": ("one", "two")}
    layout = Layout.of(model.parameters, links, chosen, shared=("one",))  # type: ignore[arg-type] # keys are literals
    k = len(layout.names)
    rows = Summary(
        frequency=np.array(X), recency=np.array(T_X), T=np.array(T), weight=np.array(WEIGHT), unit="day"
    )
    surface = Surface.over(family_of(model).rows, Rows(rows, Z), layout, 1.0, np.zeros(k))
    theta = THETA[:k]
    value, gradient, hessian = surface(theta)

    with mpmath.workdps(50):
        point, h = [mpmath.mpf(v) for v in theta.tolist()], mpmath.mpf(10) ** -12

        def total(at: Sequence[mpmath.mpf]) -> mpmath.mpf:
            terms = []
            for i, w in enumerate(WEIGHT):
                logs = list(at[:4])
                for (letter, column), (sign, parameter) in moves.items():
                    logs[letter] += sign * at[parameter] * mpmath.mpf(float(Z[i, column]))
                terms.append(w * exact([mpmath.exp(v) for v in logs], X[i], T_X[i], T[i]))
            return mpmath.fsum(terms)

        def moved(*steps: int) -> mpmath.mpf:
            return total([v + step * h for v, step in zip(point, steps, strict=True)])

        centre, unit = moved(*[0] * k), np.eye(k, dtype=int)
        assert value == pytest.approx(float(centre), rel=1e-13)
        ups = [moved(*unit[j].tolist()) for j in range(k)]
        downs = [moved(*(-unit[j]).tolist()) for j in range(k)]
        for j in range(k):
            slope = float((ups[j] - downs[j]) / (2 * h))
            assert gradient[j] == pytest.approx(slope, rel=1e-11, abs=1e-11), layout.names[j]
            curvature = float((ups[j] - 2 * centre + downs[j]) / h**2)
            assert hessian[j, j] == pytest.approx(curvature, rel=1e-9, abs=1e-9), layout.names[j]
            for i in range(j):
                both = moved(*(unit[j] + unit[i]).tolist())
                twist = float((both - ups[j] - ups[i] + centre) / h**2)
                second = pytest.approx(twist, rel=1e-8, abs=1e-8)
                assert [hessian[j, i], hessian[i, j]] == [second, second], (layout.names[j], layout.names[i])


def test_priors_enter_value_and_derivatives() -> None:
    """A normal prior takes precision x slope^2 / 2 off the value, and its derivatives off theirs."""
    links = links_of(MbgNbd, None)[1]
    layout = Layout.of(MbgNbd.parameters, links, {"purchase": ("one",), "dropout": (), "staying": ()}, ())
    rows = Rows(Summary(frequency=np.array(X), recency=np.array(T_X), T=np.array(T)), Z[:, :1])
    free, held = (
        Surface.over(family_of(MbgNbd).rows, rows, layout, 1.0, np.array([0, 0, 0, 0, precision]))
        for precision in (0.0, 3.0)
    )
    theta = THETA[:5]
    (value, gradient, hessian), (with_prior, its_gradient, its_hessian) = free(theta), held(theta)
    assert with_prior == pytest.approx(value - 3 * 0.4**2 / 2, rel=1e-14)
    np.testing.assert_allclose(its_gradient - gradient, [0, 0, 0, 0, -3 * 0.4], atol=1e-13)
    np.testing.assert_allclose(its_hessian - hessian, np.diag([0, 0, 0, 0, -3.0]), atol=1e-12)
