"""The climb: it arrives from anywhere, names flat ridges, and never returns what is no maximum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models import BgNbd, MbgNbd, NoRepeats, NotConverged, ParetoNbd, Summary
from evergrove.models.estimate import search
from evergrove.models.maximise import LARGEST_LOG, best_step, climb, maximise

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.models.process import TransactionModel

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


def test_a_saddle_is_left_behind() -> None:
    """Where the slope is nought but the surface rises, the step goes along the rising axis."""
    gradient, hessian = np.zeros(2), np.diag([1.0, -2.0])
    step, gain, newton = best_step(gradient, hessian, np.array([True, True]), 0.5)
    assert not newton
    np.testing.assert_allclose(np.abs(step), [0.5, 0.0], atol=1e-12)
    assert gain == pytest.approx(0.125)


@pytest.mark.parametrize("seed", range(20))
def test_no_step_of_that_length_gains_more(seed: int) -> None:
    """Against a hundred thousand steps at random, for curvatures of either sign."""
    random = np.random.default_rng(seed)
    gradient, half = random.normal(size=3), random.normal(size=(3, 3))
    hessian, radius = half + half.T, 10 ** random.uniform(-2, 1)
    step, gain, _newton = best_step(gradient, hessian, np.ones(3, dtype=bool), radius)
    assert np.linalg.norm(step) <= radius * (1 + 1e-9)
    tries = random.normal(size=(100_000, 3))
    tries *= radius * random.uniform(size=(100_000, 1)) ** (1 / 3) / np.linalg.norm(tries, axis=1)[:, None]
    gains = tries @ gradient + np.einsum("ni,ij,nj->n", tries, hessian, tries) / 2
    assert gains.max() <= gain + 1e-9


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


@pytest.mark.parametrize("kind", [BgNbd, MbgNbd, ParetoNbd], ids=lambda kind: kind.name)
def test_without_a_second_purchase_there_is_nothing_to_fit(kind: type[TransactionModel]) -> None:
    """Eighty one-time buyers: an error that says so, no numbers."""
    with pytest.raises(NoRepeats, match="none of 80 customers"):
        kind.fit(Summary(frequency=np.zeros(80), recency=np.zeros(80), T=np.full(80, 12.0)))
