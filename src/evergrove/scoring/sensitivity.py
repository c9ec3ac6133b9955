r"""
What a figure of every customer becomes as the parameters vary within their posterior.

With few customers each draw's model is asked. With many, the posterior is narrow and what a model says is
nearly a quadratic in the parameters: it is asked at 2 k + 1 points only, the centre and :math:`\pm\sqrt 3`
standard deviations along each principal axis, and what a draw's model would say is their weighted sum. Both are
one matrix from what was asked to what the draws say, and all means follow from that matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.scoring.outcomes import parameter_draws

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

    from evergrove.models.types import Fit, Floats

DRAWS = 200
DIRECT = 500_000  # values in all up to which each draw's model is asked
FEWEST = 32  # draws of a wide posterior that are asked, whatever it costs
NARROW = 0.5  # of a log parameter: the widest standard deviation at which a quadratic is near enough
NODE = sqrt(3.0)  # of Gauss-Hermite's three: exact in the mean through fifth order along an axis
KNOWN = 1e-9  # standard deviations below are those of parameters that are known


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """
    Draws of a model's parameters and how to tell what each of them says.

    Attributes:
        letters: The draws by parameter, shape (n,) each.
        z: The draws' place along the principal axes of their logarithms: mean 0, variance 1. Shape (n, k);
            k = 0 where the parameters are known.
        models: To be asked.
        to_draws: What each draw takes from each of ``models``, shape (n, models); None: one model a draw.
    """

    letters: dict[str, Floats]
    z: Floats
    models: tuple[Any, ...]
    to_draws: Floats | None

    def asked(self, question: Callable[[Any], Floats]) -> Floats:
        """What each of ``models`` answers, shape (models, ...)."""
        return np.stack([question(model) for model in self.models])

    def drawn(self, answers: NDArray[Any]) -> NDArray[Any]:
        """What each draw says, shape (n, rows), of answers (models, rows), in the answers' digits."""
        return answers if self.to_draws is None else self.to_draws.astype(answers.dtype) @ answers

    def mean(self, answers: Floats) -> Floats:
        """The mean over the draws, shape (rows,)."""
        if self.to_draws is None:
            return np.asarray(answers.mean(axis=0))
        return np.asarray(self.to_draws.mean(axis=0) @ answers)

    def slope(self, answers: Floats) -> Floats:
        """How answers move with each axis: their covariance with ``z`` over the draws, shape (rows, k)."""
        share = self.z / len(self.z)
        return np.asarray(answers.T @ (share if self.to_draws is None else self.to_draws.T @ share))


@dataclass(frozen=True, eq=False)
class _Cloud:
    """Draws of log parameters (n, k), their centre, and their principal axes with the spread along each."""

    logs: Floats
    centre: Floats
    spread: Floats
    axes: Floats

    @classmethod
    def of(cls, logs: Floats) -> _Cloud:
        centre = logs.mean(axis=0)
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(logs, rowvar=False, ddof=0)))
        used = values > KNOWN**2
        return cls(logs, centre, np.sqrt(values[used]), vectors[:, used])

    @property
    def z(self) -> Floats:
        return np.asarray((self.logs - self.centre) @ self.axes / self.spread)

    @property
    def nodes(self) -> Floats:
        """The centre, then the nodes ahead and behind along each axis, shape (2 k + 1, parameters)."""
        steps = NODE * self.spread[:, None] * self.axes.T
        return np.concatenate([self.centre[None], self.centre + steps, self.centre - steps])


def sensitivity(fit: Fit[Any], rows: int, rng: Generator, draws: int = DRAWS) -> Sensitivity:
    """
    Draw parameters, and decide whom to ask.

    Args:
        fit: Of the model, with or without a posterior.
        rows: Customers, or cells, that will be asked about.
        rng: Where draws come from that the fit does not carry.
        draws: How many.
    """
    at = parameter_draws(fit, draws, rng)
    cloud = _Cloud.of(np.log(np.stack([at[name] for name in fit.parameters], axis=1)))
    if not len(cloud.spread):
        return Sensitivity(at, cloud.z, (fit.model,), np.ones((draws, 1)))
    if rows * draws > DIRECT and cloud.spread.max() <= NARROW:
        return Sensitivity(at, cloud.z, _models(fit, cloud.nodes), _weights(cloud.z))
    if rows * draws > DIRECT:
        few = np.linspace(0, draws - 1, max(DIRECT // rows, FEWEST)).astype(np.intp)
        cloud = _Cloud.of(cloud.logs[few])
        at = {name: values[few] for name, values in at.items()}
    return Sensitivity(at, cloud.z, _models(fit, cloud.logs), None)


def _models(fit: Fit[Any], logs: Floats) -> tuple[Any, ...]:
    """The model at each row of log parameters."""
    found = []
    for row in np.exp(logs):
        letters: dict[str, Any] = dict(zip(fit.parameters, map(float, row), strict=True))
        found.append(replace(fit.model, **letters))
    return tuple(found)


def _weights(z: Floats) -> Floats:
    """Of the nodes in the quadratic through them at z (n, k); shape (n, 2 k + 1)."""
    bend, lean = z**2 / 6, z / (2 * NODE)
    return np.concatenate([1 - 2 * bend.sum(axis=1, keepdims=True), bend + lean, bend - lean], axis=1)
