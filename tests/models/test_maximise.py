"""The climb: it arrives from anywhere, names flat ridges, and never returns what is no maximum."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models import BgNbd, FlatRidge, MbgNbd, NoRepeats, NotConverged, ParetoNbd, Summary
from evergrove.models.estimate import search
from evergrove.models.maximise import LARGEST_LOG, Quadratic, climb, maximise

if TYPE_CHECKING:
    from tests.models.conftest import Simulate

    from evergrove.models import Floats
    from evergrove.models.process import TransactionModel

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
Derivatives = tuple[float, "Floats", "Floats"]
HERE = {"weight": 1.0, "model": "a hill"}


def banana(theta: Floats) -> Derivatives:
    """Rosenbrock's valley upside down: a curved ridge to (1, 1)."""
    x, y = theta
    bend = y - x * x
    gradient = np.array([2 * (1 - x) + 400 * x * bend, -200 * bend])
    hessian = np.array([[-2 + 400 * bend - 800 * x * x, 400 * x], [400 * x, -200.0]])
    return -((1 - x) ** 2) - 100 * bend**2, gradient, hessian


def twin_peaks(theta: Floats) -> Derivatives:
    """Two hills at -2 and 2, the right one higher, and a saddle of no slope in y between them."""
    x, y = theta
    value = -((x * x - 4) ** 2) / 16 + x / 4 - y * y
    return (
        value,
        np.array([-x * (x * x - 4) / 4 + 0.25, -2 * y]),
        np.array([[-(3 * x * x - 4) / 4, 0.0], [0.0, -2.0]]),
    )


def endless_rise(theta: Floats) -> Derivatives:
    """A ridge that rises for ever towards x + y -> infinity, ever more slowly; x - y is pinned down."""
    x, y = theta
    fall = np.exp(-(x + y) / 2)
    gradient = np.array([fall / 2 - 2 * (x - y), fall / 2 + 2 * (x - y)])
    hessian = -fall / 4 * np.ones((2, 2)) + np.array([[-2.0, 2.0], [2.0, -2.0]])
    return -fall - (x - y) ** 2, gradient, hessian


@pytest.mark.parametrize("start", [(-1.2, 1.0), (3.0, -3.0), (0.0, 0.0), (-10.0, 8.0), (12.0, -12.0)])
def test_climb_follows_a_curved_ridge_to_its_top(start: tuple[float, float]) -> None:
    """Rosenbrock from the classic start and from far off."""
    found = climb(banana, np.array(start), 1.0, 1e-9, 200)
    assert found.settled
    np.testing.assert_allclose(found.theta, 1.0, rtol=1e-8)
    assert found.evaluations < 60


def test_the_highest_of_several_hills_wins() -> None:
    """One start sees only its own hill; two see both, and all their evaluations are counted."""
    left = maximise(twin_peaks, [np.array([-1.5, 1.0])], **HERE)  # type: ignore[arg-type]
    best = maximise(twin_peaks, [np.array([-1.5, 1.0]), np.array([1.0, 1.0])], **HERE)  # type: ignore[arg-type]
    assert left.theta[0] < 0 < best.theta[0]
    assert best.evaluations > left.evaluations


def gain(gradient: Floats, hessian: Floats, steps: Floats) -> Floats:
    """What steps (n, k) gain by the quadratic, shape (n,)."""
    return np.asarray(steps @ gradient + np.einsum("ni,ij,nj->n", steps, hessian, steps) / 2)


def test_a_saddle_is_left_behind() -> None:
    """Where the slope is nought but the surface rises, the step goes along the rising axis."""
    step = Quadratic.at(np.zeros(2), np.zeros(2), np.diag([1.0, -2.0])).best_step(0.5)
    np.testing.assert_allclose(np.abs(step), [0.5, 0.0], atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_no_step_of_that_length_gains_more(seed: int) -> None:
    """Against a hundred thousand steps at random, for curvatures of either sign."""
    random = np.random.default_rng(seed)
    gradient, half = random.normal(size=3), random.normal(size=(3, 3))
    hessian, radius = half + half.T, 10 ** random.uniform(-2, 1)
    step = Quadratic.at(np.zeros(3), gradient, hessian).best_step(radius)
    assert np.linalg.norm(step) <= radius * (1 + 1e-9)
    tries = random.normal(size=(100_000, 3))
    tries *= radius * random.uniform(size=(100_000, 1)) ** (1 / 3) / np.linalg.norm(tries, axis=1)[:, None]
    assert gain(gradient, hessian, tries).max() <= gain(gradient, hessian, step[None, :])[0] + 1e-9


@pytest.mark.parametrize(
    ("gradient", "hessian"), [((1e-3, 2.0), (-1.0, -1e-200)), ((0.1, 1e-30), (-3.0, 1.0))]
)
def test_a_step_that_would_be_endless_is_the_longest_and_warns_nobody(
    gradient: tuple[float, float], hessian: tuple[float, float]
) -> None:
    """Along an axis that hardly bends, and where the slope has hardly a part along the axis that rises."""
    slope, bends = np.array(gradient), np.diag(hessian)
    step = Quadratic.at(np.zeros(2), slope, bends).best_step(0.5)
    turns = np.linspace(0, 2 * np.pi, 100_001)
    rim = 0.5 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    assert np.linalg.norm(step) <= 0.5 * (1 + 1e-9)
    assert gain(slope, bends, step[None, :])[0] >= gain(slope, bends, rim).max() - 1e-9


def test_no_step_leaves_the_box() -> None:
    """At a wall, pressing or drawn outwards by its neighbour, a coordinate stays; the other one moves on."""
    at_wall, hessian = np.array([LARGEST_LOG, 0.0]), np.array([[-1.0, 0.9], [0.9, -1.0]])
    for gradient in (np.array([1.0, 1.0]), np.array([-0.1, 1.0])):
        step = Quadratic.at(at_wall, gradient, hessian).best_step(3.0)
        np.testing.assert_allclose(step, [0.0, 1.0], atol=1e-12)
    found = climb(endless_rise, np.array([LARGEST_LOG, -LARGEST_LOG]), 1.0, 1e-9, 200)
    assert found.settled
    assert (np.abs(found.theta) <= LARGEST_LOG).all()


def test_a_ridge_to_infinity_ends_at_the_edge_and_is_flat() -> None:
    """Both coordinates are named; the doubt is as wide as the box, not zero."""
    found = maximise(endless_rise, [np.zeros(2)], **HERE)  # type: ignore[arg-type]
    assert found.flat == (0, 1)
    assert (np.sqrt(np.diag(found.covariance)) > 2).all()
    assert (np.abs(found.theta) <= LARGEST_LOG).all()


def test_no_maximum_is_an_error_with_remedies() -> None:
    """A slope without end in the number of evaluations allowed, and a surface of nan, both raise."""
    with pytest.raises(NotConverged, match=r"a hill did not converge .* In this order:") as raised:
        maximise(banana, [np.array([-1.2, 1.0])], limit=4, **HERE)  # type: ignore[arg-type]
    assert raised.value.code == "models.not_converged"
    with pytest.raises(NotConverged, match="still nan"):
        maximise(lambda theta: (np.nan, theta, np.eye(2)), [np.zeros(2)], **HERE)  # type: ignore[arg-type]


def test_many_rows_are_climbed_in_two_steps() -> None:
    """The coarse part takes all starts, the full one only the best: few evaluations of all rows."""
    full = [0]

    def surface(step: int) -> tuple[object, float]:
        def objective(theta: Floats) -> Derivatives:
            full[0] += step == 1
            return twin_peaks(theta)

        return objective, 1.0

    starts = [np.array([-1.5, 1.0]), np.array([1.0, 1.0]), np.array([5.0, 5.0])]
    found = search(surface, 1_000_000, starts, "a hill")  # type: ignore[arg-type]
    assert found.theta[0] > 0
    assert full[0] <= 3 < found.evaluations


@pytest.mark.parametrize("kind", [BgNbd, MbgNbd, ParetoNbd], ids=lambda kind: kind.name)
def test_every_start_of_a_model_leads_to_one_maximum(kind: type[TransactionModel], cdnow: Summary) -> None:
    """CDNOW from each start alone: the estimates do not depend on luck."""
    rows = cdnow.counts()
    scale = float(rows.weights @ rows.T / (rows.weights @ rows.frequency))
    objective = kind.surface(rows, scale)
    tops = [
        maximise(objective, [start], weight=rows.customers, model=kind.title)
        for start in kind.starts(rows, scale)
    ]
    assert len(tops) >= 3
    for top in tops:
        np.testing.assert_allclose(top.theta, tops[0].theta, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [BgNbd, MbgNbd], ids=lambda kind: kind.name)
def test_no_data_set_is_left_without_an_answer(kind: type[TransactionModel], simulate: Simulate) -> None:
    """
    Data sets of 15 to 2,000 customers, sparse and dense, of one age or many: each fit arrives.

    Peers stop with an error, or diverge without one, on such data; here what is not identified is called flat.
    """
    random = np.random.default_rng(5)
    fitted = 0
    for seed in range(400 if PROVE else 60):
        n = int(random.choice([15, 40, 100, 400, 2000]))
        r, a, b = 10 ** random.uniform([-1.3, -2, -1], [1.3, 1, 1.5])
        alpha = r * 10 ** random.uniform(-1, 3)
        youngest, oldest = sorted(map(float, 10 ** random.uniform(-0.5, 2.5, 2)))
        T: Floats = np.round(random.uniform(youngest, oldest, n) * 7 + 1) / 7
        drawn = simulate((BgNbd, MbgNbd)[seed % 2](r, alpha, a, b), T, 0.0, seed).summary
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FlatRidge)
            try:
                fit = kind.fit(drawn)
            except NoRepeats:
                continue
        fitted += 1
        assert fit.warnings or max(np.diag(fit.log_covariance)) < 4
        assert fit.log_likelihood == pytest.approx(fit.model.log_likelihood(drawn), rel=1e-7, abs=1e-5)
    assert fitted > 40


@pytest.mark.parametrize("kind", [BgNbd, MbgNbd, ParetoNbd], ids=lambda kind: kind.name)
def test_without_a_second_purchase_there_is_nothing_to_fit(kind: type[TransactionModel]) -> None:
    """Eighty one-time buyers: an error that says so, no numbers."""
    with pytest.raises(NoRepeats, match="of 80 customers none"):
        kind.fit(Summary(frequency=np.zeros(80), recency=np.zeros(80), T=np.full(80, 12.0)))
